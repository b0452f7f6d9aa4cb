"""What `defcheck resume`, and the options it shares with `run`, refuse in words."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline import Run

Refused = Callable[..., None]
OPTIONS = ("run", "--cloud", "c", "-g", "2020.06", "-t", "storage")


@pytest.mark.parametrize("made", [lambda path: None, Path.mkdir, Path.touch])
def test_what_is_no_run_directory(
    defcheck: Run, refused: Refused, tmp_path: Path, made: Callable[[Path], None]
) -> None:
    made(tmp_path / "run")
    refused(defcheck("resume", tmp_path / "run"), 2, "run.json cannot be read", "run directory")


def test_a_record_of_another_version(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": "defcheck run 9"}))
    refused(defcheck("resume", tmp_path), 2, "not a run record that this version")


@pytest.mark.parametrize("value", ["", "2", "all", "failed=", "failed=0", "failed=11", "failed=x"])
def test_what_is_to_be_run_again_is_said_in_one_way(defcheck: Run, value: str) -> None:
    done = defcheck(*OPTIONS, "--rerun", value)
    assert done.returncode == 2
    assert f"'{value}' is neither failed nor failed=N with N from 1 to 10" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "soon", "1e9"])
def test_a_class_gets_some_time(defcheck: Run, minutes: str) -> None:
    done = defcheck(*OPTIONS, "--class-timeout", minutes)
    assert done.returncode == 2
    assert "--class-timeout" in done.stderr
    assert "Traceback" not in done.stderr
