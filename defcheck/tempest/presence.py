"""Which of a guideline's tests a Tempest has, and what became of the others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from defcheck import __version__
from defcheck.guideline.matching import (
    Claims,
    Index,
    Match,
    Resolution,
    base_name,
    claims,
    parse_name,
    resolve,
)
from defcheck.guideline.model import Guideline, Status, Target, Test
from defcheck.guideline.select import Listed, by_status
from defcheck.tempest.plan import PLUGINS

FORMAT = "defcheck presence 1"
"""Its schema is reports/schemas/presence-1.json."""


class State(StrEnum):
    """What became of a test."""

    PRESENT = "present"
    """It is there under its name."""

    RENAMED = "renamed"
    """It has another name in the same class or elsewhere, known by alias or id."""

    MOVED = "moved"
    """It has its own method name in another class or module, known by alias or id."""

    AMBIGUOUS = "ambiguous"
    """Tests have its id, but it cannot be told that one of them is this one."""

    GONE = "gone"
    """Nothing there has its name, an alias or its id."""

    NOT_INSTALLED = "not installed"
    """The package that it lives in has no test there at all."""


FOUND = (State.PRESENT, State.RENAMED, State.MOVED)
"""States in which the test is run and judged."""


@dataclass(frozen=True, slots=True)
class Place:
    """What became of one test of a capability."""

    test: Test
    capability: str
    status: str
    """The strongest under which a component lists the capability; empty where none does."""

    state: State
    match: Match
    names: tuple[str, ...] = ()
    """Its new names, or those that share its id where it is ambiguous."""

    @property
    def counted(self) -> bool:
        """Whether a verdict depends on it."""
        return self.status == Status.REQUIRED and self.test.flag is None


@dataclass(frozen=True, slots=True)
class Presence:
    """A guideline held against a Tempest."""

    guideline: Guideline
    target: Target | None
    """None for all capabilities, those that no component lists too."""

    tempest: str
    """Which Tempest, in words."""

    tests: int
    """How many tests that Tempest has."""

    places: tuple[Place, ...]

    def good(self, *, strict: bool) -> bool:
        """Return whether every counted test is found; where it is strict, every test present."""
        if strict:
            return all(place.state is State.PRESENT for place in self.places)
        return all(place.state in FOUND for place in self.places if place.counted)


def find_tests(
    guideline: Guideline, target: Target | None, inventory: Sequence[str], tempest: str
) -> Presence:
    """Find all tests of a guideline, or of one target, among a Tempest's full names."""
    index = Index(parse_name(full) for full in inventory)
    packages = {full.partition(".")[0] for full in inventory}
    claimed = claims(guideline)
    places = []
    for capability, status, tests in _demanded(guideline, target):
        for test in tests:
            state, resolution = classify(test, index, claimed)
            if state is State.GONE and test.name.partition(".")[0] not in packages:
                state = State.NOT_INSTALLED
            names = resolution.names or resolution.siblings
            places.append(Place(test, capability, status, state, resolution.match, names))
    return Presence(guideline, target, tempest, len(inventory), tuple(places))


def classify(test: Test, index: Index, claimed: Claims) -> tuple[State, Resolution]:
    """Return what became of a test, and the tests that stand for it or share its id."""
    found = resolve(test, index, claimed)
    if found.match is Match.NAME:
        return State.PRESENT, found
    if found.match is Match.NONE:
        return (State.AMBIGUOUS if found.siblings else State.GONE), found
    bases = {base_name(name) for name in found.names}
    if found.match is Match.ID and len(bases) > 1:
        return State.AMBIGUOUS, found
    method = test.name.rpartition(".")[2]
    moved = all(base.rpartition(".")[2] == method for base in bases)
    return (State.MOVED if moved else State.RENAMED), found


