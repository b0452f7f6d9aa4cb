"""The prefix of what defcheck makes: random, so that a name that carries it is its own."""

import re
import secrets

PREFIX = re.compile(r"defcheck-[0-9a-f]{8}")


def new() -> str:
    """Return a prefix that nothing else has."""
    return f"defcheck-{secrets.token_hex(4)}"


def within(prefix: str) -> str:
    """Return a prefix that begins with another one and that nothing else has."""
    return f"{prefix}-{secrets.token_hex(2)}" if prefix else new()


def is_prefix(text: str) -> bool:
    """Return whether `text` is a prefix as `new` makes them: nothing shorter proves anything."""
    return PREFIX.fullmatch(text) is not None
