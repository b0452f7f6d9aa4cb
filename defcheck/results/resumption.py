"""What a resumed run owes: the tests that were cut off or whose class was have to end after all."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from defcheck.guideline.matching import owners, parse_name
from defcheck.results.fixtures import FixturesByOwner, fixture_of, split
from defcheck.results.model import Event, Outcome


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a run was cut off, and what it had to run again to go on."""

    offset: int
    """Bytes of whole packets that were there."""

    again: frozenset[str]
    """Full names of the tests that are run again, in whole classes."""


@dataclass(frozen=True, slots=True)
class _Debt:
    since: int
    """How many events there were at the cut."""

    begun: Event | None
    """The beginning without an end, where the test was in progress."""


class Resumptions:
    """The cuts of one stream, and what has to come after each."""

    def __init__(self) -> None:
        self._debts: dict[str, _Debt] = {}
        self._announced: set[str] = set()
        """Every test that was listed before it was to run."""

    def announce(self, test_id: str) -> None:
        """Take that a test was listed."""
        self._announced.add(test_id)

    def owe(self, again: Collection[str], begun: Collection[Event], events: int) -> list[Event]:
        """Take a cut after so many `events`, with what had `begun`.

        Returns the beginnings that nothing makes good: of tests that are not
        among `again`, and of fixtures of which not all tests are.
        """
        lost = []
        beginnings = {event.name: event for event in begun}
        for event in begun:
            if event.name not in again and not self._is_fixture_of(event, again):
                lost.append(event)
        for name in again:
            before = self._debts.get(name)
            beginning = beginnings.get(name) or (before.begun if before else None)
            self._debts[name] = _Debt(events, beginning)
        return lost

    def _is_fixture_of(self, event: Event, again: Collection[str]) -> bool:
        """Return whether an event is of a class or module that is run again as a whole."""
        fixture = fixture_of(event)
        if fixture is None:
            return False
        tests = {name for name in self._announced if fixture.owner in _owners(name)}
        return bool(tests) and all(name in again for name in tests)

    def unpaid(self, events: Sequence[Event]) -> Iterator[tuple[str, Event | None]]:
        """Yield each test without an end after its last cut, with its beginning before it.

        A class that is skipped or fails in its set-up has spoken for its tests.
        """
        if not self._debts:
            return
        last: dict[str, int] = {}
        set_ups: dict[Event, int] = {}
        for number, event in enumerate(events):
            if event.outcome is Outcome.UNFINISHED:
                continue
            if fixture_of(event) is None:
                last[event.name] = number
            else:
                set_ups[event] = number
        fixtures = FixturesByOwner(one for one in split(set_ups)[1] if one.stops_tests)
        for name, debt in self._debts.items():
            about = (set_ups[one.event] for one in fixtures.about(parse_name(name).name))
            if max(last.get(name, -1), *about, -1) < debt.since:
                yield name, debt.begun


def _owners(name: str) -> Iterator[str]:
    return owners(parse_name(name).name)
