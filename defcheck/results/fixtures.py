"""Events of classes and modules, and what they mean for the tests in them.

A class whose set-up skips or fails is one event `setUpClass (module.Class)`
and none for its tests; a failed import is `unittest.loader._FailedTest.module`
(Python's unittest; measured with Tempest 47 and stestr 4.2). Other runners and
writers say the same in other words: `unittest2.loader.ModuleImportFailure.module`,
`module.Class.setUpClass`, or the bare name of the class or module.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from defcheck.guideline.matching import base_name, owners, parse_name
from defcheck.results.model import Event, Outcome

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


class Stage(StrEnum):
    """When the fixture runs."""

    SET_UP = "setUp"
    TEAR_DOWN = "tearDown"


@dataclass(frozen=True, slots=True)
class Fixture:
    """What an event says of all tests of a class or module."""

    owner: str
    """Dotted name of the class or module."""

    stage: Stage
    event: Event

    @property
    def stops_tests(self) -> bool:
        """Whether the tests that it is about did not run: a set-up that did not pass."""
        return self.stage is Stage.SET_UP and self.event.outcome is not Outcome.PASSED


def fixture_of(event: Event) -> Fixture | None:
    """Return what the event says of a class or module, None for a test's own event."""
    name = event.name
    found = _FIXTURE.match(name)
    if found:
        return Fixture(_clean_owner(found["owner"]), Stage(found[1]), event)
    if name.endswith(("Class", "Module")):
        found = _DOTTED_FIXTURE.fullmatch(name)
        if found:
            return Fixture(found["owner"], Stage(found[2]), event)
    if name.startswith("<"):
        found = _NOSE_FIXTURE.fullmatch(name)
        if found:
            stage = Stage.SET_UP if found["stage"] == "setup" else Stage.TEAR_DOWN
            return Fixture(found["owner"], stage, event)
    found = _match_failed_import(name)
    if found:
        return Fixture(_clean_owner(found["owner"]), Stage.SET_UP, event)
    return None


def _clean_owner(owner: str) -> str:
    """Return the dotted name of a class or module that is written as a path, file or class."""
    if _PLAIN_OWNER.fullmatch(owner):
        return owner
    owner = base_name(parse_name(owner.strip()).name).strip()
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


def is_unreadable(event: Event) -> bool:
    """Return whether an event is a fixture's without saying clearly of which class or module.

    unittest names a module that it was told to load and could not import by
    the last word of its name alone, nose does so with a class, so that nobody
    can tell whose tests it has.
    """
    fixture = fixture_of(event)
    if fixture is None:
        return _ANY_FIXTURE.match(event.name) is not None
    return not _FIXTURE.match(event.name) and "." not in fixture.owner


def split(events: Iterable[Event]) -> tuple[list[Event], list[Fixture]]:
    """Separate the events of tests from those of classes and modules."""
    tests, fixtures = [], []
    for event in events:
        fixture = fixture_of(event)
        if fixture is None:
            tests.append(event)
        else:
            fixtures.append(fixture)
    return tests, fixtures


class FixturesByOwner:
    """Events of classes and modules, asked by the test that they may be about."""

    def __init__(self, fixtures: Iterable[Fixture]) -> None:
        self._fixtures: dict[str, list[Fixture]] = defaultdict(list)
        for fixture in fixtures:
            self._fixtures[fixture.owner].append(fixture)

    def about(self, test: str) -> Iterator[Fixture]:
        """Yield what is about a test, by its name without attributes, its class first.

        A loader may name the very test that it could not load.
        """
        for owner in (test, *owners(test)):
            for fixture in self._fixtures.get(owner, ()):
                if test not in fixture.event.tests_not_selected:
                    yield fixture
