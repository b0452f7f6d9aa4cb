"""Which tests were selected together: a worker lists its tests before it runs them.

Where tests were run again in part, what happened to their class then says
nothing of the tests that were not selected again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

MAX_COMPARISONS = 5_000_000
"""Look-ups of one stream; Tempest's own take some thousands. Beyond, nothing is excepted."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Full names of the listed tests of a class or module that an event of it may be about."""

    tests: tuple[str, ...] = ()
    """Those that were to run when it happened."""

    others: tuple[str, ...] = ()
    """Those that it is not about. Of the rest nobody can tell."""


class Listings:
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

    def add(self, test: str, worker: str) -> Collection[str]:
        """Take that a worker lists a test, by its full name.

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

    def end(self, worker: str, test: str) -> None:
        """Take that a worker runs a test or class: what it lists afterwards is another listing.

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

    def finish(self, test: str) -> None:
        """Take that a test came to its end."""
        number = self._last.get(test)
        if number is not None:
            self._left[number].discard(test)

    def end_all(self) -> None:
        """Take that the run was cut off: whoever lists tests now begins another listing."""
        self._open.clear()

    def selection(self, owner: str, worker: str) -> Selection:
        """Return which tests of a class or module an event of it is about.

        The event is of its worker's last listing, where that has tests of
        `owner`. It is not about those that the listing leaves out, where it
        repeats tests that had come to their end in one that had them all, or
        where only other workers, which are known, listed them, unless each test
        was listed just before it ran. The listing of a worker that wrote none
        may be any.
        """
        if self._comparisons > MAX_COMPARISONS:
            return Selection()
        tests = self._tests_in(owner)
        self._comparisons += sum(len(self._of_test[test]) for test in tests)
        last = self._latest.get(worker)
        if last is None:
            return Selection(tuple(tests))
        selected = [test for test in tests if test in self._listings[last]]
        if not selected:
            return Selection()
        unfinished = self._unfinished[last]
        repeated = {
            number
            for number in self._listings_before(last, selected)
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
        return Selection(tuple(selected), tuple(others))

    def _listings_before(self, last: int, tests: Iterable[str]) -> set[int]:
        """Return the listings before a number that hold all of some tests, at least one."""
        return set.intersection(
            *({number for number in self._of_test[test] if number < last} for test in tests)
        )

    def _tests_in(self, owner: str) -> list[str]:
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
