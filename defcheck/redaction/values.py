"""Where the value of a name begins and ends, in every form in which programs print them.

Headers, JSON, Python's dicts and tuples, text with either quoted once more,
ini files and YAML, parameters of URLs and commands, XML.
"""

import re
from collections.abc import Iterator

from defcheck.redaction.names import is_header, runs_to_the_end

Span = tuple[int, int]
"""Where a value begins and ends, without its quotes."""

HARMLESS = re.compile(
    rb"(?:\*+|none|null|true|false|<omitted>|<redacted>|redacted|undefined"
    rb"|(?:self|cls|conf|data_utils)\.[a-z_.]+(?:\([^'\"]*)?[,)]*|)\Z",
    re.IGNORECASE,
)
"""Values that tell nothing, also what stands in the lines of code of a traceback."""

QUOTED_NAME = re.compile(rb"(?:\\{0,31}['\"]|%22|&quot;|&#34;|\\u0022)\]?")
"""What ends a name that began with the same."""

SEPARATOR = re.compile(
    rb"[ \t]{0,40}(?:=>|:=|[:=]|%(?:25){0,3}3[AaDd]|\\u003[ad])(?:[ \t+]|%(?:25){0,3}20){0,40}"
)
QUOTED_SEPARATOR = re.compile(rb"\s{0,40}(?:=>|[:=]|%(?:25){0,3}3[AaDd])(?:[\s+]|%20){0,40}")
BLANKS = re.compile(rb"[ \t]{1,40}")
COMMA = re.compile(rb"\s{0,40},\s{0,40}")
"""Between a name and a value in a tuple, as http.client lists headers."""

OPENING = re.compile(rb"[bBuUrR]{0,2}(\\{0,31})(['\"])|[bBuUrR]{0,2}(%22|&quot;|&#34;|\\u0022)")
INLINE = re.compile(rb"(?:[^\s&'\"<>,;)\]}\\]|[,;)\]}](?=[\w/+=.~%$!#@*^-])|\\(?![rnt'\"]))++")
"""A value without quotes: up to a blank, a quote or the end of what it is an item of."""

PERCENT_END = re.compile(rb"%(?:25){0,3}(?:26|22|7D)|[&\s'\"<>]", re.IGNORECASE)
ESCAPED_END = re.compile(rb"\\+[rn]")
"""How a text that is quoted once more writes the end of a line."""

NEXT = re.compile(rb"\s{0,40},\s{0,40}")
MOST_ITEMS = 1000


class Lines:
    """Where lines end, asked in the order of the text, so that long ones are read once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = -1

    def end(self, at: int) -> int:
        """Return where the line of `at` ends."""
        if at > self._end:
            found = self._data.find(b"\n", at)
            self._end = found if found >= 0 else len(self._data)
        return self._end


def values(data: bytes, start: int, end: int, lines: Lines) -> Iterator[Span]:
    """Yield the values of the name that stands from `start` to `end`, none where it is no name."""
    name = data[start:end]
    quote = QUOTED_NAME.match(data, end)
    before = data[max(0, start - 8) : start]
    if quote and not _is_opened(before, quote[0]):
        quote = None
    if quote:
        behind = quote.end()
        separator = QUOTED_SEPARATOR.match(data, behind)
        opened = before.rstrip(b"bBu\\'\"")[-1:]
        if separator is None and (opened == b"(" or (opened == b"[" and is_header(name))):
            # In a list names may follow each other, as in `"methods": ["password", "totp"]`.
            separator = COMMA.match(data, behind)
        if separator is None:
            return
        yield from _valued(data, separator.end(), name, before, lines, separator[0])
        return
    if data[end : end + 1] == b">" and before.endswith(b"<"):
        stop = data.find(b"<", end, lines.end(end))
        yield from _told(data, end + 1, stop if stop >= 0 else lines.end(end))
        return
    separator = SEPARATOR.match(data, end)
    if separator is None and name.startswith(b"--"):
        separator = BLANKS.match(data, end)
    if separator is not None:
        yield from _valued(data, separator.end(), name, before, lines, separator[0])


def _is_opened(before: bytes, closing: bytes) -> bool:
    """Return whether what ends a name also stands before it."""
    return before.endswith(closing.rstrip(b"]"))


def _valued(
    data: bytes, at: int, name: bytes, before: bytes, lines: Lines, separator: bytes
) -> Iterator[Span]:
    opening = OPENING.match(data, at)
    if opening:
        yield from _told(data, opening.end(), _closing(data, opening, lines))
        return
    first = data[at : at + 1]
    if first == b"[":
        yield from _items(data, at + 1, lines)
    elif first == b"{":
        if runs_to_the_end(name):
            stop = data.find(b"}", at, lines.end(at))
            yield from _told(data, at + 1, stop if stop >= 0 else lines.end(at))
    else:
        yield from _told(data, at, _bare_end(data, at, name, before, lines, separator))


def _told(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the span unless it tells nothing."""
    if end - start > 200 or not HARMLESS.match(data[start:end].strip()):
        yield start, end


