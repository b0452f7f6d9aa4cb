"""The virtualenv in which the lab's services run, kept in the cache."""

import hashlib
import platform
import shutil
import time
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab import paths
from defcheck.lab.paths import read_last_lines
from defcheck.util.concurrency import hold_exclusive_lock
from defcheck.util.virtualenv import Say, Virtualenv, find_uv


@dataclass(frozen=True)
class LabPackages:
    """What one size of lab installs."""

    name: str
    """The size; the pinned packages are in the file NAME.lock beside this module."""

    title: str
    """What they are, in words."""

    sources: tuple[str, ...] = ()
    """Those of pure Python that are published without a wheel."""

    @property
    def lock_file(self) -> Traversable:
        """The pinned packages."""
        return resources.files("defcheck.lab").joinpath(f"{self.name}.lock")

    @property
    def lock_text(self) -> str:
        """The content of the lock file."""
        return self.lock_file.read_text(encoding="utf-8")

    @property
    def release(self) -> str:
        """A digest of the pinned packages: data of one release is not for another."""
        return hashlib.sha256(self.lock_text.encode()).hexdigest()


@dataclass(frozen=True)
class LabEnvironment:
    """A virtualenv made from one lock file for one Python."""

    folder: Path

    @property
    def is_complete(self) -> bool:
        """Tell whether its installation ended well and its Python still exists."""
        return self._stamp_path.exists() and self.find_program("python").exists()

    @property
    def install_log(self) -> Path:
        """What the installer said; beside the folder, to outlive a failed one."""
        return self.folder.with_name(self.folder.name + ".log")

    @property
    def lock_path(self) -> Path:
        """The lock file that keeps two commands from making it at once."""
        return self.folder.with_name(self.folder.name + ".lock")

    def find_program(self, name: str) -> Path:
        """Return a program of this virtualenv."""
        return self.folder / "bin" / name

    def mark_complete(self) -> None:
        """Record that everything is installed."""
        self._stamp_path.touch()

    @property
    def _stamp_path(self) -> Path:
        # A stamp, and not a rename at the end: the programs of a virtualenv name
        # the folder they were made in, so that a renamed one has only broken ones.
        return self.folder / "complete"


def find_environment(packages: LabPackages) -> LabEnvironment:
    """Return the environment for these packages and this Python, made or not."""
    name = make_environment_key(packages.name, packages.lock_text, platform.python_version())
    return LabEnvironment(paths.find_cache_folder() / name)


def make_environment_key(name: str, lock: str, python_version: str) -> str:
    """Return the folder name for a size, its lock file's text and a Python version."""
    digest = hashlib.sha256(f"{python_version}\n{lock}".encode()).hexdigest()
    return f"{name}-python{python_version}-{digest[:12]}"


def ensure_environment(packages: LabPackages, say: Say) -> LabEnvironment:
    """Return the environment, installing it first if it is absent or half-made.

    Raise UnusableError if neither uv nor pip can install it.
    """
    environment = find_environment(packages)
    if environment.is_complete:
        return environment

    def report_waiting() -> None:
        say("Waiting for another defcheck that installs the same packages")

    with hold_exclusive_lock(
        environment.lock_path, "installing the lab's packages", report_waiting
    ):
        if not environment.is_complete:
            _install_packages(environment, packages, say)
    return environment


def delete_environments(packages: LabPackages) -> None:
    """Delete every environment of this size in the cache."""
    cache = paths.find_cache_folder()
    for folder in cache.glob(f"{packages.name}-python*"):
        if folder.is_dir():
            shutil.rmtree(folder)
        elif folder.suffix == ".log":
            folder.unlink()


def _install_packages(environment: LabEnvironment, packages: LabPackages, say: Say) -> None:
    started = time.monotonic()
    what = f"{packages.title} (the first time only)"
    wanted = Virtualenv(environment.folder, environment.install_log, what, paths.CACHE_VARIABLE)
    with resources.as_file(packages.lock_file) as lock:
        # The lock is complete, so nothing is resolved; wheels only, so nothing is compiled.
        exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
        for source in packages.sources:
            exactly += ["--no-binary", source]
        installer = wanted.install_packages(exactly, say, find_uv())
    if installer is None:
        raise UnusableError(
            "The lab's packages could not be installed on Python "
            f"{platform.python_version()}. The installer said last:\n"
            f"{read_last_lines(environment.install_log)}",
            "The lab is known to work with Python 3.11, 3.12 and 3.13, and needs a package index "
            f"that pip can reach. All of it: {environment.install_log}",
        )
    environment.mark_complete()
    say(f"Installed with {installer} in {time.monotonic() - started:.1f} s")
