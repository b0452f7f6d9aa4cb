"""Build a result set from events and problems, and look up what became of a test."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from defcheck.errors import InputError
from defcheck.guideline.matching import TempestTest, TempestTestIndex, list_owners, strip_scenario
from defcheck.redaction.redactor import Redactor
from defcheck.results.models import MAX_NAME, SEVERITY, Event, Outcome, ResultSet
from defcheck.results.non_test_events import (
    FailedEvents,
    Fixture,
    FixtureIndex,
    FixtureStage,
    describe_lost_results,
    is_ambiguous_fixture,
    split_events,
)
from defcheck.util.text import parse_time

_REDACTOR = Redactor()

EXCEPTION_WRAPPER = "testtools.testresult.real._StringException: "
"""How subunit2junitxml begins the text of every failure."""

_FLAT_FRAME = re.compile(r'\bFile "[^"]*", line \d+, in \S+ ')
_ERROR = re.compile(
    r"(?<!\S)(?:(?:\w+\.)+[A-Z]\w*+|(?=[A-Z]\w{0,80}?(?:Error|Exception|Timeout))\w++)"
    r"(?:: .*?)?(?= Details: |\Z)"
)
"""An error's class, by its dots or its ending, and what it says."""

_FRAME = ("Traceback ", "  File ", "    ")
_MARK = "E   "
"""How the lines of a frame begin, and those in which pytest says what the error is."""


def redact_text(text: str) -> str:
    """Return `text` without secrets: Tempest may print a request in an error."""
    # Most events are passes without text: skip the search for them.
    return _REDACTOR.redact_text(text) if text else text


def find_error_line(traceback: str) -> str:
    """Return the line of a traceback that names the error.

    That is the first one after its last frame, of pytest's the first of its
    last lines that begin with E. Where line ends were lost, as in an XML
    attribute, it is found by its form.
    """
    lines = traceback.rstrip().splitlines()
    marked = _find_last_line(lines, _MARK) if _MARK in traceback else 0
    if marked:
        while marked and lines[marked - 1].startswith(_MARK):
            marked -= 1
        return lines[marked].removeprefix("E").strip()
    rest = (line.strip() for line in lines[_find_last_line(lines, _FRAME) :])
    line = next((line for line in rest if line), lines[-1].strip() if lines else "")
    flat = _FLAT_FRAME.split(line)
    error = _ERROR.search(flat[-1]) if len(flat) > 1 else None
    return (error[0] if error else line).removeprefix(EXCEPTION_WRAPPER).strip()


def _find_last_line(lines: Sequence[str], beginning: str | tuple[str, ...]) -> int:
    """Return the number of lines up to the last one that begins so, 0 where none does."""
    numbers = range(len(lines), 0, -1)
    return next((number for number in numbers if lines[number - 1].startswith(beginning)), 0)


def holds_traceback(text: str) -> bool:
    """Return whether a text has a traceback in it, Python's own or pytest's."""
    return "Traceback (most recent call last)" in text or "\nE   " in text


def choose_reason(traceback: str, message: str) -> str:
    """Return why a test failed, on one line.

    The error's own line beats the message of the writer, wherever the
    traceback stands.
    """
    for text in (traceback, message):
        if holds_traceback(text):
            return find_error_line(text)
    said = message.strip() or find_error_line(traceback)
    return said.splitlines()[0] if said else ""


def parse_seconds(value: object) -> float | None:
    """Return a duration that is written as text or number, None where it is none."""
    if not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None


def parse_instant(text: str) -> float | None:
    """Return an ISO 8601 time, in UTC where it has no zone, as seconds since 1970, else None."""
    found = parse_time(text)
    return None if found is None else found.timestamp()


MAX_EVENTS = 200_000
"""More than a hundred times what a whole Tempest has."""

MAX_PROBLEMS = 100
"""Problems that are listed; more are counted."""

MAX_DETAIL = 64 * 1024
"""Bytes kept of one attachment: the end, where the error stands."""

MAX_DETAILS = 32 * 1024 * 1024
"""Characters kept of all tracebacks together; beyond it the first line is kept."""


