"""Match the tests of a Tempest with a guideline's: planned, present and missing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck import __version__
from defcheck.errors import InputError, UnusableError
from defcheck.guideline.matching import (
    AcceptedNames,
    Match,
    Resolution,
    TempestTestIndex,
    collect_accepted_names,
    parse_test_name,
    resolve_test,
    strip_scenario,
)
from defcheck.guideline.models import Guideline, Status, Target, Test
from defcheck.guideline.selection import ListedCapability, select_capabilities, select_tests
from defcheck.tempest.installed import InstalledTempest, has_package
from defcheck.tempest.workspace import TEST_NAME
from defcheck.util.files import clip_text, read_bounded

MAX_INVENTORY_BYTES = 64 * 1024 * 1024


def read_inventory(path: Path) -> tuple[str, ...]:
    """Return the full test names in a file with one name a line.

    Raises `InputError` if the file cannot be read, or a line is not a test name:
    any other list would make every test seem missing.
    """
    advice = "Create one with `stestr list` or `tempest run --list-tests`; it is less than 1 MiB."
    data = read_bounded(path, "The inventory", MAX_INVENTORY_BYTES, advice)
    names = []
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        name = line.strip()
        if not name:
            continue
        if not TEST_NAME.fullmatch(name):
            raise InputError(
                f"Line {number} of {path} is not a test name: {clip_text(name)!r}.",
                "Write one full name per line, such as a.b.Class.test_x[id-…,smoke].",
            )
        names.append(name)
    if not names:
        raise InputError(
            f"The inventory {path} contains no tests.", "Write one full name per line."
        )
    return tuple(names)


PACKAGE_PLUGINS = {
    "designate_tempest_plugin": "designate-tempest-plugin",
    "heat_tempest_plugin": "heat-tempest-plugin",
    "neutron_tempest_plugin": "neutron-tempest-plugin",
    "networking_bgpvpn_tempest": "neutron-tempest-plugin",
    "neutron": "neutron-tempest-plugin",
}
"""Top-level packages of tests, and the distribution that contains each today.

The tests of the last two have moved, and are found there by id (measured on Tempest 47).
"""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The tests to run for a target."""

    tests: tuple[str, ...]
    """Full names as the Tempest lists them, with attributes, sorted."""

    absent: tuple[str, ...]
    """Required tests that the Tempest does not have under any name."""


def make_plan(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    inventory: Sequence[str],
    *,
    flagged: bool = True,
    tempest: InstalledTempest | None = None,
) -> RunPlan:
    """Find the target's tests in `inventory`, the full names of a Tempest's tests.

    `tempest` is the one that has them, by default the one next to defcheck.
    Raises `UnusableError` when the Tempest lacks a whole package of tests, or
    all of them.
    """
    full_names = {parse_test_name(full).name: full for full in inventory}
    index = TempestTestIndex(parse_test_name(full) for full in inventory)
    claimed = collect_accepted_names(guideline)
    chosen: set[str] = set()
    absent: set[str] = set()
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        resolution = resolve_test(test, index, claimed)
        if resolution.match is Match.NONE:
            absent.add(test.name)
        chosen.update(full_names[name] for name in resolution.names)
    _refuse_missing_packages(absent, tempest)
    if not chosen:
        raise UnusableError(
            f"This Tempest has none of the {len(absent)} tests that target {target.name} "
            f"of guideline {guideline.id} requires.",
            "Use another version; `defcheck tempest recommend` suggests one.",
        )
    return RunPlan(tuple(sorted(chosen)), tuple(sorted(absent)))


def _refuse_missing_packages(absent: Collection[str], tempest: InstalledTempest | None) -> None:
    packages = sorted({name.partition(".")[0] for name in absent} - {""})
    missing = [package for package in packages if not has_package(package, tempest)]
    if missing:
        wanted = [PACKAGE_PLUGINS.get(package, package.replace("_", "-")) for package in missing]
        options = " ".join(f"--plugin {one}" for one in wanted)
        count = sum(name.partition(".")[0] in missing for name in absent)
        raise UnusableError(
            f"{count} required tests are in {', '.join(missing)}, which is not installed.",
            f"Install it next to defcheck with `pip install {' '.join(wanted)}`, or in its own "
            f"environment with `defcheck tempest install VERSION {options}`.",
        )


