"""The user's own folder of guidelines, beside those that are bundled."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.files import clip, write_atomic, write_new

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Imported:
    """Where a guideline of the user's came from."""

    source: str
    """The path or address that it was imported from."""

    sha256: str
    """Of the imported bytes."""

    time: str
    """When it was imported, in UTC, ISO 8601."""


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the user's folder of guidelines, which need not exist.

    `$DEFCHECK_GUIDELINES`, else `defcheck/guidelines` in `$XDG_DATA_HOME`, else
    in `~/.local/share`.
    """
    named = environment.get("DEFCHECK_GUIDELINES")
    if named:
        return Path(named).absolute()
    data = environment.get("XDG_DATA_HOME", "")
    # The XDG base directory specification: a relative path is to be ignored.
    base = Path(data) if data.startswith("/") else Path.home() / ".local" / "share"
    return base / "defcheck" / "guidelines"


def paths() -> dict[str, Path]:
    """Return the files in the user's folder by id, sorted; none where there is no folder."""
    try:
        found = sorted(path for path in folder().iterdir() if path.suffix == ".json")
    except OSError:
        return {}
    return {path.stem: path for path in found if _ID.fullmatch(path.stem)}


def find(guideline_id: str) -> Path | None:
    """Return the user's file of a guideline, its id in any case of letters."""
    wanted = guideline_id.casefold()
    return next((path for name, path in paths().items() if name.casefold() == wanted), None)


def refuse_id(guideline_id: str) -> None:
    """Raise `InputError` where a guideline cannot be called so."""
    if not _ID.fullmatch(guideline_id) or guideline_id.endswith(".json"):
        raise InputError(
            f"A guideline cannot be called {clip(guideline_id) or '(nothing)'}.",
            "Give it an id of letters, digits, dots, hyphens and underscores with --as.",
        )


def store(guideline_id: str, data: bytes, imported: Imported) -> Path:
    """Write a guideline and where it came from; raise `InputError` where the id is taken."""
    place = folder()
    path = place / f"{guideline_id}.json"
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_new(path, data)
        try:
            text = json.dumps(asdict(imported), indent=2, ensure_ascii=False) + "\n"
            write_atomic(_record(path), text)
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        raise InputError(
            f"{place} cannot be written: {error.strerror}.",
            "Name another folder in the environment variable DEFCHECK_GUIDELINES.",
        ) from error
    return path


def read_record(path: Path) -> Imported | None:
    """Return where a file of the user's came from, None where nothing sound says so."""
    try:
        record: Any = json.loads(_record(path).read_bytes())
        made = Imported(**record)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return made if all(isinstance(value, str) for value in asdict(made).values()) else None


def remove(path: Path) -> None:
    """Delete a guideline of the user's and the record of where it came from."""
    try:
        path.unlink()
        _record(path).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path} cannot be deleted: {error.strerror}.", "Delete it by hand."
        ) from error


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.origin")
