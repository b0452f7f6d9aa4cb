"""Read JUnit XML: suites, their declared counts, and the document.

JUnit XML has no common definition. Only what is known to be harmless can be a pass:
an unlisted element, comment, text or attribute makes a test case unfinished and is
reported as a problem. A truncated or damaged document keeps the test cases before the
damage, with a problem.

An expected failure in python-junitxml's files looks exactly like a pass; no
test of Tempest is expected to fail.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from defcheck.errors import InputError
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.readers.interface import ResultReader, Stream, WrongFormatError, read_xml
from defcheck.results.readers.junit_cases import JUnitCase
from defcheck.results.result_set import ResultBuilder

SUITES = ("testsuite", "testsuites")
PERHAPS_REPEATED = (
    "It appears more than once in its test suite: pytest writes a failed attempt that was "
    "repeated as a pass."
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mark_doubtful_passes(events: Sequence[Event], suite: str = "pytest") -> list[Event]:
    """Return the events of a suite, with what may be a failure written as a pass unfinished.

    pytest writes a failed attempt that was repeated exactly as a pass: the test then
    appears in the suite more than once. `suite` is the suite's name.
    """
    names = [event.test.name for event in events]
    last = {name: number for number, name in enumerate(names)}
    doubtful = {
        name
        for name, event in zip(names, events, strict=True)
        if event.outcome is not Outcome.PASSED
    }
    return [
        replace(event, outcome=Outcome.UNFINISHED, reason=PERHAPS_REPEATED)
        if event.outcome is Outcome.PASSED
        and (name in doubtful or (suite == "pytest" and last[name] != number))
        else event
        for number, (name, event) in enumerate(zip(names, events, strict=True))
    ]


class JUnitSuite:
    """Counts the test cases of a suite and of those in it."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._attributes = attributes
        self._cases = 0
        self._bad_cases = 0
        self._bad_elements = 0
        self._skipped = 0
        self._events: list[Event] = []

    @property
    def name(self) -> str:
        """What the suite is called, empty where it has no name."""
        return self._attributes.get("name", "")

    @property
    def is_of_nose2(self) -> bool:
        """Whether the suite is called as nose2 calls all of its own."""
        return self.name == "nose2-junit"

    @property
    def is_of_rally(self) -> bool:
        """Whether the suite is called as rally calls a verification."""
        return _UUID.fullmatch(self._attributes.get("id", "")) is not None

    def add_case(self, case: JUnitCase, events: Sequence[Event]) -> None:
        """Take a test case with the events that it tells."""
        self._events += events
        self._cases += 1
        self._bad_cases += case.failures > 0
        self._bad_elements += case.failures
        self._skipped += case.is_skipped

    def include_suite(self, inner: "JUnitSuite") -> None:
        """Take the test cases of a suite in this one."""
        self._cases += inner._cases
        self._bad_cases += inner._bad_cases
        self._bad_elements += inner._bad_elements
        self._skipped += inner._skipped

    def trusted_events(self) -> list[Event]:
        """Return the events of its own test cases, as far as they can be trusted."""
        return mark_doubtful_passes(self._events, self.name)

    def find_contradictions(self) -> list[str]:
        """Return in what the declared counts differ from the elements.

        Failures and errors are taken together: not every writer tells them
        apart, nor does each count a test case with two of them twice.
        """
        found = []
        for words, allowed in (
            (("tests",), {self._cases}),
            (("failures", "errors"), {self._bad_cases, self._bad_elements}),
            (("skipped", "skip", "skips", "disabled"), {self._skipped}),
        ):
            declared = [self._attributes[word] for word in words if word in self._attributes]
            if declared and _sum_declared(declared) not in allowed:
                name = (
                    self._attributes.get("name") or self._attributes.get("id") or "without a name"
                )
                found.append(
                    f"test suite {name[:80]} says {' and '.join(words[: len(declared)])} "
                    f"{' + '.join(declared)[:80]}, its elements give {max(allowed)}"
                )
        return found


