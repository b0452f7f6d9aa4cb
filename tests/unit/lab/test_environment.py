"""The cached virtualenv: one per lock and Python, and never a half-made one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import environment
from defcheck.lab.environment import LabPackages
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.lab_sizes import SmallSize

pytestmark = pytest.mark.usefixtures("layout")

PACKAGES = LabPackages("small", "Keystone and Swift")
ALL_PACKAGES = [SmallSize().packages, FullSize().packages]

FakeUv = Callable[[int], Path]

UV = """#!/bin/sh
echo "$@" >> {calls}
exit {code}
"""


@pytest.fixture
def fake_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    """Stand in for uv with a program that ends with the code; return its list of calls."""

    def make(code: int) -> Path:
        program, calls = tmp_path / "uv", tmp_path / "calls"
        program.write_text(UV.format(calls=calls, code=code))
        program.chmod(0o700)
        monkeypatch.setattr(environment, "find_uv", lambda: str(program))
        return calls

    return make


def test_the_key_tells_locks_and_pythons_apart() -> None:
    keys = {
        environment.make_environment_key(name, lock, python)
        for name in ("small", "full")
        for lock in ("swift==1\n", "swift==2\n")
        for python in ("3.11.7", "3.12.1")
    }
    assert len(keys) == 8
    assert environment.make_environment_key("small", "swift==1\n", "3.11.7") in keys


@pytest.mark.parametrize("packages", ALL_PACKAGES, ids=lambda packages: packages.name)
def test_the_lock_holds_pins_with_hashes_and_names_no_host(packages: LabPackages) -> None:
    text = packages.lock_text
    pins = [line for line in text.splitlines() if line and line[0] not in "# "]
    assert len(pins) > 50
    assert all(re.match(r"[a-z0-9.-]+==\S+( ; .*)? \\$", pin) for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text
    names = {pin.split("==")[0] for pin in pins}
    assert {"keystone", "swift", "gunicorn", *packages.sources} <= names


def test_a_half_made_environment_is_made_anew(fake_uv: FakeUv) -> None:
    calls = fake_uv(0)
    rest = environment.find_environment(PACKAGES).folder / "lib" / "rest"
    rest.parent.mkdir(parents=True)
    rest.touch()
    assert not environment.find_environment(PACKAGES).is_complete

    made = environment.ensure_environment(PACKAGES, lambda _: None)
    assert made.is_complete
    assert not rest.exists()
    assert "--require-hashes" in calls.read_text()


def test_a_complete_environment_is_used_as_it_is(fake_uv: FakeUv) -> None:
    calls = fake_uv(0)
    environment.ensure_environment(PACKAGES, lambda _: None)
    calls.unlink()
    assert environment.ensure_environment(PACKAGES, lambda _: None).is_complete
    assert not calls.exists()


def test_an_environment_whose_python_is_gone_is_not_complete(fake_uv: FakeUv) -> None:
    fake_uv(0)
    made = environment.ensure_environment(PACKAGES, lambda _: None)
    made.find_program("python").unlink()
    assert not made.is_complete


def test_where_uv_fails_pip_is_tried_and_a_failure_told(
    fake_uv: FakeUv, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_uv(2)
    # pip itself is real; it finds nothing and asks no one.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    said: list[str] = []

    with pytest.raises(UnusableError) as told:
        environment.ensure_environment(PACKAGES, said.append)
    assert any("uv" in line and "trying pip" in line for line in said)
    assert "No matching distribution found" in told.value.message
    assert str(environment.find_environment(PACKAGES).install_log) in told.value.advice
    assert not environment.find_environment(PACKAGES).is_complete


def test_packages_without_wheels_are_taken_as_they_are_and_no_others(fake_uv: FakeUv) -> None:
    calls = fake_uv(0)
    environment.ensure_environment(FullSize().packages, lambda _: None)
    assert "--only-binary :all:" in calls.read_text()
    assert calls.read_text().rstrip().endswith("--no-binary ovs --no-binary simplegeneric")


def test_delete_leaves_what_is_not_an_environment(fake_uv: FakeUv) -> None:
    fake_uv(0)
    made = environment.ensure_environment(PACKAGES, lambda _: None)
    other = made.folder.with_name("something-else")
    other.mkdir()
    full = environment.ensure_environment(FullSize().packages, lambda _: None)

    environment.delete_environments(PACKAGES)
    assert not made.folder.exists()
    assert not made.install_log.exists()
    assert other.exists()
    assert full.is_complete
