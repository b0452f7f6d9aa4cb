"""Conducting a run of small tests in real processes: cut off and gone on with, and run again."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from defcheck.errors import InputError
from defcheck.guideline.matching import parse_test_name
from defcheck.results.models import Event, Outcome
from defcheck.results.result_set import ResultIndex
from defcheck.runner.engine.client import Runner, open_runner
from defcheck.runner.execution import RunExecution, close_run
from defcheck.runner.journal import RunJournal, read_class_seconds, read_journal
from defcheck.runner.preparation import RunRequest
from defcheck.runner.record import RunRecord
from defcheck.runner.resume_plan import plan_resume
from defcheck.runner.run_directory import RunDirectory
from defcheck.runner.runs import resume_run
from defcheck.scoring.evidence import RerunRule, choose_result
from defcheck.tempest.workspace import Workspace
from tests.unit.runner.cutting import cuttable

SMALL = "small.test_small."
FLAKY = """
import os
import testtools

class Comes(testtools.TestCase):
    def test_round(self):
        turns = os.environ["TURNS"]
        with open(turns, "a") as file:
            file.write("x")
        if os.path.getsize(turns) < 3:
            raise ValueError("not yet")

    def test_fine(self):
        pass


def turn(kind):
    turns = f"{os.environ['TURNS']}-{kind}"
    with open(turns, "a") as file:
        file.write("x")
    return os.path.getsize(turns)


