"""Tests for which one login is not enough: not run, rather than failed for want of users."""

from collections.abc import Collection, Mapping

from defcheck.cloud.preflight.foresight import plain_reason
from defcheck.cloud.preflight.scene import Foreseen, gained
from defcheck.errors import UnusableError
from defcheck.guideline.matching import parse_name
from defcheck.runner.record import Record

FIXTURE_ERROR, SKIPPED = "fixture error", "skipped"

SECOND = "It needs a second account in another project, which --accounts would give"
READER = "It needs a reader in the same project, which --accounts would give"
NEITHER = "More accounts would not help"


def withhold(
    foreseen: Mapping[str, Foreseen], with_more_users: Mapping[str, Foreseen] | None
) -> dict[str, str]:
    """Return the tests, by name, that the users of a run do not suffice for, and why.

    Tempest would report an error in their class, as if the cloud were at fault.
    An accounts file of several users is checked before the run, so that this is
    about one login alone: `with_more_users` is what Tempest would do with more,
    None where there are several.
    """
    if with_more_users is None:
        return {}
    return {
        name: _why(fate, with_more_users.get(name))
        for name, fate in foreseen.items()
        if fate.outcome == FIXTURE_ERROR
    }


def _why(fate: Foreseen, with_more_users: Foreseen | None) -> str:
    if with_more_users is not None:
        return f"{NEITHER}: {plain_reason(with_more_users.reason)}"
    return READER if "role: reader" in fate.reason else SECOND


def explain_withheld(record: Record) -> dict[str, str]:
    """Return the tests that a run left out, by name, and why.

    Runs of older versions said of every one that it needs more accounts, also
    where their own record shows that more would not have helped.
    """
    needing = {*record.second_account}
    return {
        name: NEITHER if needing and name not in needing and why in (SECOND, READER) else why
        for name, why in (record.withheld or {}).items()
    }


def describe_needs(
    foreseen: Mapping[str, Foreseen], with_more_users: Mapping[str, Foreseen] | None
) -> str:
    """Return in a line how many tests need more accounts than there are; nothing for none."""
    needing = len(gained(foreseen, with_more_users))
    later = [
        (with_more_users or {})[name].outcome
        for name, why in withhold(foreseen, with_more_users).items()
        if why.startswith(NEITHER)
    ]
    skipped = later.count(SKIPPED)
    others = len(later) - skipped
    words = []
    if needing:
        words.append(f"More accounts are needed for {_tests(needing)}")
    if skipped:
        words.append(f"Tempest would skip {_tests(skipped)} even with more accounts")
    if others:
        words.append(f"{_tests(others)} cannot run, and could not with more accounts either")
    return "; ".join(words)


def _tests(number: int) -> str:
    return f"{number} test{'s' * (number != 1)}"


def without(tests: Collection[str], withheld: Mapping[str, str]) -> tuple[str, ...]:
    """Return the full names of the tests that are left; raise `UnusableError` where none is."""
    left = tuple(test for test in tests if parse_name(test).name not in withheld)
    if not left:
        raise UnusableError(
            f"None of the {len(tests)} tests can run with a single account.",
            "Give an accounts file with --accounts, or log in as an administrator.",
        )
    return left
