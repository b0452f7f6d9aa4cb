"""Collect the statuses and attachments of a subunit stream into events."""

import codecs
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from defcheck.guideline.matching import parse_test_name
from defcheck.results.models import Event, Outcome, ResultSet, extract_refused_calls
from defcheck.results.non_test_events import is_failed_import, parse_fixture
from defcheck.results.result_set import (
    MAX_DETAIL,
    MAX_EVENTS,
    ResultBuilder,
    build_too_many_error,
    find_error_line,
    redact_text,
)
from defcheck.results.worker_listings import RerunTracker, WorkerListings

PRINTABLE = re.compile(r"[\t\n\r\x1b\x20-\x7e\x80-\U0010ffff]*")
"""Characters that a test may print; a damaged packet contains others."""

LINE_OF_VERSION_1 = re.compile(
    r"^(test|testing|success|successful|failure|error|skip|xfail|uxsuccess): "
    r"(\S+\.\S+|(setUp|tearDown)(Class|Module)\b.*)",
    re.MULTILINE,
)
"""A version 1 event: among stray output it is a lost event."""

LOST_FAILURE = re.compile(
    r"^[ \t]*(?:failure|error)(?::[ \t]*|[ \t]+)"
    r"(?:\S+\.\S+\.\S+|process-returncode|broken-runner\S*|\S+(?= \[(?: multipart)?[ \t\r]*$))",
    re.MULTILINE,
)
"""A failure of version 1 that is of no test in progress, also without its colon, which is
optional, and by a name without a dot."""

MAX_LINE = 4096
"""Characters of a line that are checked."""


