"""A repository that stestr really wrote."""

import shutil
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results, load_source
from defcheck.results.models import Outcome
from defcheck.results.result_set import ResultIndex

MODULE = "suite.test_fixtures"


def test_the_latest_run_is_read_from_project_or_repository(project: Path) -> None:
    found = load_results(str(project))
    assert (
        found
        == load_results(str(project / ".stestr"))
        == load_results(str(project / ".stestr" / "1"))
    )
    assert (found.format, found.problems) == ("subunit v1", ())
    assert {(event.name, event.outcome) for event in found.events} == {
        (f"{MODULE}.Good.test_pass", Outcome.PASSED),
        (f"{MODULE}.Good.test_fail", Outcome.FAILED),
        (f"{MODULE}.Good.test_skip", Outcome.SKIPPED),
        (f"setUpClass ({MODULE}.SetUpSkips)", Outcome.SKIPPED),
        (f"setUpClass ({MODULE}.SetUpFails)", Outcome.FAILED),
        (f"{MODULE}.TearDownFails.test_pass", Outcome.PASSED),
        (f"tearDownClass ({MODULE}.TearDownFails)", Outcome.FAILED),
        ("setUpModule (suite.test_module)", Outcome.FAILED),
    }


def test_an_earlier_run_is_read_by_its_number(project: Path) -> None:
    (event,) = load_results(str(project / ".stestr" / "0")).events
    assert (event.name, event.outcome) == (f"{MODULE}.Good.test_pass", Outcome.PASSED)


def test_run_ten_is_later_than_run_nine(project: Path, tmp_path: Path) -> None:
    repository = Path(shutil.copytree(project / ".stestr", tmp_path / ".stestr"))
    shutil.copy(repository / "1", repository / "9")
    shutil.copy(repository / "0", repository / "10")
    assert len(load_results(str(tmp_path)).events) == 1


def test_workers_times_and_reasons_of_a_real_run(project: Path) -> None:
    events = {event.name: event for event in load_results(str(project)).events}
    assert {event.worker for event in events.values()} <= {"worker-0", "worker-1"}
    for event in events.values():
        assert event.seconds is not None
        assert 0 <= event.seconds < 60
    reasons = {name.split(".")[-1]: event.reason for name, event in events.items()}
    assert reasons["test_skip"] == "no such service"
    assert reasons["test_fail"] == "AssertionError: 1 != 2 : they differ"
    assert reasons["SetUpSkips)"] == "not for this cloud"
    assert reasons["TearDownFails)"] == "RuntimeError: cannot delete"


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        (f"{MODULE}.SetUpSkips.test_never", Outcome.SKIPPED, "not for this cloud"),
        (f"{MODULE}.SetUpFails.test_never", Outcome.FIXTURE_ERROR, "RuntimeError: no network"),
        (
            f"{MODULE}.TearDownFails.test_pass",
            Outcome.TEARDOWN_ERROR,
            "RuntimeError: cannot delete",
        ),
        (
            "suite.test_module.Inside.test_never",
            Outcome.FIXTURE_ERROR,
            "RuntimeError: no module today",
        ),
        (f"{MODULE}.Good.test_pass", Outcome.PASSED, ""),
        (f"{MODULE}.Good.test_other", Outcome.NOT_RUN, ""),
    ],
)
def test_what_the_real_fixtures_mean_for_the_tests(
    project: Path, name: str, outcome: Outcome, reason: str
) -> None:
    finding = ResultIndex(load_results(str(project))).find_outcome(name)
    assert finding.outcome is outcome
    assert (finding.event.reason if finding.event else "") == reason


def test_a_module_that_cannot_be_imported_fails_its_tests(failed_import: bytes) -> None:
    found = load_bytes(failed_import, "x")
    assert found.format == "subunit v2"
    names = [event.name for event in found.events]
    assert "unittest.loader._FailedTest.suite.test_broken" in names
    finding = ResultIndex(found).find_outcome("suite.test_broken.C.test_x")
    assert finding.outcome is Outcome.FIXTURE_ERROR
    assert finding.event is not None
    assert "no_such_module_at_all" in finding.event.reason
    assert ResultIndex(found).find_outcome(f"{MODULE}.Good.test_pass").outcome is Outcome.PASSED


def test_a_repository_without_a_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".stestr").mkdir()
    (tmp_path / ".stestr" / "next-stream").write_text("0\n")
    with pytest.raises(InputError, match="contains no run"):
        load_results(str(tmp_path))


def test_a_run_is_named_by_its_number(project: Path) -> None:
    for source in (project, project / ".stestr"):
        assert len(load_source(str(source), 0).results.events) == 1
        latest = load_source(str(source), 1)
        assert latest.results == load_results(str(project))
        assert latest.where == str(project / ".stestr" / "1")


def test_a_run_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    with pytest.raises(InputError, match="has no run 7") as caught:
        load_source(str(project), 7)
    assert caught.value.advice == "Choose one of its runs with --stestr-run: 0, 1."


def test_a_run_is_only_named_in_a_repository(project: Path, tmp_path: Path) -> None:
    (tmp_path / "results.subunit").write_bytes((project / ".stestr" / "0").read_bytes())
    for source in (tmp_path, tmp_path / "results.subunit", "-"):
        with pytest.raises(InputError, match="is not a stestr repository"):
            load_source(str(source), 0)


def test_the_repository_of_testr_is_laid_out_the_same(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / ".stestr", tmp_path / ".testrepository")
    assert load_results(str(tmp_path)) == load_results(str(project))


def test_an_older_run_is_not_taken_for_the_latest_one_that_is_gone(
    project: Path, tmp_path: Path
) -> None:
    repository = Path(shutil.copytree(project / ".stestr", tmp_path / ".stestr"))
    (repository / "1").unlink()
    with pytest.raises(InputError, match=r"The latest run in .*, 1, no longer exists") as caught:
        load_results(str(tmp_path))
    assert "--stestr-run: 0." in caught.value.advice
    assert len(load_source(str(tmp_path), 0).results.events) == 1
