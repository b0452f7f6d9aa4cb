"""Read junitResult.xml, the file in which Jenkins stores the test results of a build."""

from collections.abc import Mapping

from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.readers.interface import ResultReader, Stream, WrongFormatError, read_xml
from defcheck.results.readers.junit import mark_doubtful_passes
from defcheck.results.readers.junit_cases import charge_teardown, join_test_name
from defcheck.results.result_set import (
    MAX_DETAIL,
    ResultBuilder,
    choose_reason,
    parse_seconds,
    redact_text,
)

ROOT = "result"
HARMLESS = {
    *("stdout", "stderr", "failedSince", "duration", "startTime", "keepTestNames"),
    *("testActions", "properties"),
}
"""Fields of a case that say nothing of its result."""

FAILURES = ("errorStackTrace", "errorDetails")
"""Fields that a case has only where it failed."""

KNOWN = {"className", "testName", "skipped", "skippedMessage", *FAILURES, *HARMLESS}


class _JenkinsDocument:
    """What expat calls for each part of a document."""

    def __init__(self, where: str) -> None:
        self.builder = ResultBuilder()
        self.begun = False
        self.parts_seen = 0
        self._where = where
        self._open: list[str] = []
        self._case: dict[str, str] | None = None
        """The fields of the case that is being read, as far as they were read."""

        self._strange = ""
        """The first unrecognised part of that case."""

        self._events: list[Event] = []
        """Those of the suite that is being read."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        self.parts_seen += 1
        if not self._open and tag != ROOT:
            raise WrongFormatError(
                f"{self._where} is XML without test results: its root is <{tag[:80]}>."
            )
        self.begun = True
        self._open.append(tag)
        if tag == "case" and self._case is None:
            self._case, self._strange = {}, ""
        elif self._case is not None and self._open[-2] == "case":
            if tag in self._case or tag not in KNOWN:
                self._strange = self._strange or f"<{tag[:80]}>"
            self._case.setdefault(tag, "")
        elif tag in FAILURES:
            self._strange = self._strange or f"<{tag}> in <{self._open[-2][:80]}>"

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        self.parts_seen += 1
        self._open.pop()
        if tag == "case" and self._case is not None and "case" not in self._open:
            self._end_case(self._case)
            self._case = None
        elif tag == "suite":
            self._end_suite()

    def data(self, text: str) -> None:
        """Handle a piece of the text of an element."""
        self.parts_seen += 1
        if self._case is None:
            return
        if self._open[-2] == "case":
            self._case[self._open[-1]] = (self._case[self._open[-1]] + text)[-MAX_DETAIL:]
        elif self._open[-1] == "case" and text.strip():
            self._strange = self._strange or "text"

    def comment(self, text: str) -> None:
        """Pass over a comment: Jenkins writes none."""
        self.parts_seen += 1

    def close(self) -> None:
        """End the document."""
        self._end_suite()

    def break_off(self) -> None:
        """Handle a document that is truncated or damaged here."""
        self._end_suite()
        if self._case is not None:
            self.builder.add_unfinished(Event(_join_case_name(self._case), Outcome.UNFINISHED))

    def _end_suite(self) -> None:
        for event in mark_doubtful_passes(self._events):
            self.builder.add_event(event)
        self._events.clear()

    def _end_case(self, case: dict[str, str]) -> None:
        name = _join_case_name(case)
        details, message = case.get("errorStackTrace", ""), case.get("errorDetails", "").strip()
        skipped = case.get("skipped", "").strip()
        outcome = Outcome.PASSED
        if any(field in case for field in FAILURES):
            outcome = Outcome.FAILED
        elif skipped == "true":
            outcome = Outcome.SKIPPED
        if skipped not in ("true", "false"):
            self._strange = self._strange or f"the state <skipped>{skipped[:80]}"
        if self._strange:
            self.builder.add_problem(f"{name} has {self._strange}, which is unrecognised")
            outcome = Outcome.UNFINISHED if outcome is not Outcome.FAILED else outcome
        failed = outcome is Outcome.FAILED
        reason = choose_reason(details, message) if failed else case.get("skippedMessage", "")
        event = Event(
            name,
            outcome,
            reason=redact_text(reason.strip()),
            details=redact_text(details) if failed else "",
            duration=parse_seconds(case.get("duration")),
        )
        self._events += charge_teardown(event, [message, details])


def _join_case_name(case: Mapping[str, str]) -> str:
    return join_test_name(
        {"classname": case.get("className", ""), "name": case.get("testName", "")}
    )


def read_jenkins(stream: Stream, where: str) -> ResultSet:
    """Read a document; raise `WrongFormatError` where it is not Jenkins'."""
    return read_xml(_JenkinsDocument(where), stream, where, "Jenkins XML")


JENKINS_READER = ResultReader(lambda head: head.startswith(b"<"), read_jenkins)
