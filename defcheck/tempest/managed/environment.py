"""Environments of other Tempests: where they lie, what they are called, what they hold."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.files import clip, write_atomic
from defcheck.tempest.installed import DEFAULT, InstalledTempest

VARIABLE = "DEFCHECK_TEMPESTS"
"""Names the folder of all environments."""

FORMAT = "defcheck tempest environment 1"

VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}((a|b|rc)\d{1,4}|\.dev\d{1,6})?")
PLUGIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?(==[0-9][A-Za-z0-9.]{0,30})?")
_NAME = re.compile(r"[0-9][A-Za-z0-9._=+-]{0,250}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is written into an environment when all of it is installed and works."""

    version: str
    plugins: Mapping[str, str]
    """Distributions that bring tests, and their versions."""

    python: str
    site: str
    """Where the packages are, below the environment's folder."""

    tests: int
    bytes: int
    """How much room it took."""

    packages: Sequence[str]
    """Every installed package, as name==version."""

    installed: str
    """ISO 8601, UTC."""

    format: str = FORMAT

    @classmethod
    def of(cls, document: Any) -> "Stamp":
        """Build it from decoded JSON; raise ValueError where it is none of ours."""
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError("unknown format")
        try:
            stamp = cls(**document)
        except TypeError as error:
            raise ValueError(str(error)) from error
        texts = (stamp.version, stamp.python, stamp.site, stamp.installed)
        if not all(isinstance(text, str) for text in texts) or not isinstance(stamp.plugins, dict):
            raise ValueError("not complete")
        return stamp


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with a virtualenv for one Tempest, made or to be made."""

    name: str
    """The version, then each plugin after a plus."""

    @property
    def folder(self) -> Path:
        """The virtualenv."""
        return folder() / self.name

    @property
    def log(self) -> Path:
        """What the installer said."""
        return folder() / ".logs" / self.name

    @property
    def lock(self) -> Path:
        """What keeps it from being made, used and deleted at once."""
        return folder() / ".locks" / self.name

    @property
    def inventory(self) -> Path:
        """The full names of its tests, one a line."""
        return self.folder / "inventory.txt"

    def read(self) -> Stamp | None:
        """Return what the finished environment holds, None where it is not finished or damaged."""
        try:
            stamp = Stamp.of(json.loads(self._stamp.read_bytes()))
        except (OSError, ValueError):
            return None
        usable = (self.folder / stamp.site / "tempest").is_dir() and self._python.exists()
        return stamp if usable else None

    def finish(self, stamp: Stamp, inventory: Sequence[str]) -> None:
        """Say that it is finished; not before that is it ever used."""
        write_atomic(self.inventory, "".join(f"{name}\n" for name in inventory))
        write_atomic(self._stamp, json.dumps(asdict(stamp), indent=2) + "\n")

    def tempest(self, stamp: Stamp) -> InstalledTempest:
        """Return its Tempest."""
        return InstalledTempest(
            version=stamp.version,
            package=self.folder / stamp.site / "tempest",
            name=self.name,
            python=str(self._python),
            python_version=stamp.python,
        )

    @property
    def _python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def _stamp(self) -> Path:
        # A stamp, and no rename at the end: the programs of a virtualenv name
        # the folder that they were made in.
        return self.folder / "complete.json"


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of all environments, which need not exist.

    `$DEFCHECK_TEMPESTS`, else `defcheck/tempests` in `$XDG_DATA_HOME`, else in
    `~/.local/share`.
    """
    named = environment.get(VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    data = environment.get("XDG_DATA_HOME", "")
    # The XDG base directory specification: a relative path is to be ignored.
    base = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return base / "defcheck" / "tempests"


def wanted(version: str, plugins: Sequence[str] = ()) -> Environment:
    """Return the environment for a version with plugins, each a name or name==version.

    Raises `InputError` where one of them is none.
    """
    if not VERSION.fullmatch(version):
        raise InputError(
            f"{clip(version) or '(nothing)'} is no version of Tempest.",
            "Name one such as 40.0.0; `defcheck tempest recommend` knows them.",
        )
    for plugin in plugins:
        if not PLUGIN.fullmatch(plugin):
            raise InputError(
                f"{clip(plugin) or '(nothing)'} is no plugin's name.",
                "Give the name of its package, such as heat-tempest-plugin or "
                "heat-tempest-plugin==3.0.0.",
            )
    return Environment("+".join((version, *sorted({_normal(one) for one in plugins}))))


def _normal(plugin: str) -> str:
    """Return a plugin as package indexes write it (PyPA's specification "Names")."""
    name, equals, version = plugin.partition("==")
    return re.sub(r"[-_.]+", "-", name).lower() + equals + version


def named(name: str) -> Environment:
    """Return the environment called `name`, made or not; raise `InputError` where none could be."""
    version, *plugins = name.split("+")
    if name == DEFAULT or not _NAME.fullmatch(name) or wanted(version, plugins).name != name:
        raise InputError(
            f"{clip(name) or '(nothing)'} is not the name of an environment.",
            "`defcheck tempest list` names those that are installed.",
        )
    return Environment(name)


def present() -> tuple[tuple[Environment, Stamp | None], ...]:
    """Return every environment in the folder, oldest version first; None for unfinished ones."""
    try:
        names = [path.name for path in folder().iterdir() if path.is_dir()]
    except OSError:
        return ()
    found = [Environment(name) for name in names if _NAME.fullmatch(name)]
    found.sort(key=lambda one: (version_key(one.name.partition("+")[0]), one.name))
    return tuple((one, one.read()) for one in found)


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are sorted by."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
