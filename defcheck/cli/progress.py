"""Show a run while it goes on: a bar on a terminal, plain lines elsewhere.

With --verbose there are lines beside the bar, and why a test did not pass.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from defcheck.cli.terminal import is_terminal
from defcheck.cli.verbosity import current
from defcheck.guideline.matching import owners, parse_name
from defcheck.report.clean import clean_line
from defcheck.results.fixtures import fixture_of
from defcheck.results.model import Event, Outcome

MAX_REASON = 300
"""Characters of a reason in its line."""


class RunProgress:
    """Counts the tests of a run and shows how far it is, on standard error."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._left: set[str] = set()
        self._total = 0
        self._bad = 0
        self._bar: Progress | None = None
        self._asked = current()

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
        """Show a line about what is being done, above the bar where there is one."""
        with suppress(OSError):  # a run outlives whoever watches it
            if self._bar is not None:  # a line written past a bar leaves its picture behind
                self._bar.stop()
            self._say(text)
            if self._bar is not None:
                self._bar.start()

    def ended(self, *, interrupted: bool) -> None:
        """Take away the bar, and acknowledge an interruption at once."""
        with suppress(OSError):
            self._stop_bar()
            if interrupted:
                self._say(
                    "Interrupted: ending the tests that are running; what is done is kept. "
                    "Ctrl-C again stops at once."
                )

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Take the tests that are about to run."""
        self._stop_bar()
        self._bad = 0
        self._left = {parse_name(test).name for test in tests}
        self._total = len(self._left)
        self.say(f"Running {self._total} tests with {workers} worker{'s' * (workers > 1)}")
        if self._asked.progress and is_terminal(sys.stderr):
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
        """Take the end of a test, or of a fixture that speaks for the tests of its class."""
        with suppress(OSError):
            self._show(event)

    def _show(self, event: Event) -> None:
        fixture = fixture_of(event)
        if fixture is None:
            self._left.discard(event.test.name)
        else:
            self._left -= {name for name in self._left if fixture.owner in owners(name)}
        self._bad += event.outcome is not Outcome.PASSED
        done = self._total - len(self._left)
        name = clean_line(event.test.name if fixture is None else event.name)
        if self._bar is not None:
            short = ".".join(name.rstrip(")").split(".")[-2:])
            self._bar.update(
                self._bar.task_ids[0],
                completed=done,
                description=f"{self._bad} not passed  {short}"[:60],
            )
        if not self._asked.progress or (self._bar is not None and not self._asked.verbose):
            return
        seconds = f" ({event.seconds:.1f} s)" if event.seconds is not None else ""
        self._line(f"{done:4}/{self._total} {event.outcome.value:8} {name}{seconds}")
        if self._asked.verbose and event.outcome is not Outcome.PASSED and event.reason:
            self._line(f"{'':10}{clean_line(event.reason, MAX_REASON)}")

    def _line(self, text: str) -> None:
        """Write a line, above the bar where there is one."""
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar.console.print(Text(text), soft_wrap=True)
