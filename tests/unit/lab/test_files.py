"""What the lab writes, only its owner reads."""

import os
from pathlib import Path

import pytest

from defcheck.lab import paths


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_files_and_new_folders_are_private(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        paths.write_private_file(tmp_path / "new" / "deep" / "secret", "x")
    finally:
        os.umask(umask)
    assert mode(tmp_path / "new" / "deep" / "secret") == 0o600
    assert mode(tmp_path / "new" / "deep") == 0o700
    assert mode(tmp_path / "new") == 0o700


def test_a_readable_file_becomes_private_when_written_again(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    paths.write_private_file(path, "new")
    assert mode(path) == 0o600
    assert path.read_text() == "new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    paths.write_private_file(path, "old")
    with pytest.raises(UnicodeEncodeError):
        paths.write_private_file(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\nsecond\n\xffthird\n")
    assert paths.read_last_lines(log, 2) == "    second\n    \N{REPLACEMENT CHARACTER}third"
    assert "nothing was logged" in paths.read_last_lines(tmp_path / "absent")
