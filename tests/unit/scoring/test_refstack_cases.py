"""The recorded cases of the real RefStack: the same counts, percents and answer."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.loader import load_guideline_file
from defcheck.guideline.models import Guideline
from defcheck.guideline.selection import find_target
from defcheck.scoring.refstack_answer import UndefinedAnswerError, compute_refstack_answer
from tests.unit.shared import JSON, SHARED, load, shared_files

CASES = shared_files("refstack/scoring/*.json")
OF_EDITIONS = shared_files("refstack/scoring/20*.json")


def as_recorded(guideline: Guideline, case: JSON) -> JSON:
    """Return our answer to a case in the words of the recording."""
    found = compute_refstack_answer(
        guideline, find_target(guideline, case["target"]), case["passed"]
    )
    return {
        "status": {
            status.value: {
                "capabilities": len(under.capabilities),
                "count": under.count,
                "passedCount": under.passed,
                "flagPassCount": under.flagged_passed,
                "flagFailCount": under.flagged_not_passed,
                "caps": {
                    name: [one.passed, one.not_passed, one.flagged_passed, one.flagged_not_passed]
                    for name, one in under.capabilities.items()
                },
            }
            for status, under in found.statuses.items()
        },
        "requiredPassPercent": found.percent,
        "totalRequiredFailCount": found.failed,
        "totalRequiredFlagCount": found.flagged,
        "totalNonFlagCount": found.counted,
        "nonFlagPassCount": found.counted_passed,
        "nonFlagRequiredPassPercent": found.counted_percent,
        "verdict": "YES" if found.is_yes else "NO",
    }


def check(guideline: Guideline, case: JSON) -> None:
    """Compare our answer with the recorded one."""
    expected = case["expected"]
    if expected["crash"] is not None or not expected["status"]["required"]["count"]:
        with pytest.raises(UndefinedAnswerError):
            as_recorded(guideline, case)
        return
    found = as_recorded(guideline, case)
    for key, value in found.items():
        recorded: Any = expected[key]
        if isinstance(value, float):
            assert math.isclose(value, recorded, rel_tol=1e-12), key
        elif value is None:
            assert recorded in (None, "NaN"), key
        else:
            assert value == recorded, key


@pytest.mark.parametrize("path", CASES)
def test_the_recorded_answer(path: Path) -> None:
    case = json.loads(path.read_bytes())
    if "guideline_json" in case:
        guideline = load(case["guideline_json"], path.name)
    else:
        folders = (SHARED / "interop" / "guidelines", SHARED / "interop" / "add-ons")
        name = case["guideline_file"]
        guideline = load_guideline_file(
            next(one / name for one in folders if (one / name).exists())
        )
    check(guideline, case)


@pytest.mark.parametrize("path", OF_EDITIONS)
def test_the_recorded_answer_against_the_bundled_guideline(path: Path) -> None:
    case = json.loads(path.read_bytes())
    check(catalog.load_guideline(case["guideline"]), case)
