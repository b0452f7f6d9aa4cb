"""The pool: forks workers, gives each free one the next class, keeps what they write.

It is one thread in a process of its own, in which Tempest was discovered once.
Whole packets are appended as they come and are on the disk when their class
ends. It ends with defcheck, however that ends.
"""

import gc
import select
import signal
import socket
import unittest
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from defcheck.redaction.redactor import Redactor
from defcheck.runner import marks
from defcheck.runner.frames import NOTE, PACKETS, send, tell
from defcheck.runner.progress import Progress
from defcheck.runner.staff import Worker
from defcheck.runner.stream import RawResults


@dataclass(frozen=True, slots=True)
class Group:
    """A class with those of its tests that are to run."""

    owner: str
    """Dotted name of the class."""

    tests: tuple[unittest.TestCase, ...]


class StoppedError(Exception):
    """The run was asked to end, or defcheck is gone."""


class Pool:
    """Runs groups of tests in their order, and tells `channel` what happens.

    `lifeline` is a descriptor on which a hang-up shows that defcheck is gone.
    """

    def __init__(
        self,
        groups: Sequence[Group],
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
        self._workers: dict[int, Worker] = {}
        """By the descriptor of their output."""

    def run(self, workers: int) -> None:
        """Run everything with so many workers.

        Raises `StoppedError` when the run is to end early, OSError where the
        results cannot be written. All workers have ended then, and what they
        had written is kept, as far as there is room.
        """
        gc.freeze()  # so that forks share what the discovery made
        self._listen()
        try:
            for number in range(min(workers, len(self._groups))):
                self._hire(number)
            while self._workers:
                self._wait()
        finally:
            self._end()

    def _listen(self) -> None:
        """Let signals wake the pool, and interrupt nothing."""
        self._signalled.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)

    def _hire(self, number: int) -> None:
        """Fork a worker and give it a class."""
        others = [one for worker in self._workers.values() for one in worker.descriptors]
        ends = (self._signals.fileno(), self._signalled.fileno())
        tests = [group.tests for group in self._groups]
        inherited = [self._channel, self._results.descriptor, *ends, *others]
        worker = Worker(number, tests, self._redactor, inherited)
        self._workers[worker.output] = worker
        self._give(worker)

    def _give(self, worker: Worker) -> None:
        """Give a free worker the next class, or leave to go where there is none."""
        if not self._queue:
            worker.dismiss()
            return
        number = self._queue.popleft()
        group = self._groups[number]
        progress = Progress(group.owner, [test.id() for test in group.tests])
        try:
            worker.give(number, progress)
        except BrokenPipeError:  # it has died, which will be noticed
            self._queue.appendleft(number)

    def _wait(self) -> None:
        """Wait until something happens, and act on it."""
        poll = select.poll()
        poll.register(self._lifeline, 0)
        poll.register(self._signals, select.POLLIN)
        for output in self._workers:
            poll.register(output, select.POLLIN)
        busy = [worker.seconds for worker in self._workers.values() if worker.progress]
        rest = self._class_seconds - max(busy, default=0)
        for descriptor, _ in poll.poll(max(0, rest) * 1000 + 1):
            if descriptor == self._lifeline:
                raise StoppedError
            if descriptor == self._signals.fileno():
                self._act_on(self._signals.recv(64))
            elif descriptor in self._workers:
                self._receive(self._workers[descriptor])
        for worker in list(self._workers.values()):
            if worker.progress and worker.seconds > self._class_seconds:
                self._end_late(worker, worker.progress)

    def _act_on(self, signals: bytes) -> None:
        if signal.SIGTERM in signals:
            raise StoppedError
        # A child of a worker may hold its pipe open after it has died.
        for worker in list(self._workers.values()):
            if worker.has_ended():
                self._lose(worker)

    def _receive(self, worker: Worker) -> None:
        """Take what a worker wrote, or its end."""
        data = worker.read()
        if data:
            self._take(worker, data)
        elif data is not None:
            self._lose(worker)

    def _take(self, worker: Worker, data: bytes) -> None:
        for kind, content in worker.frames.feed(data):
            if kind == PACKETS:
                self._keep(content, worker.progress)
            elif kind == NOTE and worker.progress is not None:
                self._results.sync()
                self._say(
                    ended=worker.progress.owner,
                    worker=worker.number,
                    seconds=round(worker.seconds, 3),
                )
                worker.progress = None
                self._give(worker)

    def _lose(self, worker: Worker) -> None:
        """Take leave of a worker that has ended; another takes its place where there is work."""
        worker.end()
        self._take_the_rest(worker)
        del self._workers[worker.output]
        progress = worker.progress
        if progress is not None:
            beginning = progress.fixture
            if beginning:
                self._keep(marks.begun([beginning], worker.number), None)
            self._results.sync()
            self._say(lost=progress.owner, worker=worker.number, code=worker.returncode)
        worker.close()
        if self._queue:
            self._hire(worker.number)

    def _end_late(self, worker: Worker, progress: Progress) -> None:
        """End a worker that hangs; what it was doing has failed."""
        stack = worker.stack()
        worker.kill()
        self._take_the_rest(worker)
        if worker.progress is not progress:  # it ended at the last moment
            self._lose(worker)
            return
        del self._workers[worker.output]
        worker.close()
        reason = f"The class took longer than {self._class_seconds:g} s and was ended."
        self._keep(marks.failed(progress.doing, worker.number, reason, stack), None)
        self._results.sync()
        self._say(late=progress.owner, worker=worker.number, seconds=round(worker.seconds, 3))
        if self._queue:
            self._hire(worker.number)

    def _take_the_rest(self, worker: Worker) -> None:
        while data := worker.read():
            self._take(worker, data)

    def _keep(self, packets: bytes, progress: Progress | None) -> None:
        """Append whole packets, then show them."""
        if progress is not None:
            progress.take(packets)
        self._results.append(packets)
        try:
            send(self._channel, PACKETS, packets)
        except BrokenPipeError:
            raise StoppedError from None

    def _say(self, **note: Any) -> None:
        try:
            tell(self._channel, **note)
        except BrokenPipeError:
            raise StoppedError from None

    def _end(self) -> None:
        """End every worker and keep what was written; nobody may be there to be told."""
        for worker in self._workers.values():
            worker.kill()
        with suppress(OSError):
            for worker in self._workers.values():
                while data := worker.read():
                    for kind, content in worker.frames.feed(data):
                        if kind == PACKETS:
                            self._results.append(content)
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._signals.close()
        self._signalled.close()
        self._results.close()
