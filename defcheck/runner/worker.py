"""A worker: a fork of the pool that runs one class of tests after the other.

What is written is what stestr's own runner writes for the same tests: the
listing of the tests that are about to run, then their events with reason,
traceback and log attached, each tagged with the number of the worker.
"""

import faulthandler
import io
import os
import random
import signal
import sys
import time
import traceback
import unittest
from collections.abc import Sequence
from contextlib import suppress
from struct import Struct
from typing import IO, Any

from subunit import StreamResultToBytes
from subunit.test_results import AutoTimingTestResultDecorator
from testtools import ExtendedToStreamDecorator, StreamTagger

from defcheck.redaction.redactor import Redactor
from defcheck.runner.frames import PACKETS, send, tell

NEXT = Struct(">I")
"""How the pool says which class comes next: its number in the plan."""

LARGEST_PIECE = 1024 * 1024
"""Bytes of an attachment in one packet; python-subunit refuses packets of 4 MiB."""

SAME = ("test_id", "file_name", "mime_type", "route_code")
"""What the pieces of one attachment have in common."""

BROKEN = 70
"""Exit code of a worker that a test brought down."""


class Outlet(io.BufferedIOBase):
    """Sends each packet to the pool in a frame of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: Any, /) -> int:
        """Send one packet; nothing where python-subunit only tries whether it may write."""
        if data:
            send(self._descriptor, PACKETS, bytes(data))
        return len(data)


class _Pieces(StreamResultToBytes):  # type: ignore[misc]
    """Writes packets: attachments whole and without secrets, cut where they are too large for one.

    The pieces that an attachment comes in are put together first, since a
    secret may lie across them.
    """

    def __init__(self, outlet: Outlet, redactor: Redactor) -> None:
        super().__init__(outlet)
        self._redactor = redactor
        self._held: dict[str, Any] = {}
        """The last piece of the attachment that is coming, empty where none is."""

        self._content = bytearray()
        """What has come of it so far."""

    def status(self, **event: Any) -> None:
        """Write an event, its attachment when that is whole."""
        attached = event.get("file_name") is not None
        if not attached or any(self._held.get(key) != event.get(key) for key in SAME):
            self._let_go()
        if not attached:
            self._write(event)
            return
        self._held = event
        self._content += event.get("file_bytes") or b""
        if event.get("eof") or event.get("test_status"):
            self._let_go()

    def stopTestRun(self) -> None:  # noqa: N802
        """Write what nobody said was whole."""
        self._let_go()
        super().stopTestRun()

    def _let_go(self) -> None:
        """Write the attachment that has come so far, if there is one."""
        if self._held:
            held = {**self._held, "file_bytes": bytes(self._content)}
            self._held, self._content = {}, bytearray()
            self._write(held)

    def _write(self, event: dict[str, Any]) -> None:
        """Write an event, its attachment in as many packets as it takes."""
        if event.get("file_bytes"):
            event["file_bytes"] = self._redactor.content(bytes(event["file_bytes"]))
        rest = event.get("file_bytes") or b""
        while len(rest) > LARGEST_PIECE:
            same = {key: event[key] for key in ("test_id", "file_name", "mime_type")}
            super().status(**same, file_bytes=rest[:LARGEST_PIECE])
            rest = rest[LARGEST_PIECE:]
            event["file_bytes"] = rest
        super().status(**event)


def work(
    groups: Sequence[Sequence[unittest.TestCase]],
    number: int,
    redactor: Redactor,
    commands: int,
    output: int,
    stacks: IO[bytes],
) -> None:
    """Run the classes that the pool names until it names none, then end this process.

    `commands` and `output` are the ends of two pipes; on SIGUSR1 the place
    where the worker hangs is written to `stacks`.
    """
    code = 0
    try:
        random.seed()
        faulthandler.register(signal.SIGUSR1, stacks)
        while command := os.read(commands, NEXT.size):
            began = time.monotonic()
            run_class(groups[NEXT.unpack(command)[0]], number, output, redactor)
            _flush()
            tell(output, ended=True, seconds=round(time.monotonic() - began, 3))
    except BrokenPipeError:
        code = BROKEN
    except BaseException:
        code = BROKEN
        traceback.print_exc()
    finally:
        _flush()
        # The pool's own clean-up at exit is not this fork's.
        os._exit(code)


def _flush() -> None:
    """Write what tests printed to the log, which ending so abruptly would lose."""
    for file in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            file.flush()


def run_class(
    tests: Sequence[unittest.TestCase], number: int, output: int, redactor: Redactor
) -> None:
    """Run the tests of a class with its fixtures; write the stream to `output`, without secrets."""
    stream = StreamTagger([_Pieces(Outlet(output), redactor)], add=[f"worker-{number}"])
    for test in tests:
        stream.status(test_id=test.id(), test_status="exists")
    result = AutoTimingTestResultDecorator(ExtendedToStreamDecorator(stream))
    result.startTestRun()
    try:
        unittest.TestSuite(tests)(result)
    finally:
        result.stopTestRun()
