"""As many tests need more accounts in a check, a run, its record and every report of it."""

from dataclasses import asdict, replace
from typing import Any

from defcheck.cloud.preflight.checks import run_checks
from defcheck.cloud.preflight.context import (
    PlannedTests,
    PredictedSkip,
    UserSetup,
    find_gained_tests,
)
from defcheck.guideline.selection import find_target
from defcheck.report.formats.cloud_text import render_preflight_text
from defcheck.report.models.cloud import build_preflight_document
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.runner.preflight import PreflightResult, describe_account_needs, find_exclusions
from defcheck.runner.record import explain_exclusions
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.verdict import score_evidence
from tests.unit.cloud.preflight import clouds
from tests.unit.report.test_predicted_skips import record
from tests.unit.report.wording import plain
from tests.unit.scoring.judging import tempest
from tests.unit.shared import document as guideline_document
from tests.unit.shared import entry, load, passed, results, skipped

Document = dict[str, Any]

TWO, READ, SKIP, BUG, FLAG, FINE = (f"tempest.m.C.test_{name}" for name in "abcdef")
USERS = PredictedSkip("fixture error", "Insufficient number of users provided.")
NO_READER = PredictedSkip("fixture error", "No credentials matching role: reader, scope: project")
SECOND_SET = PredictedSkip("skipped", "Missing a 2nd set of API credentials")
KNOWN_BUG = PredictedSkip("skipped", "Skipped because of bug#1.")
FORESEEN = {TWO: USERS, READ: NO_READER, SKIP: SECOND_SET, BUG: USERS, FLAG: USERS}
WITH_MORE = {BUG: KNOWN_BUG}

REQUIRED = {
    "one": {TWO: entry(), READ: entry(), FINE: entry()},
    "two": {TWO: entry(), SKIP: entry(), BUG: entry()},
    "three": {TWO: entry(), FLAG: entry(flagged=True)},
}


def run_of_one_login() -> tuple[Document, Document, str]:
    """Return the check before a run, the verdict on it, and what the run said itself."""
    guideline = load(guideline_document(REQUIRED))
    target = find_target(guideline)
    every = (TWO, READ, SKIP, BUG, FLAG, FINE)
    scene = clouds.scene(
        every, predicted=FORESEEN, with_more_users=WITH_MORE, users=UserSetup("single account")
    )
    counted = frozenset(every) - {FLAG}
    scene = replace(scene, planned=PlannedTests(every, counted))
    check = build_preflight_document(
        PreflightResult(guideline, target, "47.0.0", scene, tuple(run_checks(scene))),
        "defcheck run",
    )
    kept = record(
        foreseen={name: asdict(fate) for name, fate in FORESEEN.items()},
        withheld=find_exclusions(FORESEEN, WITH_MORE),
        second_account=find_gained_tests(FORESEEN, WITH_MORE),
    )
    evidence = Evidence(
        results(passed(FINE), skipped(SKIP, SECOND_SET.reason)),
        tempest(*every),
        explain_exclusions(kept),
    )
    verdict = score_evidence(guideline, target, evidence)
    document = build_verdict_document(verdict, source="s", results_sha256="0" * 64, record=kept)
    return check, document, describe_account_needs(FORESEEN, WITH_MORE)


def test_as_many_tests_need_more_accounts_wherever_it_is_told() -> None:
    check, document, said = run_of_one_login()
    finding = next(one for one in check["findings"] if one["subject"] == "second account")
    assert finding["tests"] == document["run"]["second_account"] == sorted([TWO, READ, SKIP, FLAG])
    assert finding["counted"] == 3
    assert "4 tests, 3 of them counted: " in render_preflight_text(check)
    assert said == (
        "More accounts are needed for 4 tests; Tempest would skip 1 test even with more accounts"
    )
    of_users = [cause for cause in document["causes"] if cause["kind"] == "users"]
    assert sorted(test["name"] for cause in of_users for test in cause["tests"]) == [
        *(TWO, READ, SKIP),
    ]
    for name in ("text", "html", "markdown", "rst"):
        assert "are needed for 4 tests, 3 of them counted" in plain(name, document), name


def test_a_test_that_more_accounts_would_not_run_has_a_cause_of_its_own() -> None:
    _, document, _ = run_of_one_login()
    (cause,) = (one for one in document["causes"] if BUG in [test["name"] for test in one["tests"]])
    assert cause["title"] == "More accounts would not help: Skipped because of bug#1."
    assert cause["kind"] == "known bug"


def test_what_a_check_says_will_not_pass_has_no_pass_in_the_report() -> None:
    check, document, _ = run_of_one_login()
    assert check["tests"]["will_not_pass"] == {"all": 5, "counted": 4}
    counts = document["counts"]["counted"]
    assert (counts["total"], counts["incomplete"], counts["failed"]) == (5, 4, 0)
    assert check["tests"]["counted"] == counts["total"]
    assert check["tests"]["demanded"] == document["counts"]["with_flagged"]["total"]
