"""Environments of other Tempests: their folders, their content, and the one in use."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from defcheck.errors import InputError, UnusableError
from defcheck.tempest import installed
from defcheck.tempest.installed import DEFAULT_TEMPEST, InstalledTempest
from defcheck.util.concurrency import hold_shared_lock
from defcheck.util.files import clip_text, find_user_folder, write_atomic

VARIABLE = "DEFCHECK_TEMPESTS"
"""The variable that names the folder of all environments."""

FORMAT = "defcheck tempest environment 1"

MAX_LENGTH = 100
"""Characters of a version or a plugin; names on PyPI have 60 at the most."""

_NAME = re.compile(r"[0-9][A-Za-z0-9._=+-]{0,250}")


@dataclass(frozen=True, slots=True)
class EnvironmentStamp:
    """What is written into an environment after it is completely installed and works."""

    version: str
    plugins: Mapping[str, str]
    """Distributions with tests, and their versions."""

    python: str
    site: str
    """The folder of the packages, relative to the environment's."""

    tests: int
    bytes: int
    """Its size on disk."""

    packages: Sequence[str]
    """Every installed package, as name==version."""

    installed: str
    """ISO 8601, UTC."""

    format: str = FORMAT

    @classmethod
    def parse_document(cls, document: Any) -> "EnvironmentStamp":
        """Build it from decoded JSON; raise ValueError if it is not one of defcheck's."""
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
class TempestEnvironment:
    """A folder with a virtualenv for one Tempest, which may not exist yet."""

    name: str
    """The version, then each plugin after a plus sign."""

    @property
    def folder(self) -> Path:
        """The virtualenv."""
        return environments_folder() / self.name

    @property
    def log(self) -> Path:
        """The installer's output."""
        return environments_folder() / ".logs" / self.name

    @property
    def lock(self) -> Path:
        """The lock that keeps it from being created, used and deleted at the same time."""
        return environments_folder() / ".locks" / self.name

    @property
    def inventory(self) -> Path:
        """The full names of its tests, one a line."""
        return self.folder / "inventory.txt"

    def read_stamp(self) -> EnvironmentStamp | None:
        """Return the stamp of a complete environment, None if it is incomplete or damaged."""
        try:
            stamp = EnvironmentStamp.parse_document(json.loads(self._stamp.read_bytes()))
        except (OSError, ValueError):
            return None
        usable = (self.folder / stamp.site / "tempest").is_dir() and self._python.exists()
        return stamp if usable else None

    def write_stamp(self, stamp: EnvironmentStamp, inventory: Sequence[str]) -> None:
        """Mark it as complete; it is never used before that."""
        write_atomic(self.inventory, "".join(f"{name}\n" for name in inventory))
        write_atomic(self._stamp, json.dumps(asdict(stamp), indent=2) + "\n")

    def get_tempest(self, stamp: EnvironmentStamp) -> InstalledTempest:
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
        # A stamp, and not a rename at the end: the programs of a virtualenv contain
        # the path of the folder in which they were created.
        return self.folder / "complete.json"


def environments_folder() -> Path:
    """Return the folder of all environments, which need not exist.

    `$DEFCHECK_TEMPESTS`, else `defcheck/tempests` in `$XDG_DATA_HOME`, else in
    `~/.local/share`.
    """
    return find_user_folder("data", VARIABLE, "tempests")


def resolve_environment(version: str, plugins: Sequence[str] = ()) -> TempestEnvironment:
    """Return the environment for a version with plugins, each a name or name==version.

    Raises `InputError` if one of them is none.
    """
    try:
        name = _normalize_version(version)
    except ValueError:
        raise InputError(
            f"{clip_text(version) or '(nothing)'} is not a version of Tempest.",
            "Name one such as 40.0.0; `defcheck tempest recommend` lists them.",
        ) from None
    return TempestEnvironment("+".join((name, *sorted(set(map(_normalize_plugin, plugins))))))


def _normalize_version(text: str) -> str:
    """Return a version as package indexes write it; raise ValueError if invalid."""
    version = Version(text)
    if version.epoch or version.local or len(text) > MAX_LENGTH:
        raise ValueError("no release of an index")
    return str(version)


