"""The log of what tests print, written by a process of its own that takes the secrets out.

Tests, and what they start, write to a pipe in the place of the log, so that
nothing they say is ever on the disk as they said it. The scribe ends with the
last of those who can write to the pipe, however they end.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from defcheck.redaction.redactor import Redactor

CHUNK = 64 * 1024
MOST_HELD = 1024 * 1024
"""Bytes of a line that are waited for to be whole."""

END_SECONDS = 2.0
"""How long it may take to write the rest."""

BEGIN, END = b"-----BEGIN ", b"-----END "
"""Between them lies a key, over several lines."""


class Scribe:
    """Standard output and standard error of this process, as long as a run goes on."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        """Begin to write what is printed from now on to a file; raise OSError where it cannot be.

        The file is its owner's alone.
        """
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        said, saying = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            _write(said, log, redactor)
        os.close(log)
        os.close(said)
        self._before = [(descriptor, os.dup(descriptor)) for descriptor in (1, 2)]
        for descriptor in (1, 2):
            os.dup2(saying, descriptor)
        os.close(saying)

    def end(self) -> None:
        """Give standard output and error back, and wait until what was said is written.

        A process that a test left behind can still write; it is not waited for.
        """
        for descriptor, before in self._before:
            os.dup2(before, descriptor)
            os.close(before)
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return
            time.sleep(0.005)


def _write(said: int, log: int, redactor: Redactor) -> None:
    """Write what is said until nobody can say any more, then end this process."""
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        _keep_only(said, log)
        held = b""
        while data := os.read(said, CHUNK):
            ready, held = whole(held + data)
            _append(log, redactor.content(ready))
        _append(log, redactor.content(held))
    finally:
        os._exit(0)


def _keep_only(*kept: int) -> None:
    """Close what was inherited: locks and pipes that others wait on."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


def _append(log: int, data: bytes) -> None:
    """Append to the log; where there is no room, nobody waits for that."""
    with suppress(OSError):
        view = memoryview(data)
        while view:
            view = view[os.write(log, view) :]


def whole(data: bytes) -> tuple[bytes, bytes]:
    """Split what was said into what can be looked at and the rest: half a line, half a key."""
    end = data.rfind(b"\n") + 1
    begin = data.rfind(BEGIN, 0, end)
    if begin >= 0 and END not in data[begin:end]:
        end = begin
    if len(data) - end > MOST_HELD:
        end = len(data)
    return data[:end], data[end:]
