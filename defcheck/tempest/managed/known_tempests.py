"""The tests of every known Tempest, and which one has most of those required."""

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
"""Measured by installing each version; tests/bench/known_tempests.py makes it."""

UNSOUND_REASON = "written for an older Python: tests fail in it that do not fail in the cloud"
"""What to say of a version that is not sound."""

Spans = tuple[tuple[int, int], ...]
"""First and last version that has a test, by their place among the versions; once or more."""


@dataclass(frozen=True, slots=True)
class KnownTempests:
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

    def list_tests(self, version: str) -> tuple[str, ...]:
        """Return the names of the tests of a known version, with their ids."""
        at = self.versions.index(version)
        return tuple(
            name
            for name, spans in self.spans.items()
            if any(first <= at <= last for first, last in spans)
        )


@cache
def load_known_tempests() -> KnownTempests:
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
    return KnownTempests(
        versions=tuple(read["versions"]),
        unusable=tuple(read["unusable"]),
        sound_since=read["sound_since"],
        spans=spans,
    )


def is_sound(version: str) -> bool:
    """Return whether a version's own code is known to run, or newer than what is known."""
    return version_key(version) >= version_key(load_known_tempests().sound_since)


def find_nearest_versions(version: str, versions: Sequence[str], limit: int = 4) -> tuple[str, ...]:
    """Return those of `versions` that are nearest to one that does not exist, oldest first."""
    wanted = _pad_version(version)

    def measure_distance(other: str) -> tuple[int, ...]:
        return tuple(abs(one - two) for one, two in zip(wanted, _pad_version(other), strict=True))

    return tuple(sorted(sorted(versions, key=measure_distance)[:limit], key=version_key))


def _pad_version(version: str) -> tuple[int, ...]:
    return (*version_key(version).release, 0, 0, 0)[:3]


class TempestOrigin(StrEnum):
    """How a Tempest is at hand."""

    DEFAULT = "default"
    INSTALLED = "installed"
    KNOWN = "known"
    """Not installed; defcheck carries the list of its tests."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Tempest and the full names of its tests."""

    name: str
    version: str
    origin: TempestOrigin
    inventory: Sequence[str]
    sound: bool = True
    """Whether its own code is known to run on the Pythons of today."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the counted tests a Tempest has."""

    candidate: Candidate
    found: int
    lacking: Mapping[str, PresenceState]
    """The others, sorted by name, and why they are not found."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """All candidates held against a guideline."""

    guideline: Guideline
    target: Target | None
    """None for all of its targets."""

    counted: int
    """How many tests a verdict depends on."""

    coverages: tuple[Coverage, ...]
    """By version, oldest first; those that are only known before those at hand."""

    best: Coverage
    """The sound one that has most."""

    most: Coverage
    """The one that has most, sound or not."""

    nowhere: tuple[str, ...]
    """Tests that no candidate has, but for those that a plugin would bring."""

    plugins: tuple[str, ...]
    """Plugins whose tests the best candidate lacks."""


def recommend_tempest(
    guideline: Guideline, target: Target | None, candidates: Sequence[Candidate]
) -> Recommendation:
    """Hold candidates, of which there must be one at least, against a guideline."""
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
    """Hold one candidate against a guideline."""
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
    """What runs at all, then most tests, then the default, then the newest, then one at hand."""
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
    """Return the plugin that would bring a lacking test, empty where none would."""
    if coverage.lacking[name] is not PresenceState.NOT_INSTALLED:
        return ""
    return PACKAGE_PLUGINS.get(name.partition(".")[0], "")


def _list_plugins(coverage: Coverage) -> tuple[str, ...]:
    return tuple(sorted({_find_plugin(name, coverage) for name in coverage.lacking} - {""}))