def _demanded(
    guideline: Guideline, target: Target | None
) -> Iterator[tuple[str, str, tuple[Test, ...]]]:
    """Yield capabilities with their strongest status and their tests."""
    targets = guideline.targets if target is None else (target,)
    listed: dict[str, Listed] = {}
    for one in targets:
        for name, item in by_status(guideline, one).items():
            known = listed.get(name)
            if known is None or list(Status).index(item.status) < list(Status).index(known.status):
                listed[name] = item
    for name, item in listed.items():
        yield name, item.status.value, item.capability.tests
    if target is None:
        for name, capability in guideline.capabilities.items():
            if name not in listed:
                yield name, "", capability.tests


def text(found: Presence) -> Iterator[str]:
    """Yield lines for a terminal: the sums first, then every test not plainly present."""
    where = f", target {found.target.name}" if found.target else ""
    yield (
        f"Guideline {found.guideline.id}{where}, against {found.tempest} ({found.tests} tests): "
        f"{_sums(found.places)}"
    )
    counted = [place for place in found.places if place.counted]
    if counted:
        yield f"  required and not flagged: {_sums(counted)}"
    packages = sorted(
        {place.test.name.partition(".")[0] for place in found.places if _missing(place)}
    )
    for package in packages:
        plugin = PLUGINS.get(package, package.replace("_", "-"))
        yield f"  {package} is not installed: `pip install {plugin}` brings its tests"
    for state in State:
        rows = _rows(found.places, state)
        if state is not State.PRESENT and rows:
            yield f"  {state}"
            for row in rows:
                yield from row


def _missing(place: Place) -> bool:
    return place.state is State.NOT_INSTALLED


def _sums(places: Sequence[Place]) -> str:
    """Return how many different tests there are in each state, in words."""
    states = worst_states(places)
    parts = [f"{len(states)} tests"]
    for state in State:
        number = sum(one is state for one in states.values())
        if number:
            parts.append(f"{number} {state}")
    return ", ".join(parts)


def worst_states(places: Iterable[Place]) -> dict[str, State]:
    """Return the state of each different test, by name.

    Capabilities may list a test with aliases of their own, so that it is found
    for one and not for another; then it lacks.
    """
    order = list(State)
    found: dict[str, State] = {}
    for place in places:
        name = place.test.name
        found[name] = max(found.get(name, place.state), place.state, key=order.index)
    return found


def _rows(places: Sequence[Place], state: State) -> list[tuple[str, ...]]:
    """Return the lines of each different test in a state, sorted by name."""
    rows: dict[tuple[str, tuple[str, ...]], list[Place]] = {}
    for place in places:
        if place.state is state:
            rows.setdefault((place.test.name, place.names), []).append(place)
    found: list[tuple[str, ...]] = []
    for (name, names), same in sorted(rows.items()):
        first = same[0]
        arrow = "shares its id with" if state is State.AMBIGUOUS else f"is, by {first.match},"
        weight = "" if any(place.counted for place in same) else ", not counted"
        found.append(
            (
                f"    {name} ({', '.join(dict.fromkeys(one.capability for one in same))}{weight})",
                *(f"      {arrow} {new}" for new in names),
            )
        )
    return found


def document(reports: Sequence[Presence]) -> dict[str, Any]:
    """Return everything JSON-ready, the tests that are plainly present too."""
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "guidelines": [
            {
                "id": one.guideline.id,
                "sha256": one.guideline.sha256,
                "target": one.target.name if one.target else None,
                "tempest": one.tempest,
                "tempest_tests": one.tests,
                "counted_found": one.good(strict=False),
                "tests": [
                    {
                        "name": place.test.name,
                        "idempotent_id": place.test.idempotent_id,
                        "capability": place.capability,
                        "status": place.status,
                        "flagged": place.test.flag is not None,
                        "state": place.state.value,
                        "match": place.match.value,
                        "names": list(place.names),
                    }
                    for place in one.places
                ],
            }
            for one in reports
        ],
    }
