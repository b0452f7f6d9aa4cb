"""The guidelines at hand: the bundled ones and the user's by id, any other by its path."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.guideline import userfolder
from defcheck.guideline.load import load_bytes, load_file, read_file
from defcheck.guideline.model import Guideline, PolicyName
from defcheck.guideline.schema2 import ADD_ON_COMPONENT
from defcheck.guideline.userfolder import Imported


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
    """A guideline at hand, known by its id."""

    id: str
    file: str
    """Of a bundled one below guidelines/, of the user's the whole path."""

    kind: str
    """guideline, add-on, vertical or scs."""

    schema: str
    status: str
    targets: tuple[str, ...]
    origin: Origin | None
    """None for the user's."""

    owner: str = "bundled"
    """bundled or user."""

    imported: Imported | None = None
    """Where one of the user's came from, where that is known."""


@cache
def bundled() -> tuple[Entry, ...]:
    """Return the bundled guidelines in the order of the index, without loading them."""
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


def entries() -> tuple[Entry, ...]:
    """Return the bundled guidelines and those of the user's that can be loaded."""
    return (*bundled(), *(entry for entry in users() if isinstance(entry, Entry)))


def users() -> Iterator[Entry | InputError]:
    """Yield the user's guidelines by id; for one that cannot be used what is wrong with it."""
    for guideline_id, path in userfolder.paths().items():
        try:
            yield _user_entry(guideline_id, path)
        except InputError as error:
            yield error


def ids() -> tuple[str, ...]:
    """Return the ids of the guidelines at hand, without loading any."""
    return (*(entry.id for entry in bundled()), *userfolder.paths())


def find(name: str) -> Entry:
    """Return the guideline called `name`, in any case of letters; the bundled one goes first."""
    entry = bundled_entry(name)
    if entry is not None:
        return entry
    path = _user_path(name)
    return _user_entry(path.stem, path)


def load(name: str) -> Guideline:
    """Load a guideline at hand by id, or any guideline file by its path.

    A `name` with a slash or the ending .json is a path.
    """
    if is_path(name):
        return load_path(Path(name))
    return link(_load_id(name))


def load_path(path: Path, guideline_id: str = "") -> Guideline:
    """Load any guideline file; `guideline_id` overrides the id that it states."""
    return link(load_file(path, guideline_id))


def is_path(name: str) -> bool:
    """Return whether a guideline is named by its path rather than by its id."""
    return "/" in name or name.endswith(".json")


def read(name: str) -> tuple[bytes, str, str]:
    """Return the bytes of what `load(name)` loads, words for where it lies, and its id.

    The id of a file is its name without .json, which is not always what it states.
    """
    if is_path(name):
        path = Path(name)
        return read_file(path), name, path.stem if path.suffix == ".json" else ""
    entry = bundled_entry(name)
    if entry is not None:
        return bundled_bytes(entry), entry.file, entry.id
    path = _user_path(name)
    return read_file(path), str(path), path.stem


def load_with_bytes(name: str) -> tuple[Guideline, bytes]:
    """Return what `load(name)` loads, and the very bytes that it was loaded from."""
    data, where, guideline_id = read(name)
    return link(load_bytes(data, where, "" if is_path(name) else guideline_id)), data


def known(guideline_id: str) -> Guideline | None:
    """Return the guideline at hand with an id, None where there is none that loads."""
    try:
        return _load_id(guideline_id)
    except InputError:
        return None


def origin(guideline: Guideline) -> Origin | None:
    """Return where a bundled guideline was published, None for any other file."""
    for entry in bundled():
        if entry.id == guideline.id and _load_bundled(entry).sha256 == guideline.sha256:
            return entry.origin
    return None


def link(guideline: Guideline) -> Guideline:
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
    at_hand = {name.casefold() for name in ids()} if wanted else set()
    names = sorted(name for name in wanted if name.casefold() in at_hand)
    linked = {name: found for name in names if (found := known(name)) is not None}
    return replace(guideline, linked=linked) if linked else guideline


def bundled_entry(name: str) -> Entry | None:
    """Return the bundled guideline called `name`, None where none is."""
    wanted = name.casefold()
    return next((entry for entry in bundled() if entry.id.casefold() == wanted), None)


def bundled_bytes(entry: Entry) -> bytes:
    """Return the file of a bundled guideline."""
    return files("defcheck_guidelines").joinpath(entry.file).read_bytes()


@cache
def _load_bundled(entry: Entry) -> Guideline:
    return load_bytes(bundled_bytes(entry), entry.file, entry.id)


def _load_id(name: str) -> Guideline:
    entry = bundled_entry(name)
    if entry is not None:
        return _load_bundled(entry)
    path = _user_path(name)
    return load_file(path, path.stem)


def _user_path(name: str) -> Path:
    path = userfolder.find(name)
    if path is None:
        raise InputError(
            f"There is no guideline {clip(name)}.",
            f"Known are {', '.join(ids())}; or give the path of a guideline file.",
        )
    return path


def _user_entry(guideline_id: str, path: Path) -> Entry:
    guideline = load_file(path, guideline_id)
    if bundled_entry(guideline_id) is not None:
        raise InputError(
            f"{path} is passed over: a bundled guideline has the id {guideline_id}.",
            "Name the file by its path, or give it another name.",
        )
    return Entry(
        id=guideline_id,
        file=str(path),
        kind=_kind(guideline),
        schema=guideline.schema,
        status=guideline.status,
        targets=tuple(target.name for target in guideline.targets),
        origin=None,
        owner="user",
        imported=userfolder.read_record(path),
    )


def _kind(guideline: Guideline) -> str:
    """Say of what kind a guideline is; only the index says it of the bundled ones."""
    if guideline.policy is PolicyName.SCS:
        return "scs"
    references = [one for target in guideline.targets for one in target.components]
    if any(one.is_foreign(guideline.id) for one in references):
        return "vertical"
    if references and all(ADD_ON_COMPONENT.fullmatch(one.name) for one in references):
        return "add-on"
    return "guideline"
