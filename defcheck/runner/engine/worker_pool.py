"""The worker pool: forks workers, gives each free one the next class, appends their results.

It is one thread in its own process, in which Tempest was discovered once. It
appends complete packets as they arrive, and syncs them to disk when their class
ends. It ends when defcheck ends, even if that is killed.
"""

import errno
import gc
import io
import os
import select
import signal
import socket
import unittest
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from subunit import StreamResultToBytes

from defcheck.redaction.redactor import Redactor
from defcheck.runner.engine.protocol import NOTE, PACKETS, send_frame, send_note
from defcheck.runner.engine.worker import ClassProgress, WorkerHandle
from defcheck.util.concurrency import try_lock

TEXT_MIME_TYPE = "text/plain; charset=utf8"


def build_start_packets(names: Iterable[str], worker: int) -> bytes:
    """Return start events of tests or fixtures that never ended."""
    return _encode_events(
        [{"test_id": name, "test_status": "inprogress"} for name in names], worker
    )


def build_failure_packets(names: Iterable[str], worker: int, reason: str, traceback: str) -> bytes:
    """Return failure events of tests or fixtures, with the stack where they hung if known."""
    message = {"reason": reason, **({"traceback": traceback} if traceback else {})}
    events: list[dict[str, object]] = []
    for name in names:
        events += [
            {
                "test_id": name,
                "file_name": file,
                "file_bytes": text.encode(),
                "mime_type": TEXT_MIME_TYPE,
            }
            for file, text in message.items()
        ]
        events.append({"test_id": name, "test_status": "fail"})
    return _encode_events(events, worker)


def _encode_events(events: Iterable[dict[str, object]], worker: int) -> bytes:
    written = io.BytesIO()
    stream = StreamResultToBytes(written)
    for event in events:
        stream.status(test_tags={f"worker-{worker}"}, timestamp=datetime.now(UTC), **event)
    return written.getvalue()


class RawResults:
    """A file to which one process at a time appends complete packets."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o600)
        if not try_lock(self.descriptor):
            os.close(self.descriptor)
            raise OSError(errno.EBUSY, "another process writes the same results")
        self._whole_bytes = os.fstat(self.descriptor).st_size
        self._refusal: OSError | None = None

    def append_packets(self, packets: bytes) -> None:
        """Append complete packets.

        Raises OSError if the disk is full. None of them is then in the file, nor
        anything later: the file holds all events up to some moment.
        """
        if self._refusal is not None:
            raise self._refusal
        view = memoryview(packets)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError as error:
            self._refusal = error
            os.ftruncate(self.descriptor, self._whole_bytes)
            raise
        self._whole_bytes += len(packets)

    def sync(self) -> None:
        """Wait until everything appended is on disk."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Sync and close the file."""
        try:
            self.sync()
        finally:
            os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class ClassTests:
    """A class with those of its tests that will run."""

    owner: str
    """Dotted name of the class."""

    tests: tuple[unittest.TestCase, ...]


class RunStoppedError(Exception):
    """The run was told to stop, or defcheck is gone."""


