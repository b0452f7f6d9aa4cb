"""Text made safe to show (no escapes, no control characters, one line), and read as a time."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_LIMIT = 20_000


def clean_text(text: str) -> str:
    """Return `text` without escapes and control characters, cut with a note when very long."""
    if len(text) <= _LIMIT and text.isascii() and text.isprintable():
        return text
    kept = _ESCAPE.sub("", text[: 4 * _LIMIT])
    # Asked of each letter once, however often it stands there.
    unfit = {
        ord(letter): None
        for letter in set(kept)
        if letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co")
    }
    if unfit:
        kept = kept.translate(unfit)
    if len(kept) > _LIMIT:
        return kept[:_LIMIT] + f"\n… cut; {len(text)} characters in the results."
    return kept


def fold_whitespace(text: str) -> str:
    """Return `text` on one line: each run of white space is one blank, none at the ends."""
    return " ".join(text.split())


def clean_line(text: str, length: int = 300) -> str:
    """Return `text` cleaned, on one line; a longer one loses its middle.

    Errors say what they are at the beginning and what caused them at the end.
    """
    line = fold_whitespace(clean_text(text))
    if len(line) <= length:
        return line
    tail = length // 3
    return f"{line[: length - tail - 1]}…{line[len(line) - tail :]}"


def join_names(names: Iterable[str], limit: int = 3) -> str:
    """Return the first names as a list, and how many more there are."""
    listed = list(names)
    more = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {more} more" if more > 0 else "")


def parse_time(text: str) -> datetime | None:
    """Return the time in an ISO 8601 text, UTC where it names no zone; None where there is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
