"""Which of several Tempests has most of the tests that a guideline's verdict depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from defcheck.guideline.model import Guideline, Target
from defcheck.tempest.managed.environment import version_key
from defcheck.tempest.plan import PLUGINS
from defcheck.tempest.presence import FOUND, State, find_tests, worst_states


class Origin(StrEnum):
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
    origin: Origin
    inventory: Sequence[str]
    sound: bool = True
    """Whether its own code is known to run on the Pythons of today."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the counted tests a Tempest has."""

    candidate: Candidate
    found: int
    lacking: Mapping[str, State]
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


def recommend(
    guideline: Guideline, target: Target | None, candidates: Sequence[Candidate]
) -> Recommendation:
    """Hold candidates, of which there must be one at least, against a guideline."""
    coverages = [cover(guideline, target, candidate) for candidate in candidates]
    coverages.sort(key=_place)
    best = min(coverages, key=_rank)
    without = [_gone(one) for one in coverages]
    return Recommendation(
        guideline=guideline,
        target=target,
        counted=best.found + len(best.lacking),
        coverages=tuple(coverages),
        best=best,
        most=min(coverages, key=lambda one: (len(one.lacking), _rank(one))),
        nowhere=tuple(sorted(set.intersection(*without))),
        plugins=_plugins(best),
    )


def cover(guideline: Guideline, target: Target | None, candidate: Candidate) -> Coverage:
    """Hold one candidate against a guideline."""
    presence = find_tests(guideline, target, candidate.inventory, candidate.name)
    states = worst_states(place for place in presence.places if place.counted)
    lacking = {name: states[name] for name in sorted(states) if states[name] not in FOUND}
    return Coverage(candidate, len(states) - len(lacking), lacking)


def _place(coverage: Coverage) -> tuple[bool, tuple[int, ...], str]:
    candidate = coverage.candidate
    return candidate.origin is not Origin.KNOWN, version_key(candidate.version), candidate.name


def _rank(coverage: Coverage) -> tuple[bool, int, bool, tuple[int, ...], bool]:
    """What runs at all, then most tests, then the default, then the newest, then one at hand."""
    candidate = coverage.candidate
    newest = tuple(-number for number in version_key(candidate.version))
    return (
        not candidate.sound,
        len(coverage.lacking),
        candidate.origin is not Origin.DEFAULT,
        newest,
        candidate.origin is Origin.KNOWN,
    )


def _gone(coverage: Coverage) -> set[str]:
    return {name for name in coverage.lacking if not _plugin_of(name, coverage)}


def _plugin_of(name: str, coverage: Coverage) -> str:
    """Return the plugin that would bring a lacking test, empty where none would."""
    if coverage.lacking[name] is not State.NOT_INSTALLED:
        return ""
    return PLUGINS.get(name.partition(".")[0], "")


def _plugins(coverage: Coverage) -> tuple[str, ...]:
    return tuple(sorted({_plugin_of(name, coverage) for name in coverage.lacking} - {""}))
