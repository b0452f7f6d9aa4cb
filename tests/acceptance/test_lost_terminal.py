"""A command whose terminal or reader goes away: it ends with its own code, never Python's."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from defcheck.errors import ExitCode

WAITING = """
import fcntl
import termios
import time

from defcheck.cli import main, scoring

def wait(**_):
    try:
        print("waiting", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("kept")  # as a run shows what came of it
        open("kept", "w").close()
        raise

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
scoring.score_command.callback = wait
main.run(["score", "x"])
"""


def test_a_lost_terminal_ends_a_command_as_an_interruption_does(tmp_path: Path) -> None:
    terminal, own = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdin=own,
        stdout=own,
        stderr=own,
        cwd=tmp_path,
        start_new_session=True,
    )
    os.close(own)
    try:
        assert b"waiting" in os.read(terminal, 100)
        os.close(terminal)
        assert process.wait(60) == ExitCode.INTERRUPTED
        assert (tmp_path / "kept").exists()
    finally:
        process.kill()


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["guideline", "show", "1999.01"], ExitCode.USAGE),
        (["nothing"], ExitCode.USAGE),
        (["guideline", "list"], ExitCode.UNUSABLE),
    ],
)
def test_what_nobody_reads_ends_with_a_code_of_ours(
    words: list[str], code: ExitCode, unbuffered: str
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "defcheck", *words],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=closed,
            stderr=closed,
            timeout=60,
            check=False,
        )
    assert done.returncode == code
