"""Compare several results, or gate results against a baseline."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline.overlay import Overlay
from defcheck.redaction.redactor import redact_document
from defcheck.report.models.comparison import build_comparison_document, choose_column_labels
from defcheck.report.models.gate import build_gate_document, list_standings
from defcheck.report.models.verdict_report import VERDICT_FORMAT, Document
from defcheck.results.models import Outcome
from defcheck.results.result_set import redact_text
from defcheck.scoring.gate import GateRule
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.util.files import read_bounded
from defcheck.workflows.verdicts import score_results

MAX_VERDICT_BYTES = 256 * 2**20


def compare_results(
    sources: Sequence[str],
    guideline_name: str = "",
    target_name: str = "",
    labels: Sequence[str] = (),
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
) -> Document:
    """Score several results against the same target and compare the verdicts.

    Raises `InputError` if they are for different targets and none is given.
    """
    if len(sources) < 2:
        raise InputError("There is only one set of results.", "Give two or more to compare.")
    if labels and len(labels) != len(sources):
        raise InputError(
            f"There are {len(labels)} labels for {len(sources)} results.",
            "Give one --label for each of the results, or none.",
        )
    verdicts = [score_results(one, guideline_name, target_name, scoring_options) for one in sources]
    _require_same_target(sources, verdicts)
    return build_comparison_document(labels or choose_column_labels(verdicts), verdicts)


def _have_same_policy(first: Document, second: Document) -> bool:
    """Return whether two verdicts follow one policy; its sentences may change with the version."""
    return all(first["policy"][key] == second["policy"][key] for key in ("name", "changes"))


def _require_same_target(
    sources: Sequence[str], verdicts: Sequence[Document], more: str = ""
) -> None:
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
                    f"{' with different content' if own[name] == other[name] else ''}.",
                    f"Choose the {what} for all of them with --{what}{more}.",
                )


def gate_results(
    source: str,
    baseline: str,
    rules: Collection[GateRule],
    known: Overlay,
    day: str,
    guideline_name: str = "",
    target_name: str = "",
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
    *,
    accept_incomplete: bool = False,
) -> Document:
    """Score results and compare them with a baseline, if `baseline` is given.

    Raises `InputError` if the baseline does not exist, is for another guideline, target
    or policy, is incomplete, or has no pass, because it would hide regressions.
    """
    if GateRule.REGRESSION in rules and len(rules) == 1 and not baseline:
        raise InputError(
            "--fail-on regression needs a baseline.",
            "Give one with --baseline, or use --fail-on fail.",
        )
    if accept_incomplete and GateRule.INCOMPLETE in rules:
        raise InputError(
            "--accept-incomplete and --fail-on incomplete contradict each other.",
            "Omit one of them.",
        )
    verdict = score_results(source, guideline_name, target_name, scoring_options)
    accepted = (
        _load_baseline(baseline, guideline_name, target_name, scoring_options) if baseline else None
    )
    if accepted is not None:
        fixed = "; a verdict.json only applies to its own, so create the baseline again if needed"
        _require_same_target((source, baseline), (verdict, accepted), fixed)
        if not _have_same_policy(accepted, verdict):
            raise InputError(
                f"{baseline} was scored under another policy: {accepted['policy']['rule']}",
                "Score both with the same options.",
            )
        if accepted["problems"]:
            raise InputError(
                f"{baseline} is incomplete: {accepted['problems'][0]}.",
                "A baseline that lacks results hides regressions; choose another run.",
            )
        if not any(one.outcome is Outcome.PASSED for one in list_standings(accepted)):
            raise InputError(
                f"No test passed in {baseline}, so it cannot be a baseline.",
                "It would accept every test that did not pass; choose another run.",
            )
    return build_gate_document(
        verdict, accepted, rules, known=known, day=day, accept_incomplete=accept_incomplete
    )


def _load_baseline(
    source: str, guideline_name: str, target_name: str, scoring_options: ScoringOptions
) -> Document:
    """Return the verdict of a baseline: read a verdict.json, score anything else."""
    path = Path(source)
    advice = "Give a run directory, other results, or a verdict.json."
    if source != "-" and not path.exists():
        raise InputError(
            f"The baseline {source} does not exist.",
            f"{advice} To gate without a baseline, omit --baseline.",
        )
    if _begins_like_json(path):
        data = read_bounded(path, "The baseline", MAX_VERDICT_BYTES, advice)
        with suppress(ValueError, RecursionError):
            document = json.loads(data)
            if isinstance(document, dict) and "verdict" in str(document.get("format")):
                return _mask_secrets(_validate_verdict(document, source))
    return score_results(source, guideline_name, target_name, scoring_options)


def _begins_like_json(path: Path) -> bool:
    """Return whether a file of any name begins like a verdict.json."""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(64).lstrip().startswith(b"{")
    return False


def _mask_secrets(document: Document) -> Document:
    """Return a verdict, possibly of another version, without secrets."""
    found: Document = redact_document(document, redact_text, ("guideline", "target", "policy"))
    return found


def _validate_verdict(document: Document, source: str) -> Document:
    """Return a verdict.json that follows its schema; raise `InputError` otherwise."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    if document["format"] != VERDICT_FORMAT:
        raise InputError(
            f"{source} has the format {document['format']}, which this version does not support.",
            f"Create the baseline again; this version supports {VERDICT_FORMAT}.",
        )
    schema = json.loads((files("defcheck_reports") / "schemas/verdict-1.json").read_bytes())
    error = best_match(Draft202012Validator(schema).iter_errors(document))
    if error is not None:
        raise InputError(
            f"{source} is not a verdict of defcheck: {error.json_path} does not follow the schema.",
            "Create it with `defcheck report RUN -f json:FILE`.",
        )
    return document
