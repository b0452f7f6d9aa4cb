"""The tests of every Tempest that works, as defcheck carries them: none need be installed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from defcheck.tempest.managed.environment import version_key

TABLE = Path(__file__).with_name("known.json")
"""Measured by installing each version; tests/bench/known_tempests.py makes it."""

OLD = "written for an older Python: tests fail in it that do not fail in the cloud"
"""What to say of a version that is not sound."""

Spans = tuple[tuple[int, int], ...]
"""First and last version that has a test, by their place among the versions; once or more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was measured."""

    versions: tuple[str, ...]
    """Versions that install and list their tests, oldest first."""

    unusable: tuple[str, ...]
    """Versions in the package index that do not."""

    sound_since: str
    """The first version whose tests fail by none of their own faults on the Pythons of today.

    Older ones were written for older Pythons and packages; tests/bench/known_tempests.py
    says what was measured.
    """

    spans: Mapping[str, Spans]
    """Of each test, by its name with its id and no other attribute."""

    def inventory(self, version: str) -> tuple[str, ...]:
        """Return the names of the tests of a known version, with their ids."""
        at = self.versions.index(version)
        return tuple(
            name
            for name, spans in self.spans.items()
            if any(first <= at <= last for first, last in spans)
        )


@cache
def table() -> Known:
    """Return the carried table."""
    read: Any = json.loads(TABLE.read_text(encoding="utf-8"))
    place = {version: number for number, version in enumerate(read["versions"])}
    spans = {
        name: tuple(
            (place[first], place[last])
            for first, last in (span.split("-") for span in words.split())
        )
        for name, words in read["tests"].items()
    }
    return Known(
        versions=tuple(read["versions"]),
        unusable=tuple(read["unusable"]),
        sound_since=read["sound_since"],
        spans=spans,
    )


def is_sound(version: str) -> bool:
    """Return whether a version's own code is known to run, or newer than what is known."""
    return version_key(version) >= version_key(table().sound_since)


def near(version: str, versions: Sequence[str], most: int = 4) -> tuple[str, ...]:
    """Return those of `versions` that are nearest to one that does not exist, oldest first."""
    wanted = _padded(version)

    def distance(other: str) -> tuple[int, ...]:
        return tuple(abs(one - two) for one, two in zip(wanted, _padded(other), strict=True))

    return tuple(sorted(sorted(versions, key=distance)[:most], key=version_key))


def _padded(version: str) -> tuple[int, ...]:
    return (*version_key(version), 0, 0, 0)[:3]
