"""What a result set says of a test: its own events and those of its class."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from defcheck.guideline.matching import Index, TempestTest, base_name, owners
from defcheck.results.fixtures import Fixture, FixturesByOwner, Stage, is_unreadable, split
from defcheck.results.model import SEVERITY, Event, Outcome, ResultSet
from defcheck.results.runner_reports import FailedEvents


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one test."""

    outcome: Outcome
    event: Event | None = None
    """The event that says so; of the class where the test has none of its own."""

    order: int = field(default=0, compare=False)
    """Where the event stands among all of the results."""

    is_certain: bool = True
    """Whether it is of the test: not where it is of the class, and nothing tells whether the
    test was to run then."""


_WORDS = re.compile(r"\w+(\.\w+)*")

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
        self._fixtures = FixturesByOwner(fixtures)
        # A runner may report a class or module by its bare name, as pytest does
        # of one that it cannot collect and Surefire of one that it cannot tear
        # down; no test's name is part of another's.
        self._bare: dict[str, list[Event]] = defaultdict(list)
        # A failed event behind a test's name is of that test: a subtest with its
        # message, a repetition, or what else a writer puts there.
        self._beneath: dict[str, list[Event]] = defaultdict(list)
        variants = set()
        for test, event in zip(tests, events, strict=True):
            if event.outcome is not Outcome.PASSED:
                # Behind a blank stand a subtest's parameters, else a scenario's.
                name = base_name(test.name) if " (" in test.name else test.name
                self._bare[name].append(event)
                stem = _stem(test.name)
                if stem != base_name(test.name) or name != test.name:
                    self._beneath[stem].append(event)
                    variants.add(stem)
                for owner in owners(stem):
                    self._beneath[owner].append(event)
        self._order = {id(event): number for number, event in enumerate(results.events)}
        self.problems = tuple(
            f"it is not said which class or module {event.name[:80]!r} is of"
            for event in results.events
            if is_unreadable(event)
        )
        """What the results tell too little of."""

        self.failures = FailedEvents(events, fixtures)
        self.names = frozenset(self._events)
        self.index = Index(tests)
        self.fixture_owners = frozenset(fixture.owner for fixture in fixtures)
        """Classes and modules that have an event of their own."""

        stopping = {fixture.owner for fixture in fixtures if fixture.stops_tests}
        self.owners = frozenset(stopping | self._bare.keys() | variants)
        """Names that may be of a class or module whose tests did not run, or of a test."""

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
        findings = [self._find(event.outcome, event) for event in self._events.get(name, ())]
        bare = [
            Fixture(owner, stage, event)
            for owner in owners(name)
            for event in self._bare.get(owner, ())
            for stage in Stage
            if stage is Stage.SET_UP or event.outcome is Outcome.FAILED
        ]
        for fixture in (*self._fixtures.about(name), *bare):
            outcome = _outcome(fixture, name in self.passed_names)
            if outcome is not None:
                certain = name in fixture.event.tests_selected
                findings.append(self._find(outcome, fixture.event, certain=certain))
        findings += [self._find(event.outcome, event) for event in self._beneath.get(name, ())]
        return tuple(dict.fromkeys(findings))

    def _find(self, outcome: Outcome, event: Event, *, certain: bool = True) -> Finding:
        return Finding(outcome, event, self._order[id(event)], certain)


def _stem(name: str) -> str:
    """Return the dotted words that a name begins with: the rest is none of a test's own name."""
    found = _WORDS.match(name)
    return found[0] if found else name


def _outcome(fixture: Fixture, passed: bool) -> Outcome | None:
    """Return what a fixture's event means for a test, None where it means nothing."""
    if fixture.event.outcome is Outcome.PASSED:
        return None
    if fixture.stage is Stage.TEAR_DOWN:
        return Outcome.TEARDOWN_ERROR if passed else None
    if fixture.event.outcome in (Outcome.SKIPPED, Outcome.UNFINISHED):
        return fixture.event.outcome
    return Outcome.FIXTURE_ERROR
