"""Which tests were selected together: a worker lists its tests before it runs them.

Where tests were run again in part, what happened to their class then says
nothing of the tests that were not selected again.
"""

from collections import defaultdict
from collections.abc import Iterable

from defcheck.guideline.matching import parse_name

MAX_COMPARISONS = 5_000_000
"""Look-ups of one stream; Tempest's own take some thousands. Beyond, nothing is excepted."""


class Listings:
    """The listings of one stream, by the worker that wrote them."""

    def __init__(self) -> None:
        self._listings: list[set[str]] = []
        self._workers: list[str] = []
        """The worker of each listing."""

        self._open: dict[str, int] = {}
        """The listing that a worker is writing."""

        self._not_indexed: list[tuple[str, int]] = []
        """Tests with the number of their listing; most streams have nothing to ask of them."""

        self._of_test: dict[str, list[int]] = defaultdict(list)
        """The numbers of the listings that hold a test."""

        self._tests_of: dict[str, list[str]] = defaultdict(list)
        """The listed tests by what stands before the last dot of their names, mostly a class."""

        self._comparisons = 0

    def add(self, test: str, worker: str) -> None:
        """Take that a worker lists a test, by its full name."""
        number = self._open.get(worker)
        if number is None:
            number = self._open[worker] = len(self._listings)
            self._listings.append(set())
            self._workers.append(worker)
        if test not in self._listings[number]:
            self._listings[number].add(test)
            self._not_indexed.append((test, number))

    def end(self, worker: str, test: str) -> None:
        """Take that a worker runs a test or class: what it lists afterwards is another listing.

        Where the worker is not known, the listing that holds the test has ended.
        """
        if worker or not self._open:
            self._open.pop(worker, None)
        elif self._comparisons <= MAX_COMPARISONS:
            self._comparisons += len(self._open)
            self._open = {
                key: number
                for key, number in self._open.items()
                if test not in self._listings[number]
            }

    def end_all(self) -> None:
        """Take that the run was cut off: whoever lists tests now begins another listing."""
        self._open.clear()

    def tests_not_selected(self, owner: str, worker: str) -> frozenset[str]:
        """Return the names of those tests of a class or module that an event of it is not about.

        The event is of a worker's last listing that has tests of `owner`. It is
        not about those that this listing leaves out, where it repeats a part of
        one that had them, or where only other workers listed them.
        """
        if self._comparisons > MAX_COMPARISONS:
            return frozenset()
        tests = self._tests_in(owner)
        numbers = [number for test in tests for number in self._of_test[test]]
        self._comparisons += len(numbers)
        own = [number for number in numbers if self._workers[number] == worker]
        if not own:
            return frozenset()
        last = max(own)
        selected = [test for test in tests if test in self._listings[last]]
        repeated = self._listings_before(last, selected)
        return frozenset(
            parse_name(test).name
            for test in tests
            if last not in (listed := self._of_test[test])
            and (
                not repeated.isdisjoint(listed)
                or (worker and all(self._workers[number] != worker for number in listed))
            )
        )

    def _listings_before(self, last: int, tests: Iterable[str]) -> set[int]:
        """Return the listings before a number that hold all of some tests."""
        found: set[int] | None = None
        for test in tests:
            before = {number for number in self._of_test[test] if number < last}
            found = before if found is None else found & before
        return found or set()

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
