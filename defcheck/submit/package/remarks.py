"""What the check of a package says."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a remark comes to."""

    OK = "ok"
    OPEN = "open"
    """A vendor has to fill it in."""

    WRONG = "WRONG"
    """It cannot be, or contradicts the bundle."""

    NOTE = "note"
    """Something that a reader has to know, and that is no defect of the package."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that the check of a package says."""

    kind: Kind
    file: str
    text: str
    count: int = 1
    """How many fields it is about."""


def right(file: str, text: str) -> Remark:
    """Return that something is as it has to be."""
    return Remark(Kind.OK, file, text)


def still_open(file: str, text: str, count: int = 1) -> Remark:
    """Return that something is not filled in."""
    return Remark(Kind.OPEN, file, text, count)


def wrong(file: str, text: str) -> Remark:
    """Return that something cannot be as it is."""
    return Remark(Kind.WRONG, file, text)


def note(file: str, text: str) -> Remark:
    """Return something that a reader has to know."""
    return Remark(Kind.NOTE, file, text)
