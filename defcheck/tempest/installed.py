"""Installed Tempests: the one next to defcheck, or one in its own environment."""

import base64
import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.errors import UnusableError

INSTALL = "Install it in the same environment as defcheck, with `pip install tempest`."


DEFAULT_TEMPEST = "default"
"""The name of the Tempest in defcheck's own environment."""

PLUGIN_GROUP = "tempest.test_plugins"
"""The entry points by which Tempest finds its plugins."""


@dataclass(frozen=True, slots=True)
class InstalledTempest:
    """A Tempest and the Python environment that it is in."""

    version: str
    package: Path
    """The folder of the package `tempest`."""

    name: str = DEFAULT_TEMPEST
    """Its name: default, or the name of its environment."""

    python: str = sys.executable
    """The Python interpreter of its environment."""

    python_version: str = platform.python_version()

    @property
    def is_default(self) -> bool:
        """Whether it is the one in defcheck's own environment."""
        return self.name == DEFAULT_TEMPEST

    @property
    def title(self) -> str:
        """Its name for display."""
        return f"Tempest {self.version if self.is_default else self.name}"


def find_default_tempest() -> InstalledTempest:
    """Return the Tempest next to defcheck without importing it (that takes 0.6 s)."""
    spec = importlib.util.find_spec("tempest")
    if spec is None or not spec.submodule_search_locations:
        raise UnusableError("Tempest is not installed.", INSTALL)
    try:
        version = importlib.metadata.version("tempest")
    except importlib.metadata.PackageNotFoundError:
        raise UnusableError(
            "There is a module tempest, but no installed package of this name.", INSTALL
        ) from None
    return InstalledTempest(version, Path(spec.submodule_search_locations[0]))


def has_package(name: str, tempest: InstalledTempest | None = None) -> bool:
    """Return whether a top-level package, such as a plugin's, is installed with a Tempest.

    The default is the environment of defcheck.
    """
    if tempest is None or tempest.is_default:
        return importlib.util.find_spec(name) is not None
    return (tempest.package.parent / name).is_dir()


def list_distributions(tempest: InstalledTempest) -> Iterable[importlib.metadata.Distribution]:
    """Return all distributions in the environment of a Tempest."""
    if tempest.is_default:
        return importlib.metadata.distributions()
    return importlib.metadata.distributions(path=[str(tempest.package.parent)])


def list_plugins(tempest: InstalledTempest) -> dict[str, str]:
    """Return the plugins that add tests to a Tempest, with their versions, sorted."""
    found = {
        one.name: one.version
        for one in list_distributions(tempest)
        if any(point.group == PLUGIN_GROUP for point in one.entry_points)
    }
    return dict(sorted(found.items()))


def find_changed_files(tempest: InstalledTempest) -> tuple[str, ...] | None:
    """Return how the Python files of an installed Tempest differ from the published ones.

    The hashes are those in RECORD, which every installer of wheels writes
    (PyPA's specification "Recording installed projects"). None if nobody
    recorded any, as for an editable installation.
    """
    beside = [str(tempest.package.parent)]
    found = list(importlib.metadata.distributions(name="tempest", path=beside))
    if len(found) != 1 or _is_editable(found[0]):
        return None
    recorded = {
        Path(str(found[0].locate_file(file))).resolve(): file.hash
        for file in found[0].files or ()
        if file.suffix == ".py"
    }
    if not recorded or None in recorded.values():
        return None
    return tuple(sorted(_find_differences(recorded, tempest.package.resolve())))


def _find_differences(recorded: dict[Path, Any], package: Path) -> Iterator[str]:
    for path, expected in recorded.items():
        shown = path.relative_to(package.parent) if path.is_relative_to(package.parent) else path
        try:
            found = hashlib.new(expected.mode, path.read_bytes()).digest()
        except OSError:
            yield f"missing {shown}"
            continue
        if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != expected.value:
            yield f"edited {shown}"
    for path in package.rglob("*.py"):
        if path not in recorded:
            yield f"extra {path.relative_to(package.parent)}"


def _is_editable(distribution: importlib.metadata.Distribution) -> bool:
    """Return whether the installation is editable (PEP 610)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return False
    return bool(isinstance(origin, dict) and origin.get("dir_info", {}).get("editable"))
