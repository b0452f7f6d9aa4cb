"""What is told, and done, where the system's programs are missing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.errors import ExitCode, UnusableError
from defcheck.lab.full import infrastructure

APT = """#!/bin/sh
echo "$@" >> {calls}
[ "$1" = update ] && exit 1
{install}
"""

INSTALL = "echo '#!/bin/sh' > {program}; chmod +x {program}"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system's only folder of programs, without any."""
    folder = tmp_path / "system"
    folder.mkdir()
    monkeypatch.setattr(infrastructure, "FOLDERS", (str(folder),))
    return folder


@pytest.fixture
def fake_apt(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Stand in for apt-get with a program that does this to install; return its list of calls."""

    def make(install: str) -> Path:
        folder, calls = tmp_path / "apt", tmp_path / "calls"
        folder.mkdir()
        program = folder / "apt-get"
        program.write_text(APT.format(calls=calls, install=install))
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        return calls

    return make


def as_root(monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)


def add(system: Path, *names: str) -> None:
    for name in names:
        (system / name).write_text("#!/bin/sh\n")
        (system / name).chmod(0o700)


def test_nothing_is_done_where_nothing_is_missing(system: Path) -> None:
    add(system, *infrastructure.PACKAGE_BY_PROGRAM)
    said: list[str] = []
    infrastructure.install_debian_packages(said.append)
    assert said == []
    assert infrastructure.find_program("qemu-img") == str(system / "qemu-img")


def test_only_what_is_missing_is_named_once(system: Path) -> None:
    add(system, "rabbitmq-server", "epmd", "mariadb")
    assert infrastructure.list_missing_packages() == ("mariadb-server", "qemu-utils")


def test_without_root_the_command_is_told(
    fake_apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake_apt("exit 0")
    as_root(monkeypatch, False)
    with pytest.raises(UnusableError) as told:
        infrastructure.install_debian_packages(lambda _: None)
    assert told.value.exit_code == ExitCode.UNUSABLE
    assert "mariadb-server, rabbitmq-server, qemu-utils" in told.value.message
    assert (
        "sudo apt-get install -y --no-install-recommends mariadb-server rabbitmq-server qemu-utils"
        in told.value.advice
    )
    assert not calls.exists()


def test_root_installs_what_is_missing_even_if_a_source_is_out_of_reach(
    fake_apt: Callable[[str], Path], system: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(system, *(name for name in infrastructure.PACKAGE_BY_PROGRAM if name != "qemu-img"))
    calls = fake_apt(INSTALL.format(program=system / "qemu-img"))
    as_root(monkeypatch, True)
    said: list[str] = []
    infrastructure.install_debian_packages(said.append)
    assert calls.read_text().splitlines() == [
        "update",
        "install -y --no-install-recommends qemu-utils",
    ]
    assert said == ["Installing qemu-utils with apt-get (only the first time)"]
    assert list(tmp_path.glob("defcheck-apt-*")) == []


@pytest.mark.parametrize("install", ["echo no such package >&2; exit 100", "exit 0"])
def test_a_failed_installation_is_told_with_its_log(
    fake_apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, install: str
) -> None:
    fake_apt(install)
    as_root(monkeypatch, True)
    with pytest.raises(UnusableError, match="could not be installed") as told:
        infrastructure.install_debian_packages(lambda _: None)
    assert ("no such package" in told.value.message) == ("100" in install)
    assert str(next(tmp_path.glob("defcheck-apt-*"))) in told.value.advice


@pytest.mark.usefixtures("system")
def test_other_systems_are_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UnusableError, match="mariadb-server") as told:
        infrastructure.install_debian_packages(lambda _: None)
    assert "qemu-img" in told.value.advice
