"""What happened in a run: one event per test or fixture, as Tempest reported it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from defcheck.guideline.matching import TempestTest, parse_name
from defcheck.results.calls import Call

MAX_NAME = 2_000
"""Characters of a test's name; Tempest's longest has 250."""


class Outcome(StrEnum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    FIXTURE_ERROR = "fixture error"
    """The set-up of its class or module failed, so it never ran."""

    TEARDOWN_ERROR = "passed, teardown error"
    """It passed, but the clean-up of its class failed afterwards."""

    UNFINISHED = "unfinished"
    """It began and no end was recorded."""

    NOT_RUN = "not run"
    """The results do not hold it."""

    ABSENT = "absent"
    """The Tempest of this run does not have it."""


SEVERITY = (
    Outcome.FAILED,
    Outcome.FIXTURE_ERROR,
    Outcome.UNFINISHED,
    Outcome.ABSENT,
    Outcome.NOT_RUN,
    Outcome.TEARDOWN_ERROR,
    Outcome.SKIPPED,
    Outcome.PASSED,
)
"""Outcomes from worst to best: of several results of one test the worst counts.

A policy may allow a skip, so that nothing that is never allowed hides behind one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One reported end of a test or fixture, or a beginning without an end."""

    name: str
    """As reported: with attributes and scenario, or `setUpClass (module.Class)`."""

    outcome: Outcome
    """passed, failed, skipped or unfinished."""

    reason: str = ""
    """Why it was skipped, or the line of the traceback that names the error."""

    details: str = ""
    """The traceback, where there is one."""

    started: datetime | None = None
    stopped: datetime | None = None
    worker: str = ""
    duration: float | None = None
    """Seconds, where the source tells them and no times."""

    uuid: str = ""
    """The id, where the source tells it apart from the name."""

    calls: tuple[Call, ...] = ()
    """Calls that the cloud refused while a failed test ran, where its log is there."""

    tests_selected: frozenset[str] = frozenset()
    """Of an event of a class or module: names of its tests that a listing tells to have been
    selected when it happened."""

    tests_not_selected: frozenset[str] = frozenset()
    """Of such an event: names of its tests that were selected at other times alone, so that it
    is not about them."""

    @property
    def test(self) -> TempestTest:
        """The name without attributes, and the id."""
        return parse_name(self.name)

    @property
    def seconds(self) -> float | None:
        """How long it took, None where the times are unknown."""
        if self.started is None or self.stopped is None:
            return self.duration
        return (self.stopped - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class ResultSet:
    """Everything that one source of results says."""

    events: tuple[Event, ...]
    format: str
    """What the source was: subunit v2, subunit v1, RefStack JSON, rally JSON, JUnit XML."""

    problems: tuple[str, ...] = ()
    """What is wrong with the source; a verdict on it can not be pass."""

    passes_only: bool = False
    """Whether the source holds passed tests only, as RefStack's uploads do."""

    cpid: str = ""
    """Cloud provider id, where the source tells it."""

    seconds: int | None = None
    """How long the run took, where the source tells it of the whole."""
