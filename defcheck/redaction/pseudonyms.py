"""Consistent placeholders for addresses, hosts, projects, users and domains.

Two steps: `learn_from` all texts of a bundle, package or report in one order, then
`replace_in_text` each. A placeholder is the kind and the number of first appearance.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv6Address

ADDRESSES, NAMES = "addresses", "names"
KINDS = (ADDRESSES, NAMES)
"""What a user can ask to have replaced."""

MIN_NAME_LENGTH = 3
"""Minimum length of a name that is replaced."""

IPV4 = re.compile(
    rb"(?<![\d.])(?<![vV])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    rb"(?!\d|\.\d)"
)
IPV6 = re.compile(rb"(?<![\w:.-])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]|\.\d)")
LOCAL = re.compile(rb"127\.|0\.|255\.")
"""How addresses begin that are the same everywhere: this machine's, none, and masks."""

HOST = re.compile(
    rb"[a-z][a-z0-9+.-]{1,15}://(?:[^/@\s'\"<>\\]{1,512}@)?([A-Za-z0-9][A-Za-z0-9.-]{0,252})"
)
CONNECTED = re.compile(rb"\bhost=['\"]([A-Za-z0-9][A-Za-z0-9.-]{0,252})['\"]")
"""A host as urllib3 names it when it cannot be reached: perhaps nothing else names it."""

PUBLIC = re.compile(
    rb"(?:.*\.)?(?:openstack\.org|opendev\.org|launchpad\.net|w3\.org|github\.com|scs\.community)"
    rb"|localhost|(?:[\d.]+)|(?:address|host)-\d+|tempest\..*",
    re.IGNORECASE | re.DOTALL,
)
"""Hosts that tell nothing of a cloud, and what is no host or has another name already."""

NAMED = re.compile(
    rb"\b(?:\w{0,20}_)?(user|project|tenant|domain)_?name\b(?:"
    rb"[\\'\"]{0,8}\s{0,4}[:=]\s{0,4}[bu]?\\{0,7}['\"]"
    rb"((?:[^'\"\\\n]|\\{1,3}u[\da-fA-F]{4}){1,255})['\"\\]"
    rb"|[ \t]{1,4}=[ \t]{1,4}([^'\"\\\n]{1,255})"
    rb"|[\\'\"]{0,8}[ \t]{0,4}[:=][ \t]{0,4}([^'\"\\\s,;&}<>]{1,255}))",
    re.IGNORECASE,
)
"""What is called a name: in quotes, as an option in a line of its own, or up to a blank."""

OBJECT = re.compile(
    rb"['\"\\](user|project|tenant|domain)['\"\\]{1,8}:\s{0,4}\{(?:[^{}\n]|\{[^{}\n]{0,300}\}){0,400}?"
    rb"['\"\\]name['\"\\]{1,8}:\s{0,4}[\\'\"]{1,8}"
    rb"((?:[^'\"\\\n]|\\{1,3}u[\da-fA-F]{4}){1,255})"
)
ORDINARY = re.compile(
    rb"(?:none|null|true|false|\*+|admin|default|demo|member|service|services"
    rb"|(?:[\x00-@\[-`{-\x7f]|(?:user|project|domain|cloud|host|address)-\d++)++)",
    re.IGNORECASE,
)
"""Names that every cloud has, or that are other ones already."""

TEST_NAMES = re.compile(rb"(?:tempest|defcheck).*", re.DOTALL)
"""Names that the tests gave, which are evidence."""

WORD = re.compile(rb"[a-z]+|[A-Z][a-z]*")
"""A name that is a word of the language as well is one in quotes, or as a value, only."""

KIND_OF = {b"tenant": "project"}

ESCAPED = re.compile(r"\\{1,3}u([\da-fA-F]{4})")
"""A letter beyond ASCII as JSON has it, perhaps in a text that is quoted once more."""


