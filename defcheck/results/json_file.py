"""Read results in JSON: RefStack's and rally's, told apart by what they hold."""

import json
from typing import Any, NoReturn

from defcheck.errors import InputError
from defcheck.results import rally, refstack
from defcheck.results.interface import KINDS, Reader, Stream, UnlikeError, holds_nothing, read_whole
from defcheck.results.model import ResultSet

MAX_BYTES = 64 * 1024 * 1024
"""JSON is read whole; a rally report of ten whole Tempest runs has 10 MB."""


def read(stream: Stream, where: str) -> ResultSet:
    """Read a document; one that is cut off or damaged is refused, as nothing of it is sure."""
    data = read_whole(stream, MAX_BYTES)
    if data is None:
        raise UnlikeError(f"{where} looks like JSON and holds more than {MAX_BYTES // 2**20} MiB.")
    try:
        document = json.loads(data, object_pairs_hook=_object, parse_constant=_no_number)
    except _TwiceError as error:
        raise InputError(
            f"{where} is JSON that says {str(error)[:80]!r} twice of one thing.",
            "It is not clear which one counts; write it anew.",
        ) from error
    except (ValueError, RecursionError) as error:
        # Text before a subunit stream may begin like JSON.
        raise UnlikeError(f"{where} looks like JSON and is not: {error}.") from error
    if rally.is_report(document):
        found = rally.read(document, where)
    elif refstack.is_file(document):
        found = refstack.read(document, where)
    else:
        raise InputError(f"{where} is JSON without a list of `results`.", KINDS)
    if not found.events:
        raise holds_nothing(where, found.problems)
    return found


class _TwiceError(Exception):
    """A name stands twice in one object: others would silently take the last."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


READER = Reader(lambda head: head[:1] in (b"{", b"["), read)
