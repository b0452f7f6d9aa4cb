"""Counts of tests over the editions: which were renamed, which count now or no longer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import linear_regression

from defcheck.guideline.history.editions import collect_statuses, select_approved
from defcheck.guideline.models import Guideline, Status, Test
from defcheck.guideline.selection import ListedCapability, find_target, select_capabilities


def pair_renamed_tests(removed: Iterable[Test], added: Iterable[Test]) -> dict[str, str]:
    """Return the new name by the old one for tests that only changed their name.

    `removed` are tests that only the older guideline names, `added` those that
    only the newer one names. An alias decides first, in either direction; then the
    idempotent id, but only if it identifies exactly one test on each side, or
    exactly one with the same method name: inherited tests share ids.
    """
    old = {test.name: test for test in removed}
    new = {test.name: test for test in added}
    found: dict[str, str] = {}

    def take_unambiguous(pairs: list[tuple[str, str]]) -> None:
        befores, afters = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
        for before, after in pairs:
            if befores[before] == afters[after] == 1:
                found[before] = after
                del old[before], new[after]

    take_unambiguous(
        [
            (before.name, after.name)
            for before in old.values()
            for after in new.values()
            if before.name in after.aliases or after.name in before.aliases
        ]
    )
    for same_method in (True, False):
        take_unambiguous(
            [
                (before.name, after.name)
                for before in old.values()
                for after in new.values()
                if before.uuid
                and before.uuid == after.uuid
                and (not same_method or _get_method(before) == _get_method(after))
            ]
        )
    return found


def _get_method(test: Test) -> str:
    return test.name.rpartition(".")[2]


class CountingChange(StrEnum):
    """What happened to a test's counting."""

    NEWLY = "newly counted"
    NO_LONGER = "no longer counted"
    RENAMED = "counted under another name"


@dataclass(frozen=True, slots=True)
class CountedChange:
    """A test that is counted in one guideline only, or under another name."""

    name: str
    """In the newer guideline; in the older where only that one counts it."""

    change: CountingChange
    why: str
    """What the other guideline says of it."""

    capabilities: tuple[str, ...]
    """The required capabilities in which it counts or counted."""

    former_name: str = ""


def is_counted_test(item: ListedCapability, test: Test) -> bool:
    """Return whether a verdict depends on the test: required and not flagged."""
    return item.status is Status.REQUIRED and test.flag is None


class _TargetTests:
    """The tests of a target by name, with everything under which they are listed."""

    def __init__(self, guideline: Guideline, target: str) -> None:
        self.entries: dict[str, list[tuple[ListedCapability, Test]]] = {}
        if target:
            for item in select_capabilities(guideline, find_target(guideline, target)).values():
                for test in item.capability.tests:
                    self.entries.setdefault(test.name, []).append((item, test))

    def merge_tests(self, names: Iterable[str]) -> list[Test]:
        """Return each test once, with the aliases of all its capabilities."""
        return [
            replace(
                self.entries[name][0][1],
                aliases=tuple(
                    dict.fromkeys(alias for _, test in self.entries[name] for alias in test.aliases)
                ),
            )
            for name in names
        ]

    def list_counting_capabilities(self, name: str) -> tuple[str, ...]:
        """Return the capabilities in which a test is counted."""
        return tuple(
            item.capability.name
            for item, test in self.entries.get(name, ())
            if is_counted_test(item, test)
        )

    def list_counted(self) -> list[str]:
        """Return the names of all tests that are counted."""
        return [name for name in self.entries if self.list_counting_capabilities(name)]

    def find_accepting(self, name: str) -> str:
        """Return the test that a name stands for: itself, or a counted one with that alias."""
        if name in self.entries:
            return name
        owners = (
            owner
            for owner, entries in self.entries.items()
            if any(is_counted_test(item, test) and name in test.aliases for item, test in entries)
        )
        return next(owners, name)

    def describe_status(self, name: str) -> str:
        """Say why a test is not counted, in words that follow `was` or `is now`."""
        entries = self.entries.get(name, [])
        flags = [test.flag for item, test in entries if item.status is Status.REQUIRED]
        if flags:
            code = next((flag.code for flag in flags if flag and flag.code), "")
            return f"flagged {code}".strip()
        if entries:
            return min((item.status for item, _ in entries), key=list(Status).index).value
        return "not listed"


