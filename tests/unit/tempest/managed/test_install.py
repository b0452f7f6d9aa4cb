"""Installing leaves a whole environment or none. The package index is a small fake here."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.managed import environments
from defcheck.tempest.managed.environments import resolve_environment
from defcheck.util.concurrency import hold_exclusive_lock
from defcheck.workflows import tempest_installation as installing
from defcheck.workflows.tempest_installation import (
    install_tempest,
    list_requirements,
    remove_tempest,
)

UV = """#!/bin/sh
# Makes what uv would have installed.
echo "$@" >> {calls}
while [ "$1" != --python ]; do shift; done
site=$(dirname "$2")/../lib/python3.11/site-packages
heat="$site/heat_plugin-3.0.dist-info"
mkdir -p "$site/tempest" "$heat"
cat > "$heat/METADATA" << EOF
Metadata-Version: 2.1
Name: heat-plugin
Version: 3.0
EOF
printf '[tempest.test_plugins]\\nheat = heat:Plugin\\n' > "$heat/entry_points.txt"
"""
TESTS = ("tempest.C.test_a[id-1]", "tempest.C.test_b[id-2]")
KEPT: list[str] = []
QUIET: Callable[[str], None] = KEPT.append


@pytest.fixture(autouse=True)
def _two_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every Tempest list two tests."""
    monkeypatch.setattr(installing, "list_tests", lambda _: TESTS)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for uv and the package index; return the file with uv's arguments."""
    program, calls = tmp_path / "uv", tmp_path / "calls"
    program.write_text(UV.format(calls=calls))
    program.chmod(0o700)
    monkeypatch.setattr(installing, "find_uv", lambda: str(program))
    return calls


@pytest.fixture
def only_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the real pip alone, which finds no package and asks no one."""
    monkeypatch.setattr(installing, "find_uv", lambda: None)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")


def left(folder: Path) -> list[str]:
    """Return the environments that are there, whole or not."""
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


@pytest.mark.usefixtures("calls")
def test_what_is_installed_is_written_down(tempests: Path) -> None:
    environment = resolve_environment("22.1.0", ["heat-plugin"])
    stamp = install_tempest(environment, QUIET)
    assert (stamp.version, stamp.tests, stamp.plugins) == ("22.1.0", 2, {"heat-plugin": "3.0"})
    assert stamp.packages == ["heat-plugin==3.0"]
    assert stamp.bytes > 0
    assert environment.read_stamp() == stamp
    assert environment.inventory.read_text().splitlines() == list(TESTS)
    assert json.loads((environment.folder / "complete.json").read_bytes())["plugins"]


def test_old_versions_need_old_companions(calls: Path) -> None:
    install_tempest(resolve_environment("46.0.0", ["heat-plugin==3.0"]), QUIET)
    words = calls.read_text().split()
    assert {"tempest==46.0.0", "heat-plugin==3.0", "stestr", "setuptools<82", "oslo.utils<10"} <= {
        *words
    }
    assert not [one for one in list_requirements(resolve_environment("46.1.0")) if "<" in one]


@pytest.mark.usefixtures("calls")
def test_it_is_not_installed_twice() -> None:
    install_tempest(resolve_environment("22.1.0"), QUIET)
    with pytest.raises(InputError, match="installed already") as told:
        install_tempest(resolve_environment("22.1.0"), QUIET)
    assert "defcheck tempest remove 22.1.0" in told.value.advice


@pytest.mark.usefixtures("calls")
def test_two_at_once_are_refused() -> None:
    environment = resolve_environment("22.1.0")
    with (
        hold_exclusive_lock(environment.lock, "…"),
        pytest.raises(UnusableError, match="Another defcheck is using or installing"),
    ):
        install_tempest(environment, QUIET)


@pytest.mark.usefixtures("calls")
def test_a_half_made_one_is_made_anew() -> None:
    environment = resolve_environment("22.1.0")
    rest = environment.folder / "lib" / "rest"
    rest.mkdir(parents=True)
    install_tempest(environment, QUIET)
    assert environment.read_stamp() is not None
    assert not rest.exists()


@pytest.mark.usefixtures("calls")
def test_one_that_cannot_list_its_tests_is_not_kept(
    tempests: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tempest: InstalledTempest) -> Sequence[str]:
        raise UnusableError("It cannot list its tests: No module named six", "…")

    monkeypatch.setattr(installing, "list_tests", broken)
    with pytest.raises(UnusableError, match=r"does not work with Python .*No module named six"):
        install_tempest(resolve_environment("22.1.0"), QUIET)
    assert left(tempests) == []


@pytest.mark.usefixtures("calls")
def test_an_interrupted_one_is_not_kept(tempests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(tempest: InstalledTempest) -> Sequence[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(installing, "list_tests", interrupted)
    with pytest.raises(KeyboardInterrupt):
        install_tempest(resolve_environment("22.1.0"), QUIET)
    assert left(tempests) == []


@pytest.mark.usefixtures("only_pip")
def test_a_version_that_does_not_exist_is_told_with_those_near_it(
    tempests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0.0", "21.0.0", "22.0.0", "22.1.0", "23.0.0"):
        (tmp_path / f"tempest-{version}-py3-none-any.whl").touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InputError, match=r"There is no tempest 22\.2\.0") as told:
        install_tempest(resolve_environment("22.2.0"), QUIET)
    assert told.value.advice == "The nearest versions are 21.0.0, 22.0.0, 22.1.0, 23.0.0."
    assert left(tempests) == []


@pytest.mark.usefixtures("only_pip")
def test_a_package_index_that_knows_nothing_of_it_is_told(tempests: Path) -> None:
    with pytest.raises(UnusableError, match="cannot be reached, or has no version"):
        install_tempest(resolve_environment("22.1.0"), QUIET)
    assert left(tempests) == []


def test_a_folder_that_cannot_be_written_is_told(tempests: Path) -> None:
    tempests.write_text("a file")
    with pytest.raises(InputError, match="cannot be written") as told:
        install_tempest(resolve_environment("22.1.0"), QUIET)
    assert "DEFCHECK_TEMPESTS" in told.value.advice


@pytest.mark.usefixtures("calls")
def test_removing_one_in_use_goes_back_to_the_default(tempests: Path) -> None:
    environment = resolve_environment("22.1.0")
    install_tempest(environment, QUIET)
    environments.use_tempest("22.1.0")
    said: list[str] = []
    remove_tempest(environment, said.append)
    assert left(tempests) == []
    assert environments.get_tempest_in_use() == "default"
    assert said == ["It was in use; defcheck uses the default from now on"]
    with pytest.raises(InputError, match="is not installed"):
        remove_tempest(environment, said.append)
