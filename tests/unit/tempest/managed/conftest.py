"""A folder of Tempests of a test's own, and environments in it without a real Tempest."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.tempest.managed import environments
from defcheck.tempest.managed.environments import EnvironmentStamp, TempestEnvironment

SITE = "lib/python3.11/site-packages"

Make = Callable[[str], TempestEnvironment]


@pytest.fixture(autouse=True)
def tempests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder, which does not exist yet."""
    folder = tmp_path / "tempests"
    monkeypatch.setenv(environments.VARIABLE, str(folder))
    return folder


@pytest.fixture
def make() -> Make:
    """Return a function that makes an environment as `install` leaves it, but for its packages."""

    def make(name: str) -> TempestEnvironment:
        made = environments.parse_environment_name(name)
        (made.folder / SITE / "tempest").mkdir(parents=True)
        (made.folder / "bin").mkdir()
        (made.folder / "bin" / "python").symlink_to(sys.executable)
        stamp = EnvironmentStamp(
            version=name.partition("+")[0],
            plugins={},
            python="3.11.7",
            site=SITE,
            tests=1,
            bytes=5,
            packages=["tempest==1"],
            installed="2026-11-25T00:00:00+00:00",
        )
        made.write_stamp(stamp, ["tempest.C.test_a[id-1]"])
        return made

    return make
