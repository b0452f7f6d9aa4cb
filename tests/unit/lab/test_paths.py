"""Where the lab keeps what it makes."""

import subprocess
import sys
from pathlib import Path

import pytest

from defcheck.lab import paths


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *paths.STATE_VARIABLES.values(),
        "DEFCHECK_LAB_CACHE",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/someone")


def test_default_folders() -> None:
    assert paths.find_state_folder("small") == Path("/home/someone/.local/state/defcheck/lab/small")
    assert paths.find_cache_folder() == Path("/home/someone/.cache/defcheck/lab")


def test_xdg_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    monkeypatch.setenv("XDG_CACHE_HOME", "/srv/cache")
    assert paths.find_state_folder("small") == Path("/srv/state/defcheck/lab/small")
    assert paths.find_cache_folder() == Path("/srv/cache/defcheck/lab")


def test_relative_xdg_folders_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    assert paths.find_state_folder("small") == Path("/home/someone/.local/state/defcheck/lab/small")


def test_own_variables_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    monkeypatch.setenv("DEFCHECK_LAB_STATE", "~/lab")
    monkeypatch.setenv("DEFCHECK_LAB_CACHE", "packages")
    assert paths.find_state_folder("small") == Path("/home/someone/lab")
    assert paths.find_state_folder("full") == Path("/srv/state/defcheck/lab/full")
    assert paths.list_clouds_files() == (
        Path("/home/someone/lab/clouds.yaml"),
        Path("/srv/state/defcheck/lab/full/clouds.yaml"),
    )
    assert paths.find_cache_folder() == Path.cwd() / "packages"


def test_the_lock_outlives_the_state() -> None:
    layout = paths.LabLayout(Path("/srv/lab"))
    assert not layout.lock.is_relative_to(layout.state)


@pytest.mark.parametrize("module", ["defcheck.lab.paths", "defcheck.cli.lab"])
def test_cheap_to_import(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    assert module in loaded
    heavy = {"jinja2", "yaml", "requests", "keystoneauth1", "openstack", "venv", "sqlite3"}
    assert not heavy & set(loaded)
