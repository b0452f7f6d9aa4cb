"""What befalls a run: workers and runners that are killed, tests that hang, a full disk."""

import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from defcheck.errors import UnusableError
from defcheck.results import loader
from defcheck.results.models import Outcome, ResultSet
from defcheck.results.result_set import ResultIndex
from defcheck.runner.engine.client import LAUNCH_SCRIPT, RunnerNote, run_tests
from defcheck.tempest.workspace import Workspace

SMALL = "small.test_small."
FINE = SMALL + "Small.test_fine"
SLEEPS = SMALL + "Tail.test_sleeps"


def run(
    workspace: Workspace, folder: Path, *tests: str, workers: int = 1, seconds: float = 60
) -> list[RunnerNote]:
    """Run tests; return what was said of classes."""
    notes: list[RunnerNote] = []
    run_tests(
        workspace,
        [SMALL + test if not test.startswith(SMALL) else test for test in tests],
        workers,
        results=folder / "results.subunit",
        log=folder / "log",
        on_event=lambda _: None,
        on_note=notes.append,
        class_seconds=seconds,
    )
    return notes


def kept(folder: Path) -> ResultSet:
    return loader.load_results(str(folder / "results.subunit"))


def outcomes(folder: Path) -> dict[str, Outcome]:
    return {event.name.removeprefix(SMALL): event.outcome for event in kept(folder).events}


def said(notes: list[RunnerNote], kind: str) -> list[str]:
    return [note[kind].removeprefix(SMALL) for note in notes if kind in note]


@contextmanager
def meanwhile(act: Callable[[], None]) -> Iterator[None]:
    """Do something while a run goes on."""
    thread = threading.Thread(target=act)
    thread.start()
    yield
    thread.join()


