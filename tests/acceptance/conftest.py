"""The installed command as a real process, in a folder and a home of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRESS = re.compile(r" *\d+\.\d s  ")
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shared() -> Path:
    """Return the folder of recorded behaviour beside the checkout."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared, with the recorded streams, is not beside the checkout")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which no cloud, lab or colour is known."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("OS_", "XDG_", "DEFCHECK_"))
    }
    return {
        **kept,
        "HOME": str(home),
        "DEFCHECK_LAB_STATE": str(tmp_path / "no-lab"),
        "NO_COLOR": "1",
    }


@pytest.fixture
def defcheck(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Return a function that runs defcheck in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "defcheck", *map(str, arguments)],
            cwd=folder,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=90,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


def said_in_words(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Assert a short error for a person: the exit code, the words, no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line and not PROGRESS.match(line)]
    assert lines[0].startswith("Error: "), done.stderr
    assert len(lines) <= 2, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def refused() -> Callable[..., None]:
    """Return the assertion for errors."""
    return said_in_words
