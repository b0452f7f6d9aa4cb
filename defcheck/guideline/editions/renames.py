"""Which tests of a newer guideline are tests of an older one under another name."""

from collections import Counter
from collections.abc import Iterable

from defcheck.guideline.model import Test


def pair_renamed(gone: Iterable[Test], come: Iterable[Test]) -> dict[str, str]:
    """Return the new name by the old one for tests that only changed their name.

    `gone` are tests that only the older guideline names, `come` those that
    only the newer one does. An alias tells first, either way; then the
    idempotent id, but only where it tells exactly one test on each side, or
    exactly one with the same method name: inherited tests share ids.
    """
    old = {test.name: test for test in gone}
    new = {test.name: test for test in come}
    found: dict[str, str] = {}

    def take(pairs: list[tuple[str, str]]) -> None:
        befores, afters = Counter(one for one, _ in pairs), Counter(one for _, one in pairs)
        for before, after in pairs:
            if befores[before] == afters[after] == 1:
                found[before] = after
                del old[before], new[after]

    take(
        [
            (before.name, after.name)
            for before in old.values()
            for after in new.values()
            if before.name in after.aliases or after.name in before.aliases
        ]
    )
    for same_method in (True, False):
        take(
            [
                (before.name, after.name)
                for before in old.values()
                for after in new.values()
                if before.uuid
                and before.uuid == after.uuid
                and (not same_method or _method(before) == _method(after))
            ]
        )
    return found


def _method(test: Test) -> str:
    return test.name.rpartition(".")[2]
