"""Partial reruns: which tests a worker listed together, and which tests a resumed run must finish.

If only some tests were rerun, an event of their class during the rerun says nothing
about the tests that were not selected again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from defcheck.guideline.matching import list_owners, parse_test_name
from defcheck.results.models import Event, Outcome
from defcheck.results.non_test_events import FixtureIndex, parse_fixture, split_events

MAX_COMPARISONS = 5_000_000
"""Look-ups of one stream; Tempest's own take some thousands. Beyond, nothing is excepted."""


@dataclass(frozen=True, slots=True)
class ListedTests:
    """Full names of the listed tests of a class or module that an event of it may be about."""

    tests: tuple[str, ...] = ()
    """Those that were to run when it happened."""

    others: tuple[str, ...] = ()
    """Those that it is not about. Of the rest nobody can tell."""


class WorkerListings:
    """The listings of one stream, by the worker that wrote them."""

    def __init__(self) -> None:
        self._listings: list[set[str]] = []
        self._workers: list[str] = []
        """The worker of each listing."""

        self._latest: dict[str, int] = {}
        """The last listing of each worker."""

        self._ahead = False
        """Whether a worker listed several tests before it ran one: perhaps all of them do."""

        self._open: dict[str, int] = {}
        """The listing that a worker is writing."""

        self._left: list[set[str]] = []
        """The tests of each listing that have not ended."""

        self._last: dict[str, int] = {}
        """The listing that listed a test last."""

        self._unfinished: list[dict[int, frozenset[str]]] = []
        """For each listing the tests of those before it that had not ended when it began."""

        self._not_indexed: list[tuple[str, int]] = []
        """Tests with the number of their listing; most streams have nothing to ask of them."""

        self._of_test: dict[str, list[int]] = defaultdict(list)
        """The numbers of the listings that hold a test."""

        self._tests_of: dict[str, list[str]] = defaultdict(list)
        """The listed tests by what stands before the last dot of their names, mostly a class."""

        self._comparisons = 0

    def add_test(self, test: str, worker: str) -> Collection[str]:
        """Record that a worker lists a test, by its full name.

        Returns the tests of the worker's listing before, where it begins another.
        """
        number = self._open.get(worker)
        before: Collection[str] = ()
        if number is None:
            if worker in self._latest:
                before = self._listings[self._latest[worker]]
            number = self._open[worker] = self._latest[worker] = len(self._listings)
            self._comparisons += number + sum(map(len, self._left))
            left = enumerate(self._left) if self._comparisons <= MAX_COMPARISONS else ()
            self._unfinished.append({one: frozenset(tests) for one, tests in left if tests})
            self._listings.append(set())
            self._left.append(set())
            self._workers.append(worker)
        if test not in self._listings[number]:
            self._ahead = self._ahead or bool(self._listings[number])
            self._listings[number].add(test)
            self._left[number].add(test)
            self._last[test] = number
            self._not_indexed.append((test, number))
        return before

    def end_listing(self, worker: str, test: str) -> None:
        """Record that a worker runs a test or class: what it lists afterwards is a new listing.

        Where the worker is not known, the listing that holds the test has ended.
        """
        if worker:
            self._open.pop(worker, None)
        elif self._comparisons <= MAX_COMPARISONS:
            self._comparisons += len(self._open)
            self._open = {
                key: number
                for key, number in self._open.items()
                if test not in self._listings[number]
            }

    def finish_test(self, test: str) -> None:
        """Record that a test finished."""
        number = self._last.get(test)
        if number is not None:
            self._left[number].discard(test)

    def end_all(self) -> None:
        """Record an interruption: a worker that lists tests now begins another listing."""
        self._open.clear()

    def select_tests(self, owner: str, worker: str) -> ListedTests:
        """Return which tests of a class or module an event of it is about.

        The event is of its worker's last listing, where that has tests of
        `owner`. It is not about those that the listing leaves out, where it
        repeats tests that had come to their end in one that had them all, or
        where only other workers, which are known, listed them, unless each test
        was listed just before it ran. The listing of a worker that wrote none
        may be any.
        """
        if self._comparisons > MAX_COMPARISONS:
            return ListedTests()
        tests = self._find_tests_in(owner)
        self._comparisons += sum(len(self._of_test[test]) for test in tests)
        last = self._latest.get(worker)
        if last is None:
            return ListedTests(tuple(tests))
        selected = [test for test in tests if test in self._listings[last]]
        if not selected:
            return ListedTests()
        unfinished = self._unfinished[last]
        repeated = {
            number
            for number in self._find_listings_before(last, selected)
            if unfinished.get(number, frozenset()).isdisjoint(selected)
        }
        ahead = worker and self._ahead
        others = (
            test
            for test in tests
            if last not in (listed := self._of_test[test])
            and (
                not repeated.isdisjoint(listed)
                or (ahead and all(self._workers[one] not in ("", worker) for one in listed))
            )
        )
        return ListedTests(tuple(selected), tuple(others))

    def _find_listings_before(self, last: int, tests: Iterable[str]) -> set[int]:
        """Return the listings before a number that hold all of some tests, at least one."""
        return set.intersection(
            *({number for number in self._of_test[test] if number < last} for test in tests)
        )

    def _find_tests_in(self, owner: str) -> list[str]:
        """Return the listed tests of a class, or of the classes in a module or package."""
        for test, number in self._not_indexed:
            if test not in self._of_test:
                self._tests_of[test.partition("[")[0].rpartition(".")[0]].append(test)
            self._of_test[test].append(number)
        self._not_indexed.clear()
        self._comparisons += len(self._tests_of)
        return [
            test
            for prefix, tests in self._tests_of.items()
            if prefix == owner or prefix.startswith(f"{owner}.")
            for test in tests
        ]


