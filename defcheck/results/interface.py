"""What every reader of a format has in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from defcheck.errors import InputError
from defcheck.results.model import ResultSet

KINDS = (
    "Give a run directory, a subunit stream (version 1 or 2), a stestr or testr repository, "
    "a JUnit XML file, a rally verification report (JSON or JUnit XML), a RefStack JSON file, "
    "or - for standard input."
)


class Stream(Protocol):
    """Unpacked content from its beginning."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none only at the end."""


class UnlikeError(Exception):
    """The content is not of this format after all; another reader may know it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How to read one format."""

    looks_like: Callable[[bytes], bool]
    """Whether content that begins with these bytes, none of them blank at the
    beginning, may be of the format."""

    read: Callable[[Stream, str], ResultSet]
    """Reads content that the second argument names in messages. Raises `UnlikeError`
    where it is of another format, `InputError` where it is of this one and
    cannot be used."""


def read_whole(stream: Stream, limit: int) -> bytes | None:
    """Return everything, None where that is more than `limit` bytes."""
    content = bytearray()
    while chunk := stream.read1(128 * 1024):
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)


def holds_nothing(where: str, problems: Sequence[str] = ()) -> InputError:
    """Return the error for content of a known format without a result in it."""
    return InputError(describe_no_results(where, problems), KINDS)


def describe_no_results(where: str, problems: Sequence[str] = ()) -> str:
    """Return in words that there is no result, with the first of the `problems` as the cause."""
    cause = f": {problems[0]}" if problems else ""
    return f"{where} holds no test result{cause}."
