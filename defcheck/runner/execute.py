"""Run planned tests with stestr, keep the stream as it comes, and stop cleanly."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from defcheck.errors import UnusableError
from defcheck.results.model import Event
from defcheck.results.subunit import read_v2
from defcheck.tempest.workspace import Workspace

GRACE_SECONDS = 10
"""How long the runner and its workers may take to end after they were asked to."""


class _Tee:
    """A readable stream that keeps a copy of everything that is read from it."""

    def __init__(self, source: BufferedReader, copy: BinaryIO) -> None:
        self._source = source
        self._copy = copy

    def read1(self, size: int, /) -> bytes:
        data = self._source.read1(size)
        self._copy.write(data)
        return data


def run_tests(
    workspace: Workspace,
    tests: Sequence[str],
    workers: int,
    *,
    results: Path,
    log: Path,
    on_event: Callable[[Event], None],
) -> int:
    """Run `tests` with so many `workers`; append the raw stream to `results`.

    `on_event` sees each event as it comes. An interruption ends the tests,
    keeps what was done, and goes on to the caller. Returns the runner's exit
    code. Raises `UnusableError` when it ends without a result.
    """
    load_list = workspace.folder / "load-list"
    load_list.write_text("\n".join(tests) + "\n", encoding="utf-8")
    command = workspace.stestr(
        "run", "--load-list", str(load_list), "--concurrency", str(workers), "--subunit"
    )
    seen = 0

    def count(event: Event) -> None:
        nonlocal seen
        seen += 1
        on_event(event)

    # A session of its own: Ctrl-C reaches defcheck alone, which then ends the
    # runner and all its workers together.
    with (
        results.open("ab", buffering=0) as stream,
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            cwd=workspace.folder,
            env=workspace.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        try:
            read_v2(_Tee(cast(BufferedReader, process.stdout), stream), count)
            process.wait()
        finally:
            try:
                _end(process)
            except KeyboardInterrupt:  # asked twice: at once, and none is left behind
                _signal(process, signal.SIGKILL)
                raise
    if not seen:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise UnusableError(
            f"The test runner ended with code {process.returncode} and no result: "
            + " / ".join(said),
            f"All that it said is in {log}.",
        )
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the runner with its workers, which share its process group."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE_SECONDS
        if not _signal(process, ending):
            return
        while time.monotonic() < deadline:
            process.poll()
            if not _signal(process, 0):
                return
            time.sleep(0.05)


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group, 0 to ask; return whether anything of it is left."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
