"""Find what is a secret by where it stands or by its form, in any text of a run.

Work on UTF-8: letters beyond ASCII belong to values only. Nothing is looked at
twice, so that the time grows with the length of the text and not faster.
"""

import re
from collections.abc import Iterator

from defcheck.redaction import names
from defcheck.redaction.values import Lines, Span, values

MARK = b"***"
"""What stands in the place of a secret."""

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
MOST_OF_A_KEY = 64 * 1024

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


def replaced(data: bytes) -> bytes:
    """Return `data` with `MARK` in the place of each secret in it."""
    pieces = []
    at = 0
    for start, end in spans(data):
        pieces += [data[at:start], MARK]
        at = end
    return b"".join([*pieces, data[at:]]) if pieces else data


def spans(data: bytes) -> list[Span]:
    """Return where the secrets stand, in their order and apart from each other."""
    lowered = data.lower()
    found = [*_named(data, lowered), *_formed(data, lowered), *_logins(data)]
    found.sort()
    kept: list[Span] = []
    for start, end in found:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return [(start, end) for start, end in kept if data[start:end] != MARK]


def _places(lowered: bytes, literals: tuple[bytes, ...]) -> list[int]:
    """Return where any of the literals stands, in order."""
    places = []
    for literal in literals:
        at = lowered.find(literal)
        while at >= 0:
            places.append(at)
            at = lowered.find(literal, at + len(literal))
    places.sort()
    return places


def _named(data: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield the values of names that name a secret."""
    lines = Lines(data)
    done = 0
    for at in _places(lowered, LITERALS):
        if at < done:
            continue
        before = data[max(0, at - names.MOST) : at]
        start = at - len(before) + len(before.rstrip(names.LETTERS))
        behind = data[at : at + 2 * names.MOST]
        end = at + len(behind) - len(behind.lstrip(names.LETTERS))
        start = max(done, _unescaped(data, start))
        name = data[start:end]
        done = end
        plain = names.bare(name)
        if names.is_secret(name):
            for span in values(data, start, end, lines):
                if plain == names.PASS and data[slice(*span)].isdigit():
                    continue
                yield span
                done = span[1]
        if done > end:
            continue
        if plain.endswith(names.TOKEN):
            yield from _identity(data, end, lines)
            bare = PLAIN.match(data, end)
            if bare:
                yield bare.span(1)
        elif plain == names.ACCESS:
            for begin, stop in values(data, start, end, lines):
                if ACCESS.fullmatch(data, begin, stop):
                    yield begin, stop


def _unescaped(data: bytes, start: int) -> int:
    """Return where a name begins behind an escape that ran into it, as in `\\npassword`."""
    if data[start - 1 : start] == b"\\" and data[start : start + 1] in (b"n", b"r", b"t"):
        return start + 1
    code = CODE.match(data, start - 1) if start else None
    return code.end() if code else start


def _identity(data: bytes, end: int, lines: Lines) -> Iterator[Span]:
    """Yield the id of a token that is an object: `"token": {"id": …}`."""
    found = OBJECT.match(data, end)
    if found:
        yield from values(data, *found.span(1), lines)


def _formed(data: bytes, lowered: bytes) -> Iterator[Span]:
    """Yield what is a secret by its form, wherever it stands."""
    done = 0
    for at in _places(lowered, tuple(FORMS)):
        if at < done:
            continue
        pattern, group = next(
            form for begin, form in FORMS.items() if lowered.startswith(begin, at)
        )
        found = pattern.match(data, at)
        if found and pattern is KEY_BEGIN:
            span = at, _key_end(data, at, found.end())
        elif found:
            span = found.span(group)
        else:
            if pattern is WEB_TOKEN:  # then nothing that begins in this word is one
                done = WORD.match(data, at).end()  # type: ignore[union-attr]
            continue
        yield span
        done = span[1]


def _key_end(data: bytes, at: int, behind: int) -> int:
    """Return where a private key ends: with its last line, or as far as it goes."""
    end = KEY_END.search(data, behind, at + MOST_OF_A_KEY)
    if end:
        return end.end()
    return KEY_BODY.match(data, behind).end()  # type: ignore[union-attr]


def _logins(data: bytes) -> Iterator[Span]:
    """Yield user names and passwords in URLs."""
    for found in LOGIN.finditer(data):
        yield found.span(1)
