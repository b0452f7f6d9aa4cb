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
    """The packages of one size of lab."""

    name: str
    """The size; the pinned packages are in the file NAME.lock next to this module."""

    title: str
    """The services that they contain, for display."""

    sources: tuple[str, ...] = ()
    """Packages of pure Python that are published without a wheel."""

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
    """A virtualenv of one lock file for one Python."""

    folder: Path

    @property
    def is_complete(self) -> bool:
        """Return whether its installation succeeded and its Python still exists."""
        return self._stamp_path.exists() and self.find_program("python").exists()

    @property
    def install_log(self) -> Path:
        """The installer's output; next to the folder, to survive a failed installation."""
        return self.folder.with_name(self.folder.name + ".log")

    @property
    def lock_path(self) -> Path:
        """The lock file that keeps two commands from creating it at the same time."""
        return self.folder.with_name(self.folder.name + ".lock")

    def find_program(self, name: str) -> Path:
        """Return a program of this virtualenv."""
        return self.folder / "bin" / name

    def mark_complete(self) -> None:
        """Record that everything is installed."""
        self._stamp_path.touch()

    @property
    def _stamp_path(self) -> Path:
        # A stamp, and not a rename at the end: the programs of a virtualenv contain the
        # path of their folder, so a rename would break them.
        return self.folder / "complete"


def find_environment(packages: LabPackages) -> LabEnvironment:
    """Return the environment for these packages and this Python, created or not."""
    name = make_environment_key(packages.name, packages.lock_text, platform.python_version())
    return LabEnvironment(paths.find_cache_folder() / name)


def make_environment_key(name: str, lock: str, python_version: str) -> str:
    """Return the folder name for a size, its lock file's text and a Python version."""
    digest = hashlib.sha256(f"{python_version}\n{lock}".encode()).hexdigest()
    return f"{name}-python{python_version}-{digest[:12]}"


def ensure_environment(packages: LabPackages, say: Say) -> LabEnvironment:
    """Return the environment, after installing it if it is missing or incomplete.

    Raise UnusableError if neither uv nor pip can install it.
    """
    environment = find_environment(packages)
    if environment.is_complete:
        return environment

    def report_waiting() -> None:
        say("Waiting for another defcheck that is installing the same packages")

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
        # The lock file is complete, so nothing is resolved; only wheels, so nothing is compiled.
        exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
        for source in packages.sources:
            exactly += ["--no-binary", source]
        installer = wanted.install_packages(exactly, say, find_uv())
    if installer is None:
        raise UnusableError(
            "The lab's packages could not be installed on Python "
            f"{platform.python_version()}. The end of the installer's output:\n"
            f"{read_last_lines(environment.install_log)}",
            "The lab works with Python 3.11, 3.12 and 3.13, and needs a package index "
            f"that pip can reach. Full log: {environment.install_log}",
        )
    environment.mark_complete()
    say(f"Installed with {installer} in {time.monotonic() - started:.1f} s")
