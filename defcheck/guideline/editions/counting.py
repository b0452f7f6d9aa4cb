"""Which tests newly decide a verdict, which no longer do, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from defcheck.guideline.editions.renames import pair_renamed
from defcheck.guideline.model import Guideline, Status, Test
from defcheck.guideline.select import Listed, by_status, find_target


class Count(StrEnum):
    """What happened to a test's counting."""

    NEWLY = "newly counted"
    NO_LONGER = "no longer counted"
    RENAMED = "counted under another name"


@dataclass(frozen=True, slots=True)
class CountedChange:
    """A test that is counted in one guideline only, or under another name."""

    name: str
    """In the newer guideline; in the older where only that one counts it."""

    change: Count
    why: str
    """What the other guideline says of it."""

    capabilities: tuple[str, ...]
    """The required capabilities in which it counts or counted."""

    former_name: str = ""


def is_counted(item: Listed, test: Test) -> bool:
    """Return whether a verdict depends on the test: required and not flagged."""
    return item.status is Status.REQUIRED and test.flag is None


class _Tests:
    """The tests of a target by name, with everything under which they are listed."""

    def __init__(self, guideline: Guideline, target: str) -> None:
        self.entries: dict[str, list[tuple[Listed, Test]]] = {}
        if target:
            for item in by_status(guideline, find_target(guideline, target)).values():
                for test in item.capability.tests:
                    self.entries.setdefault(test.name, []).append((item, test))

    def merged(self, names: Iterable[str]) -> list[Test]:
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

    def counts(self, name: str) -> tuple[str, ...]:
        """Return the capabilities in which a test is counted."""
        return tuple(
            item.capability.name
            for item, test in self.entries.get(name, ())
            if is_counted(item, test)
        )

    def counted(self) -> list[str]:
        """Return the names of all tests that are counted."""
        return [name for name in self.entries if self.counts(name)]

    def accepting(self, name: str) -> str:
        """Return the test that a name stands for: itself, or a counted one with that alias."""
        if name in self.entries:
            return name
        owners = (
            owner
            for owner, entries in self.entries.items()
            if any(is_counted(item, test) and name in test.aliases for item, test in entries)
        )
        return next(owners, name)

    def standing(self, name: str) -> str:
        """Say why a test is not counted, in words that follow `was` or `is now`."""
        entries = self.entries.get(name, [])
        flags = [test.flag for item, test in entries if item.status is Status.REQUIRED]
        if flags:
            code = next((flag.code for flag in flags if flag and flag.code), "")
            return f"flagged {code}".strip()
        if entries:
            return min((item.status for item, _ in entries), key=list(Status).index).value
        return "not listed"


def compare_counted(
    before: Guideline, old: str, after: Guideline, new: str
) -> tuple[int, int, tuple[CountedChange, ...]]:
    """Return the numbers of counted tests before and after, and what changed between.

    `old` and `new` name the targets, empty where the guideline lacks it. A
    test counts once, in however many capabilities it stands.
    """
    was, now = _Tests(before, old), _Tests(after, new)
    gone = [name for name in was.entries if name not in now.entries]
    come = [name for name in now.entries if name not in was.entries]
    new_names = pair_renamed(was.merged(gone), now.merged(come))
    old_names = {new: old for old, new in new_names.items()}
    changes = []
    for name in now.counted():
        former = old_names.get(name, name)
        if not was.counts(former):
            changes.append(_newly(name, former, was, now))
        elif former != name:
            changes.append(_renamed(name, former, now))
    for name in was.counted():
        new_name = new_names.get(name) or now.accepting(name)
        if not now.counts(new_name):
            why = f"is now {now.standing(new_name)}"
            changes.append(CountedChange(name, Count.NO_LONGER, why, was.counts(name)))
        elif new_name != name and name not in new_names:
            changes.append(_renamed(new_name, name, now))
    return len(was.counted()), len(now.counted()), tuple(changes)


def _newly(name: str, former: str, was: _Tests, now: _Tests) -> CountedChange:
    return CountedChange(
        name,
        Count.NEWLY,
        f"was {was.standing(former)}",
        now.counts(name),
        former if former != name else "",
    )


def _renamed(name: str, former: str, now: _Tests) -> CountedChange:
    return CountedChange(name, Count.RENAMED, f"was called {former}", now.counts(name), former)
