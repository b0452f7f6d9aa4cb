"""What an environment is called, where it lies, and when it counts as whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.tempest.managed import environments
from defcheck.tempest.managed.environments import (
    TempestEnvironment,
    environments_folder,
    list_environments,
    parse_environment_name,
    resolve_environment,
)

Make = Callable[[str], TempestEnvironment]


def test_the_folder_is_the_user_s_choice_then_xdg_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    monkeypatch.setenv("DEFCHECK_TEMPESTS", "/t")
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    assert environments_folder() == Path("/t")
    monkeypatch.delenv("DEFCHECK_TEMPESTS")
    assert environments_folder() == Path("/d/defcheck/tempests")
    for unusable in ("d", ""):
        monkeypatch.setenv("XDG_DATA_HOME", unusable)
        assert environments_folder() == Path("/home/u/.local/share/defcheck/tempests")


def test_the_name_is_the_version_and_the_plugins_in_one_order() -> None:
    plugins = ["heat-tempest-plugin==3.0.0", "Designate_Tempest.Plugin"]
    expected = "47.0.0+designate-tempest-plugin+heat-tempest-plugin==3.0.0"
    assert resolve_environment("47.0.0", plugins).name == expected
    assert resolve_environment("47.0.0", plugins[::-1]).name == expected
    assert parse_environment_name(expected).name == expected


@pytest.mark.parametrize(
    ("version", "plugins"),
    [
        ("", []),
        ("latest", []),
        ("47.0.0; python_version<'3'", []),
        ("../47.0.0", []),
        ("47.0.0", [""]),
        ("47.0.0", ["--index-url=http://x"]),
        ("47.0.0", ["heat @ http://x"]),
        ("47.0.0", ["../x"]),
        ("1!47.0.0", []),
        ("47.0.0+local", []),
        ("9" * 5000, []),
        ("1." * 100 + "0", []),
        ("47.0.0", ["x" * 101]),
        ("47.0.0", ["x=="]),
        ("47.0.0", ["x==1.*"]),
        ("47.0.0", ["x[extra]==1.0"]),
    ],
)
def test_nothing_but_a_version_and_names_of_packages_is_taken(
    version: str, plugins: list[str]
) -> None:
    with pytest.raises(InputError):
        resolve_environment(version, plugins)


@pytest.mark.parametrize(
    "name", ["", "default", "../x", "47.0.0/..", "47.0.0+", "47.0.0+B", "in-use"]
)
def test_a_name_that_install_never_makes_names_nothing(name: str) -> None:
    with pytest.raises(InputError):
        parse_environment_name(name)


def test_a_finished_environment_says_what_it_holds(make: Make) -> None:
    made = make("22.1.0")
    stamp = made.read_stamp()
    assert stamp is not None
    tempest = made.get_tempest(stamp)
    assert (tempest.version, tempest.name, tempest.is_default) == ("22.1.0", "22.1.0", False)
    assert tempest.package == made.folder / "lib/python3.11/site-packages/tempest"
    assert Path(tempest.python) == made.folder / "bin" / "python"
    assert made.inventory.read_text() == "tempest.C.test_a[id-1]\n"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "defcheck tempest environment 1"}'])
def test_damaged_stamp_of_a_tempest_environment_is_ignored(make: Make, text: str) -> None:
    made = make("22.1.0")
    (made.folder / "complete.json").write_text(text)
    assert made.read_stamp() is None


@pytest.mark.parametrize(
    "gone", ["complete.json", "bin/python", "lib/python3.11/site-packages/tempest"]
)
def test_incomplete_tempest_environment_has_no_stamp(make: Make, gone: str) -> None:
    made = make("22.1.0")
    path = made.folder / gone
    path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert made.read_stamp() is None


def test_all_are_found_oldest_first_half_made_ones_too(make: Make, tempests: Path) -> None:
    assert list_environments() == ()
    for name in ("47.0.0", "9.1.0", "47.0.0+heat-tempest-plugin"):
        make(name)
    (tempests / "22.1.0").mkdir()
    (tempests / ".locks").mkdir()
    (tempests / "in-use").write_text("47.0.0\n")
    assert [(one.name, stamp is not None) for one, stamp in list_environments()] == [
        ("9.1.0", True),
        ("22.1.0", False),
        ("47.0.0", True),
        ("47.0.0+heat-tempest-plugin", True),
    ]


def test_versions_are_sorted_as_package_indexes_sort_them() -> None:
    versions = ["22.10.0", "22.10.0rc1", "22.1.0", "not-one", "22.10.0.dev3", "9.1.0"]
    oldest_first = ["not-one", "9.1.0", "22.1.0", "22.10.0.dev3", "22.10.0rc1", "22.10.0"]
    assert sorted(versions, key=environments.version_key) == oldest_first


def test_two_ways_to_write_a_version_name_one_environment() -> None:
    assert resolve_environment("v47.0.0-rc1", ["A_b==1.0-beta2"]).name == "47.0.0rc1+a-b==1.0b2"
