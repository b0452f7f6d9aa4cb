"""Events that are not about one test: fixtures, and what a test runner reports of itself.

A class whose set-up skips or fails is one event `setUpClass (module.Class)`
and none for its tests; a failed import is `unittest.loader._FailedTest.module`
(Python's unittest; measured with Tempest 47 and stestr 4.2). Other runners and
writers say the same in other words: `unittest2.loader.ModuleImportFailure.module`,
`module.Class.setUpClass`, or the bare name of the class or module.

A failed event that is no test of Tempest and is not understood never leaves a
pass: a runner that failed may have lost tests, and nobody can tell which.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from defcheck.guideline.matching import list_owners, parse_test_name, strip_scenario
from defcheck.results.models import Event, Outcome
from defcheck.util.text import fold_whitespace

_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module) \((?P<owner>[^()]+)\)")
_DOTTED_FIXTURE = re.compile(r"(?P<owner>[\w.]+)\.(setUp|tearDown)(Class|Module)")
_PLAIN_OWNER = re.compile(r"\w+(\.\w+)*")
_CLASS_OBJECT = re.compile(r"<class '(?P<name>[^']*)'>")
_ANY_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module)\b")
_NOSE_FIXTURE = re.compile(
    r"<nose\.suite\.ContextSuite context=(?P<owner>[\w.]+)>:(?P<stage>setup|teardown)"
)
_FAILED_IMPORT = re.compile(
    r"(?:\w+\.)*?(_FailedTest|ModuleImportFailure|LoadTestsFailure|ModuleSkipped)\.(?P<owner>.+)",
    re.DOTALL,
)
"""Of the loaders of unittest, unittest2, nose2 and `discover`, and of those made after them."""


class FixtureStage(StrEnum):
    """When the fixture runs."""

    SET_UP = "setUp"
    TEAR_DOWN = "tearDown"


@dataclass(frozen=True, slots=True)
class Fixture:
    """What an event says of all tests of a class or module."""

    owner: str
    """Dotted name of the class or module."""

    stage: FixtureStage
    event: Event

    @property
    def stops_tests(self) -> bool:
        """Whether the tests that it is about did not run: a set-up that did not pass."""
        return self.stage is FixtureStage.SET_UP and self.event.outcome is not Outcome.PASSED


def parse_fixture(event: Event) -> Fixture | None:
    """Return what the event says of a class or module, None for a test's own event."""
    name = event.name
    found = _FIXTURE.match(name)
    if found:
        return Fixture(_clean_owner(found["owner"]), FixtureStage(found[1]), event)
    if name.endswith(("Class", "Module")):
        found = _DOTTED_FIXTURE.fullmatch(name)
        if found:
            return Fixture(found["owner"], FixtureStage(found[2]), event)
    if name.startswith("<"):
        found = _NOSE_FIXTURE.fullmatch(name)
        if found:
            stage = FixtureStage.SET_UP if found["stage"] == "setup" else FixtureStage.TEAR_DOWN
            return Fixture(found["owner"], stage, event)
    found = _match_failed_import(name)
    if found:
        return Fixture(_clean_owner(found["owner"]), FixtureStage.SET_UP, event)
    return None


def _clean_owner(owner: str) -> str:
    """Return the dotted name of a class or module that is written as a path, file or class."""
    if _PLAIN_OWNER.fullmatch(owner):
        return owner
    owner = strip_scenario(parse_test_name(owner.strip()).name).strip()
    found = _CLASS_OBJECT.fullmatch(owner)
    owner = (found["name"] if found else owner).removesuffix(".py")
    return owner.replace(".py::", ".").replace("::", ".").replace("/", ".").replace(":", ".")


def is_failed_import(name: str) -> bool:
    """Return whether a name is what a loader calls a module that it could not load."""
    return _match_failed_import(name) is not None


def _match_failed_import(name: str) -> re.Match[str] | None:
    # Most names are of tests: looking for the words first takes a sixth of the time.
    if "Fail" in name or "Skipped" in name:
        return _FAILED_IMPORT.fullmatch(name)
    return None


def is_ambiguous_fixture(event: Event) -> bool:
    """Return whether an event is a fixture's without saying clearly of which class or module.

    unittest names a module that it was told to load and could not import by
    the last word of its name alone, nose does so with a class, so that nobody
    can tell whose tests it has.
    """
    fixture = parse_fixture(event)
    if fixture is None:
        return _ANY_FIXTURE.match(event.name) is not None
    return not _FIXTURE.match(event.name) and "." not in fixture.owner


