"""The command line in this process, in a folder and a home of its own."""

from pathlib import Path

import pytest

from tests.commandline import Run, environment, make_runner, refused, run_here, shared

__all__ = ["environment", "refused", "shared"]


@pytest.fixture
def defcheck(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Return a function that runs defcheck in this process and an empty folder."""
    return make_runner(run_here, tmp_path / "work", environment)
