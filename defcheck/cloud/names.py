"""The names of clouds, read without openstacksdk, which takes a second to import."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from defcheck.cloud import yamlfile
from defcheck.errors import InputError

SUFFIXES = (".yaml", ".yml", ".json")


def names(more_files: Sequence[Path] = ()) -> list[str]:
    """Return the names in the clouds.yaml that openstacksdk takes, and in `more_files`.

    What cannot be read has none; whoever uses the cloud is told why.
    """
    first = next((path for path in _places() if path.is_file()), None)
    found: dict[str, None] = {}
    for path in (*more_files, *([first] if first else [])):
        found |= dict.fromkeys(_in(path))
    return list(found)


def _places() -> Iterator[Path]:
    """Yield where openstacksdk looks, in its order."""
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if named:
        yield Path(named)
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    for folder in (Path(), Path(configuration, "openstack"), Path("/etc/openstack")):
        for suffix in SUFFIXES:
            yield folder / f"clouds{suffix}"


def _in(path: Path) -> list[str]:
    if not path.is_file():
        return []
    try:
        document = yamlfile.read(path, "The file", "")
    except InputError:
        return []
    clouds = document.get("clouds") if isinstance(document, dict) else None
    return [str(name) for name in clouds] if isinstance(clouds, dict) else []
