"""Install a Tempest into an environment of its own, and delete it again."""

import re
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.tempest import installed
from defcheck.tempest.installed import DEFAULT_TEMPEST, InstalledTempest
from defcheck.tempest.managed import environments, known_tempests
from defcheck.tempest.managed.environments import (
    VARIABLE,
    EnvironmentStamp,
    TempestEnvironment,
    environments_folder,
    version_key,
)
from defcheck.util.concurrency import hold_exclusive_lock
from defcheck.util.virtualenv import PROMPT, Say, Virtualenv, find_uv

ListTests = Callable[[InstalledTempest], Sequence[str]]
"""Lists the full names of the tests of a Tempest; raises `UnusableError` where it cannot."""

UNBOUND = "46.1.0"
"""The first version that works with everything that it asks for as it is today."""

BOUNDS = ("setuptools<82", "oslo.utils<10")
"""What older versions need besides: both dropped what they import (measured on Python 3.11)."""

RUNNER = ("stestr", "python-subunit>=1.4.4", "testtools>=2.7.1")
"""What runs and lists the tests; versions up to 17.2.0 do not ask for all of it."""

UNREACHED = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Failed to establish a new connection|"
    r"Temporary failure in name resolution|Name or service not known|ProxyError|"
    r"Could not fetch URL|error sending request|dns error|Connection refused"
)
MISSING = re.compile(
    r"satisfies the requirement (?P<wanted>[^\s;]+) \(from versions: (?P<there>[^)]*)\)"
)


def install_tempest(
    environment: TempestEnvironment, say: Say, list_tests: ListTests
) -> EnvironmentStamp:
    """Install the Tempest of `environment` and prove that it lists its tests.

    Raises `InputError` where it is installed already or there is no such
    version, `UnusableError` where it cannot be installed or does not work.
    Nothing of it is left behind then.
    """
    _make_folders(environment)
    with hold_exclusive_lock(environment.lock, f"using or installing Tempest {environment.name}"):
        if environment.read_stamp() is not None:
            raise InputError(
                f"Tempest {environment.name} is installed already.",
                f"Use it with --tempest {environment.name}, or remove it first with "
                f"`defcheck tempest remove {environment.name}`.",
            )
        try:
            return _install_environment(environment, say, list_tests)
        except BaseException:
            shutil.rmtree(environment.folder, ignore_errors=True)
            raise


def remove_tempest(environment: TempestEnvironment, say: Say) -> None:
    """Delete an environment, finished or not; raise `InputError` where there is none."""
    if not environment.folder.is_dir():
        raise InputError(
            f"Tempest {environment.name} is not installed.",
            "`defcheck tempest list` names those that are.",
        )
    with hold_exclusive_lock(environment.lock, f"using or installing Tempest {environment.name}"):
        try:
            # First what says that it is whole: a removal may be interrupted.
            (environment.folder / "complete.json").unlink(missing_ok=True)
            shutil.rmtree(environment.folder)
        except OSError as error:
            raise UnusableError(
                f"{environment.folder} cannot be deleted: {error.strerror}.", "Delete it by hand."
            ) from error
        environment.log.unlink(missing_ok=True)
    if environments.get_tempest_in_use() == environment.name:
        environments.use_tempest(DEFAULT_TEMPEST)
        say("It was in use; the default is used from now on")


def list_requirements(environment: TempestEnvironment) -> list[str]:
    """Return what is asked of the package index."""
    version, *plugins = environment.name.split("+")
    bounds = BOUNDS if version_key(version) < version_key(UNBOUND) else ()
    return [f"tempest=={version}", *plugins, *RUNNER, *bounds]


def _install_environment(
    environment: TempestEnvironment, say: Say, list_tests: ListTests
) -> EnvironmentStamp:
    started = time.monotonic()
    wanted = Virtualenv(
        environment.folder, environment.log, f"Tempest {environment.name}", VARIABLE
    )
    if wanted.install_packages(list_requirements(environment), say, find_uv()) is None:
        raise _explain_failure(environment)
    tempest = _locate_tempest(environment)
    say(f"Installed in {time.monotonic() - started:.1f} s; listing its tests")
    try:
        tests = list_tests(tempest)
    except UnusableError as error:
        raise UnusableError(
            f"Tempest {environment.name} was installed, but does not work on Python "
            f"{tempest.python_version}. {error.message}",
            "Nothing of it was left. Choose another version"
            + (" of it or of the plugin." if "+" in environment.name else "."),
        ) from error
    stamp = EnvironmentStamp(
        version=tempest.version,
        plugins=installed.list_plugins(tempest),
        python=tempest.python_version,
        site=str(tempest.package.parent.relative_to(environment.folder)),
        tests=len(tests),
        bytes=_measure_size(environment.folder),
        packages=sorted(
            f"{one.name}=={one.version}" for one in installed.list_distributions(tempest)
        ),
        installed=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    environment.write_stamp(stamp, tests)
    return stamp


def _make_folders(environment: TempestEnvironment) -> None:
    try:
        for path in (environment.log.parent, environment.lock.parent):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{environments_folder()} cannot be written: {error.strerror}.",
            f"Name another folder in the environment variable {VARIABLE}.",
        ) from error


def _locate_tempest(environment: TempestEnvironment) -> InstalledTempest:
    """Return the Tempest that was just installed."""
    version = environment.name.partition("+")[0]
    found = list(environment.folder.glob("lib/python*/site-packages/tempest"))
    if len(found) != 1:
        raise UnusableError(
            f"Tempest {environment.name} was installed, but is not in {environment.folder}.",
            f"What the installer said: {environment.log}",
        )
    return InstalledTempest(
        version,
        found[0],
        name=environment.name,
        python=str(environment.folder / "bin" / "python"),
    )


def _explain_failure(environment: TempestEnvironment) -> DefcheckError:
    """Return why nothing could be installed, from what the installer said last."""
    text = environment.log.read_text(encoding="utf-8", errors="replace")
    said = text.rpartition(f"\n{PROMPT}")[2]  # the last one's: uv may have failed otherwise
    missing = MISSING.search(said)
    if UNREACHED.search(said) or (missing and missing["there"] == "none"):
        what = missing["wanted"] if missing else f"Tempest {environment.name}"
        return UnusableError(
            f"Tempest {environment.name} could not be installed: the package index could not be "
            f"reached, or has no version at all of {what.partition('==')[0]}.",
            f"Check the name, the network, and pip's configuration. All of it: {environment.log}",
        )
    if missing:
        name, _, version = missing["wanted"].partition("==")
        near = (
            known_tempests.find_nearest_versions(version, missing["there"].split(", "))
            if version
            else ()
        )
        return InputError(
            f"There is no {name} {version} in the package index.",
            f"The nearest ones are {', '.join(near)}." if near else "Check its name.",
        )
    last = "\n".join(f"    {line}" for line in said.splitlines()[-12:])
    return UnusableError(
        f"Tempest {environment.name} could not be installed. The installer said last:\n{last}",
        f"All of it: {environment.log}",
    )


def _measure_size(path: Path) -> int:
    return sum(one.lstat().st_size for one in path.rglob("*") if not one.is_dir())
