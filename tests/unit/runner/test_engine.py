"""Running small tests in real processes: the stream is kept as it comes, and an end is clean."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.results import loader
from defcheck.results.models import Event, Outcome
from defcheck.results.result_set import ResultIndex
from defcheck.runner.engine.client import open_runner, run_tests
from defcheck.tempest import installed
from defcheck.tempest.workspace import Workspace, open_workspace
from defcheck.util.files import write_private

SMALL = "small.test_small.Small."


def run(workspace: Workspace, tmp_path: Path, *tests: str, workers: int = 1) -> list[Event]:
    events: list[Event] = []
    run_tests(
        workspace,
        tests,
        workers,
        results=tmp_path / "results.subunit",
        log=tmp_path / "log",
        on_event=events.append,
    )
    return events


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_every_outcome_comes_live_and_is_in_the_file(workspace: Workspace, tmp_path: Path) -> None:
    names = [SMALL + name for name in ("test_fine", "test_wrong", "test_left_out")]
    events = run(workspace, tmp_path, *names, workers=2)
    outcomes = {event.test.name: event.outcome for event in events}
    assert outcomes == dict(
        zip(names, (Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED), strict=True)
    )
    kept = loader.load_results(str(tmp_path / "results.subunit"))
    assert sorted(event.name for event in kept.events) == sorted(names)
    assert kept.problems == ()


def test_a_password_in_an_error_is_masked(workspace: Workspace, tmp_path: Path) -> None:
    (event,) = run(workspace, tmp_path, SMALL + "test_wrong")
    assert "canary" not in event.details + event.reason
    assert "ValueError" in event.reason


def test_a_class_that_cannot_be_set_up_is_a_fixture_error(
    workspace: Workspace, tmp_path: Path
) -> None:
    name = "small.test_small.Broken.test_never_runs"
    run(workspace, tmp_path, name)
    finding = ResultIndex(loader.load_results(str(tmp_path / "results.subunit"))).find_outcome(name)
    assert finding.outcome is Outcome.FIXTURE_ERROR
    assert finding.event is not None
    assert "no network" in finding.event.reason


def test_tests_that_cannot_be_found_are_an_error_with_what_was_said(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.folder / ".stestr.conf").write_text("[DEFAULT]\ntest_path=./nowhere\n")
    with pytest.raises(UnusableError, match=r"could not list its tests: .*nowhere"):
        run(workspace, tmp_path, SMALL + "test_fine")


def test_a_value_of_the_wrong_type_is_named_and_no_class_of_oslo_config() -> None:
    with open_workspace(installed.find_default_tempest()) as own:
        write_private(own.tempest_conf, "[compute]\nbuild_timeout = soon\n")
        with (
            pytest.raises(InputError, match=r"the value of build_timeout in .*'soon'") as caught,
            open_runner(own),
        ):
            pass
    assert "Error:" not in str(caught.value)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt in this process on SIGINT, as in every Python by default."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_keeps_what_was_done_and_ends_every_process(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    seen: list[psutil.Process] = []

    def interrupt() -> None:
        path = tmp_path / "results.subunit"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if path.exists() and b"test_sleeps" in path.read_bytes():
                break
            time.sleep(0.1)
        children = psutil.Process().children(recursive=True)
        seen.extend(child for child in children if child.pid not in before)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(workspace, tmp_path, SMALL + "test_fine", "small.test_small.Tail.test_sleeps")
    thread.join()
    assert seen
    assert not any(alive(child) for child in seen)
    kept = loader.load_results(str(tmp_path / "results.subunit"))
    outcomes = {event.test.name.split(".")[-1]: event.outcome for event in kept.events}
    assert outcomes == {"test_fine": Outcome.PASSED, "test_sleeps": Outcome.UNFINISHED}
    assert any("test_sleeps began and did not finish" in problem for problem in kept.problems)
