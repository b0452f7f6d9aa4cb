"""What a test runner reports of itself never leaves a pass, in whatever format."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.results.streams import v1, v2
from tests.unit.results.writers import REASON, packets, report, write_junit, write_junitxml
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS
from tests.unit.shared import entry, guideline

MODULE = "tempest.api.object_storage.test_account_services"
TEST = f"{MODULE}.AccountTest.test_list_extensions"
ID = "id-6eb04a6a-4860-4e31-ba91-ea3347d76b58"
GUIDELINE = guideline({TEST: entry(ID)})


def write_rally(*results: tuple[str, str]) -> bytes:
    return json.dumps(report(dict(results))).encode()


WRITERS: dict[str, Callable[..., bytes]] = {
    "v2": lambda *results: v2(*packets(*results)),
    "v1": lambda *results: v1(*packets(*results)),
    "python-junitxml": lambda *results: write_junitxml(packets(*results)),
    "junit, name whole": write_junit(lambda name: ("", name)),
    "junit, name repeated": write_junit(lambda name: (name.rpartition(".")[0], name)),
    "junit, class alone": write_junit(lambda name: (name, name)),
    "rally": write_rally,
}

LOST_RESULTS = ["process-returncode", "subunit.parser", "broken-runner", "broken-runner-'0'"]
LOADERS = ["unittest.loader", "unittest2.loader", "nose2.loader", "discover", "some.other.loader"]
KINDS = ["_FailedTest", "ModuleImportFailure", "LoadTestsFailure"]
NOT_UNDERSTOOD = [
    "nose.failure.Failure.runTest",
    "nose.suite.ContextSuite.context=AccountTest>:setup",
    "pytest.internal",
    "twisted.trial.runner.ErrorHolder",
    "zope.testrunner.layer.UnitTests.setUp",
    "some.runner.WorkerDied.tempest.api.object_storage.test_account_services",
    "Startup",
    "worker 3",
    f"{MODULE}.AccountTest.runBefore",
    f"{MODULE}.AccountTest.setUp",
]


def verdict(data: bytes) -> Verdict:
    return score_results(GUIDELINE, GUIDELINE.targets[0], load_bytes(data, "x"))


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest) -> Callable[..., bytes]:
    return WRITERS[request.param]


def test_control_passes_also_beside_failures_of_other_tests(write: Callable[..., bytes]) -> None:
    passing = (f"{TEST}[{ID}]", "success")
    for other in (
        "tempest.scenario.test_minimum_basic.TestMinimumBasic.test_boot",
        "tempest.api.compute.test_x.C.test_generated_v2.1",
        "heat_tempest_plugin.tests.api.test_heat_api.stacks_patch.test_request",
        "neutron.tests.tempest.api.test_trunk.test_list_trunks",
    ):
        found = verdict(write(passing, (other, "fail")))
        assert (found.judgement, found.problems) == (PASS, ())
    own = "tests_of_a_vendor.test_x.C"
    found = verdict(write(passing, (f"{own}.test_a", "success"), (f"{own}.test_b", "fail")))
    assert (found.judgement, found.problems) == (PASS, ())


@pytest.mark.parametrize("name", LOST_RESULTS)
def test_lost_results_are_named_and_never_leave_a_pass(
    name: str, write: Callable[..., bytes]
) -> None:
    for results in (
        [(f"{TEST}[{ID}]", "success"), (name, "fail")],
        [(name, "fail"), (f"{TEST}[{ID}]", "success")],
    ):
        found = verdict(write(*results))
        assert found.judgement is INCOMPLETE
        (problem,) = found.problems
        assert name in problem
        assert write is write_rally or REASON in problem


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loader", LOADERS)
def test_failed_import_fails_the_tests_of_its_module(
    loader: str, kind: str, write: Callable[..., bytes]
) -> None:
    for module in (MODULE, "tempest.api.object_storage", f"{MODULE}.AccountTest"):
        found = verdict(write((f"{TEST}[{ID}]", "success"), (f"{loader}.{kind}.{module}", "fail")))
        assert found.judgement is FAIL
        assert found.tests[0].outcome == "fixture error"
    other = f"{loader}.{kind}.tempest.api.compute.test_servers"
    assert verdict(write((f"{TEST}[{ID}]", "success"), (other, "fail"))).judgement is PASS


@pytest.mark.parametrize("kind", KINDS)
def test_failed_import_named_by_its_last_word_never_leaves_a_pass(
    kind: str, write: Callable[..., bytes]
) -> None:
    short = f"unittest2.loader.{kind}.test_account_services"
    found = verdict(write((f"{TEST}[{ID}]", "success"), (short, "fail")))
    assert found.judgement is not PASS
    assert any("test_account_services" in problem for problem in found.problems)


@pytest.mark.parametrize("owner", [MODULE, f"{MODULE}.AccountTest"])
def test_class_or_module_reported_by_its_bare_name_speaks_for_its_tests(
    owner: str, write: Callable[..., bytes]
) -> None:
    """pytest reports a module so that it cannot collect."""
    found = verdict(write((f"{TEST}[{ID}]", "success"), (owner, "fail")))
    assert found.judgement is FAIL
    assert verdict(write((owner, "fail"))).judgement is FAIL
    skipped = verdict(write((owner, "skip")))
    assert skipped.tests[0].outcome == "skipped"


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_failure_that_is_not_understood_is_named_and_never_leaves_a_pass(
    name: str, write: Callable[..., bytes]
) -> None:
    found = verdict(write((f"{TEST}[{ID}]", "success"), (name, "fail")))
    assert found.judgement is INCOMPLETE
    (problem,) = found.problems
    assert name in problem


def test_failed_class_is_understood_beside_a_pass_in_its_package() -> None:
    passed, broken = ("some.tests.C.test_x", "success"), ("setUpClass (some.tests.D)", "fail")
    found = verdict(v2(*packets((TEST, "success"), passed, broken)))
    assert (found.problems, found.judgement) == ((), PASS)
    assert verdict(v2(*packets((TEST, "success"), broken))).judgement is INCOMPLETE


def test_skipped_class_of_another_package_does_not_keep_a_pass_away() -> None:
    """Nor one that passed: only a failure has to be understood."""
    for status in ("skip", "success"):
        stream = v2(*packets((TEST, "success"), ("setUpClass (some.runner.C)", status)))
        assert verdict(stream).problems == ()
        assert verdict(stream).judgement is PASS


def test_module_that_a_runner_skipped_is_skipped(write: Callable[..., bytes]) -> None:
    found = verdict(write((f"unittest.loader.ModuleSkipped.{MODULE}", "skip")))
    assert found.tests[0].outcome == "skipped"


@pytest.mark.parametrize("name", LOST_RESULTS)
def test_results_with_nothing_but_a_report_of_the_runner_say_so(
    name: str, write: Callable[..., bytes]
) -> None:
    with pytest.raises(InputError, match=f"contains no test result: {name}"):
        verdict(write((name, "fail")))


def test_stestr_repository_with_a_failed_worker_is_no_pass(tmp_path: Path) -> None:
    repository = tmp_path / ".stestr"
    repository.mkdir()
    (repository / "next-stream").write_text("1\n")
    stream = WRITERS["v1"]((f"{TEST}[{ID}]", "success"), ("process-returncode", "fail"))
    (repository / "0").write_bytes(stream)
    found = score_results(GUIDELINE, GUIDELINE.targets[0], load_results(str(tmp_path)))
    assert found.judgement is INCOMPLETE
    assert "process-returncode" in found.problems[0]
