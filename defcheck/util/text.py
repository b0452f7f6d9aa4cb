"""Text made safe to show: no terminal escapes, no control characters, one line."""

import re
import unicodedata

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
_LIMIT = 20_000


def clean_text(text: str) -> str:
    """Return `text` without escapes and control characters; shorten a very long one with a note."""
    if len(text) <= _LIMIT and text.isascii() and text.isprintable():
        return text
    kept = _ESCAPE.sub("", text[: 4 * _LIMIT])
    # Each distinct character is checked once, however often it occurs.
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


def clean_line(text: str, length: int = 300) -> str:
    """Return `text` cleaned, on one line; a longer one loses its middle.

    Errors name themselves at the beginning and their cause at the end.
    """
    line = " ".join(clean_text(text).split())
    if len(line) <= length:
        return line
    tail = length // 3
    return f"{line[: length - tail - 1]}…{line[len(line) - tail :]}"
