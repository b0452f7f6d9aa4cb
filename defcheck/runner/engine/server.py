"""The server of a run: it reads commands, executes them, and writes logs.

It reads commands as lines of JSON from standard input, and writes frames to the
original standard output. Whatever a test prints goes to standard error.
"""

import configparser
import json
import os
import signal
import time
import unittest
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from unittest.util import strclass

from defcheck.redaction.redactor import Redactor
from defcheck.runner.engine.protocol import PREDICT_SKIPS, RunCommand, send_note
from defcheck.runner.engine.skip_prediction import predict_skips
from defcheck.runner.engine.worker_pool import ClassTests, RawResults, RunStoppedError, WorkerPool
from defcheck.runner.journal import start_resource_log
from defcheck.tempest.abandoned_workspaces import wait_and_delete

READ_BYTES = 64 * 1024
MAX_HELD_BYTES = 1024 * 1024
"""The longest partial line, in bytes, that is held back until it is complete."""

END_SECONDS = 2.0
"""Seconds that writing the rest may take."""

KEY_BEGIN, KEY_END = b"-----BEGIN ", b"-----END "
"""The first and last lines of a private key, which spans several lines."""


class LogWriter:
    """Redirects standard output and error of this process into a log during a run."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        """Start writing all output to a file; raise OSError if it cannot be opened.

        Only its owner can read the file.
        """
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        message, saying = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            _write_log(message, log, redactor)
        os.close(log)
        os.close(message)
        self._before = [(descriptor, os.dup(descriptor)) for descriptor in (1, 2)]
        for descriptor in (1, 2):
            os.dup2(saying, descriptor)
        os.close(saying)

    def restore_output(self) -> None:
        """Restore standard output and error, and wait until all output is written.

        It does not wait for a process that a test left behind, which may still write.
        """
        for descriptor, before in self._before:
            os.dup2(before, descriptor)
            os.close(before)
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                return
            time.sleep(0.005)


def _write_log(source: int, log: int, redactor: Redactor) -> None:
    """Write the output until all writers are gone, then end this process."""
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        _close_other_descriptors(source, log)
        held = b""
        while data := os.read(source, READ_BYTES):
            ready, held = split_complete_text(held + data)
            _append_log(log, redactor.redact_bytes(ready))
        _append_log(log, redactor.redact_bytes(held))
    finally:
        os._exit(0)


def _close_other_descriptors(*kept: int) -> None:
    """Close inherited descriptors: locks and pipes that others wait for."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


def _append_log(log: int, data: bytes) -> None:
    """Append to the log; ignore a full disk, so that no test blocks."""
    with suppress(OSError):
        view = memoryview(data)
        while view:
            view = view[os.write(log, view) :]


def split_complete_text(data: bytes) -> tuple[bytes, bytes]:
    """Split output into what can be redacted and the rest: a partial line or private key."""
    end = data.rfind(b"\n") + 1
    begin = data.rfind(KEY_BEGIN, 0, end)
    if begin >= 0 and KEY_END not in data[begin:end]:
        end = begin
    if len(data) - end > MAX_HELD_BYTES:
        end = len(data)
    return data[:end], data[end:]


class BrokenTestsError(Exception):
    """Some tests cannot be imported; the message is Python's."""


def discover_tests(folder: Path) -> dict[str, unittest.TestCase]:
    """Return the tests that the .stestr.conf in `folder` names, by id, in the order of discovery.

    Raises `BrokenTestsError` if not all of them can be imported: a run
    would silently omit the others.
    """
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(folder / ".stestr.conf", encoding="utf-8")
    start, top = conf["DEFAULT"]["test_path"], conf["DEFAULT"].get("top_dir", ".")
    loader = unittest.TestLoader()
    try:
        suite = loader.discover(str(folder / start), top_level_dir=str(folder / top))
    except ImportError as error:
        raise BrokenTestsError(str(error)) from error
    if loader.errors:
        raise BrokenTestsError("\n".join(map(str, loader.errors)))
    found: dict[str, unittest.TestCase] = {}
    for test in _iterate_tests(suite):
        found.setdefault(test.id(), test)
    return found


def _iterate_tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _iterate_tests(item)
        else:
            yield item


def get_class_name(test: unittest.TestCase) -> str:
    """Return the dotted name of the class of a test."""
    return strclass(type(test))


EXIT_BROKEN, EXIT_STOPPED, EXIT_FAILED = 1, 2, 3
"""Exit codes: the tests cannot be imported; the run was stopped; it was aborted by an error."""


def main() -> int:
    """Report the tests, then execute commands until there are no more.

    If that is because defcheck was killed, delete its workspace.
    """
    workspace = Path.cwd()
    try:
        return _serve_commands()
    except BrokenPipeError:
        return EXIT_STOPPED
    finally:
        os.chdir("/")
        wait_and_delete(workspace)


def _serve_commands() -> int:
    channel = os.dup(1)
    os.dup2(2, 1)
    try:
        tests = discover_tests(Path.cwd())
    except BrokenTestsError as error:
        send_note(channel, broken=str(error))
        return EXIT_BROKEN
    send_note(channel, tests=[[name, get_class_name(test)] for name, test in tests.items()])
    with os.fdopen(os.dup(0), "rb") as orders:
        for line in orders:
            order = json.loads(line)
            if PREDICT_SKIPS in order:
                groups = [[tests[test] for test in ids] for ids in order[PREDICT_SKIPS]]
                send_note(channel, foreseen=predict_skips(groups, order["accounts"]))
                continue
            code = _run_command(RunCommand(**order), tests, channel)
            if code:
                return code
    return 0


def _run_command(command: RunCommand, tests: Mapping[str, unittest.TestCase], channel: int) -> int:
    groups = [ClassTests(name, tuple(tests[test] for test in ids)) for name, ids in command.groups]
    redactor = Redactor(command.secrets)
    scribe = None
    try:
        scribe = LogWriter(Path(command.log), redactor)
        results = RawResults(Path(command.results))
        start_resource_log(Path(command.results).parent, redactor)
        pool = WorkerPool(
            groups, results, command.class_seconds, redactor, channel=channel, lifeline=0
        )
        pool.run_groups(command.workers)
    except RunStoppedError:
        return EXIT_STOPPED
    except OSError as error:
        with suppress(OSError):
            send_note(channel, failed=error.strerror or str(error))
        return EXIT_FAILED
    finally:
        if scribe is not None:
            scribe.restore_output()
    send_note(channel, done=True)
    return 0
