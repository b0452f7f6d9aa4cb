"""The prefix of what defcheck creates: random, so that a name that carries it is its own."""

import re
import secrets
import string

MAX_LENGTH = 15
"""Characters of a run's prefix, hyphen inside included.

Nova cuts a server's host name to 63 characters and then adds `-1` to those of servers that
were created together; Neutron with dns-integration refuses a longer one with 400. The
longest that Tempest creates so is PREFIX-ListServersNegativeTestJSON-server-NUMBER-N.
"""

WORD = "defcheck-"
LETTERS = string.ascii_lowercase + string.digits
"""Of a DNS label, in one case of letters, as some services compare names without it."""

RANDOM = MAX_LENGTH - len(WORD)
"""Random characters: 6 of 36 letters are 31 bits."""

PREFIX = re.compile(rf"{WORD}([0-9a-z]{{{RANDOM}}}|[0-9a-f]{{8}})")
"""Also with the eight hexadecimal digits of earlier versions, whose runs are still cleaned up."""


def new() -> str:
    """Return a prefix that nothing else has."""
    return WORD + _random(RANDOM)


def within(prefix: str) -> str:
    """Return a prefix that begins with another one and that nothing else has."""
    return f"{prefix}-{_random(4)}" if prefix else new()


def is_prefix(text: str) -> bool:
    """Return whether `text` is a prefix as `new` makes them: nothing shorter proves anything."""
    return PREFIX.fullmatch(text) is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
