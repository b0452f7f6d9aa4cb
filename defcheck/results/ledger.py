"""The events and problems of one source, gathered within bounds."""

from collections.abc import Callable
from dataclasses import replace

from defcheck.errors import InputError
from defcheck.results.model import MAX_NAME, Event, Outcome, ResultSet
from defcheck.results.runner_reports import describe_lost_results

MAX_EVENTS = 200_000
"""More than a hundred times what a whole Tempest has."""

MAX_PROBLEMS = 100
"""Problems that are told one by one; more are counted."""

MAX_DETAIL = 64 * 1024
"""Bytes kept of one attachment: the end, where the error stands."""

MAX_DETAILS = 32 * 1024 * 1024
"""Characters kept of all tracebacks together; beyond it the first line is kept."""


class Ledger:
    """What a reader found so far; `on_event` sees each event as it is found."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self._problems: list[str] = []
        self._more_problems = 0
        self._room = MAX_DETAILS
        self._on_event = on_event

    def add(self, event: Event) -> None:
        """Take an event; one without a usable name, or of lost results, is a problem instead."""
        if not event.name or len(event.name) > MAX_NAME:
            self.complain(f"the name of a test has {len(event.name)} characters")
            return
        lost = describe_lost_results(event)
        if lost:
            self.complain(lost)
            return
        if len(self.events) >= MAX_EVENTS:
            raise too_many()
        self._room -= len(event.details)
        if self._room < 0:
            event = replace(event, details="")
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    def unfinished(self, event: Event) -> None:
        """Take a test that began and did not end."""
        self.complain(f"{event.name[:MAX_NAME]} began and did not end")
        self.add(replace(event, outcome=Outcome.UNFINISHED))

    def complain(self, problem: str) -> None:
        """Take what is wrong with the source."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)
        else:
            self._more_problems += 1

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the source."""
        more = (f"{self._more_problems} more problems",) if self._more_problems else ()
        return (*self._problems, *more)

    def results(self, kind: str, *, passes_only: bool = False) -> ResultSet:
        """Return everything that was taken, as results of the format called `kind`."""
        return ResultSet(tuple(self.events), kind, self.problems, passes_only)


def too_many() -> InputError:
    """Return the error for a source with more tests than there are."""
    return InputError(
        f"The source holds more than {MAX_EVENTS:,} results.",
        "No Tempest has so many tests; give the results of one run.",
    )
