"""A run takes the Tempest that was asked for, and says what is wrong with it first."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.results.models import Event
from defcheck.runner import runs
from defcheck.runner.preparation import RunRequest
from defcheck.tempest.managed import environments
from defcheck.tempest.managed.environments import EnvironmentStamp


class Heard:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def planned(self, tests: Sequence[str], workers: int) -> None:
        raise AssertionError("nothing is run here")

    def event(self, event: Event) -> None:
        raise AssertionError("nothing is run here")

    def ended(self, *, interrupted: bool) -> None:
        raise AssertionError("nothing is run here")


@pytest.fixture
def request_without_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRequest:
    """A request that cannot get further than to its cloud, and environments of two versions."""
    monkeypatch.setenv(environments.VARIABLE, str(tmp_path / "tempests"))
    for version in ("12.2.0", "40.0.0"):
        made = environments.parse_environment_name(version)
        (made.folder / "tempest").mkdir(parents=True)
        (made.folder / "bin").mkdir()
        (made.folder / "bin" / "python").symlink_to(sys.executable)
        made.write_stamp(
            EnvironmentStamp(version, {}, "3.11.7", ".", 1, 1, [], "2026-11-25"),
            ["tempest.C.test_a"],
        )
    return RunRequest("2020.06", "storage", tmp_path / "out")


@pytest.mark.parametrize(("version", "warnings"), [("12.2.0", 1), ("40.0.0", 0), ("default", 0)])
def test_tempest_for_an_older_python_is_warned_of(
    request_without_cloud: RunRequest, version: str, warnings: int
) -> None:
    heard = Heard()
    with pytest.raises(InputError, match="No cloud is named"):
        runs.run_guideline(replace(request_without_cloud, tempest=version), heard)
    old = [text for text in heard.said if "written for an older Python" in text]
    assert len(old) == warnings
    assert all(text.startswith("Warning: Tempest 12.2.0 was") for text in old)


def test_one_that_is_not_there_ends_it_before_anything_is_made(
    request_without_cloud: RunRequest, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"Tempest 22\.1\.0 is not installed"):
        runs.run_guideline(replace(request_without_cloud, tempest="22.1.0"), Heard())
    assert not (tmp_path / "out").exists()