def wait_for(path: Path, text: bytes, times: int = 1) -> None:
    """Wait until a text is in a file, a test's name twice once it is listed and has begun."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (
        path.exists() and path.read_bytes().count(text) >= times
    ):
        time.sleep(0.02)


def processes(before: set[int]) -> list[psutil.Process]:
    """Return the runner first, then its workers."""
    found = psutil.Process().children(recursive=True)
    return [child for child in found if child.pid not in before]


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_killed_worker_loses_one_test_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    tests = ["Killed.test_a_before", "Killed.test_b_kills", "Killed.test_c_after"]
    notes = run(workspace, tmp_path, *tests, "Small.test_fine")
    assert outcomes(tmp_path) == {
        "Killed.test_a_before": Outcome.PASSED,
        "Killed.test_b_kills": Outcome.UNFINISHED,
        "Small.test_fine": Outcome.PASSED,
    }
    assert said(notes, "lost") == ["Killed"]
    assert next(note["code"] for note in notes if "lost" in note) == -signal.SIGKILL
    assert said(notes, "ended") == ["Small"]
    problems = " ".join(kept(tmp_path).problems)
    assert "Killed.test_b_kills began and did not finish" in problems
    assert "1 selected test never began: small.test_small.Killed.test_c_after" in problems


@pytest.mark.parametrize(
    ("name", "fixture", "outcome"),
    [
        ("KilledInSetUp", "setUpClass", Outcome.UNFINISHED),
        ("KilledInTearDown", "tearDownClass", Outcome.TEARDOWN_ERROR),
    ],
)
def test_a_worker_killed_in_a_fixture_is_never_a_pass(
    workspace: Workspace, tmp_path: Path, name: str, fixture: str, outcome: Outcome
) -> None:
    notes = run(workspace, tmp_path, f"{name}.test_one", "Small.test_fine")
    assert said(notes, "lost") == [name]
    assert outcomes(tmp_path)["Small.test_fine"] is Outcome.PASSED
    results = kept(tmp_path)
    assert f"{fixture} ({SMALL}{name}) began and did not finish" in results.problems
    assert ResultIndex(results).find_outcome(f"{SMALL}{name}.test_one").outcome is outcome


def test_a_worker_that_a_test_ends_is_told_with_its_code(
    workspace: Workspace, tmp_path: Path
) -> None:
    notes = run(workspace, tmp_path, "Exits.test_exits", "Small.test_fine")
    assert [note["code"] for note in notes if "lost" in note] == [7]
    assert outcomes(tmp_path)["Exits.test_exits"] is Outcome.UNFINISHED


def test_a_killed_worker_is_noticed_though_a_child_of_it_holds_its_pipe(
    workspace: Workspace, tmp_path: Path
) -> None:
    began = time.monotonic()
    notes = run(workspace, tmp_path, "LeavesAChild.test_forks_and_dies", "Small.test_fine")
    assert time.monotonic() - began < 20
    assert said(notes, "lost") == ["LeavesAChild"]
    assert outcomes(tmp_path)["Small.test_fine"] is Outcome.PASSED


def test_a_test_that_hangs_fails_with_the_place_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    tests = ["Hangs.test_a_before", "Hangs.test_b_hangs", "Hangs.test_c_after"]
    notes = run(workspace, tmp_path, *tests, "Small.test_fine", seconds=1.5)
    assert outcomes(tmp_path) == {
        "Hangs.test_a_before": Outcome.PASSED,
        "Hangs.test_b_hangs": Outcome.FAILED,
        "Small.test_fine": Outcome.PASSED,
    }
    assert said(notes, "late") == ["Hangs"]
    (hung,) = [event for event in kept(tmp_path).events if event.outcome is Outcome.FAILED]
    assert hung.reason == "The class took longer than 1.5 s and was ended."
    assert "in wait_for_ever" in hung.details
    assert "test_c_after" in " ".join(kept(tmp_path).problems)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("HangsInSetUp", Outcome.FIXTURE_ERROR),
        ("HangsInTearDown", Outcome.TEARDOWN_ERROR),
    ],
)
def test_a_fixture_that_hangs_fails(
    workspace: Workspace, tmp_path: Path, name: str, outcome: Outcome
) -> None:
    run(workspace, tmp_path, f"{name}.test_one", "Small.test_fine", seconds=1)
    finding = ResultIndex(kept(tmp_path)).find_outcome(f"{SMALL}{name}.test_one")
    assert finding.outcome is outcome
    assert finding.event is not None
    assert "took longer than 1 s" in finding.event.reason


def test_a_worker_that_is_stopped_is_ended_too(workspace: Workspace, tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    def stop() -> None:
        wait_for(tmp_path / "results.subunit", b"test_sleeps")
        processes(before)[-1].suspend()

    with meanwhile(stop):
        notes = run(workspace, tmp_path, SLEEPS, "Small.test_fine", seconds=2)
    assert said(notes, "late") == ["Tail"]
    assert outcomes(tmp_path)["Tail.test_sleeps"] is Outcome.FAILED


def test_a_killed_runner_leaves_whole_packets_and_no_worker(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    seen: list[psutil.Process] = []

    def kill() -> None:
        wait_for(tmp_path / "results.subunit", b"test_sleeps", 2)
        seen.extend(processes(before))
        seen[0].kill()

    codes = []
    with meanwhile(kill):
        codes.append(
            run_tests(
                workspace,
                [FINE, SLEEPS],
                2,
                results=tmp_path / "results.subunit",
                log=tmp_path / "log",
                on_event=lambda _: None,
            )
        )
    assert codes == [-signal.SIGKILL]
    assert len(seen) >= 2
    assert not any(alive(process) for process in seen)
    assert outcomes(tmp_path)["Tail.test_sleeps"] is Outcome.UNFINISHED
    assert "the stream ends in the middle of a packet" not in kept(tmp_path).problems


def test_a_killed_defcheck_takes_its_runner_with_it(workspace: Workspace, tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from defcheck.runner.engine.client import run_tests
        from defcheck.tempest.workspace import Workspace
        folder = Path({str(tmp_path)!r})
        run_tests(Workspace(folder / "workspace"), [{FINE!r}, {SLEEPS!r}], 2,
                  results=folder / "results.subunit", log=folder / "log",
                  on_event=lambda event: None)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        wait_for(tmp_path / "results.subunit", b"test_sleeps")
        wait_for(tmp_path / "results.subunit", b"test_fine")
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert len(children) >= 2
    psutil.wait_procs(children, timeout=10)
    assert not any(alive(child) for child in children)
    assert outcomes(tmp_path)["Tail.test_sleeps"] is Outcome.UNFINISHED


def test_a_runner_that_is_killed_with_defcheck_leaves_no_worker(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Nobody is left to end the worker, which sleeps and writes nothing."""
    with subprocess.Popen(
        [sys.executable, "-P", str(LAUNCH_SCRIPT)],
        cwd=workspace.folder,
        env=workspace.build_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as runner:
        assert runner.stdin
        order = (
            f'{{"groups": [["Tail", ["{SLEEPS}"]]], "workers": 1, "class_seconds": 60, '
            f'"results": "{tmp_path}/results.subunit", "log": "{tmp_path}/log"}}\n'
        )
        runner.stdin.write(order.encode())
        runner.stdin.flush()
        wait_for(tmp_path / "results.subunit", b"test_sleeps")
        workers = psutil.Process(runner.pid).children()
        runner.kill()
    assert len(workers) == 2, "a worker, and what writes the log"
    psutil.wait_procs(workers, timeout=10)
    assert not any(alive(worker) for worker in workers)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 4 MiB, as on a full disk; a log of pytest itself is smaller."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 2**20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_run_and_keeps_whole_packets(
    workspace: Workspace, tmp_path: Path, small_files: None
) -> None:
    tests = ["Small.test_fine", "Small.test_wrong", "Large.test_attaches"]
    with pytest.raises(UnusableError, match="was aborted: File too large"):
        run(workspace, tmp_path, *tests)
    assert outcomes(tmp_path) == {
        "Small.test_fine": Outcome.PASSED,
        "Small.test_wrong": Outcome.FAILED,
        "Large.test_attaches": Outcome.UNFINISHED,
    }
    assert "the stream ends in the middle of a packet" not in kept(tmp_path).problems