class Pseudonyms:
    """The placeholders of one bundle, package or report."""

    def __init__(self, kinds: Collection[str], clouds: Iterable[str] = ()) -> None:
        """Take which `KINDS` are asked for, and names of clouds."""
        self._addresses = ADDRESSES in kinds
        self._names = NAMES in kinds
        self._placeholders: dict[tuple[str, bytes], str] = {}
        self._counts: dict[str, int] = {}
        self._pattern: re.Pattern[bytes] | None = None
        self._kinds: dict[bytes, str] = {}
        self._originals: dict[bytes, bytes] = {}
        """What each known form is a form of."""

        if self._names:
            for cloud in clouds:
                self._add_name("cloud", cloud.encode())

    def learn_from(self, data: bytes) -> None:
        """Learn the hosts and names in a text."""
        for pattern in (HOST, CONNECTED):
            for found in pattern.finditer(data):
                host = found[1].rstrip(b".-")
                if not PUBLIC.fullmatch(host):
                    self._add_name("host", host)
        if self._names:
            for pattern in (NAMED, OBJECT):
                for found in pattern.finditer(data):
                    kind = found[1].lower()
                    name = next(one for one in found.groups()[1:] if one).strip()
                    if not TEST_NAMES.fullmatch(name):
                        self._add_name(KIND_OF.get(kind, kind.decode()), name)

    def _add_name(self, kind: str, name: bytes) -> None:
        if (
            name not in self._kinds
            and len(name) >= MIN_NAME_LENGTH
            and not ORDINARY.fullmatch(name)
        ):
            thing = unescape_name(name)
            for form in (name, thing, *escape_name(thing)):
                self._kinds.setdefault(form, kind)
                self._originals[form] = thing
            self._pattern = None

    def replace_in_text(self, text: str) -> str:
        """Return the text with placeholders."""
        data = text.encode("utf-8", "surrogatepass")
        return self.replace_in_bytes(data).decode("utf-8", "surrogatepass")

    def replace_in_bytes(self, data: bytes) -> bytes:
        """Return the text with placeholders."""
        if self._kinds:
            data = self._compile_pattern().sub(self._replace_name, data)
        if self._addresses:
            data = IPV4.sub(self._replace_ipv4, data)
            if b":" in data:
                data = IPV6.sub(self._replace_ipv6, data)
        return data

    def _compile_pattern(self) -> re.Pattern[bytes]:
        if self._pattern is None:
            names = sorted(self._kinds, key=lambda name: (-len(name), name))
            self._pattern = re.compile(b"|".join(self._build_name_pattern(name) for name in names))
        return self._pattern

    def _build_name_pattern(self, name: bytes) -> bytes:
        """Return the pattern of a name by itself, not as part of another name."""
        kind, form = self._kinds[name], re.escape(name)
        if kind == "host" and b"." not in name:
            # A word as well, perhaps: a host in an address, or as urllib3 tells of it.
            return (
                rb"(?:(?<=[/@])" + form + rb"(?=[:/?#'\"\s\\]|\Z)"
                rb"|(?:(?<=host=['\"])|(?<=resolve ['\"]))" + form + rb"(?=['\"])"
                rb"|(?<![\w.-])" + form + rb"(?=:\d))"
            )
        if kind not in ("host", "cloud") and WORD.fullmatch(name):
            return rb"(?:(?<=['\"=])|(?<=name = )|(?<=name: ))" + form + rb"(?=['\"\s&,]|\Z)"
        return rb"(?<![A-Za-z0-9_.])" + form + rb"(?![A-Za-z0-9_]|\.\w)"

    def _replace_name(self, found: re.Match[bytes]) -> bytes:
        return self._assign_placeholder(self._kinds[found[0]], self._originals[found[0]])

    def _replace_ipv4(self, found: re.Match[bytes]) -> bytes:
        return found[0] if LOCAL.match(found[0]) else self._assign_placeholder("address", found[0])

    def _replace_ipv6(self, found: re.Match[bytes]) -> bytes:
        try:
            address = IPv6Address(found[0].decode())
        except ValueError:
            return found[0]
        return self._assign_placeholder("address", address.compressed.encode())

    def _assign_placeholder(self, kind: str, thing: bytes) -> bytes:
        """Return the placeholder of a name; assign a new one if it has none."""
        known = self._placeholders.get((kind, thing))
        if known is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self._placeholders[kind, thing] = f"{kind}-{self._counts[kind]}"
        return known.encode()


def unescape_name(name: bytes) -> bytes:
    """Return a name with the letters themselves that are escaped in it."""
    if b"\\" not in name:
        return name
    letters = ESCAPED.sub(lambda found: chr(int(found[1], 16)), name.decode("utf-8", "replace"))
    # A letter beyond the first 65,536 is escaped as two halves.
    return letters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def escape_name(name: bytes) -> tuple[bytes, ...]:
    """Return a name as JSON writes it, and that in a text that is quoted once more."""
    if name.isascii():
        return ()
    once = json.dumps(name.decode("utf-8", "surrogateescape"))[1:-1]
    return once.encode(), once.replace("\\", "\\\\").encode()


def iter_texts(document: object) -> Iterator[bytes]:
    """Yield every text of a JSON-ready document, with its key where it has one."""
    if isinstance(document, str):
        yield document.encode("utf-8", "surrogatepass")
    elif isinstance(document, dict):
        for key, value in document.items():
            if isinstance(value, str):
                yield f"{key}='{value}'".encode("utf-8", "surrogatepass")
            else:
                yield from iter_texts(value)
    elif isinstance(document, list | tuple):
        for one in document:
            yield from iter_texts(one)
