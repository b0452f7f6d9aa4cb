"""Read JSON and YAML strictly: plain data, no key twice, within bounds."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from defcheck.errors import InputError
from defcheck.util.files import clip_text
from defcheck.util.text import fold_whitespace

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Perhaps half of a surrogate pair alone, which is no character and cannot be printed."""


def load_strict_json(data: bytes) -> Any:
    """Decode JSON in UTF-8; raise `ValueError` where it says less, or more, than one thing.

    Python's own reader takes the last of two equal keys, knows numbers that JSON
    does not have, lets halves of characters pass and guesses at encodings, so
    that another program, or a person, may read something else in the same bytes.
    """
    text = data.decode("utf-8")
    try:
        document = json.loads(
            text,
            object_pairs_hook=refuse_duplicate_keys,
            parse_constant=refuse_constant,
            parse_float=_parse_finite,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    refuse_half_characters(text, document)
    return document


class DuplicateKeyError(ValueError):
    """A key stands twice in one object; most readers silently take the last."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {clip_text(key, 80)!r} stands twice in one object")
        self.key = key


def refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object for `json.loads`; raise `DuplicateKeyError` where a key is repeated."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DuplicateKeyError(find_first_repeated(key for key, _ in pairs) or "")
    return found


def find_first_repeated(names: Iterable[str]) -> str | None:
    """Return the first of some names that comes a second time, None where none does."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def refuse_constant(word: str) -> NoReturn:
    """Raise ValueError, for `json.loads`: JSON has no NaN and no Infinity."""
    raise ValueError(f"{word} is not a JSON number")


def refuse_half_characters(text: str, document: object) -> None:
    """Raise UnicodeError, a ValueError, where an escape in `text` is half of a character."""
    if _ESCAPED_HALF.search(text):
        json.dumps(document, ensure_ascii=False).encode()


def _parse_finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("a number is too large")
    return found


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects in a file, if there is one; a line that was cut off is left out."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


MAX_DEPTH = 20
MERGE = "tag:yaml.org,2002:merge"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _UnclearYamlError(Exception):
    """YAML that is sound and says something in a way that a reader may miss."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


class _Loader(yaml.SafeLoader):
    """Builds plain values only, and looks at each node as it comes."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _UnclearYamlError("has YAML aliases", "Write each entry out.")
        if self._depth >= MAX_DEPTH:
            raise _UnclearYamlError(
                "is nested too deep", "It holds short lists and nothing deeper."
            )
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if key.tag == MERGE:
                raise _UnclearYamlError("merges one mapping into another", "Write each entry out.")
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _UnclearYamlError(
                        f"has the key {key.value[:80]} twice in one place",
                        "It is not clear which one counts; take one out.",
                    )
                seen.add(key.value)
        return node


class _TextLoader(_Loader):
    """Leaves days and times as the texts that they were written as."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def decode_plain_yaml(data: bytes, where: str, advice: str, *, days: bool = True) -> Any:
    """Return the value of YAML in UTF-8; `where` names it in errors.

    Without `days` a bare 2026-02-28 is a text, 2026-02-31 as well, and the
    value is one that JSON can hold. Raises `InputError`, with `advice` where
    it is not YAML.
    """
    try:
        # Both loaders are safe ones: they build no objects.
        value = yaml.load(data.decode(), Loader=_Loader if days else _TextLoader)  # noqa: S506
        if not days:
            json.dumps(value)  # refuses numbers of thousands of digits, and lists as keys
    except _UnclearYamlError as error:
        raise InputError(f"{where} {error.problem}.", error.advice) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        problem = clip_text(fold_whitespace(str(error)), 300)
        raise InputError(f"{where} is not YAML: {problem}.", advice) from error
    return value
