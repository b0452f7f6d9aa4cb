"""What a machine has to offer, and what is told when it does not."""

import errno
import os
import pwd
import sys
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import machine
from defcheck.lab.paths import LabLayout


def test_other_systems_are_refused(layout: LabLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.check_machine(layout, "small")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UnusableError, match="Linux only"):
        machine.check_machine(layout, "small")


@pytest.mark.parametrize("name", ["100%", "a$b", "a#b", "a?b", "a;b"])
def test_paths_that_services_misread_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableError, match="in a path"):
        machine.check_machine(LabLayout(tmp_path / name), "small")


def test_a_user_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.find_user_name() == pwd.getpwuid(os.getuid()).pw_name
    unknown = next(uid for uid in range(50000, 60000) if not _known(uid))
    monkeypatch.setattr(os, "getuid", lambda: unknown)
    with pytest.raises(UnusableError, match=f"id {unknown} has no name"):
        machine.find_user_name()


def _known(uid: int) -> bool:
    return uid in {user.pw_uid for user in pwd.getpwall()}


def test_a_claimed_folder_is_private_and_can_be_claimed_again(layout: LabLayout) -> None:
    machine.claim_state_folder(layout, "small")
    (layout.state / "file").touch()
    machine.claim_state_folder(layout, "small")
    assert layout.state.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in layout.state.iterdir()} == {".defcheck-lab", "file"}


def test_a_folder_that_holds_something_else_is_not_claimed(layout: LabLayout) -> None:
    layout.state.mkdir()
    (layout.state / "letter.txt").write_text("dear")
    with pytest.raises(UnusableError, match="not a lab"):
        machine.claim_state_folder(layout, "small")
    assert [path.name for path in layout.state.iterdir()] == ["letter.txt"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableError, match="cannot be written") as told:
        machine.claim_state_folder(LabLayout(tmp_path / "file" / "lab"), "small")
    assert "DEFCHECK_LAB_STATE" in told.value.advice


def test_a_file_system_without_extended_attributes_is_told(
    layout: LabLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(UnusableError, match="extended attributes"):
        machine.claim_state_folder(layout, "small")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GB of memory, 4 GB of them available, and no container."""
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "meminfo").write_text("MemTotal:  8388608 kB\nMemAvailable:    4194304 kB\n")
    monkeypatch.setattr(machine, "_MEMORY", folder / "meminfo")
    monkeypatch.setattr(machine, "_CGROUP", folder)
    return folder


def test_the_memory_that_is_available_within_a_container(memory: Path) -> None:
    assert machine.available_memory_mb() == 4096
    (memory / "memory.current").write_text(f"{2**30}\n")
    (memory / "memory.max").write_text("max\n")
    assert machine.available_memory_mb() == 4096
    (memory / "memory.max").write_text(f"{3 * 2**30}\n")
    assert machine.available_memory_mb() == 2048


@pytest.mark.usefixtures("memory")
def test_too_little_room_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    machine.check_room(4096, {folder: 1})
    with pytest.raises(
        UnusableError, match="needs 4097 MB of memory, but only 4096 MB are available"
    ):
        machine.check_room(4097, {folder: 1})
    with pytest.raises(UnusableError, match=r"MB of disk for .*yet, but only \d+ MB are free"):
        machine.check_room(1, {folder: 2**40})