def split_events(events: Iterable[Event]) -> tuple[list[Event], list[Fixture]]:
    """Separate the events of tests from those of classes and modules."""
    tests, fixtures = [], []
    for event in events:
        fixture = parse_fixture(event)
        if fixture is None:
            tests.append(event)
        else:
            fixtures.append(fixture)
    return tests, fixtures


class FixtureIndex:
    """Events of classes and modules, asked by the test that they may be about."""

    def __init__(self, fixtures: Iterable[Fixture]) -> None:
        self._fixtures: dict[str, list[Fixture]] = defaultdict(list)
        for fixture in fixtures:
            self._fixtures[fixture.owner].append(fixture)

    def list_about_test(self, test: str) -> Iterator[Fixture]:
        """Yield what is about a test, by its name without attributes, its class first.

        A loader may name the very test that it could not load.
        """
        for owner in (test, *list_owners(test)):
            for fixture in self._fixtures.get(owner, ()):
                if test not in fixture.event.tests_not_selected:
                    yield fixture


LOST_RESULT_REPORTS = {
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
    what = LOST_RESULT_REPORTS.get(
        event.name.partition("-'")[0]
    )  # testtools adds the route: `-'0'`
    return f"{event.name}: {what}{_quote_reason(event)}" if what else ""


def is_of_lost_results(problem: str) -> bool:
    """Return whether a text is what `describe_lost_results` returned."""
    return problem.startswith(tuple(LOST_RESULT_REPORTS))


def is_of_runner(problem: str) -> bool:
    """Return whether a text is one of this module's: the runner failed, nothing was cut off."""
    return is_of_lost_results(problem) or NOT_A_TEST in problem or NOT_CLEAR in problem


class FailedEvents:
    """The failed events of a result set, which have to be understood."""

    def __init__(self, tests: Collection[Event], fixtures: Iterable[Fixture]) -> None:
        """Take the events of tests, and those of classes and modules."""
        failed = (event for event in tests if event.outcome is Outcome.FAILED)
        self._strangers = [event for event in failed if not is_tempest_test_name(event.name)]
        """Those that are a test only if their package is known to hold tests."""

        self._fixtures = [
            fixture
            for fixture in fixtures
            if fixture.event.outcome is Outcome.FAILED and not _is_of_tempest(fixture.owner)
        ]
        """Those of classes and modules of which the same holds."""

        self._packages = {
            _get_package(event.name)
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
        packages = self._packages | {_get_package(name) for name in known_tests}
        packages.discard(TEMPEST)  # where in it there are tests is known
        found = [
            f"{_shorten_name(event.name)} {NOT_A_TEST}{_quote_reason(event)}"
            for event in self._strangers
            if not _is_test(strip_scenario(event.test.name), packages)
        ]
        found += [
            f"{_shorten_name(one.event.name)} {NOT_CLEAR}{_quote_reason(one.event)}"
            for one in self._fixtures
            if not (_OWNER.fullmatch(one.owner) and _get_package(one.owner) in packages)
        ]
        return list(dict.fromkeys(found))


def is_tempest_test_name(name: str) -> bool:
    """Return whether a full name is that of a test of Tempest or of a plugin named after it."""
    base = strip_scenario(parse_test_name(name).name)
    return _is_of_tempest(base) and _TEST.fullmatch(base) is not None


def _is_of_tempest(name: str) -> bool:
    """Return whether a test, class or module stands where Tempest or a plugin has its tests."""
    if _TESTS_OF_TEMPEST.match(f"{name}."):
        return _OWNER.match(name) is not None
    package = _get_package(name)
    return package != TEMPEST and _PLUGIN.fullmatch(package) is not None and "." in name


def _is_test(name: str, packages: Collection[str]) -> bool:
    return _get_package(name) in packages and _TEST.fullmatch(name) is not None


def _get_package(name: str) -> str:
    return name.partition(".")[0]


def _shorten_name(name: str) -> str:
    return fold_whitespace(name[:MAX_REASON])


def _quote_reason(event: Event) -> str:
    reason = fold_whitespace(event.reason)
    return f" ({reason[:MAX_REASON]})" if reason else ""
