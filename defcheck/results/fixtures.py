"""Events of classes and modules, and what they mean for the tests in them.

A class whose set-up skips or fails is one event `setUpClass (module.Class)`
and none for its tests; a failed import is `unittest.loader._FailedTest.module`
(Python's unittest; measured with Tempest 47 and stestr 4.2).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from defcheck.results.model import Event

_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module) \((?P<owner>[^()]+)\)")
_ANY_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module)\b")
_FAILED_IMPORT = re.compile(
    r"unittest\.loader\.(_FailedTest|ModuleImportFailure|LoadTestsFailure)\.(?P<owner>.+)"
)


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


def fixture_of(event: Event) -> Fixture | None:
    """Return what the event says of a class or module, None for a test's own event."""
    found = _FIXTURE.match(event.name)
    if found:
        return Fixture(found["owner"], Stage(found[1]), event)
    found = _FAILED_IMPORT.fullmatch(event.name)
    if found:
        return Fixture(found["owner"], Stage.SET_UP, event)
    return None


def is_unreadable(event: Event) -> bool:
    """Return whether an event is a fixture's without saying clearly of which class or module.

    unittest names a module that it was told to load and could not import by
    the last word of its name alone, so that nobody can tell whose tests it has.
    """
    fixture = fixture_of(event)
    if fixture is None:
        return _ANY_FIXTURE.match(event.name) is not None
    return _FAILED_IMPORT.fullmatch(event.name) is not None and "." not in fixture.owner


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
