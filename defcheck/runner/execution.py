"""Execute tests into a run directory: the stream, the journal, and the record of how it ended."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError, UnusableError
from defcheck.guideline.matching import list_owners, parse_test_name
from defcheck.results.models import Event, Outcome
from defcheck.results.non_test_events import parse_fixture
from defcheck.runner.engine.client import Runner, RunnerNote
from defcheck.runner.journal import RESUMED, STARTED, RunJournal, read_class_seconds
from defcheck.runner.preparation import DYNAMIC, RunObserver
from defcheck.runner.record import RunRecord, format_utc_now
from defcheck.runner.run_directory import RunDirectory, is_run_directory


class FailedTests:
    """Collects the tests that failed in a run."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = tests
        self._failed: set[str] = set()

    def add_event(self, event: Event) -> None:
        """Process the end of a test, or of a fixture, which counts for all tests of its class."""
        if event.outcome is not Outcome.FAILED:
            return
        fixture = parse_fixture(event)
        if fixture is None:
            self._failed.add(event.name)
        else:
            self._failed |= {
                test
                for test in self._tests
                if fixture.owner in list_owners(parse_test_name(test).name)
            }

    @property
    def tests(self) -> list[str]:
        """The failed tests, in their original order."""
        return [test for test in self._tests if test in self._failed]


DURATIONS_TABLE = Path(__file__).with_name("durations.json")
"""Seconds that classes took on defcheck's labs; tests/bench generates it."""

MAX_PAST_RUNS = 10
"""How many earlier runs are read."""


