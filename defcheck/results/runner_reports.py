"""What a test runner reports about itself, under the name of a test.

A failed event that is no test of Tempest and is not understood never leaves a
pass: a runner that failed may have lost tests, and nobody can tell which.
"""

import re
from collections.abc import Collection, Iterable

from defcheck.guideline.matching import base_name, parse_name
from defcheck.results.model import Event, Outcome

DAMAGE = {
    "process-returncode": "a worker process of the test runner failed",
    "subunit.parser": "packets were lost before these results were written",
    "broken-runner": "a worker thread of the test runner failed",
}
"""Reports of lost results, by their name: stestr's and testr's, python-subunit's, testtools'."""

_PACKAGE_OF_TESTS = re.compile(r"(\w*tempest\w*|\w+\.tests\.tempest)\.")
"""How the names of Tempest's tests begin, and those of its plugins, also old ones in a
project's own tree; those of all published guidelines do."""

_TEST = re.compile(r"(\w+\.)+test\w*|(\w+\.)+_*[A-Z]\w*\.test.*", re.DOTALL)
"""A test method, last in its name unless a generated name holds dots behind its class."""

MAX_REASON = 160
"""Characters of a reason that are quoted."""


def describe_lost_results(event: Event) -> str:
    """Return in words that an event reports lost results, an empty text where it does not."""
    if event.outcome is Outcome.PASSED or event.outcome is Outcome.SKIPPED:
        return ""
    what = DAMAGE.get(event.name.partition("-'")[0])  # testtools adds the route: `-'0'`
    return f"{event.name}: {what}{_quote_reason(event)}" if what else ""


def is_of_lost_results(problem: str) -> bool:
    """Return whether a text is what `describe_lost_results` returned."""
    return problem.startswith(tuple(DAMAGE))


class FailedEvents:
    """The failed events among some that are not of a class or module."""

    def __init__(self, tests: Collection[Event]) -> None:
        failed = (event for event in tests if event.outcome is Outcome.FAILED)
        self._strangers = [event for event in failed if not is_name_of_tempest_test(event.name)]
        """Those that are a test only if their package is known to hold tests."""

        self._packages = {
            _package(event.name)
            for event in (tests if self._strangers else ())
            if event.outcome is Outcome.PASSED
        }

    def describe_unrecognised(self, known_tests: Iterable[str] = ()) -> list[str]:
        """Return in words each failed event that is not recognised as a test.

        A name is a test's where its package is known to hold tests of Tempest,
        or holds another test that passed or one of `known_tests`.
        """
        if not self._strangers:
            return []
        packages = self._packages | {_package(name) for name in known_tests}
        found = (
            f"{event.name[:MAX_REASON]} failed and is not a test of Tempest{_quote_reason(event)}"
            for event in self._strangers
            if not _is_test(base_name(event.test.name), packages)
        )
        return list(dict.fromkeys(found))


def is_name_of_tempest_test(name: str) -> bool:
    """Return whether a full name is that of a test of Tempest or of a plugin named after it."""
    base = base_name(parse_name(name).name)
    return bool(_PACKAGE_OF_TESTS.match(base) and _TEST.fullmatch(base))


def _is_test(name: str, packages: Collection[str]) -> bool:
    return _package(name) in packages and _TEST.fullmatch(name) is not None


def _package(name: str) -> str:
    return name.partition(".")[0]


def _quote_reason(event: Event) -> str:
    reason = " ".join(event.reason.split())
    return f" ({reason[:MAX_REASON]})" if reason else ""
