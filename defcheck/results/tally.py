"""What a result set says of a test: its own events and those of its class."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from defcheck.guideline.matching import Index, owners
from defcheck.results.fixtures import Fixture, Stage, split
from defcheck.results.model import SEVERITY, Event, Outcome, ResultSet


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
        self._events: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self._events[event.test.name if not results.passes_only else event.name].append(event)
        self._fixtures: dict[str, list[Fixture]] = defaultdict(list)
        for fixture in fixtures:
            self._fixtures[fixture.owner].append(fixture)
        self.tests = [event.test for event in events]
        self.fixture_owners = frozenset(self._fixtures)
        self.passed_names = frozenset(
            name
            for name, own in self._events.items()
            if any(event.outcome is Outcome.PASSED for event in own)
        )
        """Names with at least one pass: what RefStack would have been sent."""

    def index(self) -> Index:
        """Return the tests of the result set for matching."""
        return Index(self.tests, self.fixture_owners)

    def finding(self, name: str) -> Finding:
        """Return what became of the test called `name`, the worst where there is more."""
        own = worst(Finding(event.outcome, event) for event in self._events.get(name, ()))
        findings = [own] if own.event else []
        for fixture in self._fixtures_of(name):
            finding = _from_fixture(fixture, own)
            if finding is not None:
                findings.append(finding)
        return worst(findings)

    def _fixtures_of(self, name: str) -> Iterable[Fixture]:
        for owner in owners(name):
            yield from self._fixtures.get(owner, ())


def _from_fixture(fixture: Fixture, own: Finding) -> Finding | None:
    """Return what a fixture's event means for a test, None where it means nothing."""
    event = fixture.event
    if event.outcome is Outcome.PASSED:
        return None
    if fixture.stage is Stage.TEAR_DOWN:
        if own.outcome is Outcome.PASSED:
            return Finding(Outcome.TEARDOWN_ERROR, event)
        return None
    if event.outcome is Outcome.SKIPPED:
        return Finding(Outcome.SKIPPED, event)
    return Finding(Outcome.FIXTURE_ERROR, event)
