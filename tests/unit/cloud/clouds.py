"""A clouds.yaml of one cloud, and what the command line says about it."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from defcheck.cli import main

SECRET = "canary-9secret"
CLASS_NAME = re.compile(r"\b[A-Z]\w+(Error|Exception|Failure)\b")

AUTH = {
    "username": "someone",
    "password": SECRET,
    "project_name": "p",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


def entry(auth_url: str, *without: str, auth: Mapping[str, Any] = {}, **more: Any) -> Any:
    """Return an entry with changes under `auth` and beside it."""
    own = {"auth_url": auth_url, **AUTH, **auth}
    return {"auth": {key: own[key] for key in own if key not in without}, **more}


class Said(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    def refuse(self, code: int, *words: str) -> None:
        """Assert an error for a person: what is wrong and what to do, in two lines."""
        assert self.code == code, self.stderr
        assert self.stdout == ""
        assert not CLASS_NAME.search(self.stderr), self.stderr
        assert SECRET not in self.stderr
        for unwanted in ("foreseen", "nexpected error", "Traceback", "***", "Warning"):
            assert unwanted not in self.stderr
        lines = self.stderr.splitlines()
        assert len(lines) == 2, self.stderr
        assert lines[0].startswith("Error: "), self.stderr
        assert all(line.endswith((".", '"')) for line in lines), self.stderr
        for word in words:
            assert word in self.stderr, self.stderr


Defcheck = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in which openstacksdk finds nothing but what a test writes."""
    for name in list(os.environ):
        if name.startswith("OS_") or name.endswith("CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DEFCHECK_LAB_STATE", str(tmp_path / "no-lab"))
    monkeypatch.setenv("DEFCHECK_LAB_FULL_STATE", str(tmp_path / "no-lab"))
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [])
    monkeypatch.setattr("openstack.config.loader.SECURE_FILES", [])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def defcheck(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Defcheck:
    """Return a function that runs the command line in-process, with a clouds.yaml or without."""

    def run(*words: str, cloud: Any = None, name: str = "c", text: str = "") -> Said:
        if cloud is not None or text:
            file = folder / "clouds.yaml"
            file.write_text(text or yaml.safe_dump({"clouds": {name: cloud}}))
            monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
        with pytest.raises(SystemExit) as ended:
            main.run([*words] or ["cloud", "configure", name, "--stdout"])
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, *capsys.readouterr())

    return run
