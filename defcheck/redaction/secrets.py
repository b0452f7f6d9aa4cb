"""Find secrets in a text: values that look like one, and the spans to replace."""

import re
from collections.abc import Iterator

from defcheck.redaction import secret_names
from defcheck.redaction.secret_names import is_header_name, takes_rest_of_line

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
MAX_ITEMS = 1000


class LineEnds:
    """Where lines end, asked in the order of the text, so that long ones are read once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = -1

    def find_line_end(self, at: int) -> int:
        """Return where the line of `at` ends."""
        if at > self._end:
            found = self._data.find(b"\n", at)
            self._end = found if found >= 0 else len(self._data)
        return self._end


def find_values(data: bytes, start: int, end: int, lines: LineEnds) -> Iterator[Span]:
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
        if separator is None and (opened == b"(" or (opened == b"[" and is_header_name(name))):
            # In a list names may follow each other, as in `"methods": ["password", "totp"]`.
            separator = COMMA.match(data, behind)
        if separator is None:
            return
        yield from _find_value(data, separator.end(), name, before, lines, separator[0])
        return
    if data[end : end + 1] == b">" and before.endswith(b"<"):
        stop = data.find(b"<", end, lines.find_line_end(end))
        yield from _skip_harmless(data, end + 1, stop if stop >= 0 else lines.find_line_end(end))
        return
    separator = SEPARATOR.match(data, end)
    if separator is None and name.startswith(b"--"):
        separator = BLANKS.match(data, end)
    if separator is not None:
        yield from _find_value(data, separator.end(), name, before, lines, separator[0])


def _is_opened(before: bytes, closing: bytes) -> bool:
    """Return whether what ends a name also stands before it."""
    return before.endswith(closing.rstrip(b"]"))


def _find_value(
    data: bytes, at: int, name: bytes, before: bytes, lines: LineEnds, separator: bytes
) -> Iterator[Span]:
    opening = OPENING.match(data, at)
    if opening:
        yield from _skip_harmless(data, opening.end(), _find_closing_quote(data, opening, lines))
        return
    first = data[at : at + 1]
    if first == b"[":
        yield from _find_list_items(data, at + 1, lines)
    elif first == b"{":
        if takes_rest_of_line(name):
            stop = data.find(b"}", at, lines.find_line_end(at))
            yield from _skip_harmless(data, at + 1, stop if stop >= 0 else lines.find_line_end(at))
    else:
        yield from _skip_harmless(
            data, at, _find_unquoted_end(data, at, name, before, lines, separator)
        )


def _skip_harmless(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield the span unless it tells nothing."""
    if end - start > 200 or not HARMLESS.match(data[start:end].strip()):
        yield start, end


def _find_list_items(data: bytes, at: int, lines: LineEnds) -> Iterator[Span]:
    """Yield the quoted texts of a list."""
    for _ in range(MAX_ITEMS):
        while data[at : at + 1].isspace():
            at += 1
        opening = OPENING.match(data, at)
        if not opening:
            return
        end = _find_closing_quote(data, opening, lines)
        yield from _skip_harmless(data, opening.end(), end)
        comma = NEXT.match(data, end + len(opening[0].lstrip(b"bBuUrR")))
        if not comma:
            return
        at = comma.end()


def _find_closing_quote(data: bytes, opening: re.Match[bytes], lines: LineEnds) -> int:
    """Return where a quoted value ends: at the same quote, as often escaped, or with its line.

    In a text that was quoted n times over, a quote that ends is escaped by
    2^n - 1 backslashes, one that belongs to the value by more.
    """
    at = opening.end()
    end = lines.find_line_end(at)
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


def _find_unquoted_end(
    data: bytes, at: int, name: bytes, before: bytes, lines: LineEnds, separator: bytes
) -> int:
    """Return where a value without quotes ends."""
    end = lines.find_line_end(at)
    if b"%" in separator:
        found = PERCENT_END.search(data, at, end)
        return found.start() if found else end
    escaped = before.endswith((b"\\n", b"\\r"))
    whole = takes_rest_of_line(name)
    if whole or _begins_line(data, at - len(separator) - len(name), escaped):
        return _find_rest_end(data, at, end, before, stop_at_escapes=whole or escaped)
    found = INLINE.match(data, at, end)
    return found.end() if found else at


