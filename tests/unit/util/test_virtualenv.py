"""A virtualenv is made of what is asked for, and of nothing that the user's variables add."""

import sys
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.util.virtualenv import PROMPT, Virtualenv, own_variables

UV = """#!/bin/sh
echo "$@" >> {calls}
echo "PYTHONPATH is <$PYTHONPATH>"
exit {code}
"""


@pytest.fixture
def wanted(tmp_path: Path) -> Virtualenv:
    return Virtualenv(tmp_path / "environment", tmp_path / "log", "things", "THINGS_FOLDER")


def fake_uv(folder: Path, code: int) -> str:
    program = folder / "uv"
    program.write_text(UV.format(calls=folder / "calls", code=code))
    program.chmod(0o700)
    return str(program)


def test_uv_installs_into_the_virtualenv_alone(
    wanted: Virtualenv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert wanted.install_packages(["one==1"], lambda _: None, fake_uv(tmp_path, 0)) == "uv"
    called = (tmp_path / "calls").read_text()
    assert f"--python {wanted.python}" in called
    assert called.endswith("one==1\n")
    assert wanted.python.exists()
    command, said = wanted.log.read_text().splitlines()
    assert command.startswith(PROMPT)
    assert said == "PYTHONPATH is <>"


def test_pip_is_tried_where_uv_fails_and_nothing_is_hidden(
    wanted: Virtualenv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    said: list[str] = []
    assert wanted.install_packages(["no-such==1"], said.append, fake_uv(tmp_path, 2)) is None
    assert said == [
        "Installing things with uv",
        "uv could not install them (it does not read pip's configuration); trying pip",
        "Installing things with pip, which takes longer than uv",
    ]
    assert "No matching distribution found for no-such==1" in wanted.log.read_text()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wanted = Virtualenv(tmp_path / "file" / "below", tmp_path / "log", "things", "THINGS_FOLDER")
    with pytest.raises(UnusableError, match="Cannot create a virtualenv") as told:
        wanted.install_packages([], lambda _: None, None)
    assert "THINGS_FOLDER" in told.value.advice


def test_the_rest_of_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", sys.prefix)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert "PYTHONHOME" not in own_variables()
    assert own_variables()["HTTPS_PROXY"] == "http://proxy"
