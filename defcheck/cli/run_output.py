"""Output of a run: its progress, its reports, and how to continue it.

With --verbose each test has a line next to the bar, with the reason if it did not pass.
"""

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from defcheck.cli.output import (
    REFSTACK_FORMAT,
    TEXT_TO_STDOUT,
    Outputs,
    build_wanted_payload,
    redact_output,
    write_outputs,
)
from defcheck.cli.terminal import get_verbosity, is_terminal, print_note
from defcheck.errors import VERDICT_CODES, ExitCode, InputError
from defcheck.guideline.matching import list_owners, parse_test_name
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import Document
from defcheck.report.verdict_summary import describe_leftovers
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.non_test_events import parse_fixture
from defcheck.results.result_set import ResultIndex
from defcheck.runner import runs
from defcheck.runner.preparation import RunRequest
from defcheck.runner.run_directory import is_run_directory
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.util.files import write_atomic
from defcheck.util.text import clean_line
from defcheck.workflows.verdicts import ScorableResults, score_and_load

MAX_REASON_LENGTH = 300
"""Length of a reason in its line, in characters."""


class RunProgress:
    """Counts the tests of a run and shows its progress on standard error."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._remaining: set[str] = set()
        self._total = 0
        self._not_passed = 0
        self._bar: Progress | None = None
        self._verbosity = get_verbosity()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_bar()

    def say(self, text: str) -> None:
        """Show a status line, above the bar if there is one."""
        with suppress(OSError):  # a run continues even if standard error is closed
            if (
                self._bar is not None
            ):  # print through the bar; direct output would leave a copy of it behind
                self._bar.stop()
            self._say(text)
            if self._bar is not None:
                self._bar.start()

    def ended(self, *, interrupted: bool) -> None:
        """Remove the bar, and acknowledge an interruption at once."""
        with suppress(OSError):
            self._stop_bar()
            if interrupted:
                self._say(
                    "Interrupted: stopping the running tests; finished tests are kept. "
                    "Press Ctrl-C again to abort immediately."
                )

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Receive the tests that are about to run."""
        self._stop_bar()
        self._not_passed = 0
        self._remaining = {parse_test_name(test).name for test in tests}
        self._total = len(self._remaining)
        self.say(f"Running {self._total} tests with {workers} worker{'s' * (workers > 1)}")
        if self._verbosity.progress and is_terminal(sys.stderr):
            self._bar = Progress(
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.add_task("", total=self._total)
            self._bar.start()

    def event(self, event: Event) -> None:
        """Count the end of a test, or of a fixture that stands for all tests of its class."""
        with suppress(OSError):
            self._show_event(event)

    def _show_event(self, event: Event) -> None:
        fixture = parse_fixture(event)
        if fixture is None:
            self._remaining.discard(event.test.name)
        else:
            self._remaining -= {
                name for name in self._remaining if fixture.owner in list_owners(name)
            }
        self._not_passed += event.outcome is not Outcome.PASSED
        done = self._total - len(self._remaining)
        name = clean_line(event.test.name if fixture is None else event.name)
        if self._bar is not None:
            short = ".".join(name.rstrip(")").split(".")[-2:])
            self._bar.update(
                self._bar.task_ids[0],
                completed=done,
                description=f"{self._not_passed} not passed  {short}"[:60],
            )
        if not self._verbosity.progress or (self._bar is not None and not self._verbosity.verbose):
            return
        seconds = f" ({event.seconds:.1f} s)" if event.seconds is not None else ""
        self._write_line(f"{done:4}/{self._total} {event.outcome.value:8} {name}{seconds}")
        if self._verbosity.verbose and event.outcome is not Outcome.PASSED and event.reason:
            self._write_line(f"{'':10}{clean_line(event.reason, MAX_REASON_LENGTH)}")

    def _write_line(self, text: str) -> None:
        """Write a line, above the bar if there is one."""
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar.console.print(Text(text), soft_wrap=True)


RUN_REPORTS = {"verdict.json": "json", "report.html": "html"}


def default_run_directory(cloud: str, guideline: str, target: str) -> Path:
    """Return a run directory named after the time, cloud, guideline and target."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    words = [cloud, Path(guideline).name.removesuffix(".json"), target]
    return Path(
        "defcheck-runs",
        "-".join([time, *(clean for clean in map(_clean_file_name, words) if clean)]),
    )


def _clean_file_name(word: str) -> str:
    return re.sub(r"[^\w.-]+", "-", word)


def run_and_report(
    request: RunRequest,
    print_status: Callable[[str], None],
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
    outputs: Outputs = TEXT_TO_STDOUT,
) -> int:
    """Run the request, show its progress, and return the exit code of its verdict.

    The verdict is also written to `outputs`.
    """
    with RunProgress(print_status) as progress, explain_interruption(request.output):
        done = runs.run_guideline(request, progress, scoring_options)
    return report_run(done, scoring_options, outputs)


@contextmanager
def explain_interruption(path: Path) -> Iterator[None]:
    """Print the path of a run that a second interruption aborts."""
    try:
        yield
    except KeyboardInterrupt:
        if is_run_directory(str(path)):
            print_interruption(path, "Partial results are kept")
        raise


def print_interruption(path: Path, message: str) -> None:
    """Write to standard error how far an interrupted run got, and how to continue or discard it."""
    run = shlex.quote(str(path))
    click.echo(
        f"{message} in {path}.\n"
        f"  Continue: defcheck resume {run}\n"
        f"  Discard:  defcheck cleanup {run} --yes && rm -r {run}",
        err=True,
    )


def count_ended_tests(planned: Sequence[str], results: ResultSet) -> int:
    """Return how many planned tests ended, on their own or through their class fixture."""
    tally = ResultIndex(results)
    left = (Outcome.NOT_RUN, Outcome.UNFINISHED)
    names = {parse_test_name(test).name for test in planned}
    return sum(tally.find_outcome(name).outcome not in left for name in names)


def report_run(
    run_result: runs.RunResult, scoring_options: ScoringOptions, outputs: Outputs = TEXT_TO_STDOUT
) -> int:
    """Score a finished run, write and show its reports; return the exit code."""
    path = run_result.directory.path
    try:
        document, given = score_and_load(str(path), scoring_options=scoring_options)
    except InputError:
        if not run_result.interrupted:
            raise
        print_interruption(path, "Interrupted before the first test ended; the record is kept")
        return ExitCode.INTERRUPTED
    document = redact_output(document)
    for name, form in RUN_REPORTS.items():
        write_atomic(path / name, registry.render_document(form, document))
    print_note("")
    whole = _write_run_outputs(outputs, document, given, str(path))
    quiet = get_verbosity().quiet
    before = "" if quiet else "\n"
    left = describe_leftovers(document, str(path))
    if quiet and left:
        click.echo(f"Warning: {clean_line(left, 600)}", err=True)
    click.echo(
        f"{before}Report: {path / 'report.html'}",
        err=any(name != "text" for name, to in outputs if not to),
    )
    if run_result.interrupted:
        planned = run_result.record.inputs.planned
        ended = count_ended_tests(planned, given.results)
        print_interruption(
            path, f"Interrupted: {ended} of {len(planned)} planned tests ended; they are kept"
        )
        return ExitCode.INTERRUPTED
    code = VERDICT_CODES[document["verdict"]]
    return ExitCode.USAGE if code is ExitCode.OK and not whole else code


def _write_run_outputs(
    outputs: Outputs, document: Document, loaded: ScorableResults, run_path: str
) -> bool:
    """Write the outputs and return whether all were written.

    If RefStack could not store the results, print that and still write the other outputs.
    """
    try:
        passes = build_wanted_payload(outputs, loaded, document)
    except InputError as error:
        click.echo(f"Not written: refstack. {error}", err=True)
        others = [output for output in outputs if output[0] != REFSTACK_FORMAT]
        write_outputs(others, document, run_path=run_path)
        return False
    write_outputs(outputs, document, passes, run_path=run_path)
    return True
