"""A test case of JUnit XML: its full name and its outcome.

Writers split a name at its last dot, repeat the class in it, or write the test as
Python prints it; some do the same with `setUpClass (a.b.C)`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from defcheck.results.models import MAX_NAME, SEVERITY, Event, Outcome
from defcheck.results.non_test_events import is_failed_import, is_tempest_test_name
from defcheck.results.result_set import (
    MAX_DETAIL,
    choose_reason,
    holds_traceback,
    parse_seconds,
    redact_text,
)

_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module) \((?P<owner>.+)\)")
_PRINTED = re.compile(r"(?P<method>\w\S*) \((?P<owner>\w+(\.\w+)+)\)")
"""How Python prints a test: `test_x (a.b.C)`, or `test_x (a.b.C.test_x)` from 3.11 on."""

_PATH = re.compile(r"(?P<module>\w+(/\w+)*)\.py(?P<parts>(::\w+)*)(?P<rest>(\[.*)?)", re.DOTALL)
"""How pytest names a file and what is in it: `a/test_b.py::C::test_x[...]`."""

_UUID = re.compile(
    r"(id-)?(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(\]\((?P<scenario>[^()]+)\)?)?",
    re.IGNORECASE,
)


def join_test_name(attributes: Mapping[str, str], suite: str = "") -> str:
    """Return the full name from the attributes of a test case in the suite called `suite`.

    Rally keeps the idempotent id as an attribute of the element, with the
    scenario behind it, green the module as the name of the suite alone.
    """
    name = _as_dotted(attributes.get("name", "")[: MAX_NAME + 1].strip())
    owner = (attributes.get("classname") or attributes.get("class") or "")[: MAX_NAME + 1]
    owner = _as_dotted(owner.strip())
    if owner and "." not in owner and suite.endswith(f".{owner}"):
        owner = suite
    name = _join_parts(owner, name)
    found = _UUID.fullmatch(attributes.get("id", ""))
    if not found or "[" in name:
        return name
    scenario = f"({found['scenario']})" if found["scenario"] else ""
    return f"{name}[id-{found['uuid']}]{scenario}"


def _join_parts(owner: str, name: str) -> str:
    fixture = _FIXTURE.fullmatch(name)
    if fixture:
        short = owner.endswith(f".{fixture['owner']}")
        return f"{fixture[1]}{fixture[2]} ({owner})" if short else name
    printed = _PRINTED.fullmatch(name) if name.endswith(")") else None
    if printed:
        method, inside = printed["method"], printed["owner"]
        return inside if inside.endswith(f".{method}") else f"{inside}.{method}"
    if not owner or not name:
        return name or owner
    name = name.removesuffix(f"({owner})")  # as JUnit 4 prints a test
    first = name.partition(".")[0]
    if owner == first or owner.endswith(f".{first}"):  # the last word of the one is in both
        return owner.removesuffix(first) + name
    joined = f"{owner}.{name}"
    if "." not in name:
        return joined
    if name == owner or name.startswith(f"{owner}."):
        return name
    return name if is_tempest_test_name(name) and not is_failed_import(joined) else joined


def _as_dotted(name: str) -> str:
    found = _PATH.fullmatch(name) if ".py" in name else None
    if not found:
        return name
    return (found["module"].replace("/", ".") + found["parts"].replace("::", ".")) + found["rest"]


ELEMENTS = {
    "skipped": Outcome.SKIPPED,
    "skip": Outcome.SKIPPED,
    "failure": Outcome.FAILED,
    "error": Outcome.FAILED,
    # Surefire's, of a test that was run again: of several results of one test
    # the worst counts.
    "rerunFailure": Outcome.FAILED,
    "rerunError": Outcome.FAILED,
    "flakyFailure": Outcome.FAILED,
    "flakyError": Outcome.FAILED,
}
FAILURES = ("failure", "error")
"""Elements that the counts of a suite are about."""

HARMLESS = {"properties", "system-out", "system-err"}
ATTRIBUTES = {
    "assertions",
    "class",
    "classname",
    "file",
    "group",
    "hostname",
    "id",
    "line",
    "name",
    "owner",
    "package",
    "time",
    "timestamp",
    "url",
}
"""Attributes that say nothing of the result."""

STATES = ("status", "result")
STATES_OF = {
    **dict.fromkeys(
        ("run", "completed", "passed", "pass", "success", "successful", "ok"), Outcome.PASSED
    ),
    **dict.fromkeys(("failed", "fail", "failure", "error", "errored"), Outcome.FAILED),
    **dict.fromkeys(("skipped", "skip", "disabled", "ignored", "notrun"), Outcome.SKIPPED),
}
"""What a state says; that of a pass contradicts nothing, as some writers mean that it ran."""

EXPECTED_FAILURE = "It is an expected failure"
"""How rally's comment on a test that failed and was expected to begins."""

FAILED_TEARDOWN = ("failed on teardown with", "test teardown failure")
"""How pytest's message of a tear-down that failed begins."""

TRACEBACK = "Traceback:\n"
"""How the second comment begins."""


_EXPECTATION = re.compile(r"\s*(expected (test )?failure|test passes unexpectedly)", re.IGNORECASE)
"""How the message of such a skip begins, of unittest-xml-reporting's and nose2's."""


