"""Local flags in addition to the guideline's: dated, explained, approved, expiring.

An overlay is a YAML (or JSON) file. Its flags take a test out of what counts
for defcheck's verdict until they expire; RefStack's answer ignores them.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.fields import JsonFields, is_day
from defcheck.util.files import clip_text, read_bounded
from defcheck.util.json_yaml import decode_plain_yaml

FORMAT = "defcheck overlay 1"
MAX_BYTES = 1024 * 1024
MAX_NUMBER = 10**18
"""A larger number, which YAML may write in sixteens, is not a text with missing quotes."""

REQUIRED = ("test", "reason", "approver", "date", "expires")
OPTIONAL = ("guideline", "capability", "bug")
EXAMPLE = "See `defcheck score --help` for an example."


class FlagState(StrEnum):
    """Whether a local flag is in force on a day."""

    ACTIVE = "active"
    EXPIRED = "expired"
    EARLY = "not yet in force"


@dataclass(frozen=True, slots=True)
class LocalFlag:
    """A test that is run and reported but, until a day, not counted."""

    test: str
    """The name of the test in the guideline."""

    reason: str
    approver: str
    """Who approved the flag."""

    date: str
    """The first day on which it is in force, YYYY-MM-DD."""

    expires: str
    """The last day on which it is in force, YYYY-MM-DD."""

    guideline: str = ""
    """Id of the only guideline that it is for; empty for all."""

    capability: str = ""
    """Name of the only capability that it is for; empty for all."""

    bug: str = ""

    def state_on(self, day: str) -> FlagState:
        """Return whether the flag is in force on `day`."""
        if day < self.date:
            return FlagState.EARLY
        return FlagState.ACTIVE if day <= self.expires else FlagState.EXPIRED

    def is_for(self, guideline_id: str) -> bool:
        """Return whether the flag is for the guideline with this id."""
        return not self.guideline or self.guideline.casefold() == guideline_id.casefold()

    def covers(self, capability: str, test: str) -> bool:
        """Return whether the flag is for a test of a capability."""
        return self.test == test and self.capability in ("", capability)


@dataclass(frozen=True, slots=True)
class Overlay:
    """The local flags of one file; without a file there is none."""

    flags: tuple[LocalFlag, ...] = ()
    source: str = ""
    """The file's name."""

    sha256: str = ""
    """Of the file's bytes."""


NO_OVERLAY = Overlay()


def load_overlay(path: Path, *, may_be_empty: bool = False) -> Overlay:
    """Load the overlay at `path`; raise `InputError` if it is invalid or incomplete.

    One without flags is refused too, unless `may_be_empty`.
    """
    advice = "Name a readable file; an overlay is a short list of flags."
    data = read_bounded(path, "The overlay", MAX_BYTES, advice)
    flags = read_local_flags(decode_plain_yaml(data, str(path), EXAMPLE), str(path))
    if not flags and not may_be_empty:
        raise InputError(f"{path} flags no test.", "List flags, or leave the overlay out.")
    return Overlay(flags, path.name, _compute_sha256(data))


def _compute_sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_local_flags(document: Any, where: str) -> tuple[LocalFlag, ...]:
    """Read a decoded overlay."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{where} is no overlay: it lacks `format: {FORMAT}`.", EXAMPLE)
    fields = JsonFields.from_document(document, where)
    for key in fields:
        if key not in ("format", "flags"):
            raise fields.build_unknown_error(str(key), ("format", "flags"))
    return tuple(_read_local_flag(item, where) for item in fields.read_items("flags"))


def _read_local_flag(fields: JsonFields, where: str) -> LocalFlag:
    for key in fields:
        if key not in REQUIRED + OPTIONAL:
            raise fields.build_unknown_error(str(key), REQUIRED + OPTIONAL)
    # YAML reads a bare 2026-11-25 as a day, and a bare 2020.06 as a number.
    given = {key: _read_flag_text(fields, key) for key in (*REQUIRED, *OPTIONAL)}
    name = clip_text(given["test"]) or "a flag"
    for key in REQUIRED:
        if not given[key]:
            raise InputError(
                f"{where}: {name} has no {key}.",
                f"Each flag needs {', '.join(REQUIRED)}.",
            )
    for key in ("date", "expires"):
        if not is_day(given[key]):
            raise InputError(
                f"{where}: {name}: {key} is {clip_text(given[key])!r}, not a day.",
                "Write it as 2026-02-28.",
            )
    if given["expires"] < given["date"]:
        raise InputError(
            f"{where}: {name} expires on {given['expires']}, before its date {given['date']}.",
            "Correct one of the two dates.",
        )
    return LocalFlag(**given)


def _read_flag_text(fields: JsonFields, key: str) -> str:
    value = fields.read_raw(key)
    if value is None:
        return ""
    if key == "guideline" and isinstance(value, float):
        raise InputError(
            f"{fields.describe_place(key)} is the number {value}.",
            'Write the id in quotes: "2020.06".',
        )
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise fields.build_type_error(key, "text", value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return fields.read_text(key).strip()
