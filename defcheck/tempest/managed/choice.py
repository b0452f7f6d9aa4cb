"""Which Tempest is used: the one named, else the one that `tempest use` chose, else the default."""

from collections.abc import Iterator
from contextlib import contextmanager

from defcheck.errors import InputError, UnusableError
from defcheck.exclusion import shared
from defcheck.files import clip, write_atomic
from defcheck.tempest import installed
from defcheck.tempest.installed import DEFAULT, InstalledTempest
from defcheck.tempest.managed.environment import Environment, folder, named, present

_STATE = "in-use"


def find(name: str = "") -> InstalledTempest:
    """Return the Tempest called `name`, without a name the one in use.

    Raises `InputError` where it is not installed: another one in its place
    would make another verdict.
    """
    chosen = name or in_use()
    if chosen == DEFAULT:
        return installed.find()
    environment = named(chosen)
    stamp = environment.read()
    if stamp is not None:
        return environment.tempest(stamp)
    try:
        default = installed.find()
    except UnusableError:
        default = None
    if name and default is not None and default.version == name:
        return default
    known = [DEFAULT, *(one.name for one, complete in present() if complete)]
    how = "" if name else ", which is in use,"
    raise InputError(
        f"Tempest {chosen}{how} is not installed{_half_made(environment)}.",
        f"Installed are {', '.join(known)}; `{install_command(chosen)}` installs it"
        + ("." if name else ", `defcheck tempest use default` goes back to the default."),
    )


def in_use() -> str:
    """Return the name of the Tempest in use: default, or what `use` was given last."""
    path = folder() / _STATE
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return DEFAULT
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}, which says which Tempest is in use, cannot be read.",
            "Say it anew with `defcheck tempest use`.",
        ) from error
    return name or DEFAULT


def use(name: str) -> InstalledTempest:
    """Let the Tempest called `name` be used from now on where none is named."""
    tempest = find(name or DEFAULT)
    path = folder() / _STATE
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
def held(tempest: InstalledTempest) -> Iterator[None]:
    """Keep an environment from being deleted while the block runs."""
    if tempest.is_default:
        yield
        return
    with shared(Environment(tempest.name).lock, f"installing or removing {tempest.title}"):
        yield


def install_command(name: str) -> str:
    """Return the command that installs an environment."""
    version, *plugins = clip(name).split("+")
    options = "".join(f" --plugin {plugin}" for plugin in plugins)
    return f"defcheck tempest install {version}{options}"


def _half_made(environment: Environment) -> str:
    return " to its end" if environment.folder.is_dir() else ""
