"""Whether the installed Tempest is as it was published."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from defcheck.tempest import installed
from defcheck.tempest.installed import (
    InstalledTempest,
    find_changed_files,
    has_package,
    list_plugins,
)

FILES = {"tempest/__init__.py": "", "tempest/test.py": "a = 1\n", "tempest/data.txt": "text\n"}


@pytest.fixture
def tempest(tmp_path: Path) -> InstalledTempest:
    """A small package, installed as pip and uv do it."""
    information = tmp_path / "tempest-47.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: tempest\nVersion: 47.0.0\n")
    lines = []
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
        lines.append(f"{name},sha256={digest.rstrip('=')},{len(text)}\n")
    lines += ["tempest-47.0.0.dist-info/RECORD,,\n", "tempest-47.0.0.dist-info/METADATA,,\n"]
    (information / "RECORD").write_text("".join(lines))
    return InstalledTempest("47.0.0", tmp_path / "tempest")


def test_files_as_they_were_published(tempest: InstalledTempest) -> None:
    assert find_changed_files(tempest) == ()


def test_edited_missing_and_extra_files_are_named(tempest: InstalledTempest) -> None:
    (tempest.package / "test.py").write_text("a = 2\n")
    (tempest.package / "__init__.py").unlink()
    (tempest.package / "api").mkdir()
    (tempest.package / "api" / "more.py").touch()
    (tempest.package / "data.txt").write_text("no code")
    assert find_changed_files(tempest) == (
        "edited tempest/test.py",
        "extra tempest/api/more.py",
        "missing tempest/__init__.py",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("direct_url.json", '{"url": "file:///x", "dir_info": {"editable": true}}'),
        ("RECORD", ""),
        ("RECORD", "tempest/__init__.py,,\n"),
    ],
)
def test_changes_are_unknown_without_recorded_sums(
    tempest: InstalledTempest, name: str, text: str
) -> None:
    (tempest.package.parent / "tempest-47.0.0.dist-info" / name).write_text(text)
    assert find_changed_files(tempest) is None


def test_changes_are_unknown_in_a_tempest_that_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "tempest").mkdir()
    assert find_changed_files(InstalledTempest("47.0.0", tmp_path / "tempest")) is None


def test_the_installed_tempest_is_unmodified() -> None:
    assert find_changed_files(installed.find_default_tempest()) == ()


@pytest.fixture
def other(tempest: InstalledTempest) -> InstalledTempest:
    """The small package as one in an environment of its own, with a plugin."""
    site = tempest.package.parent
    information = site / "heat_plugin-3.0.dist-info"
    information.mkdir()
    (site / "heat_plugin").mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: heat-plugin\nVersion: 3.0\n"
    )
    (information / "entry_points.txt").write_text("[tempest.test_plugins]\nheat = heat:Plugin\n")
    return replace(tempest, name="47.0.0+heat-plugin", python="/other/bin/python")


def test_plugins_and_packages_are_those_beside_a_tempest(other: InstalledTempest) -> None:
    assert list_plugins(other) == {"heat-plugin": "3.0"}
    assert has_package("heat_plugin", other)
    assert not has_package("click", other)
    assert has_package("click", installed.find_default_tempest())
    assert "heat-plugin" not in list_plugins(installed.find_default_tempest())


def test_another_tempest_is_called_by_its_environment(other: InstalledTempest) -> None:
    assert other.title == "Tempest 47.0.0+heat-plugin"
    assert not other.is_default
    assert find_changed_files(other) == ()