def _items(data: bytes, at: int, lines: Lines) -> Iterator[Span]:
    """Yield the quoted texts of a list."""
    for _ in range(MOST_ITEMS):
        while data[at : at + 1].isspace():
            at += 1
        opening = OPENING.match(data, at)
        if not opening:
            return
        end = _closing(data, opening, lines)
        yield from _told(data, opening.end(), end)
        comma = NEXT.match(data, end + len(opening[0].lstrip(b"bBuUrR")))
        if not comma:
            return
        at = comma.end()


def _closing(data: bytes, opening: re.Match[bytes], lines: Lines) -> int:
    """Return where a quoted value ends: at the same quote, as often escaped, or with its line.

    In a text that was quoted n times over, a quote that ends is escaped by
    2^n - 1 backslashes, one that belongs to the value by more.
    """
    at = opening.end()
    end = lines.end(at)
    if opening[3]:
        found = data.find(opening[3], at, end)
        return found if found >= 0 else end
    escapes, quote = len(opening[1]), opening[2]
    while True:
        found = data.find(quote, at, end)
        if found < 0:
            return end
        slashes = 0
        while slashes < found - opening.end() and data[found - slashes - 1] == 0x5C:
            slashes += 1
        if slashes < escapes or slashes % (2 * (escapes + 1)) == escapes:
            return found - min(slashes, escapes)
        at = found + 1


def _bare_end(
    data: bytes, at: int, name: bytes, before: bytes, lines: Lines, separator: bytes
) -> int:
    """Return where a value without quotes ends."""
    end = lines.end(at)
    if b"%" in separator:
        found = PERCENT_END.search(data, at, end)
        return found.start() if found else end
    escaped = before.endswith((b"\\n", b"\\r"))
    whole = runs_to_the_end(name)
    if whole or _begins_line(data, at - len(separator) - len(name), escaped):
        return _line_end(data, at, end, before, stop_at_escapes=whole or escaped)
    found = INLINE.match(data, at, end)
    return found.end() if found else at


def _begins_line(data: bytes, start: int, escaped: bool) -> bool:
    """Return whether nothing but what may stand before an option stands before it in its line."""
    if escaped:
        return True
    lead = data[max(0, start - 40) : start].rstrip(b" \t#-+<>")
    lead = lead.removesuffix(b"export").rstrip(b" \t")
    return lead.endswith(b"\n") or (not lead and start <= 40)


def _line_end(data: bytes, at: int, end: int, before: bytes, *, stop_at_escapes: bool) -> int:
    """Return where a value ends that takes the rest of its line, or of the text it is quoted in."""
    if stop_at_escapes:
        found = ESCAPED_END.search(data, at, end)
        end = found.start() if found else end
    if before[-1:] in (b"'", b'"'):
        found_at = data.find(before[-1:], at, end)
        end = found_at if found_at >= 0 else end
    if data[end - 1 : end] == b"\r":
        end -= 1
    return max(at, end)
