"""The Tempest that is installed beside defcheck."""

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import UnusableError

INSTALL = "Install it beside defcheck, for example with `pip install tempest`."


@dataclass(frozen=True, slots=True)
class InstalledTempest:
    """A Tempest in this Python environment."""

    version: str
    package: Path
    """The folder of the package `tempest`."""


def find() -> InstalledTempest:
    """Return the installed Tempest without importing it (its import takes 0.6 s)."""
    spec = importlib.util.find_spec("tempest")
    if spec is None or not spec.submodule_search_locations:
        raise UnusableError("Tempest is not installed.", INSTALL)
    try:
        version = importlib.metadata.version("tempest")
    except importlib.metadata.PackageNotFoundError:
        raise UnusableError(
            "There is a module tempest, but no installed Tempest.", INSTALL
        ) from None
    return InstalledTempest(version, Path(spec.submodule_search_locations[0]))


def has_package(name: str) -> bool:
    """Return whether a top-level package, such as a Tempest plugin's, is installed."""
    return importlib.util.find_spec(name) is not None
