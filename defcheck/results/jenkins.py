"""Read junitResult.xml, the file in which Jenkins keeps the test results of a build.

Jenkins writes it from JUnit XML (its junit plugin, CaseResult and SuiteResult)
and leaves out properties, attributes, and whether a failure was an error. A
case without an error's text or details passed. Times are seconds.
"""

from collections.abc import Mapping

from defcheck.results.interface import Reader, Stream, UnlikeError
from defcheck.results.junit_case import charge_teardown
from defcheck.results.junit_names import join_name
from defcheck.results.junit_suite import trust
from defcheck.results.ledger import MAX_DETAIL, Ledger
from defcheck.results.model import Event, Outcome, ResultSet
from defcheck.results.wording import choose_reason, mask, seconds
from defcheck.results.xml_document import read_document

ROOT = "result"
HARMLESS = {
    *("stdout", "stderr", "failedSince", "duration", "startTime", "keepTestNames"),
    *("testActions", "properties"),
}
"""Fields of a case that say nothing of its result."""

FAILURES = ("errorStackTrace", "errorDetails")
"""Fields that a case has only where it failed."""

KNOWN = {"className", "testName", "skipped", "skippedMessage", *FAILURES, *HARMLESS}


class _Document:
    """What expat calls for each part of a document."""

    def __init__(self, where: str) -> None:
        self.ledger = Ledger()
        self.begun = False
        self.calls = 0
        self._where = where
        self._open: list[str] = []
        self._case: dict[str, str] | None = None
        """The fields of the case that is being read, as far as they were read."""

        self._strange = ""
        """The first thing in that case that is not known."""

        self._events: list[Event] = []
        """Those of the suite that is being read."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        self.calls += 1
        if not self._open and tag != ROOT:
            raise UnlikeError(
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
        """Take the end of an element."""
        self.calls += 1
        self._open.pop()
        if tag == "case" and self._case is not None and "case" not in self._open:
            self._end_case(self._case)
            self._case = None
        elif tag == "suite":
            self._end_suite()

    def data(self, text: str) -> None:
        """Take some of the text of an element."""
        self.calls += 1
        if self._case is None:
            return
        if self._open[-2] == "case":
            self._case[self._open[-1]] = (self._case[self._open[-1]] + text)[-MAX_DETAIL:]
        elif self._open[-1] == "case" and text.strip():
            self._strange = self._strange or "text"

    def comment(self, text: str) -> None:
        """Pass over a comment: Jenkins writes none."""
        self.calls += 1

    def close(self) -> None:
        """End the document."""
        self._end_suite()

    def break_off(self) -> None:
        """Take that the document is cut off or damaged here."""
        self._end_suite()
        if self._case is not None:
            self.ledger.unfinished(Event(_name(self._case), Outcome.UNFINISHED))

    def _end_suite(self) -> None:
        for event in trust(self._events):
            self.ledger.add(event)
        self._events.clear()

    def _end_case(self, case: dict[str, str]) -> None:
        name = _name(case)
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
            self.ledger.complain(f"{name} has {self._strange}, which is unrecognised")
            outcome = Outcome.UNFINISHED if outcome is not Outcome.FAILED else outcome
        failed = outcome is Outcome.FAILED
        reason = choose_reason(details, message) if failed else case.get("skippedMessage", "")
        event = Event(
            name,
            outcome,
            reason=mask(reason.strip()),
            details=mask(details) if failed else "",
            duration=seconds(case.get("duration")),
        )
        self._events += charge_teardown(event, [message, details])


def _name(case: Mapping[str, str]) -> str:
    return join_name({"classname": case.get("className", ""), "name": case.get("testName", "")})


def read(stream: Stream, where: str) -> ResultSet:
    """Read a document; raise `UnlikeError` where it is not Jenkins'."""
    return read_document(_Document(where), stream, where, "Jenkins XML")


READER = Reader(lambda head: head.startswith(b"<"), read)
