"""A preflight as one JSON-ready document; its schema is reports/schemas/preflight-1.json."""

from typing import Any

from defcheck import __version__
from defcheck.cloud.preflight.examine import counts
from defcheck.cloud.preflight.finding import Finding
from defcheck.runner.preflight import Checked

FORMAT = "defcheck preflight 1"

Document = dict[str, Any]


def build(checked: Checked, run: str) -> Document:
    """Return the document for a preflight that was made; `run` is the command that it was for."""
    scene, survey = checked.scene, checked.scene.survey
    findings = [_finding(one, checked) for one in checked.findings]
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
            "counted": len(scene.demand.counted),
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
        "stands_against_a_pass": counts(finding, checked.scene),
        "run_refused": finding.hopeless,
    }
