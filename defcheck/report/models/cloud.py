"""Documents about a cloud: preflight findings, and leftovers found and deleted."""

from collections.abc import Collection, Iterable
from typing import Any

from defcheck import __version__
from defcheck.cloud.cleanup.deletion import DeletionOutcome
from defcheck.cloud.cleanup.ownership import LeftoverFindings
from defcheck.cloud.preflight.checks import blocks_pass, find_affected_tests
from defcheck.cloud.preflight.context import PreflightFinding
from defcheck.report.models.verdict_report import Document
from defcheck.runner.leftover_scan import describe_leftover
from defcheck.runner.preflight import PreflightResult
from defcheck.runner.record import RunRecord

CLEANUP_FORMAT = "defcheck cleanup 1"


def build_cleanup_document(
    record: RunRecord,
    run: str,
    findings: LeftoverFindings,
    outcomes: Iterable[DeletionOutcome] | None,
    at: str,
) -> Document:
    """Build the document; `outcomes` is None unless deletion was requested.

    A resource without an outcome, because deletion was interrupted, remains. `at` is an
    ISO 8601 time.
    """
    done = {(one.leftover.resource.kind, one.leftover.resource.id): one for one in outcomes or ()}
    ours = []
    for leftover in findings.owned:
        outcome = done.get((leftover.resource.kind, leftover.resource.id))
        state = "found" if outcomes is None else "remains"
        if outcome is not None and outcome.deleted:
            state = "removed"
        reason = outcome.reason if outcome else ""
        ours.append({**describe_leftover(leftover), "state": state, "reason": reason})
    return {
        "format": CLEANUP_FORMAT,
        "defcheck": __version__,
        "at": at,
        "run": run,
        "prefix": record.inputs.prefix,
        "cloud": record.inputs.cloud,
        "deleted": outcomes is not None,
        "ours": ours,
        "unproven": [describe_leftover(one) for one in findings.unproven],
        "unseen": list(findings.unseen),
    }


def is_clean(document: Document) -> bool:
    """Return whether no leftover remains and everything could be checked."""
    left = [one for one in document["ours"] if one["state"] != "removed"]
    return not left and not document["unseen"]


PREFLIGHT_FORMAT = "defcheck preflight 1"

PreflightDocument = dict[str, Any]


def build_preflight_document(checked: PreflightResult, run: str) -> PreflightDocument:
    """Build the document of a preflight check; `run` is the command that was checked."""
    scene, survey = checked.context, checked.context.survey
    findings = [_finding_facts(one, checked) for one in checked.findings]
    lost = find_affected_tests(one for one in checked.findings if blocks_pass(one, scene))
    hopeless = find_affected_tests(one for one in checked.findings if one.prevents_pass)
    return {
        "format": PREFLIGHT_FORMAT,
        "defcheck": __version__,
        "clear": not any(one["stands_against_a_pass"] for one in findings),
        "cloud": {"name": survey.cloud, "auth_url": survey.auth_url, "region": survey.region},
        "guideline": checked.guideline.id,
        "target": {"name": checked.target.name, "title": checked.target.title},
        "tempest": checked.tempest,
        "users": scene.users.kind,
        "seconds": survey.seconds,
        "tests": {
            "demanded": len(scene.planned.tests),
            "counted": _count_counted(scene.planned.tests, checked),
            "will_not_pass": _count_tests(lost, checked),
            "cannot_pass": _count_tests(hopeless, checked),
            "foreseen": {
                test: {"outcome": fate.outcome, "reason": fate.reason}
                for test, fate in (scene.predicted or {}).items()
            },
        },
        "findings": findings,
        "run": run,
    }


def _finding_facts(finding: PreflightFinding, checked: PreflightResult) -> PreflightDocument:
    return {
        "topic": finding.topic,
        "subject": finding.subject,
        "state": finding.state.value,
        "what": finding.what,
        "advice": finding.advice,
        "tests": list(finding.tests),
        "counted": _count_counted(finding.tests, checked),
        "stands_against_a_pass": blocks_pass(finding, checked.context),
        "run_refused": finding.prevents_pass,
    }


def _count_tests(tests: Collection[str], checked: PreflightResult) -> dict[str, int]:
    return {"all": len(tests), "counted": _count_counted(tests, checked)}


def _count_counted(tests: Iterable[str], checked: PreflightResult) -> int:
    """Return how many of the tests the verdict depends on."""
    return len(checked.context.planned.counted.intersection(tests))