def test_an_attachment_too_large_for_a_packet_is_cut_in_pieces(
    workspace: Workspace, tmp_path: Path
) -> None:
    run(workspace, tmp_path, "Large.test_attaches")
    assert outcomes(tmp_path) == {"Large.test_attaches": Outcome.PASSED}
    assert kept(tmp_path).problems == ()
    assert (tmp_path / "results.subunit").stat().st_size > 5_000_000


def test_what_tests_print_goes_into_the_log_and_not_into_the_stream(
    workspace: Workspace, tmp_path: Path
) -> None:
    run(workspace, tmp_path, "Loud.test_prints", "Small.test_fine")
    assert set(outcomes(tmp_path).values()) == {Outcome.PASSED}
    assert kept(tmp_path).problems == ()
    log = (tmp_path / "log").read_bytes()
    for text in (b"printed by a test", b"\xb3 past Python", b"to standard error"):
        assert text in log
        assert text not in (tmp_path / "results.subunit").read_bytes()


def test_no_two_workers_draw_the_same_random_numbers(workspace: Workspace, tmp_path: Path) -> None:
    run(workspace, tmp_path, "Random.test_one", "RandomToo.test_one", workers=2)
    events = kept(tmp_path).events
    assert {event.worker for event in events} == {"worker-0", "worker-1"}
    reasons = [event.reason for event in events]
    assert len(set(reasons)) == 2
    assert all("number 0." in reason for reason in reasons)


def test_a_class_is_never_split_and_classes_go_to_free_workers(
    workspace: Workspace, tmp_path: Path
) -> None:
    names = [f"Small.test_{name}" for name in ("fine", "wrong", "left_out")]
    notes = run(workspace, tmp_path, *names, "Killed.test_a_before", "Loud.test_prints", workers=3)
    workers = {event.worker for event in kept(tmp_path).events if "Small." in event.name}
    assert len(workers) == 1
    assert sorted(said(notes, "ended")) == ["Killed", "Loud", "Small"]