PRESENCE_FORMAT = "defcheck presence 1"
"""Its schema is reports/schemas/presence-1.json."""


class PresenceState(StrEnum):
    """How a guideline's test is present in a Tempest."""

    PRESENT = "present"
    """It exists under its name."""

    RENAMED = "renamed"
    """Its method has another name, found by alias or id."""

    MOVED = "moved"
    """Its method name is in another class or module, found by alias or id."""

    AMBIGUOUS = "ambiguous"
    """Some tests have its id, but none of them can be identified as this test."""

    GONE = "gone"
    """No test has its name, an alias or its id."""

    NOT_INSTALLED = "not installed"
    """No test of its package exists."""


FOUND_STATES = (PresenceState.PRESENT, PresenceState.RENAMED, PresenceState.MOVED)
"""States in which a run executes the test."""


@dataclass(frozen=True, slots=True)
class LocatedTest:
    """Whether and where one test of a capability exists."""

    test: Test
    capability: str
    status: str
    """The strongest status of the capability in a component; empty if no component lists it."""

    state: PresenceState
    match: Match
    names: tuple[str, ...] = ()
    """Its new names, or the tests that share its id if it is ambiguous."""

    @property
    def is_counted(self) -> bool:
        """Whether a verdict depends on it."""
        return self.status == Status.REQUIRED and self.test.flag is None


@dataclass(frozen=True, slots=True)
class PresenceReport:
    """Which tests of a guideline a Tempest has."""

    guideline: Guideline
    target: Target | None
    """None for all capabilities, including those that no component lists."""

    tempest: str
    """The Tempest, for display."""

    tests: int
    """How many tests that Tempest has."""

    located_tests: tuple[LocatedTest, ...]

    def is_complete(self, *, strict: bool) -> bool:
        """Return whether every counted test is found; if `strict`, every test present."""
        if strict:
            return all(place.state is PresenceState.PRESENT for place in self.located_tests)
        return all(place.state in FOUND_STATES for place in self.located_tests if place.is_counted)


def find_tests(
    guideline: Guideline, target: Target | None, inventory: Sequence[str], tempest: str
) -> PresenceReport:
    """Find all tests of a guideline, or of one target, among a Tempest's tests."""
    index = TempestTestIndex(parse_test_name(full) for full in inventory)
    packages = {full.partition(".")[0] for full in inventory}
    claimed = collect_accepted_names(guideline)
    places = []
    for capability, status, tests in _list_capabilities(guideline, target):
        for test in tests:
            state, resolution = classify_test(test, index, claimed)
            if state is PresenceState.GONE and test.name.partition(".")[0] not in packages:
                state = PresenceState.NOT_INSTALLED
            names = resolution.names or resolution.siblings
            places.append(LocatedTest(test, capability, status, state, resolution.match, names))
    return PresenceReport(guideline, target, tempest, len(inventory), tuple(places))


def classify_test(
    test: Test, index: TempestTestIndex, claimed: AcceptedNames
) -> tuple[PresenceState, Resolution]:
    """Return how a test is present, and the tests that replace it or share its id."""
    found = resolve_test(test, index, claimed)
    if found.match is Match.NAME:
        return PresenceState.PRESENT, found
    if found.match is Match.NONE:
        return (PresenceState.AMBIGUOUS if found.siblings else PresenceState.GONE), found
    bases = {strip_scenario(name) for name in found.names}
    if found.match is Match.ID and len(bases) > 1:
        return PresenceState.AMBIGUOUS, found
    method = test.name.rpartition(".")[2]
    moved = all(base.rpartition(".")[2] == method for base in bases)
    return (PresenceState.MOVED if moved else PresenceState.RENAMED), found


