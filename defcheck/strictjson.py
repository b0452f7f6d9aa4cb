"""JSON as evidence: what two programs could read in two ways is refused."""

import json
import math
import re
from typing import Any, NoReturn

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def load(data: bytes) -> Any:
    """Decode JSON in UTF-8; raise `ValueError` where it says less, or more, than one thing.

    Python's own reader takes the last of two equal keys, knows numbers that JSON
    does not have, lets halves of characters pass and guesses at encodings, so
    that another program, or a person, may read something else in the same bytes.
    """
    text = data.decode("utf-8")
    try:
        document = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if _ESCAPED_HALF.search(text):
        json.dumps(document, ensure_ascii=False).encode()  # a UnicodeError is a ValueError
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON's")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("a number is too large")
    return found
