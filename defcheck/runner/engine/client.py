"""Run planned tests in a process of their own, read each event, and stop cleanly."""

import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from defcheck.errors import InputError, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.results.models import Event
from defcheck.results.readers.subunit import read_subunit_v2
from defcheck.runner.engine.protocol import (
    NOTE,
    PREDICT_SKIPS,
    FrameReader,
    RunCommand,
    group_longest_first,
)
from defcheck.runner.record import CLASS_SECONDS
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.workspace import LIST_SECONDS, TEST_NAME, Workspace, open_workspace
from defcheck.util.files import write_private

LAUNCH_SCRIPT = Path(__file__).with_name("launch.py")

GRACE_SECONDS = 10
"""Seconds that the runner and its workers may take to end after they were asked to."""

READ_BYTES = 128 * 1024

INVALID_VALUE = re.compile(r"Value for option (\S+) from .* is not valid: (.+)")
"""How oslo.config reports a value of the wrong type."""

RunnerNote = Mapping[str, Any]
"""What the runner reports. About a class: that it `ended` or is `late`, with `seconds`, or
that it was `lost` with its worker, which exited with `code`. About the run: that it is
`interrupted`, or why Tempest creates the users itself (`fallback`)."""


def _ignore_note(_: RunnerNote) -> None:
    """Ignore a note."""


class Runner:
    """A process that has discovered the tests and runs those that it is told to."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self._frames = FrameReader()
        self.owners: dict[str, str] = {}
        """The full names of all tests, and the class of each."""

    def wait_for_tests(self) -> None:
        """Wait until the tests are discovered.

        Raises `UnusableError` if there are none, `InputError` if that is
        because of a value in tempest.conf.
        """
        deadline = time.monotonic() + LIST_SECONDS
        for note in self._read_notes(deadline):
            if note.get("tests"):
                self.owners = {
                    test: owner for test, owner in note["tests"] if TEST_NAME.fullmatch(test)
                }
                return
            message = note.get("broken") or "there are none"
            _refuse_invalid_value(message)
            raise _listing_error(message.strip().splitlines()[-2:])
        if time.monotonic() >= deadline:
            raise UnusableError(
                f"Tempest did not list its tests within {LIST_SECONDS} s.",
                "Run `stestr list` with the same configuration to see why.",
            )
        raise _listing_error(_read_log_end(self._log))

    def wait_for_users(self) -> Path | None:
        """Return the accounts file of users that were created for the run, None without any."""
        return None

    def predict_skips(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        """Return which of `tests`, full names, will not run: their outcome and the reason.

        The outcome is skipped or fixture error. Tempest is asked without the cloud;
        tests about which it cannot tell are omitted. `accounts` replaces the accounts
        file in tempest.conf.
        """
        known = [test for test in tests if test in self.owners]
        groups = [ids for _, ids in group_longest_first(known, self.owners, {})]
        orders = cast(IO[bytes], self._process.stdin)
        with suppress(BrokenPipeError):
            orders.write(
                json.dumps({PREDICT_SKIPS: groups, "accounts": str(accounts or "")}).encode()
                + b"\n"
            )
            orders.flush()
        for note in self._read_notes(time.monotonic() + LIST_SECONDS):
            found: dict[str, list[str]] = note.get("foreseen", {})
            return {test: (outcome, reason) for test, (outcome, reason) in found.items()}
        return {}

    def _read_notes(self, deadline: float) -> Iterator[RunnerNote]:
        output = cast(IO[bytes], self._process.stdout).fileno()
        while select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
            data = os.read(output, READ_BYTES)
            if not data:
                return
            for _, content in self._frames.feed_data(data):
                yield json.loads(content)

    def execute_tests(
        self,
        tests: Sequence[str],
        workers: int,
        *,
        results: Path,
        log: Path,
        on_event: Callable[[Event], None],
        on_note: Callable[[RunnerNote], None] = _ignore_note,
        seconds: Mapping[str, float] | None = None,
        class_seconds: float = CLASS_SECONDS,
    ) -> int:
        """Run `tests` with `workers` workers, the classes that take most `seconds` first.

        The raw stream is appended to `results`; `on_event` gets each event as it comes,
        `on_note` each note about classes. Returns 0 or, if the runner itself ended
        early, its exit code. Raises `UnusableError` if it ends without a result, or
        the results cannot be written.
        """
        known = [test for test in tests if test in self.owners]
        order = RunCommand(
            groups=group_longest_first(known, self.owners, seconds or {}),
            workers=workers,
            class_seconds=class_seconds,
            results=str(results.absolute()),
            log=str(log.absolute()),
            secrets=PROCESS_SECRETS.values,
        )
        seen = done = False
        failure = ""

        def handle_event(event: Event) -> None:
            nonlocal seen
            seen = True
            on_event(event)

        def handle_note(note: RunnerNote) -> bool:
            nonlocal done, failure
            failure = note.get("failed", "")
            done = "done" in note
            if not done and not failure:
                on_note(note)
            return done or bool(failure)

        try:
            orders = cast(IO[bytes], self._process.stdin)
            with suppress(BrokenPipeError):
                orders.write(order.encode_line())
                orders.flush()
            read_subunit_v2(
                _LiveStream(cast(IO[bytes], self._process.stdout), self._frames, handle_note),
                handle_event,
            )
            code = 0 if done else self._process.wait(GRACE_SECONDS)
        except BaseException as error:
            # Ending the workers may take seconds, so report the interruption first.
            if isinstance(error, KeyboardInterrupt):
                on_note({"interrupted": True})
            self.shut_down()
            raise
        if failure:
            raise UnusableError(
                f"The run was aborted: {failure}.",
                f"The partial results are kept in {results.parent}.",
            )
        if not seen:
            self.shut_down()  # so that all its output is written
            raise UnusableError(
                f"The test runner exited with code {code} and no result: "
                + " / ".join(_read_log_end(log)),
                f"See its output in {log}.",
            )
        return code

    def shut_down(self) -> None:
        """End the process with its workers, which share its process group."""
        try:
            _end_process(self._process)
        except KeyboardInterrupt:  # a second Ctrl-C: kill it at once, and leave no process behind
            _signal_group(self._process, signal.SIGKILL)
            raise


class _LiveStream:
    """The packets of a run as a readable stream; the runner's notes go to a callback."""

    def __init__(
        self, source: IO[bytes], frames: FrameReader, handle_note: Callable[[RunnerNote], bool]
    ) -> None:
        self._source = source
        self._frames = frames
        self._hear = handle_note
        self._ended = False

    def read1(self, _size: int = 0, /) -> bytes:
        """Return some packets, none at the end of the run."""
        while not self._ended:
            data = os.read(self._source.fileno(), READ_BYTES)
            self._ended = not data
            packets = b""
            for kind, content in self._frames.feed_data(data):
                if kind == NOTE:
                    self._ended |= self._hear(json.loads(content))
                else:
                    packets += content
            if packets:
                return packets
        return b""