class StrayOutput:
    """The bytes between two events, added piece by piece."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._reset_state()

    def _reset_state(self) -> None:
        self._decoder.reset()
        self.size = 0
        self._printed = True
        self._events = False
        self._line = ""

    def add_bytes(self, piece: bytes | memoryview) -> None:
        """Add more bytes."""
        self.size += len(piece)
        if self._printed:
            self._inspect_bytes(piece, last=False)

    def _inspect_bytes(self, piece: bytes | memoryview, *, last: bool) -> None:
        try:
            text = self._decoder.decode(bytes(piece), last)
        except UnicodeDecodeError:
            self._printed = False
            return
        self._printed = PRINTABLE.fullmatch(text) is not None
        if not self._events:
            lines = self._line + text
            self._events = any(
                form.search(lines) is not None for form in (LINE_OF_VERSION_1, LOST_FAILURE)
            )
            start = lines.rfind("\n") + 1
            self._line = lines[start : start + MAX_LINE]

    def take_problems(self) -> list[str]:
        """Return the problems of the bytes so far; none if a test printed them."""
        if not self.size:
            return []
        if self._printed:
            self._inspect_bytes(b"", last=True)
        size, printed, events = self.size, self._printed, self._events
        self._reset_state()
        if not printed:
            return [f"{size} bytes are neither subunit nor text"]
        if events:
            return ["there are subunit version 1 events in a place where they cannot be read"]
        return []


OUTCOMES = {
    "success": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "skip": Outcome.SKIPPED,
    # An expected failure did fail, and an unexpected success broke its own
    # expectation: neither shows that the cloud does what is required.
    "xfail": Outcome.FAILED,
    "uxsuccess": Outcome.FAILED,
}
EXPECTATIONS = {
    "xfail": "It failed, as its expectedFailure declares.",
    "uxsuccess": "It passed although its expectedFailure declares that it fails.",
}
"""Reason of an expected failure or unexpected success, if the results give no other."""

LOG_ATTACHMENT = "pythonlogging"
KEPT_ATTACHMENTS = ("reason", "traceback", LOG_ATTACHMENT)
"""Attachments with reasons. Of the log, only the refused calls of a failed test are kept."""

MAX_ATTACHMENTS = 8
"""Attachments kept of one test."""

LOST_CONNECTION = "lost connection during"
"""How python-subunit words the end of a version 1 stream in the middle of a test."""


@dataclass(slots=True)
class _PendingTest:
    begun: bool = False
    started: datetime | None = None
    worker: str = ""
    attachments: dict[str, bytearray] = field(default_factory=dict)


class Collector:
    """Builds events from statuses and attachments; calls `on_event` for each finished event."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self._ledger = ResultBuilder(on_event)
        self._between = StrayOutput()
        self._pending: dict[tuple[str, str], _PendingTest] = {}
        self._announced: dict[str, str] = {}
        """Listed tests without any status since, with their worker."""

        self._lost: set[str] = set()
        """Tests without any status when their worker listed tests again."""

        self._listings = WorkerListings()
        self._resumptions = RerunTracker()

    @property
    def stray_size(self) -> int:
        """Stray bytes since the last status of a test."""
        return self._between.size

    def add_status(
        self,
        test_id: str,
        status: str | None,
        tags: Iterable[str] = (),
        route: str = "",
        timestamp: datetime | None = None,
    ) -> None:
        """Add a subunit status of a test; None leaves the status unchanged."""
        if self._between.size:
            self._report_stray_output()
        worker = next((tag for tag in tags if tag.startswith("worker-")), "")
        if status == "exists":
            self._announce_test(test_id, worker)
            return
        self._announced.pop(test_id, None)
        pending = self._get_pending(test_id, route)
        pending.worker = worker or pending.worker
        self._listings.end_listing(pending.worker, test_id)
        if status == "inprogress":
            if pending.begun:  # a second run does not complete a first one that was interrupted
                self._ledger.add_unfinished(_build_unfinished(test_id, pending))
                pending = self._pending[test_id, route] = _PendingTest(worker=pending.worker)
            pending.begun = True
            pending.started = timestamp
        elif status in OUTCOMES:
            del self._pending[test_id, route]
            self._listings.finish_test(test_id)
            self._finish_test(test_id, status, pending, timestamp)

    def add_attachment(
        self, test_id: str, name: str, content: bytes | memoryview, route: str = ""
    ) -> None:
        """Add a piece of the attachment `name` of a test."""
        if self._between.size:
            self._report_stray_output()
        pending = self._get_pending(test_id, route)
        if self.keeps_attachment(name) and (
            name in pending.attachments or len(pending.attachments) < MAX_ATTACHMENTS
        ):
            kept = pending.attachments.setdefault(name, bytearray())
            kept += content[-MAX_DETAIL:]
            del kept[:-MAX_DETAIL]

    @staticmethod
    def keeps_attachment(name: str) -> bool:
        """Return whether an attachment with that name may be kept."""
        return name.startswith(KEPT_ATTACHMENTS)

    def add_stray_bytes(self, piece: bytes | memoryview) -> None:
        """Add bytes that belong to no test."""
        self._between.add_bytes(piece)

    def add_problem(self, problem: str) -> None:
        """Add a problem of the stream."""
        self._ledger.add_problem(problem)

    def mark_interruption(self, rerun_tests: Collection[str]) -> None:
        """Mark that the run was interrupted here and resumed by rerunning `rerun_tests`.

        Only those tests may finish after this point what was in progress, and each of
        them must finish. A test with a traceback had failed already.
        """
        self._report_stray_output()
        begun = []
        for (test_id, _), pending in self._pending.items():
            if any(name.startswith("traceback") for name in pending.attachments):
                self._finish_test(test_id, "fail", pending, None)
            else:
                begun.append(self._with_selection(_build_unfinished(test_id, pending)))
        self._pending.clear()
        for event in self._resumptions.expect_rerun(rerun_tests, begun, len(self._ledger.events)):
            self._ledger.add_unfinished(event)
        for test_id in rerun_tests:
            self._announced.pop(test_id, None)
        self._report_missing_tests()
        self._listings.end_all()

    def build_results(self, result_format: str) -> ResultSet:
        """Close the stream: a test that began and did not finish is unfinished."""
        self._report_stray_output()
        for (test_id, _), pending in self._pending.items():
            self._ledger.add_unfinished(self._with_selection(_build_unfinished(test_id, pending)))
        self._pending.clear()
        self._report_missing_tests()
        for name, beginning in list(self._resumptions.missing_reruns(self._ledger.events)):
            if beginning is not None:
                self._ledger.add_unfinished(beginning)
            else:
                self.add_problem(f"{name} was selected for a rerun and did not finish")
        return self._ledger.build_results(result_format)

    def _announce_test(self, test_id: str, worker: str) -> None:
        if len(self._announced) >= MAX_EVENTS:
            raise build_too_many_error()
        if self._announced.get(test_id) == worker:
            self._lost.add(test_id)
        for before in self._listings.add_test(test_id, worker):
            # Where workers are not told apart, another one may still run it.
            if worker and self._announced.get(before) == worker:
                del self._announced[before]
                self._lost.add(before)
        self._announced[test_id] = worker
        self._resumptions.announce_test(test_id)

    def _report_missing_tests(self) -> None:
        """Report selected tests without an event of their own or of their class.

        Nothing else shows that a run was interrupted between two tests.
        """
        silent = sorted(self._lost.union(self._announced))
        if silent:
            were = "selected test" if len(silent) == 1 else "selected tests"
            named = ", ".join(silent[:3])
            self.add_problem(f"{len(silent)} {were} never began: {named}")
        self._announced.clear()
        self._lost.clear()

    def _with_selection(self, event: Event) -> Event:
        """Return a class or module event with the tests that it applies to.

        A set-up that did not pass decides only the tests selected at that time.
        """
        fixture = parse_fixture(event)
        if fixture is None or is_failed_import(event.name):  # lists no test of the module
            return event
        selection = self._listings.select_tests(fixture.owner, event.worker)
        if fixture.stops_tests:
            waiting = [test_id for test_id in selection.tests if test_id in self._announced]
            if not waiting:  # they have run since, so the listing is from another time
                return event
            for test_id in waiting:
                del self._announced[test_id]
        return replace(
            event,
            # Where workers are not told apart, their listings may be mixed.
            tests_selected=_strip_attributes(selection.tests if event.worker else ()),
            tests_not_selected=_strip_attributes(selection.others),
        )

    def _get_pending(self, test_id: str, route: str) -> _PendingTest:
        pending = self._pending.get((test_id, route))
        if pending is None:
            if len(self._pending) >= MAX_EVENTS:
                raise build_too_many_error()
            pending = self._pending[test_id, route] = _PendingTest()
        return pending

    def _report_stray_output(self) -> None:
        for problem in self._between.take_problems():
            self.add_problem(problem)

    def _finish_test(
        self, name: str, status: str, pending: _PendingTest, stopped: datetime | None
    ) -> None:
        outcome = OUTCOMES[status]
        reason = details = log = ""
        if pending.attachments:
            texts = {
                key: bytes(value).decode("utf-8", "replace")
                for key, value in pending.attachments.items()
                if outcome is Outcome.FAILED or not key.startswith(LOG_ATTACHMENT)
            }
            details = "\n".join(text for key, text in texts.items() if key.startswith("traceback"))
            reason = texts.get("reason", "").strip() or find_error_line(details)
            log = "\n".join(text for key, text in texts.items() if key.startswith(LOG_ATTACHMENT))
        event = Event(
            name=name,
            outcome=outcome,
            reason=redact_text(reason or EXPECTATIONS.get(status, "")),
            details=redact_text(details),
            started=pending.started,
            stopped=stopped,
            worker=pending.worker,
            calls=extract_refused_calls(log) if log else (),
        )
        if outcome is not Outcome.PASSED:
            event = self._with_selection(event)
        if outcome is Outcome.FAILED and LOST_CONNECTION in details[:200]:
            self._ledger.add_unfinished(_build_unfinished(name, pending))
        else:
            self._ledger.add_event(event)


def _strip_attributes(tests: Iterable[str]) -> frozenset[str]:
    return frozenset(parse_test_name(test).name for test in tests)


def _build_unfinished(test_id: str, pending: _PendingTest) -> Event:
    """Return the event of a test that began and did not finish."""
    return Event(test_id, Outcome.UNFINISHED, started=pending.started, worker=pending.worker)
