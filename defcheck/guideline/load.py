"""Turn the bytes of a guideline file into the model; the only place that knows schemas."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.files import clip, read_bounded
from defcheck.guideline import schema1, schema2
from defcheck.guideline.fields import Fields
from defcheck.guideline.model import Guideline, Status

READERS: dict[str, Callable[[Fields, str, str], Guideline]] = {
    "1.2": schema1.read,
    "1.3": schema1.read,
    "1.4": schema1.read,
    "1.5": schema1.read,
    "1.6": schema1.read,
    "2.0": schema2.read,
}
MAX_BYTES = 32 * 1024 * 1024
"""A guideline with 100,000 tests has 14 MiB."""

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Perhaps half of a surrogate pair alone, which is no character and cannot be printed."""


def load_file(path: Path, guideline_id: str = "") -> Guideline:
    """Load the guideline file at `path`.

    `guideline_id` overrides the id that the file states. Raises `InputError`
    when the file cannot be read or is no guideline.
    """
    return load_bytes(read_file(path), str(path), guideline_id)


def read_file(path: Path) -> bytes:
    """Return the bytes of a guideline file; raise `InputError` where that is impossible."""
    return read_bounded(
        path,
        "The guideline file",
        MAX_BYTES,
        "Give the id of a guideline (see `defcheck guideline list`), or a readable file; the "
        "largest published guideline has 0.2 MiB.",
    )


def load_bytes(data: bytes, where: str, guideline_id: str = "") -> Guideline:
    """Load a guideline from `data`; `where` names it in errors."""
    try:
        text = decode(data)
        document = json.loads(text, object_pairs_hook=_unique)
        if _ESCAPED_HALF.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is not JSON: {error}.", "A guideline is one JSON object in UTF-8."
        ) from error
    fields = Fields.of(document, where)
    metadata = fields.section("metadata") if "metadata" in fields else fields
    schema = metadata.text("schema")
    if schema not in READERS:
        known = ", ".join(READERS)
        raise InputError(
            f"{where} states the schema version {clip(schema) or 'none'}, which is not known.",
            f"Known are {known}.",
        )
    guideline = READERS[schema](fields, guideline_id, hashlib.sha256(data).hexdigest())
    _refuse_unclear(guideline, where)
    _refuse_dangling(guideline, where)
    return guideline


def decode(data: bytes) -> str:
    """Return JSON as text; raise `ValueError` where it is none in any encoding of Unicode.

    Left to itself the library lets halves of surrogate pairs pass.
    """
    return data.decode(json.detect_encoding(data))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; of a key that comes twice all but the last would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = clip(first_repeated(key for key, _ in pairs) or "", 80)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def first_repeated(names: Iterable[str]) -> str | None:
    """Return the first of some names that comes a second time, None where none does."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _refuse_unclear(guideline: Guideline, where: str) -> None:
    """Refuse names that could mean two components or two targets."""
    for kind, names in (
        ("components", guideline.components),
        ("targets", [target.name for target in guideline.targets]),
    ):
        twice = first_repeated(name.casefold() for name in names)
        if twice is not None:
            raise InputError(
                f"{where}: two {kind} are called {twice}, apart from the case of letters.",
                "Give one of them another name.",
            )


def _refuse_dangling(guideline: Guideline, where: str) -> None:
    """Refuse references to nothing, except to capabilities that were removed.

    Published guidelines (2018.02, next) list removed capabilities that they no
    longer define; nothing is demanded of those, so nothing is lost.
    """
    for component in guideline.components.values():
        for listing in component.listings:
            for name in listing.capabilities:
                if name not in guideline.capabilities and listing.status is not Status.REMOVED:
                    raise InputError(
                        f"{where}: component {component.name} lists the {listing.status} "
                        f"capability {name}, which the file does not define.",
                        "Define it under `capabilities` or take it out of the component.",
                    )
    folded = guideline.folded_components()
    for target in guideline.targets:
        for reference in target.components:
            if not reference.is_foreign(guideline.id) and reference.name.casefold() not in folded:
                raise InputError(
                    f"{where}: target {target.title} names the component {reference.name}, "
                    "which the file does not define.",
                    "Define it under `components`, or give its `source`.",
                )
