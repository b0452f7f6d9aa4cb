"""Run tests into a run directory: the stream, the journal, and the record of how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from defcheck.errors import UnusableError
from defcheck.results.model import Event
from defcheck.runner.directory import RunDirectory
from defcheck.runner.durations import expected
from defcheck.runner.execute import Note, Runner
from defcheck.runner.journal import Journal
from defcheck.runner.preparation import Watcher
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

    def conduct(self, tests: Sequence[str]) -> bool:
        """Run `tests`, journal it, close the record; return whether it was interrupted.

        Raises `UnusableError` where nothing can be run or written.
        """
        record = self.record
        seconds = expected(self.directory.path.parent, record.cloud)
        try:
            with Journal(self.directory.path) as journal:
                journal.note(run="started", tests=len(tests), workers=record.workers)
                record.runner_code = self._execute(tests, seconds, journal)
            record.state = "finished"
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
            self._close()
        return record.state == "interrupted"

    def _execute(self, tests: Sequence[str], seconds: Mapping[str, float], journal: Journal) -> int:
        def on_event(event: Event) -> None:
            journal.note(test=event.name, outcome=event.outcome.value, seconds=event.seconds)
            self.watcher.event(event)

        def on_note(note: Note) -> None:
            journal.note(**_entry(note))
            said = _in_words(note)
            if said:
                self.watcher.say(said)

        return self.runner.run(
            tests,
            self.record.workers,
            results=self.directory.raw_results,
            log=self.directory.runner_log,
            on_event=on_event,
            on_note=on_note,
            seconds=seconds,
            class_seconds=self.class_seconds,
        )

    def _close(self) -> None:
        """Write how the run ended."""
        self.directory.make_room()
        self.record.finished = now()
        self.record.results_sha256 = self.directory.results_sha256()
        self.directory.write_record(self.record)
        with Journal(self.directory.path) as journal:
            journal.note(run=self.record.state)


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
    return ""
