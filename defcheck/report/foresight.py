"""Which of the predictions that were made before a run came true."""

from typing import Any

from defcheck.results.model import Outcome
from defcheck.runner.record import Record
from defcheck.scoring.verdict import Verdict

KINDS = {"skips": Outcome.SKIPPED.value, "fixture_errors": Outcome.FIXTURE_ERROR.value}


def compare(record: Record, verdict: Verdict) -> dict[str, Any] | None:
    """Return how many predictions came true, by kind, and what nobody foresaw.

    Only tests of the verdict's target are looked at. None where no prediction
    was made.
    """
    if record.foreseen is None:
        return None
    became = {name: test.outcome.value for test in verdict.tests for name in test.found}
    # What was left out of the run for want of users proves no prediction right or wrong.
    tried = {
        name: fate for name, fate in record.foreseen.items() if name not in (record.withheld or {})
    }
    return {kind: _kind(tried, became, outcome) for kind, outcome in KINDS.items()}


def _kind(
    foreseen: dict[str, dict[str, str]], became: dict[str, str], outcome: str
) -> dict[str, Any]:
    told = {
        name for name, fate in foreseen.items() if fate["outcome"] == outcome and name in became
    }
    true = {name for name, what in became.items() if what == outcome}
    return {
        "foreseen": len(told),
        "came_true": len(told & true),
        "not_true": sorted(told - true),
        "not_foreseen": sorted(true - told),
    }