def _normalize_plugin(plugin: str) -> str:
    """Return a plugin as package indexes write it; raise `InputError` if it is invalid."""
    name, equals, version = plugin.partition("==")
    try:
        if len(name) > MAX_LENGTH:
            raise ValueError("too long")
        name = canonicalize_name(name, validate=True)
        return f"{name}=={_normalize_version(version)}" if equals else name
    except ValueError:
        raise InputError(
            f"{clip_text(plugin) or '(nothing)'} is not the name of a plugin.",
            "Use the name of its package, such as heat-tempest-plugin or "
            "heat-tempest-plugin==3.0.0.",
        ) from None


def parse_environment_name(name: str) -> TempestEnvironment:
    """Return the environment `name`, even if it does not exist; raise `InputError` if invalid."""
    version, *plugins = name.split("+")
    if (
        name == DEFAULT_TEMPEST
        or not _NAME.fullmatch(name)
        or resolve_environment(version, plugins).name != name
    ):
        raise InputError(
            f"{clip_text(name) or '(nothing)'} is not the name of an environment.",
            "`defcheck tempest list` lists the installed ones.",
        )
    return TempestEnvironment(name)


def list_environments() -> tuple[tuple[TempestEnvironment, EnvironmentStamp | None], ...]:
    """Return every environment in the folder, oldest version first; None for incomplete ones."""
    try:
        names = [path.name for path in environments_folder().iterdir() if path.is_dir()]
    except OSError:
        return ()
    found = [TempestEnvironment(name) for name in names if _NAME.fullmatch(name)]
    found.sort(key=lambda one: (version_key(one.name.partition("+")[0]), one.name))
    return tuple((one, one.read_stamp()) for one in found)


def version_key(version: str) -> Version:
    """Return the sort key of a version; text that is not a version comes first."""
    try:
        return Version(version)
    except ValueError:
        return Version("0.dev0")


_IN_USE_FILE = "in-use"


def find_tempest(name: str = "") -> InstalledTempest:
    """Return the Tempest called `name`, by default the one in use.

    Raises `InputError` if it is not installed: a substitute could lead to another
    verdict.
    """
    chosen = name or get_tempest_in_use()
    if chosen == DEFAULT_TEMPEST:
        return installed.find_default_tempest()
    environment = parse_environment_name(chosen)
    stamp = environment.read_stamp()
    if stamp is not None:
        return environment.get_tempest(stamp)
    try:
        default = installed.find_default_tempest()
    except UnusableError:
        default = None
    if name and default is not None and default.version == name:
        return default
    known = [DEFAULT_TEMPEST, *(one.name for one, complete in list_environments() if complete)]
    how = "" if name else ", which is in use,"
    raise InputError(
        f"Tempest {chosen}{how} is not{_describe_unfinished(environment)} installed.",
        f"Available: {', '.join(known)}. `{install_command(chosen)}` installs it"
        + ("." if name else ", `defcheck tempest use default` goes back to the default."),
    )


def get_tempest_in_use() -> str:
    """Return the name of the Tempest in use: default, or the last argument of `tempest use`."""
    path = environments_folder() / _IN_USE_FILE
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return DEFAULT_TEMPEST
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Cannot read {path}, which stores the Tempest in use.",
            "Set it again with `defcheck tempest use`.",
        ) from error
    return name or DEFAULT_TEMPEST


def use_tempest(name: str) -> InstalledTempest:
    """Make the Tempest called `name` the default from now on."""
    tempest = find_tempest(name or DEFAULT_TEMPEST)
    path = environments_folder() / _IN_USE_FILE
    try:
        if tempest.is_default:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, f"{tempest.name}\n")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Make its folder writable."
        ) from error
    return tempest


@contextmanager
def hold_tempest(tempest: InstalledTempest) -> Iterator[None]:
    """Keep an environment from being deleted while the block runs."""
    if tempest.is_default:
        yield
        return
    with hold_shared_lock(
        TempestEnvironment(tempest.name).lock, f"installing or removing {tempest.title}"
    ):
        yield


def install_command(name: str) -> str:
    """Return the command that installs an environment."""
    version, *plugins = clip_text(name).split("+")
    options = "".join(f" --plugin {plugin}" for plugin in plugins)
    return f"defcheck tempest install {version}{options}"


def _describe_unfinished(environment: TempestEnvironment) -> str:
    return " completely" if environment.folder.is_dir() else ""
