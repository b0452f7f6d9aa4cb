"""How many different tests: a test counts once, in however many capabilities it stands.

RefStack counted pairs of capability and test; only its own answer does so here
(`scoring.refstack`). Every other number of tests comes from `count_tests`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from defcheck.results.model import SEVERITY, Outcome
from defcheck.scoring.policy import Judgement

WORST_FIRST = (Judgement.FAIL, Judgement.INCOMPLETE, Judgement.PASS)


class Judged(Protocol):
    """A test as one capability lists it, with what became of it."""

    @property
    def name(self) -> str:
        """The name that the guideline gives it."""

    @property
    def judgement(self) -> Judgement:
        """What it contributes to the verdict."""

    @property
    def outcome(self) -> Outcome:
        """What became of it."""


T = TypeVar("T", bound=Judged)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many different tests had which fate; the other numbers add up to the total."""

    total: int
    passed: int
    allowed: int
    """Did not pass, but the policy allows it: a skip under SCS."""

    failed: int
    incomplete: int


def group_by_test(listings: Iterable[T]) -> dict[str, list[T]]:
    """Return the listings of each different test by its name, in the order of the first ones."""
    found: dict[str, list[T]] = {}
    for listing in listings:
        found.setdefault(listing.name, []).append(listing)
    return found


def choose_worst(listings: Iterable[T]) -> T:
    """Return the listing of a test that says most against a pass.

    Capabilities may list one test with aliases of their own, so that it is
    found for one and not for another.
    """
    return min(
        listings, key=lambda one: (WORST_FIRST.index(one.judgement), SEVERITY.index(one.outcome))
    )


def count_tests(listings: Iterable[Judged]) -> Counts:
    """Count the different tests by what they contribute."""
    tests = [choose_worst(same) for same in group_by_test(listings).values()]
    judgements = [test.judgement for test in tests]
    passed = sum(test.outcome is Outcome.PASSED for test in tests)
    return Counts(
        total=len(tests),
        passed=passed,
        allowed=judgements.count(Judgement.PASS) - passed,
        failed=judgements.count(Judgement.FAIL),
        incomplete=judgements.count(Judgement.INCOMPLETE),
    )
