"""From a guideline and a target to the capabilities and tests it lists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.model import (
    STRENGTH,
    Capability,
    Component,
    Guideline,
    Status,
    Target,
)

OTHER_NAMES = {"storage": "object"}
"""What people call a target that RefStack's addresses call something else."""

OLD_COMPONENTS = {"os_powered_compute": "compute", "os_powered_storage": "object"}
"""Components of schema 2.0 and what guidelines of schema 1.x call them."""


@dataclass(frozen=True, slots=True)
class Listed:
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
        if wanted in (target.name.casefold(), title) or OTHER_NAMES.get(wanted) == target.name:
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
                f"There is no status {name or '(empty)'}.", f"Known are {', '.join(known)}."
            )
        statuses.append(known[name])
    return tuple(statuses)


def listed(guideline: Guideline, target: Target) -> Iterator[Listed]:
    """Yield each capability that the target's components list, in file order.

    A capability comes once for each time that it is listed. Removed
    capabilities that the guideline no longer defines are passed over.
    """
    for owner, component in components(guideline, target):
        for listing in component.listings:
            for name in listing.capabilities:
                if name in owner.capabilities:
                    yield Listed(owner.capabilities[name], listing.status, component.name)


def by_status(guideline: Guideline, target: Target) -> dict[str, Listed]:
    """Return each capability once, under its strongest status.

    Raises `InputError` where two guidelines that the target is built of define
    a capability of the same name differently.
    """
    found: dict[str, Listed] = {}
    for item in listed(guideline, target):
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


def count_listed(capabilities: Iterable[Listed]) -> tuple[int, int]:
    """Return how many different tests capabilities have, and how many of them are flagged.

    A test that several of them have counts once, and is flagged where all of
    them flag it.
    """
    tests = [test for item in capabilities for test in item.capability.tests]
    unflagged = {test.name for test in tests if test.flag is None}
    number = len({test.name for test in tests})
    return number, number - len(unflagged)


def require_counted(guideline: Guideline, target: Target, *, flagged: bool = False) -> None:
    """Raise `InputError` where no verdict can depend on any test of the target.

    `flagged` tells whether flagged tests count as well.
    """
    for item in by_status(guideline, target).values():
        if item.status is Status.REQUIRED and any(
            flagged or test.flag is None for test in item.capability.tests
        ):
            return
    raise InputError(
        f"Target {target.name} of guideline {guideline.id} demands no test.",
        "An empty requirement is never a pass; choose another target or guideline.",
    )


def components(guideline: Guideline, target: Target) -> list[tuple[Guideline, Component]]:
    """Return the target's components, each with the guideline that defines it."""
    own = guideline.folded_components()
    linked = {name: owner.folded_components() for name, owner in guideline.linked.items()}
    found = []
    for reference in target.components:
        if reference.is_foreign(guideline.id):
            source = reference.guideline_id
            component = foreign_component(linked.get(source, {}), reference.name)
            owner = guideline.linked.get(source, guideline)
        else:
            component = own.get(reference.name.casefold())
            owner = guideline
        if component is None:
            raise InputError(
                f"Target {target.name} of guideline {guideline.id} takes the component "
                f"{reference.name} from guideline {reference.guideline_id or '(none named)'}, "
                "which is not at hand.",
                "Only targets whose components are all known can be used.",
            )
        found.append((owner, component))
    return found


def foreign_component(folded: Mapping[str, Component], name: str) -> Component | None:
    """Return another guideline's component under its name, or else under its old name."""
    key = name.casefold()
    if key not in folded and key in OLD_COMPONENTS:
        key = OLD_COMPONENTS[key]
    return folded.get(key)
