"""The private folder of a run: real Tempest, real stestr, nothing left behind."""

import stat
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.guideline.matching import parse_test_name
from defcheck.runner.engine.client import list_tests, open_runner
from defcheck.tempest import installed
from defcheck.tempest.workspace import Workspace, open_workspace
from defcheck.util.files import write_private


def test_the_tests_of_the_installed_tempest_are_listed_without_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    names = list_tests(installed.find_default_tempest())
    # `tempest init` would have made it.
    assert not (tmp_path / ".tempest").exists()
    assert len(names) > 1000
    assert all(parse_test_name(name).uuid for name in names if name.startswith("tempest.api."))


def test_it_is_for_its_owner_alone_and_gone_afterwards() -> None:
    with open_workspace(installed.find_default_tempest()) as workspace:
        write_private(workspace.tempest_conf, "[auth]\nadmin_password = canary\n")
        assert stat.S_IMODE(workspace.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(workspace.tempest_conf.stat().st_mode) == 0o600
        folder = workspace.folder
    assert not folder.exists()


def test_it_is_gone_after_an_error() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        open_workspace(installed.find_default_tempest()) as workspace,
    ):
        raise KeyboardInterrupt
    assert not workspace.folder.exists()


def test_a_conf_that_tempest_cannot_read_is_said_in_words() -> None:
    with open_workspace(installed.find_default_tempest()) as workspace:
        write_private(workspace.tempest_conf, "this is no configuration")
        with (
            pytest.raises(UnusableError, match="could not list its tests"),
            open_runner(workspace),
        ):
            pytest.fail("it listed them")


def test_another_python_finds_nothing_of_ours_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")
    assert Workspace(tmp_path).build_environment()["PYTHONPATH"] == "/ours"
    other = Workspace(tmp_path, "/other/bin/python")
    assert "PYTHONPATH" not in other.build_environment()