def _begins_line(data: bytes, start: int, escaped: bool) -> bool:
    """Return whether nothing but what may stand before an option stands before it in its line."""
    if escaped:
        return True
    lead = data[max(0, start - 40) : start].rstrip(b" \t#-+<>")
    lead = lead.removesuffix(b"export").rstrip(b" \t")
    return lead.endswith(b"\n") or (not lead and start <= 40)


def _find_rest_end(data: bytes, at: int, end: int, before: bytes, *, stop_at_escapes: bool) -> int:
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


MARK = b"***"
"""The replacement of a secret."""

LITERALS = (
    *(b"pass", b"pwd", b"secret", b"token", b"cookie", b"authorization", b"authentication"),
    *(b"key", b"credential", b"signature", b"sig=", b"sig%", b"oauth", b"blob", b"access"),
    *(b"pswd", b"kek", b"suffix"),
    *(b"userdata", b"user_data", b"user-data"),
)
"""What every name of a secret has in it, in small letters. They are looked for one by
one, which is a lot faster than all at once by a regular expression."""

KEY_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
KEY_END = re.compile(rb"-----END [A-Z0-9 ]{0,40}-----")
KEY_BODY = re.compile(rb"[\w+/=\s\\:,.*-]*+")
MAX_KEY_LENGTH = 64 * 1024

FERNET = re.compile(rb"gAAAA[\w-]{50,}+(?:={1,2}|(?:%3[Dd]){1,2})?")
WEB_TOKEN = re.compile(rb"eyJ[\w-]{8,}+(?:\.[\w-]*+){1,4}")
BEARER = re.compile(rb"bearer ([\w.~+/=-]{20,}+)", re.IGNORECASE)
BASIC = re.compile(rb"basic ((?=[A-Za-z]*[\d=+/])[\w+/]{6,}+={0,2})", re.IGNORECASE)
COOKIE = re.compile(rb"<Cookie ([^\s=<>]{1,200}=[^\s<>]*+)")
ACCESS_KEY = re.compile(rb"AKIA[A-Z0-9]{16}(?![A-Z0-9])")

IN_PATH = re.compile(rb"/tokens/([\w-]{16,}+)")
CODE = re.compile(rb"%(?:25){0,4}[0-9A-Fa-f]{2}")
WORD = re.compile(rb"[\w-]*+")

FORMS = {
    b"-----begin ": (KEY_BEGIN, 0),
    b"gaaaa": (FERNET, 0),
    b"eyj": (WEB_TOKEN, 0),
    b"bearer ": (BEARER, 1),
    b"basic ": (BASIC, 1),
    b"<cookie ": (COOKIE, 1),
    b"akia": (ACCESS_KEY, 0),
    b"/tokens/": (IN_PATH, 1),
}
"""How secrets begin that are known by their form, in small letters, and which part is secret."""

LOGIN = re.compile(
    rb"://([^/?#\s'\"<>\\]{1,1024}"
    rb"|[^/?#@:\s'\"<>\\]{0,255}:(?!\d{1,5}[/?#])[^@\s'\"<>\\]{1,512})@"
)
"""The logins of a URL, of which a message queue's has several hosts with one each.

What stands behind a colon and is no port is a password, also with a slash in it."""

OBJECT = re.compile(
    rb"['\"\\]{1,17}\s{0,9}:\s{0,9}\{[^{}\n]{0,2000}?['\"](id)\\{0,15}['\"]\s{0,9}:"
)
PLAIN = re.compile(rb"\s{1,4}['\"]?([0-9a-f]{32,}+)(?![\w-])")
"""A token of Keystone's former kind, as sentences tell it."""

ACCESS = re.compile(rb"[A-Za-z0-9]{16,}+")


