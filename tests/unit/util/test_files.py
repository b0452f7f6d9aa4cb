"""Files are written whole or not at all."""

import stat
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.util.files import write_atomic, write_new, write_private


def test_a_failed_write_leaves_the_old_file_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_atomic_file_is_readable_like_any_other(tmp_path: Path) -> None:
    plain, atomic = tmp_path / "p", tmp_path / "a"
    plain.write_text("x")
    write_atomic(atomic, "x")
    assert stat.S_IMODE(atomic.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_private_file_is_its_owner_s_and_new(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "canary")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_private(path, "other")


def test_a_private_file_that_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "half of it, and \ud800")
    assert list(tmp_path.iterdir()) == []
    write_private(path, "whole")  # and the next try finds nothing in its way


def test_a_named_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_new(path, "a")
    with pytest.raises(InputError, match="exists already"):
        write_new(path, "b")
    assert path.read_text() == "a"
