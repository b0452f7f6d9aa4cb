"""What a result set says of a test: its own events and those of its class."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from defcheck.guideline.matching import Index, TempestTest
from defcheck.results.fixtures import Fixture, FixturesByOwner, Stage, is_unreadable, split
from defcheck.results.model import SEVERITY, Event, Outcome, ResultSet
from defcheck.results.runner_reports import FailedEvents


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one test."""

    outcome: Outcome
    event: Event | None = None
    """The event that says so; of the class where the test has none of its own."""


NOT_RUN = Finding(Outcome.NOT_RUN)


def worst(findings: Iterable[Finding]) -> Finding:
    """Return the worst of some findings; not run where there is none."""
    return min(findings, key=lambda finding: SEVERITY.index(finding.outcome), default=NOT_RUN)


class Tally:
    """A result set, asked by test name."""

    def __init__(self, results: ResultSet) -> None:
        events, fixtures = split(results.events)
        # A list of passes names its tests as they stand: nothing is taken off.
        tests = [TempestTest(event.name) if results.passes_only else event.test for event in events]
        self._events: dict[str, list[Event]] = defaultdict(list)
        for test, event in zip(tests, events, strict=True):
            self._events[test.name].append(event)
        # A runner may report a class or module by its bare name, as pytest does
        # of one that it cannot collect; no test's name is part of another's.
        bare = [
            Fixture(test.name, Stage.SET_UP, event)
            for test, event in zip(tests, events, strict=True)
            if event.outcome is not Outcome.PASSED
        ]
        self._fixtures = FixturesByOwner([*fixtures, *bare])
        self.problems = tuple(
            f"it is not said which class or module {event.name[:80]!r} is of"
            for event in results.events
            if is_unreadable(event)
        )
        """What the results tell too little of."""

        self.failures = FailedEvents(events)

        self.names = frozenset(self._events)
        self.index = Index(tests)
        self.fixture_owners = frozenset(fixture.owner for fixture in fixtures)
        """Classes and modules that have an event of their own."""

        self.owners = self._fixtures.owners
        """Names that may be of a class or module whose tests did not run."""

        self.passed_names = frozenset(
            name
            for name, own in self._events.items()
            if any(event.outcome is Outcome.PASSED for event in own)
        )
        """Names with at least one pass: what RefStack would have been sent."""

    def finding(self, name: str) -> Finding:
        """Return what became of the test called `name`, the worst where there is more."""
        return worst(self.attempts(name))

    def attempts(self, name: str) -> tuple[Finding, ...]:
        """Return every result of the test called `name`, in the order of the results.

        A set-up that skipped or failed is one, so is a tear-down that failed
        after a pass, unless only other tests of the class were selected then.
        The very same event twice is one event.
        """
        findings = [Finding(event.outcome, event) for event in self._events.get(name, ())]
        for fixture in self._fixtures.about(name):
            outcome = _outcome(fixture, name in self.passed_names)
            if outcome is not None:
                findings.append(Finding(outcome, fixture.event))
        return tuple(dict.fromkeys(findings))


def _outcome(fixture: Fixture, passed: bool) -> Outcome | None:
    """Return what a fixture's event means for a test, None where it means nothing."""
    if fixture.event.outcome is Outcome.PASSED:
        return None
    if fixture.stage is Stage.TEAR_DOWN:
        return Outcome.TEARDOWN_ERROR if passed else None
    if fixture.event.outcome in (Outcome.SKIPPED, Outcome.UNFINISHED):
        return fixture.event.outcome
    return Outcome.FIXTURE_ERROR