class JUnitCase:
    """One test case, as far as it was read."""

    def __init__(self, attributes: Mapping[str, str], suite: str = "") -> None:
        """Begin a test case of the suite that is called `suite`."""
        self.name = join_test_name(attributes, suite)
        self.failures = 0
        """Elements that are a failure or an error."""

        self._attributes = attributes
        self._outcomes: list[Outcome] = []
        self._texts: list[str] = []
        self._open = Outcome.PASSED
        """What the element that is being read means, a pass where it means nothing."""

        self._messages: list[str] = []
        self._states: list[tuple[str, str]] = []
        self._type = ""
        self._has_output = False
        self._strange = ""
        """The first unrecognised part."""

        for name, value in attributes.items():
            if name in STATES:
                self._states.append((name, value))
            elif name not in ATTRIBUTES:
                self._strange = f"the attribute {name!r}"

    @property
    def is_skipped(self) -> bool:
        """Whether it has an element that says so."""
        return Outcome.SKIPPED in self._outcomes

    def begin_element(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element of the test case itself."""
        outcome = ELEMENTS.get(tag)
        if outcome is not None:
            if _is_of_expectation(attributes):
                self._outcomes.append(Outcome.FAILED)
            self.failures += tag in FAILURES
            self._outcomes.append(outcome)
            self._open = outcome
            self._messages.append(attributes.get("message", "")[:MAX_DETAIL].strip())
            self._type = self._type or attributes.get("type", "")
        elif tag == "system-out":
            self._has_output = True
        elif tag not in HARMLESS:
            self._strange = self._strange or f"<{tag[:80]}>"

    def begin_nested_element(self, tag: str) -> None:
        """Take the beginning of an element that stands in another one of the test case."""
        if tag in ELEMENTS:
            self._strange = self._strange or f"<{tag}> inside another element"

    def end_element(self) -> None:
        """Take the end of such an element."""
        if self._open is not Outcome.PASSED:
            self._texts.append("\n")
        self._open = Outcome.PASSED

    def add_text(self, text: str, *, own: bool) -> None:
        """Take text, `own` where it stands in no element of the test case."""
        if own and text.strip():
            self._strange = self._strange or "text"
        elif self._open is not Outcome.PASSED:
            self._texts.append(text)
            if len(self._texts) > 1000:
                self._texts = ["".join(self._texts)[-MAX_DETAIL:]]

    def add_comment(self, text: str) -> None:
        """Take a comment of the test case itself."""
        if text.startswith(EXPECTED_FAILURE):
            self._outcomes.append(Outcome.FAILED)
            self._messages.append(text[:MAX_DETAIL].strip())
        elif self._outcomes and text.startswith(TRACEBACK):
            self._texts.append(text.removeprefix(TRACEBACK))
        else:
            self._strange = self._strange or "a comment"

    def build_events(self, *, of_rally: bool, of_nose2: bool) -> tuple[list[Event], str]:
        """Return the events that it tells, and what is wrong with it or an empty text.

        Rally writes a test that did not run as it writes a pass, but without
        the time of a beginning or with a duration of nothing. nose2 writes
        the test in which it broke off as a pass, but without its output.
        pytest charges the tear-down of a class or module to its last test.
        """
        outcome = min(self._outcomes, key=SEVERITY.index, default=Outcome.PASSED)
        problem = ""
        for name, value in self._states:
            if STATES_OF.get(value.strip().lower()) not in (Outcome.PASSED, outcome):
                self._strange = self._strange or f"{name} {value!r}"
        lost = (of_rally and not self._has_run()) or (of_nose2 and not self._has_output)
        if outcome is Outcome.PASSED and lost:
            outcome, problem = Outcome.UNFINISHED, f"{self.name} began and did not finish"
        if self._strange:
            problem = f"{self.name} has {self._strange[:120]}, which is unrecognised"
            if outcome is Outcome.PASSED:
                outcome = Outcome.UNFINISHED
        text = "".join(self._texts)[-MAX_DETAIL:].strip()
        message = next(filter(None, self._messages), "")
        failed = outcome is Outcome.FAILED
        reason = (choose_reason(text, message) or self._type) if failed else message or text
        event = Event(
            self.name,
            outcome,
            reason=redact_text(reason),
            details=redact_text(_join_texts(message, text)) if failed else "",
            duration=parse_seconds(self._attributes.get("time")),
        )
        return charge_teardown(event, self._messages), problem

    def _has_run(self) -> bool:
        duration = parse_seconds(self._attributes.get("time"))
        return bool(duration) and "timestamp" in self._attributes


def _is_of_expectation(attributes: Mapping[str, str]) -> bool:
    """Return whether an element tells of an expected failure or an unexpected success.

    Neither shows that the cloud does what is required.
    """
    return (
        attributes.get("type") == "pytest.xfail"
        or _EXPECTATION.match(attributes.get("message", "")) is not None
    )


def _join_texts(message: str, text: str) -> str:
    """Return a failure's text, after its message where a traceback stands in that alone."""
    alone = holds_traceback(message) and message not in text
    return f"{message}\n{text}".strip() if alone else text


def charge_teardown(event: Event, messages: Sequence[str]) -> list[Event]:
    """Return a test's event, with a failed tear-down of its module where a message tells of one.

    pytest charges the tear-down of a class or module to the last test in it,
    and does not say which of the two it was.
    """
    if not any(message.lower().startswith(FAILED_TEARDOWN) for message in messages):
        return [event]
    module = event.test.name.rpartition(".")[0].rpartition(".")[0]
    return [event, replace(event, name=f"tearDownModule ({module})", outcome=Outcome.FAILED)]
