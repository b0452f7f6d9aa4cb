"""The pool's workers as the pool sees them: forked, given classes, ended."""

import ctypes
import os
import signal
import tempfile
import time
import unittest
from collections.abc import Iterable, Sequence
from typing import IO

from defcheck.redaction.redactor import Redactor
from defcheck.runner.frames import Frames
from defcheck.runner.progress import Progress
from defcheck.runner.worker import BROKEN, NEXT, work

CHUNK = 128 * 1024

STACK_SECONDS = 1.0
"""How long a worker that hangs may take to say where."""

END_SECONDS = 1.0
"""How long a worker may take to end after it closed its pipe."""

SIGNAL_AT_PARENTS_DEATH = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


class Worker:
    """One forked worker and what it is doing."""

    def __init__(
        self,
        number: int,
        groups: Sequence[Sequence[unittest.TestCase]],
        redactor: Redactor,
        inherited: Iterable[int] = (),
    ) -> None:
        """Fork a worker, which closes the descriptors `inherited` that are the pool's alone."""
        self.number = number
        self.progress: Progress | None = None
        """The class that it runs, None where it is free."""

        self._began = 0.0
        self.returncode: int | None = None
        """Its exit code, negative for a signal, None while it lives."""

        self.frames = Frames()
        self._stacks: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        commands, self._commands = os.pipe()
        self.output, output = os.pipe()
        pool = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            for descriptor in (*inherited, self._commands, self.output):
                os.close(descriptor)
            _leave(pool)
            work(groups, number, redactor, commands, output, self._stacks)
        os.close(commands)
        os.close(output)
        os.set_blocking(self.output, False)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the pool holds open for it."""
        return tuple(one for one in (self._commands, self.output) if one >= 0)

    @property
    def seconds(self) -> float:
        """How long it has been running its class."""
        return time.monotonic() - self._began

    def give(self, number: int, progress: Progress) -> None:
        """Let it run the class with that number in the plan; BrokenPipeError where it died."""
        os.write(self._commands, NEXT.pack(number))
        self.progress = progress
        self._began = time.monotonic()

    def read(self) -> bytes | None:
        """Return what it wrote, nothing at the end, None where there is nothing yet."""
        try:
            return os.read(self.output, CHUNK)
        except BlockingIOError:
            return None

    def stack(self) -> str:
        """Ask it where it hangs; return what it says, nothing where it cannot."""
        os.kill(self.pid, signal.SIGUSR1)
        deadline = time.monotonic() + STACK_SECONDS
        said = b""
        while time.monotonic() < deadline:
            time.sleep(0.05)
            before, said = said, os.pread(self._stacks.fileno(), CHUNK, 0)
            if said and said == before:
                break
        return said.decode("utf-8", "replace")

    def has_ended(self) -> bool:
        """Return whether it ended by itself."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode is not None

    def kill(self) -> None:
        """End it at once."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Wait for a worker that closed its pipe; end one that lives on without it."""
        deadline = time.monotonic() + END_SECONDS
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(0.001)
        self.kill()

    def dismiss(self) -> None:
        """Tell it that there is no more to do."""
        if self._commands >= 0:
            os.close(self._commands)
            self._commands = -1

    def close(self) -> None:
        """Close what the pool holds of a worker that has ended."""
        self.dismiss()
        os.close(self.output)
        self._stacks.close()


def _leave(pool: int) -> None:
    """Make a new fork independent of the pool's state; it still ends when the pool does."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != pool:
        os._exit(BROKEN)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
