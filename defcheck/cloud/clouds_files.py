"""The clouds.yaml files: where they are, which clouds they name, how they are read."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS


def read_secret_file(path: Path, description: str, advice: str) -> Any:
    """Return the document in a YAML or .json file; `what` names the file's kind in errors.

    Raises `InputError` with the place of a mistake, never with the line itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # JSON may be indented by tabs, which YAML forbids.
        document = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise InputError(
            f"{description} {path} cannot be read: {error.strerror}.", advice
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "an unknown place"
        raise InputError(f"{description} {path} is not YAML: mistake at {place}.", advice) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{description} {path} is not JSON: mistake at {place}.", advice) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"{description} {path} is not YAML in UTF-8.", advice) from None
    PROCESS_SECRETS.add_from_document(document)
    return document


SUFFIXES = (".yaml", ".yml", ".json")


def list_cloud_names(more_files: Sequence[Path] = ()) -> list[str]:
    """Return the names in the clouds.yaml that openstacksdk takes, and in `more_files`.

    What cannot be read has none; whoever uses the cloud is told why.
    """
    first = next((path for path in _list_places() if path.is_file()), None)
    found: dict[str, None] = {}
    for path in (*more_files, *([first] if first else [])):
        found |= dict.fromkeys(_read_names(path))
    return list(found)


def _list_places() -> Iterator[Path]:
    """Yield where openstacksdk looks, in its order."""
    from platformdirs import PlatformDirs

    if named := os.environ.get("OS_CLIENT_CONFIG_FILE"):
        yield Path(named)
    folders = PlatformDirs("openstack", "OpenStack", multipath=True)
    for folder in (
        Path(),
        Path(folders.user_config_dir),
        Path("~/.config/openstack").expanduser(),
        Path(folders.site_config_dir),
        Path("/etc/openstack"),
    ):
        for suffix in SUFFIXES:
            yield folder / f"clouds{suffix}"


def _read_names(path: Path) -> list[str]:
    if not path.is_file():
        return []
    try:
        document = read_secret_file(path, "The file", "")
    except InputError:
        return []
    clouds = document.get("clouds") if isinstance(document, dict) else None
    return [str(name) for name in clouds] if isinstance(clouds, dict) else []


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

    return _find_first_file("OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES)


def find_secure_file() -> CloudsFile | None:
    """Return the file that openstacksdk takes passwords from; raise `InputError` as `read`."""
    from openstack.config import loader

    return _find_first_file("OS_CLIENT_SECURE_FILE", loader.SECURE_FILES)


def read_clouds_file(path: Path) -> CloudsFile:
    """Return the entries of a file; raise `InputError` where openstacksdk would skip it."""
    document = read_secret_file(path, "The file", ADVICE)
    if document is None:
        return CloudsFile(path)
    clouds = document.get("clouds", {}) if isinstance(document, dict) else ()
    if not isinstance(clouds, dict):  # openstacksdk breaks on `clouds:` with nothing under it
        raise InputError(
            f"The file {path} has no mapping `clouds`.",
            "Write `clouds:`, and under it each cloud's name with its settings.",
        )
    return CloudsFile(path, clouds)


def _find_first_file(variable: str, places: Sequence[str]) -> CloudsFile | None:
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
