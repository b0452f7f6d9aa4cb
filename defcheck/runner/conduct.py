"""Run tests into a run directory: the stream, the journal, and the record of how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from defcheck.errors import UnusableError
from defcheck.results.model import Event
from defcheck.runner.directory import RunDirectory
from defcheck.runner.durations import expected
from defcheck.runner.execute import Note, Runner
from defcheck.runner.failures import Failures
from defcheck.runner.journal import RESUMED, STARTED, Journal
from defcheck.runner.preparation import DYNAMIC, Watcher
from defcheck.runner.record import Record, now


@dataclass(frozen=True, slots=True)
class Run:
    """A run that goes on in a run directory."""

    runner: Runner
    directory: RunDirectory
    record: Record
    watcher: Watcher
    class_seconds: float
    """How long a class of tests may take."""

    reruns: int = 0
    """How often tests that failed are run again."""

    def conduct(self, tests: Sequence[str]) -> bool:
        """Run `tests`, journal it, close the record; return whether it was interrupted.

        Tests that failed are run again as often as `reruns` says, until they
        pass or are skipped.

        Raises `UnusableError` where nothing can be run or written.
        """
        record = self.record
        seconds = expected(self.directory.path.parent, record.cloud)
        try:
            with Journal(self.directory.path) as journal:
                number = len(record.resumed)
                begin = {"run": RESUMED, "number": number} if number else {"run": STARTED}
                journal.note(**begin, tests=len(tests), workers=record.workers)
                failed = self._execute(tests, seconds, journal)
                for turn in range(1, self.reruns + 1):
                    if not failed or record.runner_code:
                        break
                    self._mark_rerun(turn, failed, journal)
                    failed = self._execute(failed, seconds, journal)
            record.state = "finished"
            self.watcher.ended(interrupted=False)
        except KeyboardInterrupt:
            record.state = "interrupted"
        except OSError as error:
            record.state = "failed"
            raise UnusableError(
                f"The run directory {self.directory.path} cannot be written: {error.strerror}.",
                "What was done before is kept there.",
            ) from error
        except BaseException:
            record.state = "failed"
            raise
        finally:
            close(self.directory, record)
        return record.state == "interrupted"

    def _mark_rerun(self, turn: int, tests: Sequence[str], journal: Journal) -> None:
        """Say, and write into the record, that tests are run again."""
        offset = self.directory.raw_results.stat().st_size
        self.record.reruns.append({"round": turn, "tests": list(tests), "offset": offset})
        self.directory.write_record(self.record)
        journal.note(rerun=turn, tests=len(tests))
        self.watcher.say(f"Running again what failed, round {turn} of {self.reruns}")
        self.watcher.planned(tests, self.record.workers)

    def _mark_fallback(self, reason: str) -> None:
        """Write into the record that the tests run as users that Tempest creates, and why."""
        self.record.credentials, self.record.users_fallback = DYNAMIC, reason
        self.directory.write_record(self.record)

    def _execute(
        self, tests: Sequence[str], seconds: Mapping[str, float], journal: Journal
    ) -> list[str]:
        """Run tests and take the runner's code; return those that failed."""
        failures = Failures(tests)

        def on_event(event: Event) -> None:
            failures.event(event)
            journal.note(test=event.name, outcome=event.outcome.value, seconds=event.seconds)
            self.watcher.event(event)

        def on_note(note: Note) -> None:
            if "interrupted" in note:
                self.watcher.ended(interrupted=True)
                return
            journal.note(**_entry(note))
            if "fallback" in note:
                self._mark_fallback(note["fallback"])
            said = _in_words(note)
            if said:
                self.watcher.say(f"Warning: {said}")

        self.record.runner_code = self.runner.run(
            tests,
            self.record.workers,
            results=self.directory.raw_results,
            log=self.directory.runner_log,
            on_event=on_event,
            on_note=on_note,
            seconds=seconds,
            class_seconds=self.class_seconds,
        )
        return failures.tests


def close(directory: RunDirectory, record: Record) -> None:
    """Write how a run ended."""
    directory.make_room()
    record.finished = now()
    record.results_sha256 = directory.results_sha256()
    directory.write_record(record)
    with Journal(directory.path) as journal:
        journal.note(run=record.state)


def _entry(note: Note) -> dict[str, object]:
    """Return what the journal says of a class: its seconds, and whether it was lost or late."""
    words = {key: value for key, value in note.items() if key != "ended"}
    for kind in ("ended", "lost", "late"):
        if kind in note:
            return {"class": note[kind], **words, **({} if kind == "ended" else {kind: True})}
    return words


def _in_words(note: Note) -> str:
    """Return what a user has to know about a class, nothing where all is well."""
    if "lost" in note:
        code = note["code"]
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return f"A worker ended {how} in {note['lost']}; the other classes go on"
    if "late" in note:
        return f"{note['late']} was ended after {note['seconds']:.0f} s; the other classes go on"
    if "fallback" in note:
        return f"{note['fallback']} Tempest creates users itself, for every class"
    return ""