class ResultBuilder:
    """The events and problems that a reader found so far; calls `on_event` for each event."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self._problems: list[str] = []
        self._more_problems = 0
        self._room = MAX_DETAILS
        self._on_event = on_event

    def add_event(self, event: Event) -> None:
        """Add an event; one with an unusable name, or about lost results, becomes a problem."""
        if not event.name or len(event.name) > MAX_NAME:
            self.add_problem(f"a test name has {len(event.name)} characters")
            return
        lost = describe_lost_results(event)
        if lost:
            self.add_problem(lost)
            return
        if len(self.events) >= MAX_EVENTS:
            raise build_too_many_error()
        self._room -= len(event.details)
        if self._room < 0:
            event = replace(event, details="")
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    def add_unfinished(self, event: Event) -> None:
        """Add a test that began and did not finish."""
        self.add_problem(f"{event.name[:MAX_NAME]} began and did not finish")
        self.add_event(replace(event, outcome=Outcome.UNFINISHED))

    def add_problem(self, problem: str) -> None:
        """Add a problem of the source."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)
        else:
            self._more_problems += 1

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the source."""
        more = (f"{self._more_problems} more problems",) if self._more_problems else ()
        return (*self._problems, *more)

    def build_results(self, result_format: str, *, passes_only: bool = False) -> ResultSet:
        """Return everything that was added, as results in `result_format`."""
        return ResultSet(tuple(self.events), result_format, self.problems, passes_only)


def build_too_many_error() -> InputError:
    """Return the error for a source with more tests than there are."""
    return InputError(
        f"The source holds more than {MAX_EVENTS:,} results.",
        "No Tempest has that many tests; give the results of one run.",
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One result of a test."""

    outcome: Outcome
    event: Event | None = None
    """The event that says so; of the class where the test has none of its own."""

    order: int = field(default=0, compare=False)
    """Where the event stands among all of the results."""

    is_certain: bool = True
    """Whether it is of the test: not where it is of the class, and nothing tells whether the
    test was to run then."""


_WORDS = re.compile(r"\w+(\.\w+)*")

NOT_RUN = Attempt(Outcome.NOT_RUN)


def choose_worst_attempt(findings: Iterable[Attempt]) -> Attempt:
    """Return the worst of some findings; not run where there is none."""
    return min(findings, key=lambda finding: SEVERITY.index(finding.outcome), default=NOT_RUN)


class ResultIndex:
    """A result set, looked up by test name."""

    def __init__(self, results: ResultSet) -> None:
        events, fixtures = split_events(results.events)
        # A list of passes names its tests as they stand: nothing is taken off.
        tests = [TempestTest(event.name) if results.passes_only else event.test for event in events]
        self._events: dict[str, list[Event]] = defaultdict(list)
        for test, event in zip(tests, events, strict=True):
            self._events[test.name].append(event)
        self._fixtures = FixtureIndex(fixtures)
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
                name = strip_scenario(test.name) if " (" in test.name else test.name
                self._bare[name].append(event)
                stem = _find_stem(test.name)
                if stem != strip_scenario(test.name) or name != test.name:
                    self._beneath[stem].append(event)
                    variants.add(stem)
                for owner in list_owners(stem):
                    self._beneath[owner].append(event)
        self._order = {id(event): number for number, event in enumerate(results.events)}
        self.problems = tuple(
            f"the class or module of {event.name[:80]!r} is unknown"
            for event in results.events
            if is_ambiguous_fixture(event)
        )
        """Events that the results do not identify."""

        self.failures = FailedEvents(events, fixtures)
        self.names = frozenset(self._events)
        self.index = TempestTestIndex(tests)
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

    def find_outcome(self, name: str) -> Attempt:
        """Return the result of the test called `name`; the worst if there are several."""
        return choose_worst_attempt(self.list_attempts(name))

    def list_attempts(self, name: str) -> tuple[Attempt, ...]:
        """Return every result of the test called `name`, in the order of the results.

        A set-up that skipped or failed is one, so is a tear-down that failed
        after a pass, unless only other tests of the class were selected then.
        The very same event twice is one event.
        """
        findings = [
            self._build_attempt(event.outcome, event) for event in self._events.get(name, ())
        ]
        bare = [
            Fixture(owner, stage, event)
            for owner in list_owners(name)
            for event in self._bare.get(owner, ())
            for stage in FixtureStage
            if stage is FixtureStage.SET_UP or event.outcome is Outcome.FAILED
        ]
        for fixture in (*self._fixtures.list_about_test(name), *bare):
            outcome = _interpret_fixture(fixture, name in self.passed_names)
            if outcome is not None:
                certain = name in fixture.event.tests_selected
                findings.append(self._build_attempt(outcome, fixture.event, certain=certain))
        findings += [
            self._build_attempt(event.outcome, event) for event in self._beneath.get(name, ())
        ]
        return tuple(dict.fromkeys(findings))

    def _build_attempt(self, outcome: Outcome, event: Event, *, certain: bool = True) -> Attempt:
        return Attempt(outcome, event, self._order[id(event)], certain)


def _find_stem(name: str) -> str:
    """Return the dotted words that a name begins with: the rest is none of a test's own name."""
    found = _WORDS.match(name)
    return found[0] if found else name


def _interpret_fixture(fixture: Fixture, passed: bool) -> Outcome | None:
    """Return what a fixture's event means for a test, None where it means nothing."""
    if fixture.event.outcome is Outcome.PASSED:
        return None
    if fixture.stage is FixtureStage.TEAR_DOWN:
        return Outcome.TEARDOWN_ERROR if passed else None
    if fixture.event.outcome in (Outcome.SKIPPED, Outcome.UNFINISHED):
        return fixture.event.outcome
    return Outcome.FIXTURE_ERROR
