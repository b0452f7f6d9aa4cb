"""The virtualenv in which the lab's services run, kept in the cache."""

import hashlib
import platform
import shutil
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.exclusion import exclusive
from defcheck.lab import paths
from defcheck.lab.files import last_lines
from defcheck.virtualenv import Say, Virtualenv, find_uv

LOCK = "small.lock"
"""The pinned packages, beside this module."""

WHAT = "Keystone and Swift (the first time only)"


@dataclass(frozen=True)
class Environment:
    """A virtualenv made from one lock file for one Python."""

    folder: Path

    @property
    def is_complete(self) -> bool:
        """Tell whether its installation ended well and its Python still exists."""
        return self._stamp.exists() and self.program("python").exists()

    @property
    def install_log(self) -> Path:
        """What the installer said; beside the folder, to outlive a failed one."""
        return self.folder.with_name(self.folder.name + ".log")

    @property
    def lock(self) -> Path:
        """The lock file that keeps two commands from making it at once."""
        return self.folder.with_name(self.folder.name + ".lock")

    def program(self, name: str) -> Path:
        """Return a program of this virtualenv."""
        return self.folder / "bin" / name

    def finish(self) -> None:
        """Record that everything is installed."""
        self._stamp.touch()

    @property
    def _stamp(self) -> Path:
        # A stamp, and not a rename at the end: the programs of a virtualenv name
        # the folder they were made in, so that a renamed one has only broken ones.
        return self.folder / "complete"


def current() -> Environment:
    """Return the environment for this lock file and this Python, made or not."""
    return Environment(paths.cache() / key(lock_text(), platform.python_version()))


def lock_text() -> str:
    """Return the lock file that this defcheck carries."""
    return resources.files("defcheck.lab").joinpath(LOCK).read_text(encoding="utf-8")


def key(lock: str, python_version: str) -> str:
    """Return the folder name for a lock file's text and a Python version."""
    digest = hashlib.sha256(f"{python_version}\n{lock}".encode()).hexdigest()
    return f"small-python{python_version}-{digest[:12]}"


def ensure(say: Say) -> Environment:
    """Return the environment, installing it first if it is absent or half-made.

    Raise UnusableError if neither uv nor pip can install it.
    """
    environment = current()
    if environment.is_complete:
        return environment

    def wait() -> None:
        say("Waiting for another defcheck that installs the same packages")

    with exclusive(environment.lock, "installing the lab's packages", wait):
        if not environment.is_complete:
            _make(environment, say)
    return environment


def delete() -> None:
    """Delete every environment in the cache."""
    cache = paths.cache()
    for folder in cache.glob("small-python*"):
        if folder.is_dir():
            shutil.rmtree(folder)
        elif folder.suffix == ".log":
            folder.unlink()


def _make(environment: Environment, say: Say) -> None:
    started = time.monotonic()
    wanted = Virtualenv(environment.folder, environment.install_log, WHAT, paths.CACHE_VARIABLE)
    with resources.as_file(resources.files("defcheck.lab").joinpath(LOCK)) as lock:
        # The lock is complete, so nothing is resolved; wheels only, so nothing is compiled.
        exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
        installer = wanted.build(exactly, say, find_uv())
    if installer is None:
        raise UnusableError(
            "The lab's packages could not be installed on Python "
            f"{platform.python_version()}. The installer said last:\n"
            f"{last_lines(environment.install_log)}",
            "The lab is known to work with Python 3.11, 3.12 and 3.13, and needs a package index "
            f"that pip can reach. All of it: {environment.install_log}",
        )
    environment.finish()
    say(f"Installed with {installer} in {time.monotonic() - started:.1f} s")
