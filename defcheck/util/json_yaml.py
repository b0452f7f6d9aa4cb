"""Read JSON and YAML strictly: plain data, no duplicate keys, within limits."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def load_strict_json(data: bytes) -> Any:
    """Decode JSON in UTF-8; raise `ValueError` if it is invalid or ambiguous.

    Python's own reader takes the last of two equal keys, accepts NaN and Infinity,
    accepts lone surrogates and guesses encodings, so another program, or a person,
    may read something else from the same bytes.
    """
    text = data.decode("utf-8")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_refuse_duplicate_keys,
            parse_constant=_refuse_constant,
            parse_float=_parse_finite,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if _ESCAPED_HALF.search(text):
        json.dumps(document, ensure_ascii=False).encode()  # a UnicodeError is a ValueError
    return document


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a duplicate key")
    return found


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _parse_finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError("a number is too large")
    return found


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects in a file, none without a file; skip a truncated line."""
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


class UnclearYamlError(Exception):
    """Valid YAML that a reader could misunderstand."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class _Loader(yaml.SafeLoader):
    """Builds plain values only, and checks each node."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise UnclearYamlError("has YAML aliases", "Write out each entry.")
        if self._depth >= MAX_DEPTH:
            raise UnclearYamlError(
                "is nested too deep", "It may only contain short lists, nothing deeper."
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
                raise UnclearYamlError("merges one mapping into another", "Write out each entry.")
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise UnclearYamlError(
                        f"has a duplicate key {key.value[:80]}",
                        "It is unclear which one counts; remove one.",
                    )
                seen.add(key.value)
        return node


class _TextLoader(_Loader):
    """Keeps dates and times as strings."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def load_plain_yaml(text: str, *, days: bool = True) -> Any:
    """Return the value of YAML text.

    Without `days` a bare 2026-02-28 is a string, and so is 2026-02-31. Raises
    `UnclearYamlError`, or YAMLError or ValueError for invalid YAML.
    """
    # Both loaders are safe ones: they build no objects.
    return yaml.load(text, Loader=_Loader if days else _TextLoader)  # noqa: S506
