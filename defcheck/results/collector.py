"""Gather a stream of subunit events into events of tests and fixtures."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from testtools import StreamResult

from defcheck.results.model import Event, Outcome

OUTCOMES = {
    "success": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "skip": Outcome.SKIPPED,
    # An expected failure did fail, and an unexpected success broke its own
    # expectation: neither shows that the cloud does what is demanded.
    "xfail": Outcome.FAILED,
    "uxsuccess": Outcome.FAILED,
}
KEPT = ("reason", "traceback")
"""Attachments that say why; the logs beside them are many times larger."""

MAX_DETAIL = 64 * 1024
"""Bytes kept of one test's attachments: the end, where the error stands."""

MAX_ATTACHMENTS = 8
"""Attachments kept of one test."""

PRINTED = re.compile(rb"[\t\n\r\x1b\x20-\x7e\x80-\xff]*")
"""What a test may print between packets; a damaged packet holds other bytes."""

LINE_OF_VERSION_1 = re.compile(
    rb"^(test|testing|success|successful|failure|error|skip|xfail|uxsuccess): "
    rb"(\S+\.\S+|(setUp|tearDown)(Class|Module)\b.*)",
    re.MULTILINE,
)
"""An event of a version 1 stream: between other events it is one that was lost."""

PARSER_TEST = "subunit.parser"
"""The test id under which python-subunit reports what it could not parse."""

LOST = "lost connection during"
"""How python-subunit words the end of a version 1 stream in the middle of a test."""


@dataclass
class _Pending:
    started: datetime | None = None
    worker: str = ""
    attachments: dict[str, bytearray] = field(default_factory=dict)


class Collector(StreamResult):
    """A subunit consumer that builds events; `on_event` sees each as it ends."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.problems: list[str] = []
        self._on_event = on_event
        self._between = bytearray()
        self._pending: dict[tuple[str, str], _Pending] = {}

    def status(
        self,
        test_id: str | None = None,
        test_status: str | None = None,
        test_tags: set[str] | None = None,
        runnable: bool = True,
        file_name: str | None = None,
        file_bytes: Any = None,
        eof: bool = False,
        mime_type: str | None = None,
        route_code: str | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """Take one subunit packet (testtools' StreamResult interface)."""
        if test_id is None:
            self._between += bytes(file_bytes or b"")
            return
        self._judge_between()
        if test_id == PARSER_TEST:
            if test_status:
                self.problems.append("a damaged packet was left out")
            return
        if test_status == "exists":
            return
        key = (test_id, route_code or "")
        pending = self._pending.setdefault(key, _Pending())
        for tag in test_tags or ():
            if tag.startswith("worker-"):
                pending.worker = tag
        if file_name and _is_kept(file_name, pending):
            kept = pending.attachments.setdefault(file_name, bytearray())
            kept += file_bytes
            del kept[:-MAX_DETAIL]
        if test_status == "inprogress":
            pending.started = timestamp
        elif test_status in OUTCOMES:
            del self._pending[key]
            self._finish(test_id, OUTCOMES[test_status], pending, timestamp)

    def _judge_between(self) -> None:
        if self._between:
            self.problems += foreign_text(bytes(self._between))
            self._between.clear()

    def finish(self) -> None:
        """Close the stream: what began and did not end is unfinished."""
        self._judge_between()
        for (test_id, _), pending in self._pending.items():
            self.problems.append(f"{test_id} began and did not end")
            self._emit(Event(test_id, Outcome.UNFINISHED, started=pending.started))
        self._pending.clear()

    def _finish(
        self, name: str, outcome: Outcome, pending: _Pending, stopped: datetime | None
    ) -> None:
        texts = {
            key: bytes(value).decode("utf-8", "replace")
            for key, value in pending.attachments.items()
        }
        details = "\n".join(text for key, text in texts.items() if key.startswith("traceback"))
        reason = texts.get("reason", "").strip()
        if outcome is Outcome.FAILED and LOST in details[:200]:
            self.problems.append(f"{name} began and did not end")
            outcome, details = Outcome.UNFINISHED, ""
        self._emit(
            Event(
                name=name,
                outcome=outcome,
                reason=_mask(reason or error_line(details)),
                details=_mask(details),
                started=pending.started,
                stopped=stopped,
                worker=pending.worker,
            )
        )

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)


def foreign_text(data: bytes) -> list[str]:
    """Return what is wrong with bytes that are no events, nothing where a test printed them."""
    try:
        data.decode()
        printed = PRINTED.fullmatch(data) is not None
    except UnicodeDecodeError:
        printed = False
    if not printed:
        return [f"{len(data)} bytes are neither subunit nor text"]
    if LINE_OF_VERSION_1.search(data):
        return ["events of subunit version 1 stand where they cannot be read"]
    return []


def _is_kept(file_name: str, pending: _Pending) -> bool:
    """Return whether an attachment says why, and is not one too many of its test."""
    known = file_name in pending.attachments or len(pending.attachments) < MAX_ATTACHMENTS
    return known and file_name.startswith(KEPT)


def _mask(text: str) -> str:
    """Return `text` without passwords: Tempest may print a request in an error."""
    if not text:
        return ""
    from oslo_utils.strutils import mask_password

    return str(mask_password(text))


def error_line(traceback: str) -> str:
    """Return the line of a traceback that names the error: the first one after its frames."""
    lines = traceback.rstrip().splitlines()
    after_frames = 0
    for number, line in enumerate(lines):
        if line.startswith(("Traceback ", "  File ", "    ")):
            after_frames = number + 1
    rest = [line.strip() for line in lines[after_frames:] if line.strip()]
    return rest[0] if rest else (lines[-1].strip() if lines else "")
