"""Decode a guideline file as JSON, keeping what decoding would lose."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.files import clip
from defcheck.guideline.check.finding import Finding, Severity, Steps, finding
from defcheck.guideline.load import decode

MAX_DEPTH = 50
"""Levels of nesting; published guidelines have eight."""

_PLACE = re.compile(r": line (\d+) column (\d+) \(char \d+\)$")


class Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stood in it more than once."""

    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    document: Any
    """The decoded JSON, None where it could not be decoded or nests too deep."""

    findings: tuple[Finding, ...]
    """What is wrong with it as JSON."""

    usable: bool = True
    """Whether there is a document that further checks can look at."""


def parse(data: bytes) -> Parsed:
    """Decode JSON and find keys that stand twice in one object."""
    try:
        document = json.loads(decode(data), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return _broken("json", f"is not JSON: {_PLACE.sub('', str(error))} at {place}")
    except RecursionError:
        return _broken("nesting", f"nests deeper than {MAX_DEPTH} levels")
    except ValueError as error:
        return _broken("json", f"is not JSON in UTF-8: {clip(str(error))}")
    found: list[Finding] = []
    for steps, value in walk(document):
        if len(steps) > MAX_DEPTH:
            return _broken("nesting", f"nests deeper than {MAX_DEPTH} levels")
        if isinstance(value, Object):
            found += [
                finding(
                    Severity.ERROR,
                    "duplicate-key",
                    (*steps, key),
                    "stands more than once in its object; all but the last would be lost",
                )
                for key in value.repeated
            ]
    return Parsed(document, tuple(found))


def walk(document: Any) -> Iterator[tuple[Steps, Any]]:
    """Yield every object and list with the way to it, without recursion.

    One level below `MAX_DEPTH` is still told of, what is in it is not.
    """
    if not isinstance(document, dict | list):
        return
    yield (), document
    waiting: list[tuple[Steps, Iterator[tuple[str | int, Any]]]] = [((), _items(document))]
    while waiting:
        steps, items = waiting[-1]
        for step, inner in items:
            if isinstance(inner, dict | list):
                below = (*steps, step)
                yield below, inner
                if len(below) <= MAX_DEPTH:
                    waiting.append((below, _items(inner)))
                break
        else:
            waiting.pop()


def _items(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _object(pairs: list[tuple[str, Any]]) -> Object:
    made = Object(pairs)
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        made.repeated = tuple(key for key, number in counts.items() if number > 1)
    return made


def _broken(rule: str, message: str) -> Parsed:
    return Parsed(None, (finding(Severity.ERROR, rule, (), message),), usable=False)
