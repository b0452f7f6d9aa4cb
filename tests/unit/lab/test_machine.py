"""What a machine has to offer, and what is told when it does not."""

import errno
import os
import pwd
import sys
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import machine
from defcheck.lab.paths import Layout


def test_other_systems_are_refused(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.check(layout, "DEFCHECK_LAB_STATE")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UnusableError, match="Linux only"):
        machine.check(layout, "DEFCHECK_LAB_STATE")


@pytest.mark.parametrize("name", ["100%", "a$b", "a#b", "a?b", "a;b"])
def test_paths_that_services_misread_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableError, match="in a path"):
        machine.check(Layout(tmp_path / name), "DEFCHECK_LAB_STATE")


def test_a_user_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.user_name() == pwd.getpwuid(os.getuid()).pw_name
    unknown = next(uid for uid in range(50000, 60000) if not _known(uid))
    monkeypatch.setattr(os, "getuid", lambda: unknown)
    with pytest.raises(UnusableError, match=f"id {unknown} has no name"):
        machine.user_name()


def _known(uid: int) -> bool:
    return uid in {user.pw_uid for user in pwd.getpwall()}


def test_a_claimed_folder_is_private_and_can_be_claimed_again(layout: Layout) -> None:
    machine.claim(layout, "DEFCHECK_LAB_STATE")
    (layout.state / "file").touch()
    machine.claim(layout, "DEFCHECK_LAB_STATE")
    assert layout.state.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in layout.state.iterdir()} == {".defcheck-lab", "file"}


def test_a_folder_that_holds_something_else_is_not_claimed(layout: Layout) -> None:
    layout.state.mkdir()
    (layout.state / "letter.txt").write_text("dear")
    with pytest.raises(UnusableError, match="not a lab"):
        machine.claim(layout, "DEFCHECK_LAB_STATE")
    assert [path.name for path in layout.state.iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableError, match="cannot be written") as told:
        machine.claim(Layout(tmp_path / "file" / "lab"), "DEFCHECK_LAB_STATE")
    assert "DEFCHECK_LAB_STATE" in told.value.advice


def test_a_file_system_without_extended_attributes_is_told(layout: Layout, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(UnusableError, match="extended attributes"):
        machine.claim(layout, "DEFCHECK_LAB_STATE")
