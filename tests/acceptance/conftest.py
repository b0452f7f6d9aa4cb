"""The installed command as a real process, in a folder and a home of its own."""

from pathlib import Path

import pytest

from tests.commandline import Run, environment, make_runner, refused, run_process, shared

__all__ = ["environment", "refused", "shared"]


@pytest.fixture
def defcheck(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Return a function that runs defcheck in a process and an empty folder."""
    return make_runner(run_process, tmp_path / "work", environment)
