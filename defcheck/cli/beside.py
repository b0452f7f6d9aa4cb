"""From several results to the documents that hold them against each other."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from defcheck.cli.documents import score_one
from defcheck.errors import InputError
from defcheck.files import read_bounded
from defcheck.guideline.overlay import Overlay
from defcheck.redaction.documents import redacted
from defcheck.report import document as verdict_document
from defcheck.report.comparison.document import build as build_comparison
from defcheck.report.comparison.labels import distinct
from defcheck.report.document import Document
from defcheck.report.gate.document import build as build_gate
from defcheck.report.gate.document import standings
from defcheck.results.model import Outcome
from defcheck.results.wording import mask
from defcheck.scoring.gate import Rule
from defcheck.scoring.terms import PLAIN, Terms

MAX_VERDICT_BYTES = 256 * 2**20


def compare(
    sources: Sequence[str],
    guideline_name: str = "",
    target_name: str = "",
    labels: Sequence[str] = (),
    terms: Terms = PLAIN,
) -> Document:
    """Score several results against the same target and put the verdicts side by side.

    Raises `InputError` where they are for different ones and none is named.
    """
    if len(sources) < 2:
        raise InputError("There is one set of results only.", "Name two or more to compare.")
    if labels and len(labels) != len(sources):
        raise InputError(
            f"There are {len(labels)} labels for {len(sources)} results.",
            "Give each a --label, or none.",
        )
    verdicts = [score_one(one, guideline_name, target_name, terms) for one in sources]
    _refuse_different(sources, verdicts)
    return build_comparison(labels or distinct(verdicts), verdicts)


def _refuse_different(sources: Sequence[str], verdicts: Sequence[Document], more: str = "") -> None:
    first = verdicts[0]
    for source, verdict in zip(sources, verdicts, strict=True):
        for what, own, other in (
            ("guideline", verdict["guideline"], first["guideline"]),
            ("target", verdict["target"], first["target"]),
        ):
            if own != other:
                name = "id" if what == "guideline" else "name"
                raise InputError(
                    f"{sources[0]} is for {what} {other[name]}, {source} for {own[name]}"
                    f"{' of other content' if own[name] == other[name] else ''}.",
                    f"Name the {what} to hold all of them against with --{what}{more}.",
                )


def gate(
    source: str,
    baseline: str,
    rules: Collection[Rule],
    known: Overlay,
    day: str,
    guideline_name: str = "",
    target_name: str = "",
    terms: Terms = PLAIN,
    *,
    accept_incomplete: bool = False,
) -> Document:
    """Score results and hold them against a baseline, where `baseline` names one.

    Raises `InputError` where that does not exist, is for another guideline, target or
    policy, is not whole, or holds no pass, since it would hide what broke.
    """
    if Rule.REGRESSION in rules and len(rules) == 1 and not baseline:
        raise InputError(
            "There is no baseline to tell a regression from.",
            "Name one with --baseline, or use --fail-on fail.",
        )
    if accept_incomplete and Rule.INCOMPLETE in rules:
        raise InputError(
            "--accept-incomplete and --fail-on incomplete contradict each other.",
            "Leave one of them out.",
        )
    verdict = score_one(source, guideline_name, target_name, terms)
    accepted = _baseline(baseline, guideline_name, target_name, terms) if baseline else None
    if accepted is not None:
        fixed = "; a verdict.json holds for its own alone, so that it may have to be made again"
        _refuse_different((source, baseline), (verdict, accepted), fixed)
        if accepted["policy"] != verdict["policy"]:
            raise InputError(
                f"{baseline} was scored by other rules: {accepted['policy']['rule']}",
                "Score both with the same options.",
            )
        if accepted["problems"]:
            raise InputError(
                f"{baseline} is not whole: {accepted['problems'][0]}.",
                "A baseline that lacks results hides what broke; choose another run.",
            )
        if not any(one.outcome is Outcome.PASSED for one in standings(accepted)):
            raise InputError(
                f"No test passed in {baseline}, so it cannot be a baseline.",
                "It would accept every test without a pass; choose another run.",
            )
    return build_gate(
        verdict, accepted, rules, known=known, day=day, accept_incomplete=accept_incomplete
    )


def _baseline(source: str, guideline_name: str, target_name: str, terms: Terms) -> Document:
    """Return the verdict of a baseline: a verdict.json as it is, anything else scored."""
    path = Path(source)
    advice = "Name a run directory, other results, or a verdict.json."
    if source != "-" and not path.exists():
        raise InputError(
            f"The baseline {source} does not exist.",
            f"{advice} To gate without a baseline, leave --baseline out.",
        )
    if _is_json(path):
        data = read_bounded(path, "The baseline", MAX_VERDICT_BYTES, advice)
        with suppress(ValueError, RecursionError):
            document = json.loads(data)
            if isinstance(document, dict) and "verdict" in str(document.get("format")):
                return _without_secrets(_verdict(document, source))
    return score_one(source, guideline_name, target_name, terms)


def _is_json(path: Path) -> bool:
    """Return whether a file, whatever its name, begins as a verdict does."""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(64).lstrip().startswith(b"{")
    return False


def _without_secrets(document: Document) -> Document:
    """Return a verdict that another version may have given, without secrets."""
    found: Document = redacted(document, mask, ("guideline", "target", "policy"))
    return found


def _verdict(document: Document, source: str) -> Document:
    """Return a verdict.json that follows its schema; raise `InputError` for any other."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if document["format"] != verdict_document.FORMAT:
        raise InputError(
            f"{source} is a {document['format']}, which this version does not read.",
            f"Make the baseline again; this version reads {verdict_document.FORMAT}.",
        )
    schema = json.loads((files("defcheck_reports") / "schemas/verdict-1.json").read_bytes())
    error = best_match(Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        raise InputError(
            f"{source} is no verdict of defcheck's: {error.json_path} does not follow the schema.",
            "Make it with `defcheck report RUN -f json:FILE`.",
        )
    return document