@dataclass(frozen=True, slots=True)
class Interruption:
    """Where a run was interrupted, and which tests it had to rerun to continue."""

    offset: int
    """Bytes of whole packets that were there."""

    again: frozenset[str]
    """Full names of the tests that are run again, in whole classes."""


@dataclass(frozen=True, slots=True)
class _ExpectedRerun:
    since: int
    """How many events there were at the cut."""

    begun: Event | None
    """The beginning without an end, where the test was in progress."""


class RerunTracker:
    """The interruptions of one stream, and the tests that must follow each."""

    def __init__(self) -> None:
        self._expected: dict[str, _ExpectedRerun] = {}
        self._announced: set[str] = set()
        """Every test that was listed before it was to run."""

    def announce_test(self, test_id: str) -> None:
        """Record that a test was listed."""
        self._announced.add(test_id)

    def expect_rerun(
        self, again: Collection[str], begun: Collection[Event], events: int
    ) -> list[Event]:
        """Take a cut after so many `events`, with what had `begun`.

        Returns the begun events that no rerun completes: tests that are not in `again`,
        and fixtures whose tests are not all in it.
        """
        lost = []
        beginnings = {event.name: event for event in begun}
        for event in begun:
            if event.name not in again and not self._is_fixture_of(event, again):
                lost.append(event)
        for name in again:
            before = self._expected.get(name)
            beginning = beginnings.get(name) or (before.begun if before else None)
            self._expected[name] = _ExpectedRerun(events, beginning)
        return lost

    def _is_fixture_of(self, event: Event, again: Collection[str]) -> bool:
        """Return whether an event is of a class or module that is run again as a whole."""
        fixture = parse_fixture(event)
        if fixture is None:
            return False
        tests = {name for name in self._announced if fixture.owner in _list_owners(name)}
        return bool(tests) and all(name in again for name in tests)

    def missing_reruns(self, events: Sequence[Event]) -> Iterator[tuple[str, Event | None]]:
        """Yield each test without an end after its last cut, with its beginning before it.

        A class that is skipped or fails in its set-up decides its tests.
        """
        if not self._expected:
            return
        last: dict[str, int] = {}
        set_ups: dict[Event, int] = {}
        for number, event in enumerate(events):
            if event.outcome is Outcome.UNFINISHED:
                continue
            if parse_fixture(event) is None:
                last[event.name] = number
            else:
                set_ups[event] = number
        fixtures = FixtureIndex(one for one in split_events(set_ups)[1] if one.stops_tests)
        for name, debt in self._expected.items():
            about = (
                set_ups[one.event] for one in fixtures.list_about_test(parse_test_name(name).name)
            )
            if max(last.get(name, -1), *about, -1) < debt.since:
                yield name, debt.begun


def _list_owners(name: str) -> Iterator[str]:
    return list_owners(parse_test_name(name).name)
