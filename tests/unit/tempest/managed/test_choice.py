"""Which Tempest is used: never another than the one that was chosen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.tempest import installed
from defcheck.tempest.managed import environments
from defcheck.tempest.managed.environments import TempestEnvironment
from defcheck.workflows.tempest_installation import remove_tempest

Make = Callable[[str], TempestEnvironment]


def test_the_default_is_the_one_beside_defcheck() -> None:
    assert (
        environments.find_tempest()
        == environments.find_tempest("default")
        == installed.find_default_tempest()
    )
    assert (
        environments.find_tempest().title == f"Tempest {installed.find_default_tempest().version}"
    )


def test_the_default_also_goes_by_its_version() -> None:
    assert (
        environments.find_tempest(installed.find_default_tempest().version)
        == installed.find_default_tempest()
    )


def test_an_environment_of_the_default_s_version_goes_first(make: Make) -> None:
    version = installed.find_default_tempest().version
    make(version)
    assert environments.find_tempest(version).name == version


def test_one_is_used_until_another_is(make: Make, tempests: Path) -> None:
    make("22.1.0")
    environments.use_tempest("22.1.0")
    assert environments.get_tempest_in_use() == "22.1.0"
    assert environments.find_tempest().name == "22.1.0"
    assert environments.find_tempest("default").is_default
    environments.use_tempest("default")
    assert environments.find_tempest().is_default
    assert not (tempests / "in-use").exists()


def test_one_that_is_not_installed_is_refused_with_what_installs_it(make: Make) -> None:
    make("22.1.0")
    with pytest.raises(InputError) as told:
        environments.find_tempest("40.0.0+heat-tempest-plugin")
    assert "Available: default, 22.1.0" in told.value.advice
    assert "defcheck tempest install 40.0.0 --plugin heat-tempest-plugin" in told.value.advice
    with pytest.raises(InputError):
        environments.use_tempest("40.0.0")
    assert environments.get_tempest_in_use() == "default"


def test_a_half_made_one_is_never_used(make: Make) -> None:
    (make("22.1.0").folder / "complete.json").unlink()
    with pytest.raises(InputError, match="not completely installed"):
        environments.find_tempest("22.1.0")


def test_the_default_does_not_stand_in_for_the_one_in_use(make: Make) -> None:
    made = make("22.1.0")
    environments.use_tempest("22.1.0")
    (made.folder / "complete.json").unlink()
    with pytest.raises(InputError, match="which is in use") as told:
        environments.find_tempest()
    assert "defcheck tempest use default" in told.value.advice


@pytest.mark.parametrize("content", [b"\xff", b"../../x\n"])
def test_a_damaged_choice_is_told(tempests: Path, content: bytes) -> None:
    tempests.mkdir()
    (tempests / "in-use").write_bytes(content)
    with pytest.raises(InputError):
        environments.find_tempest()


def test_one_that_runs_is_not_deleted(make: Make) -> None:
    made = make("22.1.0")
    with (
        environments.hold_tempest(environments.find_tempest("22.1.0")),
        environments.hold_tempest(environments.find_tempest("22.1.0")),
        pytest.raises(UnusableError, match="using or installing"),
    ):
        remove_tempest(made, lambda _: None)
    assert made.read_stamp() is not None


def test_the_default_needs_no_lock(tempests: Path) -> None:
    with environments.hold_tempest(environments.find_tempest()):
        assert not tempests.exists()