@contextmanager
def open_runner(workspace: Workspace) -> Iterator[Runner]:
    """Start a runner in a workspace; finally end it with all its workers.

    Raises `UnusableError` if the tests cannot be listed.
    """
    log = workspace.folder / "runner.log"
    # A session of its own: Ctrl-C reaches only defcheck, which then ends the
    # runner and all its workers together.
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [workspace.python, "-P", str(LAUNCH_SCRIPT)],
            cwd=workspace.folder,
            env=workspace.build_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        runner = Runner(process, log)
        try:
            runner.wait_for_tests()
            yield runner
        finally:
            runner.shut_down()


def run_tests(
    workspace: Workspace,
    tests: Sequence[str],
    workers: int,
    *,
    results: Path,
    log: Path,
    on_event: Callable[[Event], None],
    **more: Any,
) -> int:
    """Run `tests` in a new runner, as `Runner.execute_tests` does."""
    with open_runner(workspace) as runner:
        return runner.execute_tests(
            tests, workers, results=results, log=log, on_event=on_event, **more
        )


def _refuse_invalid_value(message: str) -> None:
    """Raise `InputError` if Tempest could not read a value of tempest.conf.

    oslo.config reports that only once; later messages are about consequences.
    """
    found = INVALID_VALUE.search(message)
    if found:
        raise InputError(
            f"Tempest cannot use the value of {found[1]} in tempest.conf: {found[2]}.",
            "Change it in the file, or by --set.",
        )


def _listing_error(lines: Sequence[str]) -> UnusableError:
    return UnusableError(
        "Tempest could not list its tests: " + " / ".join(line.strip() for line in lines),
        "Tempest, one of its plugins or tempest.conf is broken; "
        "reinstall Tempest, or fix the file.",
    )


def _read_log_end(log: Path) -> list[str]:
    """Return the last lines of a log, none if it cannot be read."""
    try:
        return log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
    except OSError:
        return []


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """End the runner with its workers, which share its process group."""
    for pipe in (process.stdin, process.stdout):  # so that it does not block on a pipe
        with suppress(OSError):
            cast(IO[bytes], pipe).close()
    for ending in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE_SECONDS
        if not _signal_group(process, ending):
            return
        while time.monotonic() < deadline:
            process.poll()
            if not _signal_group(process, 0):
                return
            time.sleep(0.05)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group, 0 to ask; return whether any process of it is left."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def list_tests(tempest: InstalledTempest) -> tuple[str, ...]:
    """Return the full names of all tests of a Tempest without a cloud.

    Raises `UnusableError` if it cannot list them.
    """
    with open_workspace(tempest) as workspace:
        # Without a tempest.conf, Tempest would use the one in /etc.
        write_private(workspace.tempest_conf, render_conf(workspace.settings))
        with open_runner(workspace) as runner:
            return tuple(runner.owners)