class SetUpFailsSecondTime(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if turn("set-up") == 2:
            raise ValueError("503 Service Unavailable")

    def test_fails_once(self):
        if turn("set-up-test") == 1:
            raise ValueError("not yet")

    def test_fine(self):
        pass


class TearDownFailsSecondTime(testtools.TestCase):
    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if turn("tear-down") == 2:
            raise ValueError("409 Conflict")

    def test_fails_twice(self):
        if turn("tear-down-test") < 3:
            raise ValueError("not yet")

    def test_fine(self):
        pass


class ComesUp(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        turns = os.environ["TURNS"] + "-up"
        with open(turns, "a") as file:
            file.write("x")
        if os.path.getsize(turns) < 2:
            raise ValueError("no network")

    def test_one(self):
        pass

    def test_two(self):
        pass
"""


@dataclass
class Silent:
    """A watcher that only remembers."""

    said: list[str] = field(default_factory=list)
    runs: list[tuple[str, ...]] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def planned(self, tests: Sequence[str], workers: int) -> None:
        self.runs.append(tuple(tests))

    def event(self, event: Event) -> None:
        pass

    def ended(self, *, interrupted: bool) -> None:
        self.ends.append(interrupted)


def full(*names: str) -> list[str]:
    return [SMALL + name for name in names]


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run")


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    return cuttable(tmp_path).record


@pytest.fixture
def flaky(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace with tests that fail at first."""
    (workspace.folder / "small" / "test_flaky.py").write_text(FLAKY)
    monkeypatch.setenv("TURNS", str(tmp_path / "turns"))
    return workspace


def conduct(
    workspace: Workspace,
    directory: RunDirectory,
    record: RunRecord,
    tests: Sequence[str],
    *,
    reruns: int = 0,
) -> Silent:
    watcher = Silent()
    with open_runner(workspace) as runner:
        RunExecution(runner, directory, record, watcher, 60, reruns).execute_run(tests)
    return watcher


class FallingBack(Runner):
    """Runs nothing and tells that the users of a pool could not be created."""

    def __init__(self) -> None:
        """Start no process."""

    def execute_tests(self, *_: object, **more: Any) -> int:
        more["on_note"]({"fallback": "A user could not be created: HTTP 503."})
        return 0


def test_users_that_could_not_be_created_are_in_every_record(
    directory: RunDirectory, record: RunRecord
) -> None:
    record.update_history(credentials="pool")
    record.inputs = replace(record.inputs, users="pool")
    watcher = Silent()
    RunExecution(FallingBack(), directory, record, watcher, 60).execute_run([])
    kept = directory.read_record()
    assert (kept.history.credentials, kept.inputs.users) == ("dynamic", "pool")
    assert kept.history.users_fallback == "A user could not be created: HTTP 503."
    assert {"fallback": kept.history.users_fallback} in [
        {key: value for key, value in entry.items() if key == "fallback"}
        for entry in read_journal(directory.path)
    ]
    assert watcher.said == [
        f"Warning: {kept.history.users_fallback} Tempest itself creates users for every class"
    ]


def outcomes(directory: RunDirectory, record: RunRecord) -> list[tuple[str, Outcome]]:
    events = directory.read_results(record).events
    return [(event.name.rpartition("small.")[2], event.outcome) for event in events]


def test_what_failed_is_run_again_until_it_passes(
    flaky: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    round_, fine = "small.test_flaky.Comes.test_round", "small.test_flaky.Comes.test_fine"
    record.inputs = replace(record.inputs, planned=[fine, round_])
    watcher = conduct(flaky, directory, record, record.inputs.planned, reruns=5)
    passed, failed = Outcome.PASSED, Outcome.FAILED
    found = outcomes(directory, record)
    assert [outcome for name, outcome in found if "round" in name] == [failed, failed, passed]
    assert [outcome for name, outcome in found if "fine" in name] == [passed]
    assert watcher.runs == [(round_,), (round_,)]
    assert [(one["round"], one["tests"]) for one in record.history.reruns] == [
        (1, [round_]),
        (2, [round_]),
    ]
    offsets = [one["offset"] for one in record.history.reruns]
    assert 0 < offsets[0] < offsets[1] < directory.raw_results.stat().st_size
    assert json.loads((directory.path / "run.json").read_bytes())["reruns"] == record.history.reruns
    assert [one["rerun"] for one in read_journal(directory.path) if "rerun" in one] == [1, 2]
    assert directory.read_results(record).problems == ()
    assert plan_resume(directory.path, directory.raw_results, record).tests == ()


def test_a_class_that_could_not_be_set_up_is_run_again_as_a_whole(
    flaky: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    record.inputs = replace(
        record.inputs, planned=[f"small.test_flaky.ComesUp.test_{name}" for name in ("one", "two")]
    )
    watcher = conduct(flaky, directory, record, record.inputs.planned, reruns=1)
    assert watcher.runs == [tuple(record.inputs.planned)]
    tally = ResultIndex(directory.read_results(record))
    attempts = [one.outcome for one in tally.list_attempts(record.inputs.planned[0])]
    assert attempts == [Outcome.PASSED, Outcome.FIXTURE_ERROR]


@pytest.mark.parametrize(
    ("owner", "first_rounds"),
    [
        ("SetUpFailsSecondTime", [Outcome.FAILED, Outcome.FIXTURE_ERROR]),
        ("TearDownFailsSecondTime", [Outcome.FAILED, Outcome.FAILED]),
    ],
)
def test_class_failure_in_a_rerun_is_not_charged_to_tests_that_were_not_selected_again(
    flaky: Workspace,
    directory: RunDirectory,
    record: RunRecord,
    owner: str,
    first_rounds: list[Outcome],
) -> None:
    again, fine = (
        f"small.test_flaky.{owner}.{test}"
        for test in ("test_fails_once" if "SetUp" in owner else "test_fails_twice", "test_fine")
    )
    record.inputs = replace(record.inputs, planned=[again, fine])
    watcher = conduct(flaky, directory, record, record.inputs.planned, reruns=2)
    assert watcher.runs == [(again,), (again,)]
    results = directory.read_results(record)
    assert results.problems == ()
    tally = ResultIndex(results)
    assert [one.outcome for one in tally.list_attempts(fine)] == [Outcome.PASSED]
    assert set(first_rounds) < {one.outcome for one in tally.list_attempts(again)}
    for rule in (RerunRule.ANY, RerunRule.LAST):
        assert choose_result(tally.list_attempts(again), rule).outcome is Outcome.PASSED
    assert choose_result(tally.list_attempts(again), RerunRule.WORST).outcome is Outcome.FAILED


class Interrupting(Silent):
    """A watcher in whose look at a test the user interrupts the run."""

    def event(self, event: Event) -> None:
        raise KeyboardInterrupt

    def ended(self, *, interrupted: bool) -> None:
        super().ended(interrupted=interrupted)
        self.runs.append(tuple(map(str, psutil.Process().children(recursive=True))))


def test_interruption_is_acknowledged_before_the_workers_are_ended(
    workspace: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    watcher = Interrupting()
    with open_runner(workspace) as runner:
        run = RunExecution(runner, directory, record, watcher, 60)
        assert run.execute_run(full("Small.test_fine", "Tail.test_sleeps"))
    assert watcher.ends == [True]
    assert watcher.runs[-1], "the test runner had ended already"
    assert record.outcome.state == "interrupted"


def test_end_of_the_tests_is_told_once(
    flaky: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    record.inputs = replace(
        record.inputs, planned=[f"small.test_flaky.ComesUp.test_{name}" for name in ("one", "two")]
    )
    assert conduct(flaky, directory, record, record.inputs.planned, reruns=1).ends == [False]


def test_nothing_is_run_again_unasked_or_where_nothing_failed(
    workspace: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    record.inputs = replace(record.inputs, planned=full("Small.test_fine", "Small.test_left_out"))
    assert conduct(workspace, directory, record, record.inputs.planned, reruns=3).runs == []
    assert record.history.reruns == []
    assert record.outcome.state == "finished"


@contextmanager
def when(seen: Callable[[], bool], act: Callable[[], None]) -> Iterator[None]:
    """Do something as soon as something is seen."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not seen():
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


def kill_runner() -> None:
    """Kill the test runner with its workers, as the kernel does when memory is short."""
    for child in psutil.Process().children(recursive=True):
        child.kill()


def test_a_run_whose_runner_was_killed_goes_on(
    workspace: Workspace, directory: RunDirectory, record: RunRecord
) -> None:
    record.inputs = replace(
        record.inputs,
        planned=full("Small.test_fine", "Slow.test_a_first", "Slow.test_b_sleeps_once"),
    )
    journal = directory.path / "journal.jsonl"

    def asleep() -> bool:
        """The one class has ended, the other sleeps in the middle."""
        slept = (workspace.folder / "slept").exists()
        return slept and b'"class"' in journal.read_bytes()

    with when(asleep, kill_runner):
        conduct(workspace, directory, record, record.inputs.planned)
    assert record.outcome.runner_code
    before = directory.raw_results.read_bytes()
    remains = plan_resume(directory.path, directory.raw_results, record)
    assert list(remains.tests) == record.inputs.planned[1:]
    record.history.resumed.append(
        {"at": "now", "offset": remains.whole_bytes, "again": list(remains.tests), "workers": 1}
    )
    conduct(workspace, directory, record, remains.tests)
    assert directory.raw_results.read_bytes().startswith(before)
    results = directory.read_results(record)
    assert results.problems == ()
    tally = ResultIndex(results)
    for test in record.inputs.planned:
        assert tally.find_outcome(parse_test_name(test).name).outcome is Outcome.PASSED
    assert plan_resume(directory.path, directory.raw_results, record).tests == ()


def test_two_cannot_write_into_one_directory(directory: RunDirectory, record: RunRecord) -> None:
    directory.write_record(record)
    with pytest.raises(InputError, match="A run is in progress in"):
        resume_run(RunRequest("", "", directory.path), Silent())
    del directory


def test_a_finished_run_has_nothing_to_resume(
    workspace: Workspace, tmp_path: Path, record: RunRecord
) -> None:
    directory = RunDirectory.create(tmp_path / "other")
    record.inputs = replace(record.inputs, planned=full("Small.test_fine", "Small.test_wrong"))
    directory.write_record(record)
    conduct(workspace, directory, record, record.inputs.planned)
    path, before = directory.path, (directory.path / "run.json").read_bytes()
    del directory
    with pytest.raises(InputError, match="There is nothing to resume"):
        resume_run(RunRequest("", "", path), Silent())
    assert (path / "run.json").read_bytes() == before


def test_results_that_were_changed_are_not_resumed(tmp_path: Path, record: RunRecord) -> None:
    directory = RunDirectory.create(tmp_path / "other")
    record.update_outcome(state="interrupted")
    close_run(directory, record)
    record.update_outcome(results_sha256="0" * 64)
    directory.write_record(record)
    path = directory.path
    del directory
    with pytest.raises(InputError, match="its sha256 differs"):
        resume_run(RunRequest("", "", path), Silent())


def test_half_a_packet_is_moved_aside_and_kept(directory: RunDirectory) -> None:
    directory.raw_results.write_bytes(b"wholehalf")
    assert directory.move_rest_aside(5) == "results.cut-1"
    assert directory.raw_results.read_bytes() == b"whole"
    assert (directory.path / "results.cut-1").read_bytes() == b"half"
    assert directory.move_rest_aside(5) == ""
    directory.raw_results.write_bytes(b"wholemore")
    assert directory.move_rest_aside(5) == "results.cut-2"


def test_a_journal_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"class": "a.B", "seconds": 1}\n{"class": "a.')
    with RunJournal(tmp_path) as journal:
        journal.add_entry(run="resumed", number=1)
    found = list(read_journal(tmp_path))
    assert [one.get("class") for one in found] == ["a.B", None]
    assert found[1]["number"] == 1


def test_what_a_part_of_a_class_took_is_not_what_it_takes(tmp_path: Path) -> None:
    with RunJournal(tmp_path) as journal:
        journal.add_entry(run="started")
        journal.add_entry(**{"class": "a.B"}, seconds=9.0)
        journal.add_entry(rerun=1, tests=1)
        journal.add_entry(**{"class": "a.B"}, seconds=1.0)
        assert read_class_seconds(tmp_path) == {"a.B": 9.0}
        journal.add_entry(run="resumed", number=1)
        journal.add_entry(**{"class": "a.B"}, seconds=8.0)
        assert read_class_seconds(tmp_path) == {"a.B": 8.0}