def redact_secrets(data: bytes) -> bytes:
    """Return `data` with `MARK` in the place of each secret in it."""
    pieces = []
    at = 0
    for start, end in find_secret_spans(data):
        pieces += [data[at:start], MARK]
        at = end
    return b"".join([*pieces, data[at:]]) if pieces else data


def find_secret_spans(data: bytes) -> list[Span]:
    """Return where the secrets stand, in their order and apart from each other."""
    lowered = data.lower()
    found = [
        *_find_named_secrets(data, lowered),
        *_find_secrets_by_form(data, lowered),
        *_find_url_logins(data),
    ]
    found.sort()
    kept: list[Span] = []
    for start, end in found:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return [(start, end) for start, end in kept if data[start:end] != MARK]


def _find_literals(lowered: bytes, literals: tuple[bytes, ...]) -> list[int]:
    """Return where any of the literals stands, in order."""
    places = []
    for literal in literals:
        at = lowered.find(literal)
        while at >= 0:
            places.append(at)
            at = lowered.find(literal, at + len(literal))
    places.sort()
    return places


def _find_named_secrets(data: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield the values of names that name a secret."""
    lines = LineEnds(data)
    done = 0
    for at in _find_literals(lowered, LITERALS):
        if at < done:
            continue
        before = data[max(0, at - secret_names.MAX_NAME_LENGTH) : at]
        start = at - len(before) + len(before.rstrip(secret_names.NAME_BYTES))
        behind = data[at : at + 2 * secret_names.MAX_NAME_LENGTH]
        end = at + len(behind) - len(behind.lstrip(secret_names.NAME_BYTES))
        start = max(done, _skip_escape(data, start))
        name = data[start:end]
        done = end
        plain = secret_names.normalize_name(name)
        if secret_names.is_secret_name(name):
            for span in find_values(data, start, end, lines):
                if plain == secret_names.PASS and data[slice(*span)].isdigit():
                    continue
                yield span
                done = span[1]
        if done > end:
            continue
        if plain.endswith(secret_names.TOKEN):
            yield from _find_token_id(data, end, lines)
            bare = PLAIN.match(data, end)
            if bare:
                yield bare.span(1)
        elif plain == secret_names.ACCESS:
            for begin, stop in find_values(data, start, end, lines):
                if ACCESS.fullmatch(data, begin, stop):
                    yield begin, stop


def _skip_escape(data: bytes, start: int) -> int:
    """Return where a name begins behind an escape that ran into it, as in `\\npassword`."""
    if data[start - 1 : start] == b"\\" and data[start : start + 1] in (b"n", b"r", b"t"):
        return start + 1
    code = CODE.match(data, start - 1) if start else None
    return code.end() if code else start


def _find_token_id(data: bytes, end: int, lines: LineEnds) -> Iterator[Span]:
    """Yield the id of a token that is an object: `"token": {"id": …}`."""
    found = OBJECT.match(data, end)
    if found:
        yield from find_values(data, *found.span(1), lines)


def _find_secrets_by_form(data: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield what is a secret by its form, wherever it stands."""
    done = 0
    for at in _find_literals(lowered, tuple(FORMS)):
        if at < done:
            continue
        pattern, group = next(
            form for begin, form in FORMS.items() if lowered.startswith(begin, at)
        )
        found = pattern.match(data, at)
        if found and pattern is KEY_BEGIN:
            span = at, _find_key_end(data, at, found.end())
        elif found:
            span = found.span(group)
        else:
            if pattern is WEB_TOKEN:  # then nothing that begins in this word is one
                done = WORD.match(data, at).end()  # type: ignore[union-attr]
            continue
        yield span
        done = span[1]


def _find_key_end(data: bytes, at: int, behind: int) -> int:
    """Return where a private key ends: with its last line, or as far as it goes."""
    end = KEY_END.search(data, behind, at + MAX_KEY_LENGTH)
    if end:
        return end.end()
    return KEY_BODY.match(data, behind).end()  # type: ignore[union-attr]


def _find_url_logins(data: bytes) -> Iterator[Span]:
    """Yield user names and passwords in URLs."""
    for found in LOGIN.finditer(data):
        yield found.span(1)
