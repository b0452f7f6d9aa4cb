"""A failed event behind a test's name is of that test: it never vanishes beside a pass."""

import json

import pytest

from defcheck.results.loader import load_bytes
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.results.writers import report
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge, outcomes
from tests.unit.shared import entry, failed, guideline, passed, skipped

M = "tempest.api.x.test_m"
C = f"{M}.C"
N = f"{C}.test_n"
ID = "id-6eb04a6a-4860-4e31-ba91-ea3347d76b58"
GUIDELINE = guideline({N: entry(ID)})
BEHIND = [
    " [msg]", f"[{ID}] [msg]", " [image] (i=2)", " (i=1)", " ", " [id-a]", "[id-a][id-b]",
    "[a(1)]", f"[{ID}](v2)[1]", "(v2", "-retry", " retry 2", "#1", ": boom", ".setUp", ".test_x",
    "\u200b", "\r",
]  # fmt: skip


def read(data: bytes, rule: RerunRule = RerunRule.WORST) -> Verdict:
    found = load_bytes(data, "x")
    return score_results(
        GUIDELINE, GUIDELINE.targets[0], found, options=ScoringOptions(reruns=rule)
    )


@pytest.mark.parametrize("behind", BEHIND)
def test_failure_behind_the_name_of_a_test_is_of_that_test(behind: str) -> None:
    verdict = judge(GUIDELINE, passed(N), failed(f"{N}{behind}"))
    assert verdict.judgement is FAIL
    assert outcomes(verdict) == {N: "failed"}
    assert judge(GUIDELINE, passed(N), skipped(f"{N}{behind}")).judgement is INCOMPLETE


def test_failure_of_another_test_whose_name_begins_alike_is_not() -> None:
    for other in (f"{N}2", f"{N}_retry", f"{C}2.test_n"):
        assert judge(GUIDELINE, passed(N), failed(other)).judgement is PASS


@pytest.mark.parametrize(
    ("classname", "name"),
    [
        (C, "test_n [msg] (i=1)"),
        (N, "test_n"),
        (C, "C.test_n"),
        (C, f"test_n ({N}) [msg]"),
        ("", f"{N} [msg]"),
    ],
)
def test_failure_in_junit_is_not_joined_to_a_name_of_nobody(classname: str, name: str) -> None:
    failing = f'<testcase classname="{classname}" name="{name}"><failure/></testcase>'
    passing = f'<testcase classname="{C}" name="test_n"/>'
    data = (
        f"<testsuites><testsuite>{failing}</testsuite><testsuite>{passing}</testsuite></testsuites>"
    )
    assert read(data.encode()).judgement is FAIL


def test_failure_in_rally_is_of_the_test_that_its_name_begins_with() -> None:
    document = report({N: "success", f"{N} [msg]": "fail"})
    assert read(json.dumps(document).encode()).judgement is not PASS


@pytest.mark.parametrize(
    "module", [f"{M} (import)", M, "tempest.test_discover", "tempest.lib.x.test_y"]
)
def test_failed_module_is_understood_only_where_it_has_tests(module: str) -> None:
    assert judge(GUIDELINE, passed(N), failed(module)).judgement is not PASS


@pytest.mark.parametrize("name", ["tempestX.test_y", "tempest_process.test_x", "runner.test_died"])
def test_name_that_only_looks_like_a_plugins_is_not_understood(name: str) -> None:
    found = judge(GUIDELINE, passed(N), passed(f"{name}_boot"), failed(name))
    assert found.judgement is INCOMPLETE
    assert name in found.problems[0]


def test_discovery_that_failed_is_told() -> None:
    lost = failed("unittest.loader._FailedTest.tempest.test_discover.test_discover")
    assert judge(GUIDELINE, passed(N), lost).judgement is INCOMPLETE


def test_failed_import_never_hides_behind_a_pass_of_the_same_round() -> None:
    lost = failed(f"unittest.loader._FailedTest.{M}")
    for rule in RerunRule:
        verdict = judge(GUIDELINE, passed(N), lost, terms=ScoringOptions(reruns=rule))
        assert verdict.judgement is not PASS


@pytest.mark.parametrize("status", ["skip", "fail", "uxsuccess"])
def test_lost_results_are_never_harmless(status: str) -> None:
    data = f"test: {N}\nsuccess: {N}\ntest: process-returncode\n"
    end = {"skip": "skip", "fail": "failure", "uxsuccess": "uxsuccess"}[status]
    verdict = read(f"{data}{end}: process-returncode\n".encode())
    assert verdict.judgement is INCOMPLETE


@pytest.mark.parametrize(
    "line",
    [
        "failure: process-returncode\n",
        "partial output test: process-returncode\nfailure: process-returncode [ multipart\n",
        "failure: test_m [\nboom\n]\n",
        "error: gremlin [\nboom\n]\n",
        f"failure {N}\n",
        f"foo test {N}\nfailure {N} [\nboom\n]\n",
        f"failure:\t{N}\n",
        f"failure:  {N}\n",
        f" failure: {N}\n",
        f"test: {N}\r\nfailure: {N}\r\n",
    ],
)
def test_failure_of_version_1_that_belongs_to_no_test_in_progress_is_told(line: str) -> None:
    verdict = read(f"test: {N}\nsuccess: {N}\n{line}".encode())
    assert verdict.judgement is not PASS


def test_what_a_test_prints_about_errors_is_no_lost_event() -> None:
    text = "error: no such file\nfailure to launch\nerror: timeout\n  error in x.py\n"
    verdict = read(f"test: {N}\nsuccess: {N}\n{text}".encode())
    assert (verdict.judgement, verdict.problems) == (PASS, ())


def test_lines_that_end_as_on_windows_are_read() -> None:
    assert read(f"test: {N}\r\nsuccess: {N}\r\n".encode()).judgement is PASS
