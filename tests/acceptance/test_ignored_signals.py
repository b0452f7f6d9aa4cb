"""Tests hold where signals are ignored, as in a background job of a shell or under nohup."""

import subprocess
import sys

from tests.commandline import PROJECT

INTERRUPTED = ("tests/unit/runner/test_engine.py", "tests/acceptance/test_lost_terminal.py")


def test_interruptions_are_received_where_signals_are_ignored() -> None:
    done = subprocess.run(
        [
            *("sh", "-c", 'trap "" INT TERM HUP; exec "$@"', "sh"),
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-k", "interruption", *INTERRUPTED),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
