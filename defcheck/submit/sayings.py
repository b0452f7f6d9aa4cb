"""What a verdict says, apart from the words in which a version of defcheck puts it."""

from typing import Any

from defcheck.report import json_report

_OF_THE_RUN = ("cloud", "credentials", "tempest", "workers", "started", "finished", "state")
"""What a verdict says of its run, whichever version of defcheck scored it."""


def essence(document: Any) -> str | None:
    """Return all that a verdict says of a run, None where the document is no verdict."""
    try:
        run = [document["run"][key] for key in _OF_THE_RUN]
        return _as_text([_judged(document), document["format"], document["results"], run])
    except (TypeError, KeyError):
        return None


def judgement(document: Any) -> str | None:
    """Return what a verdict says of the tests alone, None where the document is no verdict."""
    try:
        return _as_text(_judged(document))
    except (TypeError, KeyError):
        return None


def _judged(document: Any) -> list[Any]:
    return [
        document["verdict"],
        document["guideline"]["id"],
        document["guideline"]["sha256"],
        document["target"],
        document["policy"]["name"],
        document["policy"]["changes"],
        document["overlay"],
        document["counts"],
        document["refstack"],
        [
            (capability["name"], test["name"], test["counted"], test["outcome"])
            for capability in document["capabilities"]
            for test in capability["tests"]
        ],
    ]


def _as_text(said: list[Any]) -> str:
    """Return it as text: to Python 1, 1.0 and true are the same, to others they are not."""
    return json_report.render({"said": said})
