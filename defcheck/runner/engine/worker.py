"""A worker: a fork of the pool that runs one class of tests after another, and the pool's handle.

It writes what stestr's own runner writes for the same tests: the list of the
tests that are about to run, then their events with reason, traceback and log as
attachments, each tagged with the number of the worker.
"""

import ctypes
import faulthandler
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import unittest
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from io import BytesIO
from struct import Struct
from typing import IO, Any

from subunit import StreamResultToBytes
from subunit.test_results import AutoTimingTestResultDecorator
from testtools import ExtendedToStreamDecorator, StreamTagger

from defcheck.redaction.redactor import Redactor
from defcheck.results.readers.subunit_packets import Packet, PacketParser
from defcheck.runner.engine.protocol import PACKETS, FrameReader, send_frame, send_note

CLASS_COMMAND = Struct(">I")
"""How the pool names the next class: by its number in the plan."""

MAX_PIECE_BYTES = 1024 * 1024
"""Bytes of an attachment in one packet; python-subunit refuses packets of 4 MiB."""

ATTACHMENT_KEYS = ("test_id", "file_name", "mime_type", "route_code")
"""The fields that all pieces of one attachment share."""

CRASH_EXIT_CODE = 70
"""Exit code of a worker that a test brought down."""


class PacketOutput(io.BufferedIOBase):
    """Sends each packet to the pool in its own frame."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: Any, /) -> int:
        """Send one packet; nothing if python-subunit only tests whether it may write."""
        if data:
            send_frame(self._descriptor, PACKETS, bytes(data))
        return len(data)


class _RedactingStream(StreamResultToBytes):  # type: ignore[misc]
    """Writes packets with redacted attachments, split if they are too large for one packet.

    The pieces of an attachment are joined first, since a secret may span them.
    """

    def __init__(self, outlet: PacketOutput, redactor: Redactor) -> None:
        super().__init__(outlet)
        self._redactor = redactor
        self._held: dict[str, Any] = {}
        """The last piece of the current attachment, empty if there is none."""

        self._content = bytearray()
        """The content of the attachment so far."""

    def status(self, **event: Any) -> None:
        """Write an event, and its attachment once that is complete."""
        attached = event.get("file_name") is not None
        if not attached or any(self._held.get(key) != event.get(key) for key in ATTACHMENT_KEYS):
            self._write_attachment()
        if not attached:
            self._write_event(event)
            return
        self._held = event
        self._content += event.get("file_bytes") or b""
        if event.get("eof") or event.get("test_status"):
            self._write_attachment()

    def stopTestRun(self) -> None:  # noqa: N802
        """Write an attachment whose end was never marked."""
        self._write_attachment()
        super().stopTestRun()

    def _write_attachment(self) -> None:
        """Write the attachment so far, if there is one."""
        if self._held:
            held = {**self._held, "file_bytes": bytes(self._content)}
            self._held, self._content = {}, bytearray()
            self._write_event(held)

    def _write_event(self, event: dict[str, Any]) -> None:
        """Write an event, its attachment in as many packets as it takes."""
        if event.get("file_bytes"):
            event["file_bytes"] = self._redactor.redact_bytes(bytes(event["file_bytes"]))
        rest = event.get("file_bytes") or b""
        while len(rest) > MAX_PIECE_BYTES:
            same = {key: event[key] for key in ("test_id", "file_name", "mime_type")}
            super().status(**same, file_bytes=rest[:MAX_PIECE_BYTES])
            rest = rest[MAX_PIECE_BYTES:]
            event["file_bytes"] = rest
        super().status(**event)


def run_worker(
    groups: Sequence[Sequence[unittest.TestCase]],
    number: int,
    redactor: Redactor,
    commands: int,
    output: int,
    stacks: IO[bytes],
) -> None:
    """Run the classes that the pool names until there are no more, then end this process.

    `commands` and `output` are the ends of two pipes; on SIGUSR1 the
    worker writes its stack to `stacks`.
    """
    code = 0
    try:
        random.seed()
        faulthandler.register(signal.SIGUSR1, stacks)
        while command := os.read(commands, CLASS_COMMAND.size):
            began = time.monotonic()
            run_class(groups[CLASS_COMMAND.unpack(command)[0]], number, output, redactor)
            _flush_output()
            send_note(output, ended=True, seconds=round(time.monotonic() - began, 3))
    except BrokenPipeError:
        code = CRASH_EXIT_CODE
    except BaseException:
        code = CRASH_EXIT_CODE
        traceback.print_exc()
    finally:
        _flush_output()
        # Skip the exit handlers, which belong to the pool.
        os._exit(code)


def _flush_output() -> None:
    """Flush the output of tests to the log, since `os._exit` would lose it."""
    for file in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            file.flush()


def run_class(
    tests: Sequence[unittest.TestCase], number: int, output: int, redactor: Redactor
) -> None:
    """Run the tests of a class with its fixtures; write the stream to `output`, without secrets."""
    stream = StreamTagger(
        [_RedactingStream(PacketOutput(output), redactor)], add=[f"worker-{number}"]
    )
    for test in tests:
        stream.status(test_id=test.id(), test_status="exists")
    result = AutoTimingTestResultDecorator(ExtendedToStreamDecorator(stream))
    result.startTestRun()
    try:
        unittest.TestSuite(tests)(result)
    finally:
        result.stopTestRun()


FINAL_STATUSES = ("success", "uxsuccess", "skip", "fail", "xfail")


class ClassProgress:
    """Which tests of a class have begun and ended."""

    def __init__(self, owner: str, tests: Collection[str]) -> None:
        self.owner = owner
        self._left = set(tests)
        self._running: dict[str, None] = {}
        self._begun = False

    def add_packets(self, packets: bytes) -> None:
        """Process complete packets."""
        for packet in PacketParser(BytesIO(packets)):
            if not isinstance(packet, Packet) or packet.test_id is None:
                continue
            if packet.status == "inprogress":
                self._begun = True
                self._running[packet.test_id] = None
            elif packet.status in FINAL_STATUSES:
                self._begun = True
                self._running.pop(packet.test_id, None)
                self._left.discard(packet.test_id)

    @property
    def current_fixture(self) -> str:
        """The fixture that the class must be in if no test is running, else empty.

        Also empty between two tests: the tests that never began tell enough.
        """
        if not self._begun:
            return f"setUpClass ({self.owner})"
        return "" if self._running or self._left else f"tearDownClass ({self.owner})"

    @property
    def running_names(self) -> tuple[str, ...]:
        """The tests that are running, else the fixture."""
        return tuple(self._running) or (self.current_fixture or f"tearDownClass ({self.owner})",)


READ_BYTES = 128 * 1024

STACK_SECONDS = 1.0
"""Seconds that a hanging worker may take to write its stack."""

END_SECONDS = 1.0
"""Seconds that a worker may take to end after it closed its pipe."""

SIGNAL_AT_PARENTS_DEATH = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


class WorkerHandle:
    """One forked worker and what it is doing."""

    def __init__(
        self,
        number: int,
        groups: Sequence[Sequence[unittest.TestCase]],
        redactor: Redactor,
        inherited: Iterable[int] = (),
    ) -> None:
        """Fork a worker, which closes the pool's descriptors in `inherited`."""
        self.number = number
        self.progress: ClassProgress | None = None
        """The class that it is running, None if it is idle."""

        self._began = 0.0
        self.returncode: int | None = None
        """Its exit code, negative for a signal, None while it runs."""

        self.frames = FrameReader()
        self._stacks: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        commands, self._commands = os.pipe()
        self.output, output = os.pipe()
        pool = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            for descriptor in (*inherited, self._commands, self.output):
                os.close(descriptor)
            _detach_from_pool(pool)
            run_worker(groups, number, redactor, commands, output, self._stacks)
        os.close(commands)
        os.close(output)
        os.set_blocking(self.output, False)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors that the pool keeps open for it."""
        return tuple(one for one in (self._commands, self.output) if one >= 0)

    @property
    def elapsed_seconds(self) -> float:
        """How long it has been running its class."""
        return time.monotonic() - self._began

    def assign_class(self, number: int, progress: ClassProgress) -> None:
        """Run the class with this number in the plan; raise BrokenPipeError if the worker died."""
        os.write(self._commands, CLASS_COMMAND.pack(number))
        self.progress = progress
        self._began = time.monotonic()

    def read_output(self) -> bytes | None:
        """Return new output, empty at the end, None if there is nothing yet."""
        try:
            return os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return None

    def read_stack(self) -> str:
        """Request and return its stack, empty if it does not respond."""
        os.kill(self.pid, signal.SIGUSR1)
        deadline = time.monotonic() + STACK_SECONDS
        message = b""
        while time.monotonic() < deadline:
            time.sleep(0.05)
            before, message = message, os.pread(self._stacks.fileno(), READ_BYTES, 0)
            if message and message == before:
                break
        return message.decode("utf-8", "replace")

    def has_ended(self) -> bool:
        """Return whether it ended by itself."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode is not None

    def kill(self) -> None:
        """Kill it."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)

    def wait_or_kill(self) -> None:
        """Wait for a worker that closed its pipe; kill it if it does not end."""
        deadline = time.monotonic() + END_SECONDS
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.001)
        self.kill()

    def close_commands(self) -> None:
        """Tell it that there are no more classes."""
        if self._commands >= 0:
            os.close(self._commands)
            self._commands = -1

    def close(self) -> None:
        """Close the descriptors of a worker that has ended."""
        self.close_commands()
        os.close(self.output)
        self._stacks.close()


def _detach_from_pool(pool: int) -> None:
    """Make a new fork independent of the pool's state; it still ends when the pool does."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != pool:
        os._exit(CRASH_EXIT_CODE)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
