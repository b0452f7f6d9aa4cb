"""Select the components, capabilities, tests and sections that a target lists."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.models import (
    STRENGTH,
    Capability,
    Component,
    DesignatedSections,
    Guideline,
    Status,
    Target,
    Test,
)

TARGET_SYNONYMS = {"storage": "object"}
"""What people call a target that RefStack's addresses call something else."""

OLD_COMPONENTS = {"os_powered_compute": "compute", "os_powered_storage": "object"}
"""Components of schema 2.0 and what guidelines of schema 1.x call them."""


@dataclass(frozen=True, slots=True)
class ListedCapability:
    """A capability as a component of the target lists it."""

    capability: Capability
    status: Status
    component: str


def find_target(guideline: Guideline, name: str = "") -> Target:
    """Return the target called `name`, or the only one where no name is given."""
    names = [target.name for target in guideline.targets]
    if not name:
        if len(names) == 1:
            return guideline.targets[0]
        raise InputError(
            f"Guideline {guideline.id} has several targets.",
            f"Name one with --target: {', '.join(names)}.",
        )
    wanted = name.casefold()
    for target in guideline.targets:
        title = target.title.casefold()
        if wanted in (target.name.casefold(), title) or TARGET_SYNONYMS.get(wanted) == target.name:
            return target
        if wanted.replace("-", "_") == target.name:
            return target
    raise InputError(
        f"Guideline {guideline.id} has no target {name}.", f"It has {', '.join(names)}."
    )


def parse_statuses(names: Iterable[str]) -> tuple[Status, ...]:
    """Return statuses by name; raise `InputError` naming the known ones."""
    known = {status.value: status for status in Status}
    statuses = []
    for name in (name.strip() for name in names):
        if name not in known:
            raise InputError(
                f"Unknown status: {name or '(empty)'}.", f"Available: {', '.join(known)}."
            )
        statuses.append(known[name])
    return tuple(statuses)


def list_capabilities(guideline: Guideline, target: Target) -> Iterator[ListedCapability]:
    """Yield each capability that the target's components list, in file order.

    A capability comes once for each time that it is listed. Removed
    capabilities that the guideline no longer defines are passed over.
    """
    for owner, component in resolve_components(guideline, target):
        for listing in component.listings:
            for name in listing.capabilities:
                if name in owner.capabilities:
                    yield ListedCapability(owner.capabilities[name], listing.status, component.name)


def select_capabilities(guideline: Guideline, target: Target) -> dict[str, ListedCapability]:
    """Return each capability once, under its strongest status.

    Raises `InputError` where two guidelines that the target is built of define
    a capability of the same name differently.
    """
    found: dict[str, ListedCapability] = {}
    for item in list_capabilities(guideline, target):
        known = found.get(item.capability.name)
        if known is not None and known.capability != item.capability:
            raise InputError(
                f"Target {target.name} of guideline {guideline.id} takes two different "
                f"capabilities {item.capability.name} from two guidelines.",
                "Give one of them another name.",
            )
        if known is None or STRENGTH[item.status] < STRENGTH[known.status]:
            found[item.capability.name] = item
    return found


def count_listed_tests(capabilities: Iterable[ListedCapability]) -> tuple[int, int]:
    """Return how many different tests capabilities have, and how many of them are flagged.

    A test that several of them have counts once, and is flagged where all of
    them flag it.
    """
    tests = [test for item in capabilities for test in item.capability.tests]
    unflagged = {test.name for test in tests if test.flag is None}
    number = len({test.name for test in tests})
    return number, number - len(unflagged)


def require_counted_tests(guideline: Guideline, target: Target, *, flagged: bool = False) -> None:
    """Raise `InputError` where no verdict can depend on any test of the target.

    `flagged` tells whether flagged tests count as well.
    """
    for item in select_capabilities(guideline, target).values():
        if item.status is Status.REQUIRED and any(
            flagged or test.flag is None for test in item.capability.tests
        ):
            return
    raise InputError(
        f"Target {target.name} of guideline {guideline.id} requires no test.",
        "An empty requirement is never a pass; choose another target or guideline.",
    )