def load_expected_durations(runs: Path, cloud: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds of each known class.

    They come from earlier runs on the same cloud, the latest first, in the folder
    `runs`; for other classes from the package's table, scaled to the cloud's speed.
    """
    table: dict[str, float] = json.loads(DURATIONS_TABLE.read_text(encoding="utf-8"))
    own = read_past_durations(runs, cloud)
    ratios = [own[name] / table[name] for name in own if table.get(name) and own[name]]
    pace = statistics.median(ratios) if ratios else 1.0
    return {**{name: seconds * pace for name, seconds in table.items()}, **own}


def read_past_durations(runs: Path, cloud: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds that classes took in the last runs on a cloud."""
    found: list[tuple[str, Path]] = []
    try:
        folders = list(runs.iterdir())
    except OSError:
        return {}
    for folder in folders:
        record = _read_record(folder)
        if record is not None and _is_same_cloud(record.inputs.cloud, cloud):
            found.append((record.inputs.started, folder))
    known: dict[str, float] = {}
    for _, folder in sorted(found, reverse=True)[:MAX_PAST_RUNS]:
        known = {**read_class_seconds(folder), **known}
    return known


def _read_record(folder: Path) -> RunRecord | None:
    try:
        return RunDirectory(folder).read_record() if is_run_directory(str(folder)) else None
    except InputError:
        return None


def _is_same_cloud(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    return all(first[key] == second[key] for key in ("name", "auth_url"))


@dataclass(frozen=True, slots=True)
class RunExecution:
    """The execution of a run in its run directory."""

    runner: Runner
    directory: RunDirectory
    record: RunRecord
    watcher: RunObserver
    class_seconds: float
    """The time limit of a test class."""

    reruns: int = 0
    """How often failed tests are rerun."""

    def execute_run(self, tests: Sequence[str]) -> bool:
        """Run `tests`, write journal and record; return whether the run was interrupted.

        Failed tests are rerun up to `reruns` times, until they pass or are skipped.

        Raises `UnusableError` if nothing can be run or written.
        """
        record = self.record
        seconds = load_expected_durations(self.directory.path.parent, record.inputs.cloud)
        try:
            with RunJournal(self.directory.path) as journal:
                number = len(record.history.resumed)
                begin = {"run": RESUMED, "number": number} if number else {"run": STARTED}
                journal.add_entry(**begin, tests=len(tests), workers=record.history.workers)
                failed = self._execute_tests(tests, seconds, journal)
                for turn in range(1, self.reruns + 1):
                    if not failed or record.outcome.runner_code:
                        break
                    self._mark_rerun(turn, failed, journal)
                    failed = self._execute_tests(failed, seconds, journal)
            record.update_outcome(state="finished")
            self.watcher.ended(interrupted=False)
        except KeyboardInterrupt:
            record.update_outcome(state="interrupted")
        except OSError as error:
            record.update_outcome(state="failed")
            raise UnusableError(
                f"The run directory {self.directory.path} cannot be written: {error.strerror}.",
                "The partial results are kept there.",
            ) from error
        except BaseException:
            record.update_outcome(state="failed")
            raise
        finally:
            close_run(self.directory, record)
        return record.outcome.state == "interrupted"

    def _mark_rerun(self, turn: int, tests: Sequence[str], journal: RunJournal) -> None:
        """Report and record that tests are rerun."""
        offset = self.directory.raw_results.stat().st_size
        rerun = {"round": turn, "tests": list(tests), "offset": offset}
        self.record.update_history(reruns=[*self.record.history.reruns, rerun])
        self.directory.write_record(self.record)
        journal.add_entry(rerun=turn, tests=len(tests))
        self.watcher.say(f"Rerunning failed tests, round {turn} of {self.reruns}")
        self.watcher.planned(tests, self.record.history.workers)

    def _mark_fallback(self, reason: str) -> None:
        """Record that the tests run as users that Tempest creates, and why."""
        self.record.update_history(credentials=DYNAMIC, users_fallback=reason)
        self.directory.write_record(self.record)

    def _execute_tests(
        self, tests: Sequence[str], seconds: Mapping[str, float], journal: RunJournal
    ) -> list[str]:
        """Run tests and record the runner's exit code; return those that failed."""
        failures = FailedTests(tests)

        def on_event(event: Event) -> None:
            failures.add_event(event)
            journal.add_entry(test=event.name, outcome=event.outcome.value, seconds=event.seconds)
            self.watcher.event(event)

        def on_note(note: RunnerNote) -> None:
            if "interrupted" in note:
                self.watcher.ended(interrupted=True)
                return
            journal.add_entry(**_build_entry(note))
            if "fallback" in note:
                self._mark_fallback(note["fallback"])
            message = _describe_note(note)
            if message:
                self.watcher.say(f"Warning: {message}")

        code = self.runner.execute_tests(
            tests,
            self.record.history.workers,
            results=self.directory.raw_results,
            log=self.directory.runner_log,
            on_event=on_event,
            on_note=on_note,
            seconds=seconds,
            class_seconds=self.class_seconds,
        )
        self.record.update_outcome(runner_code=code)
        return failures.tests


def close_run(directory: RunDirectory, record: RunRecord) -> None:
    """Record how a run ended."""
    directory.release_space()
    record.update_outcome(finished=format_utc_now())
    record.update_outcome(results_sha256=directory.results_sha256())
    directory.write_record(record)
    with RunJournal(directory.path) as journal:
        journal.add_entry(run=record.outcome.state)


def _build_entry(note: RunnerNote) -> dict[str, object]:
    """Return the journal entry of a class: its seconds, and whether it was lost or late."""
    words = {key: value for key, value in note.items() if key != "ended"}
    for kind in ("ended", "lost", "late"):
        if kind in note:
            return {"class": note[kind], **words, **({} if kind == "ended" else {kind: True})}
    return words


def _describe_note(note: RunnerNote) -> str:
    """Return a warning about a class, empty if it ended normally."""
    if "lost" in note:
        code = note["code"]
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return f"A worker ended {how} in {note['lost']}; the run continues with other classes"
    if "late" in note:
        seconds = f"{note['seconds']:.0f} s"
        return f"{note['late']} was stopped after {seconds}; the run continues with other classes"
    if "fallback" in note:
        return f"{note['fallback']} Tempest itself creates users for every class"
    return ""
