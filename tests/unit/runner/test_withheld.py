"""Tests for which one login is not enough are not run, and say so in the verdict."""

import pytest

from defcheck.cloud.preflight.scene import Foreseen
from defcheck.errors import UnusableError
from defcheck.runner.withheld import READER, SECOND, withhold, without
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.verdict import judge
from tests.unit.scoring.judging import INCOMPLETE, outcomes, tempest
from tests.unit.shared import entry, guideline, passed, results

FORESEEN = {
    "m.C.test_two": Foreseen("fixture error", "Insufficient number of users provided"),
    "m.C.test_read": Foreseen(
        "fixture error", "No credentials matching role: reader, scope: project specified"
    ),
    "m.C.test_skip": Foreseen("skipped", "Missing a 2nd set of API credentials"),
}


def test_what_cannot_be_set_up_is_left_out_and_a_skip_is_tempest_s_own() -> None:
    assert withhold(FORESEEN, "single account") == {
        "m.C.test_two": SECOND,
        "m.C.test_read": READER,
    }


@pytest.mark.parametrize("credentials", ["dynamic", "accounts", "as configured"])
def test_other_users_hold_nothing_back(credentials: str) -> None:
    assert withhold(FORESEEN, credentials) == {}


def test_names_are_compared_without_attributes() -> None:
    left = without(["m.C.test_two[id-1]", "m.C.test_one[id-2]"], {"m.C.test_two": SECOND})
    assert left == ("m.C.test_one[id-2]",)


def test_a_run_of_nothing_is_refused() -> None:
    with pytest.raises(UnusableError, match="none of the 1 demanded tests"):
        without(["m.C.test_two[id-1]"], {"m.C.test_two": SECOND})


def test_it_is_incomplete_and_the_reason_is_told() -> None:
    demanded = guideline({"m.C.test_one": entry(), "m.C.test_two": entry()})
    evidence = Evidence(
        results(passed("m.C.test_one")),
        tempest("m.C.test_one", "m.C.test_two"),
        {"m.C.test_two": SECOND, "m.C.test_one": READER},
    )
    found = judge(demanded, demanded.targets[0], evidence)
    assert found.judgement is INCOMPLETE
    assert outcomes(found) == {"m.C.test_one": "passed", "m.C.test_two": "not run"}
    assert [test.reason for test in found.tests] == ["", SECOND]
