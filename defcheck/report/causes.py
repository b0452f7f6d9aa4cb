"""Why counted tests did not pass: the same error, the same call, the same skip are one cause."""

import re
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from defcheck.report.advice import advise
from defcheck.report.clean import clean_line
from defcheck.report.failure import MOST_IDS, Failure, read_failure

ORDER = ("fail", "incomplete", "pass")
MOST_MESSAGES = 3
ERRORS = ("failed", "fixture error", "passed, teardown error")

_CLASS = re.compile(r"\A\w+ skipped (?:because|as) +(?=\w)")

WITHOUT_REASON = {
    "not run": "Not in the results",
    "absent": "Not in the Tempest of this run",
    "unfinished": "Began and did not end",
    "skipped": "Skipped without a reason",
}


def causes(capabilities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the causes for which counted tests have no pass, failures and the largest first.

    Those whose judgement is `pass` are skips that the policy allows.
    """
    found: dict[tuple[object, ...], list[tuple[dict[str, Any], dict[str, Any], Failure]]] = {}
    for capability in capabilities:
        for test in capability["tests"]:
            if test["counted"] and test["outcome"] != "passed":
                failure = read_failure(test)
                key = (test["judgement"], *_key(test, failure))
                found.setdefault(key, []).append((capability, test, failure))
    described = [_cause(members) for members in found.values()]
    return sorted(
        described, key=lambda cause: (ORDER.index(cause["judgement"]), -len(cause["tests"]))
    )


def _key(test: dict[str, Any], failure: Failure) -> tuple[object, ...]:
    if test["outcome"] in ERRORS:
        return ("error", *failure.signature)
    return (test["outcome"], _plain(test["reason"]))


def _plain(reason: str) -> str:
    """Return a reason without the class that it was said of, so that equal ones meet."""
    plain = clean_line(reason)
    told = _CLASS.sub("", plain)
    return told[:1].upper() + told[1:] if told != plain else plain


def _cause(members: list[tuple[dict[str, Any], dict[str, Any], Failure]]) -> dict[str, Any]:
    tests = [test for _, test, _ in members]
    failures = [failure for _, _, failure in members]
    first, failure = tests[0], failures[0]
    if first["outcome"] in ERRORS:
        request = next((one.request for one in failures if one.request), "")
        messages = list(dict.fromkeys(one.message for one in failures if one.message))
        title, error, status, call = _title(failure), failure.error, failure.status, failure.call
        text = " ".join([error, *messages])
    else:
        messages, request, error, status, call = [], "", "", None, ""
        text = _plain(first["reason"])
        title = text or WITHOUT_REASON[first["outcome"]]
    kind, advice = advise(text, status, error, first["outcome"])
    ids = dict.fromkeys(one for each in failures for one in each.request_ids)
    return {
        "judgement": first["judgement"],
        "outcomes": dict(Counter(test["outcome"] for test in tests)),
        "title": title,
        "kind": kind,
        "advice": advice,
        "error": error,
        "status": status,
        "call": call,
        "request": request,
        "messages": messages[:MOST_MESSAGES],
        "request_ids": list(ids)[:MOST_IDS],
        "tests": [
            {"capability": capability["name"], "name": test["name"]}
            for capability, test, _ in members
        ],
    }


def _title(failure: Failure) -> str:
    """Return the error with its status, else with what it says."""
    if failure.status is not None:
        return f"{failure.status} {_phrase(failure.status) or failure.error}".strip()
    said = ": ".join(part for part in (failure.error, failure.message) if part)
    return clean_line(said) or "Failed without a reason"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
