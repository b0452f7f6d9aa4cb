"""Tests for which one login is not enough are not run, and say so in the verdict."""

from pathlib import Path

import pytest
import yaml

from defcheck.cloud.preflight.context import PredictedSkip, find_gained_tests
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.errors import UnusableError
from defcheck.runner.preflight import describe_account_needs, find_exclusions, remove_excluded
from defcheck.runner.preparation import has_single_login
from defcheck.runner.record import (
    MORE_ACCOUNTS_NO_HELP,
    NEEDS_READER,
    NEEDS_SECOND_ACCOUNT,
    explain_exclusions,
)
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.verdict import score_evidence
from tests.unit.report.test_predicted_skips import record
from tests.unit.scoring.judging import INCOMPLETE, outcomes, tempest
from tests.unit.shared import entry, guideline, passed, results

FORESEEN = {
    "m.C.test_two": PredictedSkip("fixture error", "Insufficient number of users provided"),
    "m.C.test_read": PredictedSkip(
        "fixture error", "No credentials matching role: reader, scope: project specified"
    ),
    "m.C.test_skip": PredictedSkip("skipped", "Missing a 2nd set of API credentials"),
}


def test_what_cannot_be_set_up_is_left_out_and_a_skip_is_tempest_s_own() -> None:
    assert find_exclusions(FORESEEN, {}) == {
        "m.C.test_two": NEEDS_SECOND_ACCOUNT,
        "m.C.test_read": NEEDS_READER,
    }


def test_other_users_hold_nothing_back() -> None:
    assert find_exclusions(FORESEEN, None) == {}
    assert describe_account_needs(FORESEEN, None) == ""


ADMIN = PredictedSkip("fixture error", "No credentials matching role: admin")
BUG = PredictedSkip("skipped", "Skipped because of bug#1.")


def test_a_test_that_more_accounts_would_not_run_either_does_not_ask_for_them() -> None:
    more = {"m.C.test_two": BUG, "m.C.test_read": ADMIN}
    assert find_exclusions(FORESEEN, more) == {
        "m.C.test_two": "More accounts would not help: Skipped because of bug#1.",
        "m.C.test_read": "More accounts would not help: No credentials matching role: admin",
    }


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "More accounts are needed for 3 tests"),
        (
            {"m.C.test_two": BUG},
            "More accounts are needed for 2 tests; Tempest would skip 1 test even with more "
            "accounts",
        ),
        (
            {"m.C.test_two": ADMIN, "m.C.test_read": ADMIN, "m.C.test_skip": BUG},
            "2 tests cannot run even with more accounts",
        ),
        (
            {"m.C.test_two": BUG, "m.C.test_read": ADMIN, "m.C.test_skip": BUG},
            "Tempest would skip 1 test even with more accounts; 1 test cannot run "
            "even with more accounts",
        ),
    ],
)
def test_the_number_of_tests_that_need_more_accounts_is_that_of_the_record(
    more: dict[str, PredictedSkip], words: str
) -> None:
    assert describe_account_needs(FORESEEN, more) == words
    needing = find_gained_tests(FORESEEN, more)
    assert not needing or f" {len(needing)} test" in words


def test_a_run_of_an_older_version_asks_for_accounts_only_where_they_help() -> None:
    """It said SECOND of every test that it left out."""
    old = record(
        withheld={"a": NEEDS_SECOND_ACCOUNT, "b": NEEDS_SECOND_ACCOUNT, "c": "else"},
        second_account=["a"],
    )
    assert explain_exclusions(old) == {
        "a": NEEDS_SECOND_ACCOUNT,
        "b": MORE_ACCOUNTS_NO_HELP,
        "c": "else",
    }
    assert explain_exclusions(record(withheld={"a": NEEDS_SECOND_ACCOUNT})) == {
        "a": NEEDS_SECOND_ACCOUNT
    }
    assert explain_exclusions(record()) == {}


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
    assert has_single_login(TempestConfiguration({"auth": auth}, credentials)) is alone


def test_names_are_compared_without_attributes() -> None:
    left = remove_excluded(
        ["m.C.test_two[id-1]", "m.C.test_one[id-2]"], {"m.C.test_two": NEEDS_SECOND_ACCOUNT}
    )
    assert left == ("m.C.test_one[id-2]",)


def test_a_run_of_nothing_is_refused() -> None:
    with pytest.raises(UnusableError, match="None of the 1 tests"):
        remove_excluded(["m.C.test_two[id-1]"], {"m.C.test_two": NEEDS_SECOND_ACCOUNT})


def test_it_is_incomplete_and_the_reason_is_told() -> None:
    demanded = guideline({"m.C.test_one": entry(), "m.C.test_two": entry()})
    evidence = Evidence(
        results(passed("m.C.test_one")),
        tempest("m.C.test_one", "m.C.test_two"),
        {"m.C.test_two": NEEDS_SECOND_ACCOUNT, "m.C.test_one": NEEDS_READER},
    )
    found = score_evidence(demanded, demanded.targets[0], evidence)
    assert found.judgement is INCOMPLETE
    assert outcomes(found) == {"m.C.test_one": "passed", "m.C.test_two": "not run"}
    assert [test.reason for test in found.tests] == ["", NEEDS_SECOND_ACCOUNT]
    assert [test.excluded for test in found.tests] == [False, True]
