"""The guidelines that can be named by id: the bundled ones and those in the user's folder."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.loader import (
    ADD_ON_COMPONENT,
    load_guideline_bytes,
    load_guideline_file,
    read_guideline_file,
)
from defcheck.guideline.models import Guideline, PolicyName
from defcheck.util.files import clip_text, find_user_folder, write_atomic, write_new

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """Where a guideline of the user's came from."""

    source: str
    """The path or address that it was imported from."""

    sha256: str
    """Of the imported bytes."""

    time: str
    """When it was imported, in UTC, ISO 8601."""


def locate_user_folder() -> Path:
    """Return the user's folder of guidelines, which need not exist.

    `$DEFCHECK_GUIDELINES`, else `defcheck/guidelines` in `$XDG_DATA_HOME`, else
    in `~/.local/share`.
    """
    return find_user_folder("data", "DEFCHECK_GUIDELINES", "guidelines")


def list_user_files() -> dict[str, Path]:
    """Return the files in the user's folder by id, sorted; none where there is no folder."""
    try:
        found = sorted(path for path in locate_user_folder().iterdir() if path.suffix == ".json")
    except OSError:
        return {}
    return {path.stem: path for path in found if _ID.fullmatch(path.stem)}


def find_user_file(guideline_id: str) -> Path | None:
    """Return the user's file of a guideline, its id in any case of letters."""
    wanted = guideline_id.casefold()
    return next(
        (path for name, path in list_user_files().items() if name.casefold() == wanted), None
    )


def refuse_invalid_id(guideline_id: str) -> None:
    """Raise `InputError` where a guideline cannot be called so."""
    if not _ID.fullmatch(guideline_id) or guideline_id.endswith(".json"):
        raise InputError(
            f"A guideline cannot be called {clip_text(guideline_id) or '(nothing)'}.",
            "Give it an id of letters, digits, dots, hyphens and underscores with --as.",
        )


def store_guideline(guideline_id: str, data: bytes, imported: ImportRecord) -> Path:
    """Write a guideline and where it came from; raise `InputError` where the id is taken."""
    place = locate_user_folder()
    path = place / f"{guideline_id}.json"
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_new(path, data)
        try:
            text = json.dumps(asdict(imported), indent=2, ensure_ascii=False) + "\n"
            write_atomic(_build_record_path(path), text)
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        raise InputError(
            f"{place} cannot be written: {error.strerror}.",
            "Name another folder in the environment variable DEFCHECK_GUIDELINES.",
        ) from error
    return path


def read_import_record(path: Path) -> ImportRecord | None:
    """Return where a file of the user's came from, None where nothing sound says so."""
    try:
        record: Any = json.loads(_build_record_path(path).read_bytes())
        made = ImportRecord(**record)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return made if all(isinstance(value, str) for value in asdict(made).values()) else None


def remove_guideline(path: Path) -> None:
    """Delete a guideline of the user's and the record of where it came from."""
    try:
        path.unlink()
        _build_record_path(path).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path} cannot be deleted: {error.strerror}.", "Delete it by hand."
        ) from error


def _build_record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.origin")


@dataclass(frozen=True, slots=True)
class PublishedOrigin:
    """Where a bundled guideline was published."""

    repository: str
    commit: str
    path: str
    sha256: str
    """Of the published file."""


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A guideline at hand, known by its id."""

    id: str
    file: str
    """Of a bundled one below guidelines/, of the user's the whole path."""

    kind: str
    """guideline, add-on, vertical or scs."""

    schema: str
    status: str
    targets: tuple[str, ...]
    origin: PublishedOrigin | None
    """None for the user's."""

    owner: str = "bundled"
    """bundled or user."""

    imported: ImportRecord | None = None
    """Where one of the user's came from, where that is known."""


@cache
def list_bundled() -> tuple[CatalogEntry, ...]:
    """Return the bundled guidelines in the order of the index, without loading them."""
    index = json.loads(files("defcheck_guidelines").joinpath("index.json").read_bytes())
    return tuple(
        CatalogEntry(
            id=item["id"],
            file=item["file"],
            kind=item["kind"],
            schema=item["schema"],
            status=item["status"],
            targets=tuple(item["targets"]),
            origin=PublishedOrigin(**item["origin"]),
        )
        for item in index["guidelines"]
    )


def list_entries() -> tuple[CatalogEntry, ...]:
    """Return the bundled guidelines and those of the user's that can be loaded."""
    return (
        *list_bundled(),
        *(entry for entry in list_user_entries() if isinstance(entry, CatalogEntry)),
    )


def list_user_entries() -> Iterator[CatalogEntry | InputError]:
    """Yield the user's guidelines by id; for one that cannot be used what is wrong with it."""
    for guideline_id, path in list_user_files().items():
        try:
            yield _load_user_entry(guideline_id, path)
        except InputError as error:
            yield error


def list_ids() -> tuple[str, ...]:
    """Return the ids of the guidelines at hand, without loading any."""
    return (*(entry.id for entry in list_bundled()), *list_user_files())


