"""Tests for which one login is not enough: not run, rather than failed for want of users."""

from collections.abc import Collection, Mapping

from defcheck.cloud.preflight.scene import Foreseen
from defcheck.errors import UnusableError
from defcheck.guideline.matching import parse_name

FIXTURE_ERROR = "fixture error"

SECOND = "It needs a second account in another project, which --accounts would give"
READER = "It needs a reader in the same project, which --accounts would give"


def withhold(foreseen: Mapping[str, Foreseen], *, one_login: bool) -> dict[str, str]:
    """Return the tests, by name, that the users of a run do not suffice for, and why.

    Tempest would report an error in their class, as if the cloud were at fault.
    An accounts file of several users is checked before the run, so that this is
    about one login alone.
    """
    if not one_login:
        return {}
    return {
        name: READER if "role: reader" in fate.reason else SECOND
        for name, fate in foreseen.items()
        if fate.outcome == FIXTURE_ERROR
    }


def without(tests: Collection[str], withheld: Mapping[str, str]) -> tuple[str, ...]:
    """Return the full names of the tests that are left; raise `UnusableError` where none is."""
    left = tuple(test for test in tests if parse_name(test).name not in withheld)
    if not left:
        raise UnusableError(
            f"For none of the {len(tests)} demanded tests the one login is enough.",
            "Give an accounts file with --accounts, or log in as an administrator.",
        )
    return left