def _sum_declared(numbers: list[str]) -> int | None:
    if not all(re.fullmatch(r"\s*[0-9]{1,9}\s*", number) for number in numbers):
        return None
    return sum(int(number) for number in numbers)


MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 50

HARMLESS = {"properties", "property", "system-out", "system-err"}
"""Elements of a suite that say nothing of a result."""


class _JUnitDocument:
    """What expat calls for each part of a document."""

    def __init__(self, where: str) -> None:
        self.builder = ResultBuilder()
        self.begun = False
        """Whether it has the root that it must have."""

        self.parts_seen = 0
        self.of_rally = False
        self.case: JUnitCase | None = None
        self._where = where
        self._open: list[str] = []
        self._suites: list[JUnitSuite] = []
        self._elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        self.parts_seen += 1
        self._elements += 1
        if not self._open and tag not in SUITES:
            raise WrongFormatError(
                f"{self._where} is XML without test suites: its root is <{tag[:80]}>."
            )
        self.begun = True
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise InputError(
                f"{self._where} has deeper nesting or more elements than any report of a run.",
                "Give the results of one run.",
            )
        parent = self._open[-1] if self._open else ""
        self._open.append(tag)
        if self.case is not None:
            if parent == "testcase":
                self.case.begin_element(tag, attributes)
            else:
                self.case.begin_nested_element(tag)
        elif tag == "testcase":
            if parent not in SUITES:
                self.builder.add_problem(f"a test case stands in <{parent[:80]}>")
            self.case = JUnitCase(attributes, self._suites[-1].name)
        elif tag in SUITES:
            if parent and parent not in SUITES:
                self.builder.add_problem(f"a test suite stands in <{parent[:80]}>")
            self._suites.append(JUnitSuite(attributes))
            self.of_rally = self.of_rally or self._suites[-1].is_of_rally
        elif tag not in HARMLESS:
            self.builder.add_problem(f"<{tag[:80]}> in a test suite is unknown")

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        self.parts_seen += 1
        self._open.pop()
        if tag == "testcase" and "testcase" not in self._open:
            self._end_case()
        elif self.case is not None:
            if self._open[-1] == "testcase":
                self.case.end_element()
        elif tag in SUITES:
            suite = self._suites.pop()
            self._add_events(suite.trusted_events())
            for problem in suite.find_contradictions():
                self.builder.add_problem(problem)
            if self._suites:
                self._suites[-1].include_suite(suite)

    def _end_case(self) -> None:
        if self.case is None:
            return
        suite = self._suites[-1]
        events, problem = self.case.build_events(of_rally=self.of_rally, of_nose2=suite.is_of_nose2)
        if problem:
            self.builder.add_problem(problem)
        suite.add_case(self.case, events)
        self.case = None

    def _add_events(self, events: Iterable[Event]) -> None:
        for event in events:
            self.builder.add_event(event)

    def data(self, text: str) -> None:
        """Handle a piece of the text of an element."""
        self.parts_seen += 1
        if self.case is not None:
            self.case.add_text(text, own=self._open[-1] == "testcase")
        elif text.strip() and self._open and self._open[-1] in SUITES:
            self.builder.add_problem("there is text between test cases")

    def comment(self, text: str) -> None:
        """Take a comment: rally says with one who made the file, or that a test failed."""
        self.parts_seen += 1
        if self.case is None:
            self.of_rally = self.of_rally or "generated by Rally" in text
        elif self._open[-1] == "testcase":
            self.case.add_comment(text)

    def close(self) -> None:
        """End the document."""

    def break_off(self) -> None:
        """Handle a document that is truncated or damaged here."""
        for suite in self._suites:
            self._add_events(suite.trusted_events())
        if self.case is not None:
            self.builder.add_unfinished(Event(self.case.name, Outcome.UNFINISHED))


def read_junit(stream: Stream, where: str) -> ResultSet:
    """Read a document; raise `InputError` where it declares a type or entities."""
    return read_xml(_JUnitDocument(where), stream, where, "JUnit XML")


JUNIT_READER = ResultReader(lambda head: head.startswith(b"<"), read_junit)