def find_entry(name: str) -> CatalogEntry:
    """Return the guideline called `name`, in any case of letters; the bundled one goes first."""
    entry = find_bundled_entry(name)
    if entry is not None:
        return entry
    path = _require_user_file(name)
    return _load_user_entry(path.stem, path)


def load_guideline(name: str) -> Guideline:
    """Load a guideline at hand by id, or any guideline file by its path.

    A `name` with a slash or the ending .json is a path.
    """
    if is_guideline_path(name):
        return load_guideline_path(Path(name))
    return link_guidelines(_load_id(name))


def load_guideline_path(path: Path, guideline_id: str = "") -> Guideline:
    """Load any guideline file; `guideline_id` overrides the id that it states."""
    return link_guidelines(load_guideline_file(path, guideline_id))


def is_guideline_path(name: str) -> bool:
    """Return whether a guideline is named by its path rather than by its id."""
    return "/" in name or name.endswith(".json")


def read_guideline_bytes(name: str) -> tuple[bytes, str, str]:
    """Return the bytes of what `load(name)` loads, words for where it lies, and its id.

    The id of a file is its name without .json, which is not always what it states.
    """
    if is_guideline_path(name):
        path = Path(name)
        return read_guideline_file(path), name, path.stem if path.suffix == ".json" else ""
    entry = find_bundled_entry(name)
    if entry is not None:
        return read_bundled_file(entry), entry.file, entry.id
    path = _require_user_file(name)
    return read_guideline_file(path), str(path), path.stem


def load_with_bytes(name: str) -> tuple[Guideline, bytes]:
    """Return what `load(name)` loads, and the very bytes that it was loaded from."""
    data, where, guideline_id = read_guideline_bytes(name)
    return link_guidelines(
        load_guideline_bytes(data, where, "" if is_guideline_path(name) else guideline_id)
    ), data


def find_guideline(guideline_id: str) -> Guideline | None:
    """Return the guideline at hand with an id, None where there is none that loads."""
    try:
        return _load_id(guideline_id)
    except InputError:
        return None


def find_origin(guideline: Guideline) -> PublishedOrigin | None:
    """Return where a bundled guideline was published, None for any other file."""
    for entry in list_bundled():
        if entry.id == guideline.id and _load_bundled(entry).sha256 == guideline.sha256:
            return entry.origin
    return None


def link_guidelines(guideline: Guideline) -> Guideline:
    """Attach the guidelines at hand that targets take components from.

    One step far: what those take from others is not followed, so that two
    guidelines may name each other.
    """
    wanted = {
        reference.guideline_id
        for target in guideline.targets
        for reference in target.components
        if reference.is_foreign(guideline.id)
    }
    at_hand = {name.casefold() for name in list_ids()} if wanted else set()
    names = sorted(name for name in wanted if name.casefold() in at_hand)
    linked = {name: found for name in names if (found := find_guideline(name)) is not None}
    return replace(guideline, linked=linked) if linked else guideline


def find_bundled_entry(name: str) -> CatalogEntry | None:
    """Return the bundled guideline called `name`, None where none is."""
    wanted = name.casefold()
    return next((entry for entry in list_bundled() if entry.id.casefold() == wanted), None)


def read_bundled_file(entry: CatalogEntry) -> bytes:
    """Return the file of a bundled guideline."""
    return files("defcheck_guidelines").joinpath(entry.file).read_bytes()


@cache
def _load_bundled(entry: CatalogEntry) -> Guideline:
    return load_guideline_bytes(read_bundled_file(entry), entry.file, entry.id)


def _load_id(name: str) -> Guideline:
    entry = find_bundled_entry(name)
    if entry is not None:
        return _load_bundled(entry)
    path = _require_user_file(name)
    return load_guideline_file(path, path.stem)


def _require_user_file(name: str) -> Path:
    path = find_user_file(name)
    if path is None:
        raise InputError(
            f"There is no guideline {clip_text(name)}.",
            f"Known are {', '.join(list_ids())}; or give the path of a guideline file.",
        )
    return path


def _load_user_entry(guideline_id: str, path: Path) -> CatalogEntry:
    guideline = load_guideline_file(path, guideline_id)
    if find_bundled_entry(guideline_id) is not None:
        raise InputError(
            f"{path} is passed over: a bundled guideline has the id {guideline_id}.",
            "Name the file by its path, or give it another name.",
        )
    return CatalogEntry(
        id=guideline_id,
        file=str(path),
        kind=_classify_guideline(guideline),
        schema=guideline.schema,
        status=guideline.status,
        targets=tuple(target.name for target in guideline.targets),
        origin=None,
        owner="user",
        imported=read_import_record(path),
    )


def _classify_guideline(guideline: Guideline) -> str:
    """Say of what kind a guideline is; only the index says it of the bundled ones."""
    if guideline.policy is PolicyName.SCS:
        return "scs"
    references = [one for target in guideline.targets for one in target.components]
    if any(one.is_foreign(guideline.id) for one in references):
        return "vertical"
    if references and all(ADD_ON_COMPONENT.fullmatch(one.name) for one in references):
        return "add-on"
    return "guideline"
