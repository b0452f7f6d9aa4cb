"""A preflight as one JSON-ready document; its schema is reports/schemas/preflight-1.json."""

from collections.abc import Collection, Iterable
from typing import Any

from defcheck import __version__
from defcheck.cloud.preflight.examine import counts, harmed_tests
from defcheck.cloud.preflight.finding import Finding
from defcheck.runner.preflight import Checked

FORMAT = "defcheck preflight 1"

Document = dict[str, Any]


def build(checked: Checked, run: str) -> Document:
    """Return the document for a preflight that was made; `run` is the command that it was for."""
    scene, survey = checked.scene, checked.scene.survey
    findings = [_finding(one, checked) for one in checked.findings]
    lost = harmed_tests(one for one in checked.findings if counts(one, scene))
    hopeless = harmed_tests(one for one in checked.findings if one.hopeless)
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "clear": not any(one["stands_against_a_pass"] for one in findings),
        "cloud": {"name": survey.cloud, "auth_url": survey.auth_url, "region": survey.region},
        "guideline": checked.guideline.id,
        "target": {"name": checked.target.name, "title": checked.target.title},
        "tempest": checked.tempest,
        "users": scene.users.kind,
        "seconds": survey.seconds,
        "tests": {
            "demanded": len(scene.demand.tests),
            "counted": _count_counted(scene.demand.tests, checked),
            "will_not_pass": _numbers(lost, checked),
            "cannot_pass": _numbers(hopeless, checked),
            "foreseen": {
                test: {"outcome": fate.outcome, "reason": fate.reason}
                for test, fate in (scene.foreseen or {}).items()
            },
        },
        "findings": findings,
        "run": run,
    }


def _finding(finding: Finding, checked: Checked) -> Document:
    return {
        "topic": finding.topic,
        "subject": finding.subject,
        "state": finding.state.value,
        "what": finding.what,
        "advice": finding.advice,
        "tests": list(finding.tests),
        "counted": _count_counted(finding.tests, checked),
        "stands_against_a_pass": counts(finding, checked.scene),
        "run_refused": finding.hopeless,
    }


def _numbers(tests: Collection[str], checked: Checked) -> dict[str, int]:
    return {"all": len(tests), "counted": _count_counted(tests, checked)}


def _count_counted(tests: Iterable[str], checked: Checked) -> int:
    """Return how many of some different tests the verdict depends on."""
    return len(checked.scene.demand.counted.intersection(tests))
