"""The guidelines at hand: the bundled ones by id, any other by its path."""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline.load import load_bytes, load_file, read_file
from defcheck.guideline.model import Guideline


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundled guideline was published."""

    repository: str
    commit: str
    path: str
    sha256: str
    """Of the published file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A bundled guideline, known without loading it."""

    id: str
    file: str
    kind: str
    """guideline, add-on, vertical or scs."""

    schema: str
    status: str
    targets: tuple[str, ...]
    origin: Origin


@cache
def entries() -> tuple[Entry, ...]:
    """Return the bundled guidelines in the order of the index."""
    index = json.loads(files("defcheck_guidelines").joinpath("index.json").read_bytes())
    return tuple(
        Entry(
            id=item["id"],
            file=item["file"],
            kind=item["kind"],
            schema=item["schema"],
            status=item["status"],
            targets=tuple(item["targets"]),
            origin=Origin(**item["origin"]),
        )
        for item in index["guidelines"]
    )


def find(name: str) -> Entry:
    """Return the bundled guideline called `name`, in any case of letters."""
    for entry in entries():
        if entry.id.casefold() == name.casefold():
            return entry
    raise InputError(
        f"There is no guideline {name}.",
        f"Known are {', '.join(entry.id for entry in entries())}; "
        "or give the path of a guideline file.",
    )


def load(name: str) -> Guideline:
    """Load a bundled guideline by id, or any guideline file by its path.

    A `name` with a slash or the ending .json is a path.
    """
    if is_path(name):
        return load_path(Path(name))
    return _link(_load_entry(find(name)))


def load_path(path: Path, guideline_id: str = "") -> Guideline:
    """Load any guideline file; `guideline_id` overrides the id that it states."""
    return _link(load_file(path, guideline_id))


def is_path(name: str) -> bool:
    """Return whether a guideline is named by its path rather than by its id."""
    return "/" in name or name.endswith(".json")


def load_with_bytes(name: str) -> tuple[Guideline, bytes]:
    """Return what `load(name)` loads, and the very bytes that it was loaded from."""
    if is_path(name):
        data = read_file(Path(name))
        return _link(load_bytes(data, name)), data
    entry = find(name)
    data = files("defcheck_guidelines").joinpath(entry.file).read_bytes()
    return _link(load_bytes(data, entry.file, entry.id)), data


def origin(guideline: Guideline) -> Origin | None:
    """Return where a bundled guideline was published, None for any other file."""
    for entry in entries():
        if entry.id == guideline.id and _load_entry(entry).sha256 == guideline.sha256:
            return entry.origin
    return None


@cache
def _load_entry(entry: Entry) -> Guideline:
    data = files("defcheck_guidelines").joinpath(entry.file).read_bytes()
    return load_bytes(data, entry.file, entry.id)


def _link(guideline: Guideline) -> Guideline:
    """Attach the bundled guidelines that targets take components from."""
    wanted = {
        reference.guideline_id
        for target in guideline.targets
        for reference in target.components
        if reference.is_foreign(guideline.id)
    }
    known = {entry.id: entry for entry in entries()}
    linked = {name: _load_entry(known[name]) for name in wanted if name in known}
    return replace(guideline, linked=linked) if linked else guideline