def resolve_components(guideline: Guideline, target: Target) -> list[tuple[Guideline, Component]]:
    """Return the target's components, each with the guideline that defines it."""
    own = guideline.folded_components()
    linked = {name: owner.folded_components() for name, owner in guideline.linked.items()}
    found = []
    for reference in target.components:
        if reference.is_foreign(guideline.id):
            source = reference.guideline_id
            component = find_foreign_component(linked.get(source, {}), reference.name)
            owner = guideline.linked.get(source, guideline)
        else:
            component = own.get(reference.name.casefold())
            owner = guideline
        if component is None:
            raise InputError(
                f"Target {target.name} of guideline {guideline.id} takes the component "
                f"{reference.name} from guideline {reference.guideline_id or '(none named)'}, "
                "which is not available.",
                "Only targets whose components are all known can be used.",
            )
        found.append((owner, component))
    return found


def find_foreign_component(folded: Mapping[str, Component], name: str) -> Component | None:
    """Return another guideline's component under its name, or else under its old name."""
    key = name.casefold()
    if key not in folded and key in OLD_COMPONENTS:
        key = OLD_COMPONENTS[key]
    return folded.get(key)


def select_tests(
    guideline: Guideline, target: Target, statuses: Collection[Status], *, flagged: bool
) -> list[tuple[ListedCapability, Test]]:
    """Return the tests of capabilities listed under any of the statuses.

    A capability comes once, however often it is listed; a test that stands in
    two capabilities comes twice, as in RefStack's test lists.
    """
    chosen: dict[str, ListedCapability] = {}
    for item in list_capabilities(guideline, target):
        if item.status in statuses:
            chosen.setdefault(item.capability.name, item)
    return [
        (item, test)
        for item in chosen.values()
        for test in item.capability.tests
        if flagged or test.flag is None
    ]


def format_refstack_list(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> str:
    """Return the text that RefStack served at /v1/guidelines/<id>/tests.

    Sorted lines `name[idempotent_id]`, bare names for schema 1.2, no newline
    at the end; the empty text where RefStack answered 204.
    """
    lines = []
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        suffix = "" if guideline.schema == "1.2" else f"[{test.idempotent_id}]"
        names = (test.name, *test.aliases) if aliases else (test.name,)
        lines += [name + suffix for name in names]
    return "\n".join(sorted(lines))


def list_test_names(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> list[str]:
    """Return the names alone, sorted, each once."""
    found: set[str] = set()
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        found.update((test.name, *test.aliases) if aliases else (test.name,))
    return sorted(found)


def list_test_rows(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> list[dict[str, Any]]:
    """Return one JSON-ready object per capability and test."""
    return [
        {
            "name": test.name,
            "idempotent_id": test.idempotent_id,
            "aliases": list(test.aliases) if aliases else [],
            "capability": item.capability.name,
            "status": item.status.value,
            "component": item.component,
            "flagged": test.flag is not None,
        }
        for item, test in select_tests(guideline, target, statuses, flagged=flagged)
    ]


@dataclass(frozen=True, slots=True)
class RequiredSections:
    """The designated sections of a project, and the components that require them."""

    sections: DesignatedSections
    components: tuple[str, ...]


def find_required_sections(guideline: Guideline, target: Target) -> list[RequiredSections]:
    """Return the projects whose designated sections a target requires, in the order of components.

    From schema 2.0 on a component names them; before, they are enforced for the
    projects that have required capabilities (DefCore 2017A process, D3).
    """
    found: dict[str, RequiredSections] = {}
    for owner, component in resolve_components(guideline, target):
        named = _find_required_projects(owner, component)
        for one in owner.designated_sections:
            if one.project not in named or one.status != Status.REQUIRED:
                continue
            known = found.get(one.project)
            before = known.components if known else ()
            found[one.project] = RequiredSections(one, (*before, component.name))
    return list(found.values())


def _find_required_projects(guideline: Guideline, component: Component) -> set[str]:
    """Return the projects whose designated sections a component requires."""
    if component.designated:
        return {
            name
            for status, projects in component.designated
            if status == Status.REQUIRED
            for name in projects
        }
    return {
        guideline.capabilities[name].project
        for listing in component.listings
        if listing.status is Status.REQUIRED
        for name in listing.capabilities
        if name in guideline.capabilities
    }