def _list_capabilities(
    guideline: Guideline, target: Target | None
) -> Iterator[tuple[str, str, tuple[Test, ...]]]:
    """Yield capabilities with their strongest status and their tests."""
    targets = guideline.targets if target is None else (target,)
    listed: dict[str, ListedCapability] = {}
    for one in targets:
        for name, item in select_capabilities(guideline, one).items():
            known = listed.get(name)
            if known is None or list(Status).index(item.status) < list(Status).index(known.status):
                listed[name] = item
    for name, item in listed.items():
        yield name, item.status.value, item.capability.tests
    if target is None:
        for name, capability in guideline.capabilities.items():
            if name not in listed:
                yield name, "", capability.tests


def render_presence_text(found: PresenceReport) -> Iterator[str]:
    """Yield lines for a terminal: counts first, then every test that is not simply present."""
    where = f", target {found.target.name}" if found.target else ""
    yield (
        f"Guideline {found.guideline.id}{where}, against {found.tempest} ({found.tests} tests): "
        f"{_describe_counts(found.located_tests)}"
    )
    counted = [place for place in found.located_tests if place.is_counted]
    if counted:
        yield f"  required and not flagged: {_describe_counts(counted)}"
    packages = sorted(
        {
            place.test.name.partition(".")[0]
            for place in found.located_tests
            if _is_not_installed(place)
        }
    )
    for package in packages:
        plugin = PACKAGE_PLUGINS.get(package, package.replace("_", "-"))
        yield f"  {package} is not installed; install its tests with `pip install {plugin}`"
    for state in PresenceState:
        rows = _render_rows(found.located_tests, state)
        if state is not PresenceState.PRESENT and rows:
            yield f"  {state}"
            for row in rows:
                yield from row


def _is_not_installed(place: LocatedTest) -> bool:
    return place.state is PresenceState.NOT_INSTALLED


def _describe_counts(places: Sequence[LocatedTest]) -> str:
    """Return how many different tests are in each state, for display."""
    states = worst_states(places)
    parts = [f"{len(states)} tests"]
    for state in PresenceState:
        number = sum(one is state for one in states.values())
        if number:
            parts.append(f"{number} {state}")
    return ", ".join(parts)


def worst_states(places: Iterable[LocatedTest]) -> dict[str, PresenceState]:
    """Return the state of each different test, by name.

    Capabilities may list a test with different aliases, so that it is found for one
    and not for another; then it counts as missing.
    """
    order = list(PresenceState)
    found: dict[str, PresenceState] = {}
    for place in places:
        name = place.test.name
        found[name] = max(found.get(name, place.state), place.state, key=order.index)
    return found


def _render_rows(places: Sequence[LocatedTest], state: PresenceState) -> list[tuple[str, ...]]:
    """Return the lines of each different test in a state, sorted by name."""
    rows: dict[tuple[str, tuple[str, ...]], list[LocatedTest]] = {}
    for place in places:
        if place.state is state:
            rows.setdefault((place.test.name, place.names), []).append(place)
    found: list[tuple[str, ...]] = []
    for (name, names), same in sorted(rows.items()):
        first = same[0]
        arrow = (
            "shares its id with" if state is PresenceState.AMBIGUOUS else f"is, by {first.match},"
        )
        weight = "" if any(place.is_counted for place in same) else ", not counted"
        found.append(
            (
                f"    {name} ({', '.join(dict.fromkeys(one.capability for one in same))}{weight})",
                *(f"      {arrow} {new}" for new in names),
            )
        )
    return found


def build_presence_document(reports: Sequence[PresenceReport]) -> dict[str, Any]:
    """Return everything ready for JSON, including the tests that are simply present."""
    return {
        "format": PRESENCE_FORMAT,
        "defcheck": __version__,
        "guidelines": [
            {
                "id": one.guideline.id,
                "sha256": one.guideline.sha256,
                "target": one.target.name if one.target else None,
                "tempest": one.tempest,
                "tempest_tests": one.tests,
                "counted_found": one.is_complete(strict=False),
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
                    for place in one.located_tests
                ],
            }
            for one in reports
        ],
    }
