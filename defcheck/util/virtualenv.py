"""Create a virtualenv and install packages into it, with uv if available, else with pip."""

import importlib
import os
import shlex
import shutil
import subprocess
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import UnusableError

Say = Callable[[str], None]

PROMPT = "$ "
"""Prefix of a command in the log."""

_LEADING_ELSEWHERE = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
"""Environment variables that would change where packages come from or go to."""


@dataclass(frozen=True, slots=True)
class Virtualenv:
    """A virtualenv that exists or will be created."""

    folder: Path

    log: Path
    """Log of the installers; outside the folder, so that it survives a failed install."""

    what: str
    """What is installed into it, for messages."""

    place: str
    """The environment variable that sets another folder."""

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    def install_packages(self, arguments: Sequence[str], say: Say, uv: str | None) -> str | None:
        """Create it again and install what `arguments` of `pip install` name.

        Returns the installer that succeeded, None if none did: the log then says
        why. Raises `UnusableError` if no virtualenv can be created.
        """
        self.log.unlink(missing_ok=True)
        if uv:
            say(f"Installing {self.what} with uv")
            self._create_virtualenv(with_pip=False)
            command = [uv, "pip", "install", "--compile-bytecode", "--python", str(self.python)]
            if self._run_installer([*command, *arguments]):
                return "uv"
            say("uv could not install them (it does not read pip's configuration); trying pip")
        say(f"Installing {self.what} with pip, which takes longer than uv")
        self._create_virtualenv(with_pip=True)
        command = [str(self.python), "-m", "pip", "install", "--no-input"]
        return "pip" if self._run_installer([*command, *arguments]) else None

    def _create_virtualenv(self, *, with_pip: bool) -> None:
        try:
            venv.create(self.folder, clear=True, symlinks=True, with_pip=with_pip)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnusableError(
                f"Cannot create a virtualenv in {self.folder}: {error}.",
                "Install Python's venv module (on Debian and Ubuntu: the package python3-venv)"
                f" and make the folder writable, or set another one in {self.place}.",
            ) from error

    def _run_installer(self, command: Sequence[str]) -> bool:
        with self.log.open("ab") as log:
            log.write(f"{PROMPT}{shlex.join(command)}\n".encode())
            log.flush()
            ended = subprocess.run(
                command,
                env=own_variables(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        return ended.returncode == 0


def own_variables() -> dict[str, str]:
    """Return the environment without variables that would mix other packages into a virtualenv."""
    return {name: value for name, value in os.environ.items() if name not in _LEADING_ELSEWHERE}


def find_uv() -> str | None:
    """Return the path of uv: from the package `uv` (defcheck[lab]), else from PATH, else None."""
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv")
