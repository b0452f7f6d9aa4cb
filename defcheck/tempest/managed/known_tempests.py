"""The tests of every known Tempest, and which one has most of the required tests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from defcheck.guideline.models import Guideline, Target
from defcheck.tempest.inventory import (
    FOUND_STATES,
    PACKAGE_PLUGINS,
    PresenceState,
    find_tests,
    worst_states,
)
from defcheck.tempest.managed.environments import version_key

TABLE = Path(__file__).with_name("known.json")
"""Measured by installing each version; tests/bench/known_tempests.py generates it."""

UNSOUND_REASON = "written for an older Python: some of its tests fail although the cloud is fine"
"""Why an unsound version is not recommended."""

Spans = tuple[tuple[int, int], ...]
"""Ranges of versions that have a test, as indices of the first and the last one."""


@dataclass(frozen=True, slots=True)
class KnownTempests:
    """The table of known Tempests and their tests."""

    versions: tuple[str, ...]
    """Versions that install and list their tests, oldest first."""

    unusable: tuple[str, ...]
    """Versions in the package index that do not."""

    sound_since: str
    """The first version whose own code works on the Pythons of today.

    Older ones were written for older Pythons and packages; tests/bench/known_tempests.py
    has the measurements.
    """

    spans: Mapping[str, Spans]
    """Ranges of versions by test, named with its id and no other attribute."""

    def list_tests(self, version: str) -> tuple[str, ...]:
        """Return the test names of a known version, with their ids."""
        at = self.versions.index(version)
        return tuple(
            name
            for name, spans in self.spans.items()
            if any(first <= at <= last for first, last in spans)
        )


@cache
def load_known_tempests() -> KnownTempests:
    """Load the table that is part of the package."""
    read: Any = json.loads(TABLE.read_text(encoding="utf-8"))
    place = {version: number for number, version in enumerate(read["versions"])}
    spans = {
        name: tuple(
            (place[first], place[last])
            for first, last in (span.split("-") for span in words.split())
        )
        for name, words in read["tests"].items()
    }
    return KnownTempests(
        versions=tuple(read["versions"]),
        unusable=tuple(read["unusable"]),
        sound_since=read["sound_since"],
        spans=spans,
    )


def is_sound(version: str) -> bool:
    """Return whether a version's own code is known to work, or is newer than the known ones."""
    return version_key(version) >= version_key(load_known_tempests().sound_since)


def find_nearest_versions(version: str, versions: Sequence[str], limit: int = 4) -> tuple[str, ...]:
    """Return the `versions` nearest to one that does not exist, oldest first."""
    wanted = _pad_version(version)

    def measure_distance(other: str) -> tuple[int, ...]:
        return tuple(abs(one - two) for one, two in zip(wanted, _pad_version(other), strict=True))

    return tuple(sorted(sorted(versions, key=measure_distance)[:limit], key=version_key))


def _pad_version(version: str) -> tuple[int, ...]:
    return (*version_key(version).release, 0, 0, 0)[:3]


class TempestOrigin(StrEnum):
    """Where a Tempest is available."""

    DEFAULT = "default"
    INSTALLED = "installed"
    KNOWN = "known"
    """Not installed; the list of its tests is part of defcheck."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Tempest and the full names of its tests."""

    name: str
    version: str
    origin: TempestOrigin
    inventory: Sequence[str]
    sound: bool = True
    """Whether its own code is known to work on the Pythons of today."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the counted tests a Tempest has."""

    candidate: Candidate
    found: int
    lacking: Mapping[str, PresenceState]
    """The others, sorted by name, and why they are not found."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The coverage of a guideline by all candidates."""

    guideline: Guideline
    target: Target | None
    """None for all of its targets."""

    counted: int
    """How many tests a verdict depends on."""

    coverages: tuple[Coverage, ...]
    """By version, oldest first; known ones before installed ones."""

    best: Coverage
    """The sound one with the most tests."""

    most: Coverage
    """The one with the most tests, sound or not."""

    nowhere: tuple[str, ...]
    """Tests that no candidate has, except those of plugins."""

    plugins: tuple[str, ...]
    """Plugins whose tests are missing from the best candidate."""


def recommend_tempest(
    guideline: Guideline, target: Target | None, candidates: Sequence[Candidate]
) -> Recommendation:
    """Compare candidates, at least one, by their coverage of a guideline."""
    coverages = [measure_coverage(guideline, target, candidate) for candidate in candidates]
    coverages.sort(key=_build_sort_key)
    best = min(coverages, key=_rank_coverage)
    without = [_list_gone_tests(one) for one in coverages]
    return Recommendation(
        guideline=guideline,
        target=target,
        counted=best.found + len(best.lacking),
        coverages=tuple(coverages),
        best=best,
        most=min(coverages, key=lambda one: (len(one.lacking), _rank_coverage(one))),
        nowhere=tuple(sorted(set.intersection(*without))),
        plugins=_list_plugins(best),
    )


def measure_coverage(guideline: Guideline, target: Target | None, candidate: Candidate) -> Coverage:
    """Measure how much of a guideline one candidate covers."""
    presence = find_tests(guideline, target, candidate.inventory, candidate.name)
    states = worst_states(place for place in presence.located_tests if place.is_counted)
    lacking = {name: states[name] for name in sorted(states) if states[name] not in FOUND_STATES}
    return Coverage(candidate, len(states) - len(lacking), lacking)


def _build_sort_key(coverage: Coverage) -> tuple[bool, Version, str]:
    candidate = coverage.candidate
    return (
        candidate.origin is not TempestOrigin.KNOWN,
        version_key(candidate.version),
        candidate.name,
    )


def _rank_coverage(coverage: Coverage) -> tuple[bool, int, bool, tuple[int, ...], bool]:
    """Rank by: works at all, most tests, the default, the newest, installed."""
    candidate = coverage.candidate
    newest = tuple(-number for number in version_key(candidate.version).release)
    return (
        not candidate.sound,
        len(coverage.lacking),
        candidate.origin is not TempestOrigin.DEFAULT,
        newest,
        candidate.origin is TempestOrigin.KNOWN,
    )


def _list_gone_tests(coverage: Coverage) -> set[str]:
    return {name for name in coverage.lacking if not _find_plugin(name, coverage)}


def _find_plugin(name: str, coverage: Coverage) -> str:
    """Return the plugin that contains a missing test, empty if there is none."""
    if coverage.lacking[name] is not PresenceState.NOT_INSTALLED:
        return ""
    return PACKAGE_PLUGINS.get(name.partition(".")[0], "")


def _list_plugins(coverage: Coverage) -> tuple[str, ...]:
    return tuple(sorted({_find_plugin(name, coverage) for name in coverage.lacking} - {""}))
