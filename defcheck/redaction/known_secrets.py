"""Known secret values, replaced wherever they stand and in every encoding."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

from defcheck.redaction.secrets import MARK

MIN_LENGTH = 6
"""Characters of a value that is looked for everywhere."""

MIN_WORD_LENGTH = 12
"""Characters of one that is a word, of small letters alone."""

MIN_BASE64_LENGTH = 8
"""Characters of a value's form in base64 that tell it from anything else."""

COMMON_WORDS = frozenset(
    {
        *("admin", "administrator", "password", "passw0rd", "changeme", "openstack", "devstack"),
        *("secret", "default", "testing", "keystone", "nomoresecret", "testpassword"),
        *("undefined", "redacted", "placeholder", "<omitted>"),
    }
)
_WORD = re.compile(r"[a-z]+|[A-Z]+|[A-Z][a-z]+|\d+|[.\-_/*]*")
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_WINDOW = 4096


class KnownSecrets:
    """A set of secrets."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Take the values; those that are too common to be looked for are left out."""
        self.values = tuple(sorted({value for value in values if is_distinctive(value)}))
        plain: set[bytes] = set()
        coded: set[bytes] = set()
        for value in self.values:
            plain.update(_iter_encodings(value))
            coded.update(_iter_base64_forms(value))
        self._plain = sorted(plain, key=lambda form: (-len(form), form))
        self._coded = sorted(coded - plain, key=lambda form: (-len(form), form))

    def __bool__(self) -> bool:
        return bool(self.values)

    def redact_bytes(self, data: bytes) -> bytes:
        """Return `data` with `MARK` in the place of each known secret."""
        for form in self._plain:
            if form in data:
                data = data.replace(form, MARK)
        for form in self._coded:
            if form in data:
                data = _redact_base64_words(data, form)
        return data


def is_distinctive(value: str) -> bool:
    """Return whether a value stands for a secret wherever it is met."""
    if len(value) < MIN_LENGTH or value.lower() in COMMON_WORDS or MARK.decode() in value:
        return False
    return len(value) >= MIN_WORD_LENGTH or not _WORD.fullmatch(value)


def _percent_encode(value: str, safe: str = "") -> str:
    return quote(value, safe=safe, errors="surrogatepass")


def _lower_percent_codes(text: str) -> str:
    """Return percent codes in small letters, as some write them."""
    return re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), text)


QUOTINGS: tuple[Callable[[str], str], ...] = (
    lambda value: json.dumps(value)[1:-1],
    lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    lambda value: repr(value)[1:-1],
    lambda value: repr(value.encode("utf-8", "surrogatepass"))[2:-1],
    _percent_encode,
)
"""How a text is written into another one; that one perhaps into another again."""

WRITINGS: tuple[Callable[[str], str], ...] = (
    *QUOTINGS,
    lambda value: _percent_encode(value, "/"),
    lambda value: _lower_percent_codes(_percent_encode(value)),
    lambda value: _lower_percent_codes(_percent_encode(value, "/")),
    lambda value: quote_plus(value, errors="surrogatepass"),
    escape,
    lambda value: escape(value, quote=False),
)
DEPTH = 3


def _iter_encodings(value: str) -> Iterator[bytes]:
    """Yield the value as it is written plain, in URLs, JSON, Python and HTML, quoted again too."""
    forms = {value, *(write(value) for write in WRITINGS)}
    for _ in range(DEPTH - 1):
        forms |= {write(form) for form in forms for write in QUOTINGS}
    for form in forms:
        yield form.encode("utf-8", "surrogatepass")


def _iter_base64_forms(value: str) -> Iterator[bytes]:
    """Yield what of the value stands in base64, whatever comes before and after it."""
    data = value.encode("utf-8", "surrogatepass")
    for before in range(3):
        whole = b64encode(bytes(before) + data)
        form = whole[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        if len(form) >= MIN_BASE64_LENGTH:
            yield form
            yield form.translate(bytes.maketrans(b"+/", b"-_"))


def _redact_base64_words(data: bytes, form: bytes) -> bytes:
    """Replace each word of base64 that has the form in it, since its ends belong to it too."""
    pieces = []
    done = 0
    at = data.find(form)
    while at >= 0:
        before = data[max(done, at - _WINDOW) : at]
        start = at - len(before) + len(before.rstrip(_LETTERS))
        behind = data[at + len(form) : at + len(form) + _WINDOW]
        rest = behind.lstrip(_LETTERS)
        rest = rest.removeprefix(b"=").removeprefix(b"=")
        end = at + len(form) + len(behind) - len(rest)
        pieces += [data[done:start], MARK]
        done = end
        at = data.find(form, done)
    return b"".join([*pieces, data[done:]])
