"""The files that openstacksdk reads clouds from, refused where it would pass over them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud import yamlfile
from defcheck.errors import InputError

ADVICE = "Correct the file."


@dataclass(frozen=True, slots=True)
class CloudsFile:
    """A clouds.yaml, clouds.json or secure.yaml."""

    path: Path
    entries: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """By name, which openstacksdk takes as YAML has it; passwords stand in them."""


def find_clouds_file() -> CloudsFile | None:
    """Return the file that openstacksdk takes the clouds from; raise `InputError` as `read`."""
    from openstack.config import loader

    return _find("OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES)


def find_secure_file() -> CloudsFile | None:
    """Return the file that openstacksdk takes passwords from; raise `InputError` as `read`."""
    from openstack.config import loader

    return _find("OS_CLIENT_SECURE_FILE", loader.SECURE_FILES)


def read_clouds_file(path: Path) -> CloudsFile:
    """Return the entries of a file; raise `InputError` where openstacksdk would skip it."""
    document = yamlfile.read(path, "The file", ADVICE)
    if document is None:
        return CloudsFile(path)
    clouds = document.get("clouds", {}) if isinstance(document, dict) else ()
    if not isinstance(clouds, dict):  # openstacksdk breaks on `clouds:` with nothing under it
        raise InputError(
            f"The file {path} has no mapping `clouds`.",
            "Write `clouds:`, and under it each cloud's name with its settings.",
        )
    return CloudsFile(path, clouds)


def _find(variable: str, places: Sequence[str]) -> CloudsFile | None:
    """Return the first file that can be read; openstacksdk passes over broken ones."""
    named = os.environ.get(variable)
    if named:
        if not Path(named).exists():
            raise InputError(
                f"The variable {variable} names {named}, which does not exist.",
                "Name a file that exists, or unset the variable.",
            )
        return read_clouds_file(Path(named))
    for path in map(Path, places):
        if path.is_file() and os.access(path, os.R_OK):
            return read_clouds_file(path)
    return None
