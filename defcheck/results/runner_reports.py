"""What a test runner reports about itself, under the name of a test.

A failed event that is no test of Tempest and is not understood never leaves a
pass: a runner that failed may have lost tests, and nobody can tell which.
"""

import re
from collections.abc import Collection, Iterable

from defcheck.guideline.matching import base_name, parse_name
from defcheck.results.fixtures import Fixture
from defcheck.results.model import Event, Outcome

DAMAGE = {
    "process-returncode": "a worker process of the test runner failed",
    "subunit.parser": "packets were lost before these results were written",
    "broken-runner": "a worker thread of the test runner failed",
}
"""Reports of lost results, by their name: stestr's and testr's, python-subunit's, testtools'."""

_TESTS_OF_TEMPEST = re.compile(
    r"tempest\.(api|cli|scenario|serial_tests|stress|thirdparty)\.|\w+\.tests\.tempest\."
)
"""How the names of Tempest's tests begin, and of old plugins in a project's own tree."""

TEMPEST = "tempest"

_PLUGIN = re.compile(r"(\w+_)?tempest(_\w+)?")
"""The package of a plugin, as all those of published guidelines."""

_TEST = re.compile(r"(\w+\.){3,}test\w*|(\w+\.)+_*[A-Z]\w*\.test.*", re.DOTALL)
"""A test method, last in its name unless a generated name holds dots behind its class."""

_OWNER = re.compile(r"\w+(\.\w+)+")

NOT_A_TEST = "failed and is not a test of Tempest"
NOT_CLEAR = "failed, and it is not clear of which tests"

MAX_REASON = 160
"""Characters of a reason that are quoted."""


def describe_lost_results(event: Event) -> str:
    """Return in words that an event reports lost results, an empty text where it does not."""
    if event.outcome is Outcome.PASSED:
        return ""
    what = DAMAGE.get(event.name.partition("-'")[0])  # testtools adds the route: `-'0'`
    return f"{event.name}: {what}{_quote_reason(event)}" if what else ""


def is_of_lost_results(problem: str) -> bool:
    """Return whether a text is what `describe_lost_results` returned."""
    return problem.startswith(tuple(DAMAGE))


def is_of_runner(problem: str) -> bool:
    """Return whether a text is one of this module's: the runner failed, nothing was cut off."""
    return is_of_lost_results(problem) or NOT_A_TEST in problem or NOT_CLEAR in problem


class FailedEvents:
    """The failed events of a result set, which have to be understood."""

    def __init__(self, tests: Collection[Event], fixtures: Iterable[Fixture]) -> None:
        """Take the events of tests, and those of classes and modules."""
        failed = (event for event in tests if event.outcome is Outcome.FAILED)
        self._strangers = [event for event in failed if not is_name_of_tempest_test(event.name)]
        """Those that are a test only if their package is known to hold tests."""

        self._fixtures = [
            fixture
            for fixture in fixtures
            if fixture.event.outcome is Outcome.FAILED and not _is_of_tempest(fixture.owner)
        ]
        """Those of classes and modules of which the same holds."""

        self._packages = {
            _package(event.name)
            for event in (tests if self._strangers or self._fixtures else ())
            if event.outcome is Outcome.PASSED
        }

    def describe_unrecognised(self, known_tests: Iterable[str] = ()) -> list[str]:
        """Return in words each failed event that is not recognised.

        A test, class or module is recognised where its package is known to hold
        tests of Tempest, or holds another test that passed or one of `known_tests`.
        """
        if not self._strangers and not self._fixtures:
            return []
        packages = self._packages | {_package(name) for name in known_tests}
        packages.discard(TEMPEST)  # where in it there are tests is known
        found = [
            f"{_shorten(event.name)} {NOT_A_TEST}{_quote_reason(event)}"
            for event in self._strangers
            if not _is_test(base_name(event.test.name), packages)
        ]
        found += [
            f"{_shorten(one.event.name)} {NOT_CLEAR}{_quote_reason(one.event)}"
            for one in self._fixtures
            if not (_OWNER.fullmatch(one.owner) and _package(one.owner) in packages)
        ]
        return list(dict.fromkeys(found))


def is_name_of_tempest_test(name: str) -> bool:
    """Return whether a full name is that of a test of Tempest or of a plugin named after it."""
    base = base_name(parse_name(name).name)
    return _is_of_tempest(base) and _TEST.fullmatch(base) is not None


def _is_of_tempest(name: str) -> bool:
    """Return whether a test, class or module stands where Tempest or a plugin has its tests."""
    if _TESTS_OF_TEMPEST.match(f"{name}."):
        return _OWNER.match(name) is not None
    package = _package(name)
    return package != TEMPEST and _PLUGIN.fullmatch(package) is not None and "." in name


def _is_test(name: str, packages: Collection[str]) -> bool:
    return _package(name) in packages and _TEST.fullmatch(name) is not None


def _package(name: str) -> str:
    return name.partition(".")[0]


def _shorten(name: str) -> str:
    return " ".join(name[:MAX_REASON].split())


def _quote_reason(event: Event) -> str:
    reason = " ".join(event.reason.split())
    return f" ({reason[:MAX_REASON]})" if reason else ""
