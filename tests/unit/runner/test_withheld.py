"""Tests for which one login is not enough are not run, and say so in the verdict."""

from pathlib import Path

import pytest
import yaml

from defcheck.cloud.preflight.scene import Foreseen
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import UnusableError
from defcheck.runner.preparation import one_login
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
    assert withhold(FORESEEN, one_login=True) == {
        "m.C.test_two": SECOND,
        "m.C.test_read": READER,
    }


def test_other_users_hold_nothing_back() -> None:
    assert withhold(FORESEEN, one_login=False) == {}


@pytest.mark.parametrize(
    ("credentials", "users", "alone"),
    [
        ("single account", 0, True),
        ("accounts", 1, True),
        ("accounts", 2, False),
        ("dynamic", 0, False),
        ("dynamic", 1, False),
        ("as configured", 0, False),
    ],
)
def test_an_accounts_file_of_one_user_is_one_login_too(
    tmp_path: Path, credentials: str, users: int, *, alone: bool
) -> None:
    """As `cloud configure` writes it for a plain login."""
    auth = {"use_dynamic_credentials": "false"}
    if users:
        auth["test_accounts_file"] = str(tmp_path / "accounts.yaml")
        entries = [
            {"username": f"u{n}", "password": "x", "project_name": "p"} for n in range(users)
        ]
        (tmp_path / "accounts.yaml").write_text(yaml.safe_dump(entries))
    assert one_login(Configuration({"auth": auth}, credentials)) is alone


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
