"""Make names and texts from a guideline harmless in Markdown and reStructuredText."""

import re
import unicodedata
from collections.abc import Callable

from defcheck.report.clean import clean_line

LENGTH = 2000
"""Characters of a text that are shown."""

EMPTY = "(no name)"

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .,:/=+%#()\[\]_-]*[A-Za-z0-9/)\]_])?")
"""What both markups show as it is between backticks."""

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>&|~#$!@^:]")
_RST = re.compile(r"[\\`*_{}\[\]<>|#:@^~]")
_BLOCK = re.compile(r"(?:[^\w\s]|\w+[.)])")
"""How a line begins that reStructuredText may take for a list, a rule or a heading."""


def line(text: object) -> str:
    """Return a text on one line, without control characters."""
    return clean_line(str(text), LENGTH)


def markdown(text: object) -> str:
    """Return text that Markdown shows as is within a line."""
    return _MARKDOWN.sub(r"\\\g<0>", line(text))


def markdown_line(text: object) -> str:
    """Return text that Markdown shows as is at the beginning of a line; never nothing."""
    escaped = markdown(text) or EMPTY
    if number := re.match(r"\d+(?=[.)])", escaped):
        return f"{number[0]}\\{escaped[number.end() :]}"
    return f"\\{escaped}" if escaped[:1] in ("-", "+", "=") else escaped


def markdown_code(text: object) -> str:
    """Return a name in the type of a computer where that is safe, else as text."""
    plain = line(text)
    return f"`{plain}`" if _PLAIN.fullmatch(plain) else markdown_line(plain)


def markdown_words(text: object) -> str:
    """Return advice of ours, in which what stands between backticks is for a computer."""
    return _words(text, _MARKDOWN, markdown_code)


def rst_words(text: object) -> str:
    """Return advice of ours, in which what stands between backticks is for a computer."""
    return _words(text, _RST, rst_literal)


def _words(text: object, special: re.Pattern[str], code: Callable[[str], str]) -> str:
    pieces = line(text).split("`")
    if len(pieces) % 2 == 0:  # one backtick has no other
        return special.sub(r"\\\g<0>", line(text))
    return "".join(
        code(piece) if number % 2 else special.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    )


def rst(text: object) -> str:
    """Return text that reStructuredText shows as is within a line."""
    return _RST.sub(r"\\\g<0>", line(text))


def rst_line(text: object) -> str:
    """Return text that reStructuredText shows as is at the beginning of a line; never nothing."""
    # An escaped blank vanishes, and what begins with it is no list, field or rule.
    plain = line(text) or EMPTY
    return f"\\ {rst(plain)}" if _BLOCK.match(plain) else rst(plain)


def rst_literal(text: object) -> str:
    """Return a name as a literal where that is safe, else as text."""
    plain = line(text)
    return f"``{plain}``" if _PLAIN.fullmatch(plain) else rst_line(plain)


def rst_heading(text: object, mark: str) -> str:
    """Return a title with its underline; the text is from the template or escaped by it."""
    title = str(text).strip()
    width = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in title)
    return f"{title}\n{mark * max(4, width)}"
