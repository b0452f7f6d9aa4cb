"""A test suite of JUnit XML: what it declares of its test cases, and whether that is so."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from defcheck.results.junit_case import Case
from defcheck.results.model import Event, Outcome

SUITES = ("testsuite", "testsuites")
PERHAPS_REPEATED = (
    "It stands more than once in its test suite: pytest writes a try that failed, and was "
    "repeated, as a pass."
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def trust(events: Sequence[Event], suite: str = "pytest") -> list[Event]:
    """Return the events of a suite, with what may be a failure written as a pass unfinished.

    pytest writes a try that failed, and was repeated, exactly as a pass: a
    test then stands in the suite more than once. `suite` is the suite's name.
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


class Suite:
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

    def add(self, case: Case, events: Sequence[Event]) -> None:
        """Take a test case with the events that it tells."""
        self._events += events
        self._cases += 1
        self._bad_cases += case.failures > 0
        self._bad_elements += case.failures
        self._skipped += case.is_skipped

    def include(self, inner: "Suite") -> None:
        """Take the test cases of a suite in this one."""
        self._cases += inner._cases
        self._bad_cases += inner._bad_cases
        self._bad_elements += inner._bad_elements
        self._skipped += inner._skipped

    def trusted_events(self) -> list[Event]:
        """Return the events of its own test cases, as far as they can be trusted."""
        return trust(self._events, self.name)

    def contradictions(self) -> list[str]:
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
            if declared and _sum(declared) not in allowed:
                name = (
                    self._attributes.get("name") or self._attributes.get("id") or "without a name"
                )
                found.append(
                    f"test suite {name[:80]} says {' and '.join(words[: len(declared)])} "
                    f"{' + '.join(declared)[:80]}, its elements give {max(allowed)}"
                )
        return found


def _sum(numbers: list[str]) -> int | None:
    if not all(re.fullmatch(r"\s*[0-9]{1,9}\s*", number) for number in numbers):
        return None
    return sum(int(number) for number in numbers)