def compare_counted_tests(
    before: Guideline, old: str, after: Guideline, new: str
) -> tuple[int, int, tuple[CountedChange, ...]]:
    """Return the numbers of counted tests before and after, and what changed between.

    `old` and `new` name the targets, empty where the guideline lacks it. A
    test counts once, in however many capabilities it stands.
    """
    was, now = _TargetTests(before, old), _TargetTests(after, new)
    gone = [name for name in was.entries if name not in now.entries]
    come = [name for name in now.entries if name not in was.entries]
    new_names = pair_renamed_tests(was.merge_tests(gone), now.merge_tests(come))
    old_names = {new: old for old, new in new_names.items()}
    changes = []
    for name in now.list_counted():
        former = old_names.get(name, name)
        if not was.list_counting_capabilities(former):
            changes.append(_build_newly_counted(name, former, was, now))
        elif former != name:
            changes.append(_build_renamed(name, former, now))
    for name in was.list_counted():
        new_name = new_names.get(name) or now.find_accepting(name)
        if not now.list_counting_capabilities(new_name):
            why = f"is now {now.describe_status(new_name)}"
            changes.append(
                CountedChange(
                    name, CountingChange.NO_LONGER, why, was.list_counting_capabilities(name)
                )
            )
        elif new_name != name and name not in new_names:
            changes.append(_build_renamed(new_name, name, now))
    return len(was.list_counted()), len(now.list_counted()), tuple(changes)


def _build_newly_counted(
    name: str, former: str, was: _TargetTests, now: _TargetTests
) -> CountedChange:
    return CountedChange(
        name,
        CountingChange.NEWLY,
        f"was {was.describe_status(former)}",
        now.list_counting_capabilities(name),
        former if former != name else "",
    )


def _build_renamed(name: str, former: str, now: _TargetTests) -> CountedChange:
    return CountedChange(
        name,
        CountingChange.RENAMED,
        f"was called {former}",
        now.list_counting_capabilities(name),
        former,
    )


DEFAULT_TARGETS = {"guideline": "platform"}
"""The target that is shown where none is named; the other lineages have one only."""


@dataclass(frozen=True, slots=True)
class EditionStats:
    """The numbers of one edition for one target."""

    edition: str
    status: str
    """Of the edition: approved, superseded or draft."""

    capabilities: tuple[tuple[Status, int], ...]
    """Number of capabilities by status, each under its strongest."""

    tests: int
    """Pairs of a required capability and one of its tests, as RefStack counted."""

    flagged: int
    """Pairs whose test is flagged."""

    counted_names: int
    """Counted tests, each once in however many capabilities it stands."""

    @property
    def counted(self) -> int:
        """Pairs that a verdict depends on."""
        return self.tests - self.flagged

    @property
    def share(self) -> float | None:
        """Flagged pairs in percent of all; None where there is no test."""
        return 100 * self.flagged / self.tests if self.tests else None


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether the flags shrank, over the editions that have tests."""

    first: EditionStats
    last: EditionStats
    highest: EditionStats
    """The first edition with the highest share."""

    slope: float
    """Change of the share in percentage points per edition, by least squares."""


def tabulate_editions(guidelines: Iterable[Guideline], target: str) -> tuple[EditionStats, ...]:
    """Return the numbers of each edition, drafts only where nothing was approved.

    `target` names the target, empty for the only one.
    """
    every = tuple(guidelines)
    return tuple(_count_edition(guideline, target) for guideline in select_approved(every) or every)


def _count_edition(guideline: Guideline, name: str) -> EditionStats:
    target = find_target(guideline, name)
    listed = Counter(collect_statuses(guideline, [target.name]).values())
    required = [
        (item, test)
        for item in select_capabilities(guideline, target).values()
        if item.status is Status.REQUIRED
        for test in item.capability.tests
    ]
    counted = [test.name for item, test in required if is_counted_test(item, test)]
    return EditionStats(
        edition=guideline.id,
        status=guideline.status,
        capabilities=tuple((status, listed[status]) for status in Status),
        tests=len(required),
        flagged=len(required) - len(counted),
        counted_names=len(set(counted)),
    )


def compute_trend(rows: Sequence[EditionStats]) -> Trend | None:
    """Return how the share of flagged tests went, None with less than two editions."""
    shares = [(row, row.share) for row in rows if row.share is not None]
    if len(shares) < 2:
        return None
    values = [share for _, share in shares]
    return Trend(
        first=shares[0][0],
        last=shares[-1][0],
        highest=shares[values.index(max(values))][0],
        slope=linear_regression(range(len(values)), values).slope,
    )