class WorkerPool:
    """Runs groups of tests in order, and reports to `channel`.

    `lifeline` is a descriptor whose hang-up shows that defcheck is gone.
    """

    def __init__(
        self,
        groups: Sequence[ClassTests],
        results: RawResults,
        class_seconds: float,
        redactor: Redactor,
        *,
        channel: int,
        lifeline: int,
    ) -> None:
        self._groups = groups
        self._queue = deque(range(len(groups)))
        self._results = results
        self._class_seconds = class_seconds
        self._redactor = redactor
        self._channel = channel
        self._lifeline = lifeline
        self._signals, self._signalled = socket.socketpair()
        self._workers: dict[int, WorkerHandle] = {}
        """Workers by the descriptor of their output."""

    def run_groups(self, workers: int) -> None:
        """Run all groups with this many workers.

        Raises `RunStoppedError` if the run must end early, OSError if the results
        cannot be written. By then all workers have ended, and their output is kept
        as far as the disk permits.
        """
        gc.freeze()  # so that forks share the memory of the discovery
        self._watch_signals()
        try:
            for number in range(min(workers, len(self._groups))):
                self._start_worker(number)
            while self._workers:
                self._wait_for_events()
        finally:
            self._end_workers()

    def _watch_signals(self) -> None:
        """Let signals wake the pool without interrupting it."""
        self._signalled.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)

    def _start_worker(self, number: int) -> None:
        """Fork a worker and give it a class."""
        others = [one for worker in self._workers.values() for one in worker.descriptors]
        ends = (self._signals.fileno(), self._signalled.fileno())
        tests = [group.tests for group in self._groups]
        inherited = [self._channel, self._results.descriptor, *ends, *others]
        worker = WorkerHandle(number, tests, self._redactor, inherited)
        self._workers[worker.output] = worker
        self._assign_class(worker)

    def _assign_class(self, worker: WorkerHandle) -> None:
        """Give an idle worker the next class, or let it end if there is none."""
        if not self._queue:
            worker.close_commands()
            return
        number = self._queue.popleft()
        group = self._groups[number]
        progress = ClassProgress(group.owner, [test.id() for test in group.tests])
        try:
            worker.assign_class(number, progress)
        except BrokenPipeError:  # it died, which its output pipe will show
            self._queue.appendleft(number)

    def _wait_for_events(self) -> None:
        """Wait for the next event and handle it."""
        poll = select.poll()
        poll.register(self._lifeline, 0)
        poll.register(self._signals, select.POLLIN)
        for output in self._workers:
            poll.register(output, select.POLLIN)
        busy = [worker.elapsed_seconds for worker in self._workers.values() if worker.progress]
        rest = self._class_seconds - max(busy, default=0)
        for descriptor, _ in poll.poll(max(0, rest) * 1000 + 1):
            if descriptor == self._lifeline:
                raise RunStoppedError
            if descriptor == self._signals.fileno():
                self._handle_signals(self._signals.recv(64))
            elif descriptor in self._workers:
                self._read_worker(self._workers[descriptor])
        for worker in list(self._workers.values()):
            if worker.progress and worker.elapsed_seconds > self._class_seconds:
                self._end_late_worker(worker, worker.progress)

    def _handle_signals(self, signals: bytes) -> None:
        if signal.SIGTERM in signals:
            raise RunStoppedError
        # A child of a dead worker may keep its pipe open.
        for worker in list(self._workers.values()):
            if worker.has_ended():
                self._replace_worker(worker)

    def _read_worker(self, worker: WorkerHandle) -> None:
        """Handle a worker's output, or its end."""
        data = worker.read_output()
        if data:
            self._handle_output(worker, data)
        elif data is not None:
            self._replace_worker(worker)

    def _handle_output(self, worker: WorkerHandle, data: bytes) -> None:
        for kind, content in worker.frames.feed_data(data):
            if kind == PACKETS:
                self._append_packets(content, worker.progress)
            elif kind == NOTE and worker.progress is not None:
                self._results.sync()
                self._send_note(
                    ended=worker.progress.owner,
                    worker=worker.number,
                    seconds=round(worker.elapsed_seconds, 3),
                )
                worker.progress = None
                self._assign_class(worker)

    def _replace_worker(self, worker: WorkerHandle) -> None:
        """Clean up a worker that has ended; replace it if classes are left."""
        worker.wait_or_kill()
        self._drain_worker(worker)
        del self._workers[worker.output]
        progress = worker.progress
        if progress is not None:
            beginning = progress.current_fixture
            if beginning:
                self._append_packets(build_start_packets([beginning], worker.number), None)
            self._results.sync()
            self._send_note(lost=progress.owner, worker=worker.number, code=worker.returncode)
        worker.close()
        if self._queue:
            self._start_worker(worker.number)

    def _end_late_worker(self, worker: WorkerHandle, progress: ClassProgress) -> None:
        """Kill a worker that hangs; record what it was running as failed."""
        stack = worker.read_stack()
        worker.kill()
        self._drain_worker(worker)
        if worker.progress is not progress:  # the class ended at the last moment
            self._replace_worker(worker)
            return
        del self._workers[worker.output]
        worker.close()
        reason = f"The class took longer than {self._class_seconds:g} s and was ended."
        self._append_packets(
            build_failure_packets(progress.running_names, worker.number, reason, stack), None
        )
        self._results.sync()
        self._send_note(
            late=progress.owner, worker=worker.number, seconds=round(worker.elapsed_seconds, 3)
        )
        if self._queue:
            self._start_worker(worker.number)

    def _drain_worker(self, worker: WorkerHandle) -> None:
        while data := worker.read_output():
            self._handle_output(worker, data)

    def _append_packets(self, packets: bytes, progress: ClassProgress | None) -> None:
        """Append complete packets, then forward them."""
        if progress is not None:
            progress.add_packets(packets)
        self._results.append_packets(packets)
        try:
            send_frame(self._channel, PACKETS, packets)
        except BrokenPipeError:
            raise RunStoppedError from None

    def _send_note(self, **note: Any) -> None:
        try:
            send_note(self._channel, **note)
        except BrokenPipeError:
            raise RunStoppedError from None

    def _end_workers(self) -> None:
        """End every worker and keep its output; the client may already be gone."""
        for worker in self._workers.values():
            worker.kill()
        with suppress(OSError):
            for worker in self._workers.values():
                while data := worker.read_output():
                    for kind, content in worker.frames.feed_data(data):
                        if kind == PACKETS:
                            self._results.append_packets(content)
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._signals.close()
        self._signalled.close()
        self._results.close()
