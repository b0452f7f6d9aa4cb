"""YAML without what hides or multiplies something: aliases, merges, keys twice, deep nesting."""

from typing import Any

import yaml

MAX_DEPTH = 20
MERGE = "tag:yaml.org,2002:merge"
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class UnclearError(Exception):
    """YAML that is sound and says something in a way that a reader may miss."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class _Loader(yaml.SafeLoader):
    """Builds plain values only, and looks at each node as it comes."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise UnclearError("has YAML aliases", "Write each entry out.")
        if self._depth >= MAX_DEPTH:
            raise UnclearError("is nested too deep", "It holds short lists and nothing deeper.")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if key.tag == MERGE:
                raise UnclearError("merges one mapping into another", "Write each entry out.")
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise UnclearError(
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


def load(text: str, *, days: bool = True) -> Any:
    """Return the value of a text; raise `UnclearError`, or YAMLError or ValueError for no YAML.

    Without `days` a bare 2026-02-28 is a text, and 2026-02-31 as well.
    """
    # Both loaders are safe ones: they build no objects.
    return yaml.load(text, Loader=_Loader if days else _TextLoader)  # noqa: S506
