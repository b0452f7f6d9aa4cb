"""A capability or a test through the editions: where it stands, how it is called, if flagged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.model import Capability, Guideline, Status, Test
from defcheck.guideline.select import by_status


@dataclass(frozen=True, slots=True)
class Standing:
    """What one target of a guideline says of a capability."""

    target: str
    component: str
    status: Status


@dataclass(frozen=True, slots=True)
class Appearance:
    """A capability in one edition, and where a test is followed, that test in it."""

    guideline: Guideline
    capability: Capability
    standings: tuple[Standing, ...]
    """Empty where no target lists the capability."""

    test: Test | None = None


def standings(guideline: Guideline, capability: str) -> tuple[Standing, ...]:
    """Return what each target says of the capability called `capability`.

    Targets built of guidelines that are not at hand say nothing.
    """
    found = []
    for target in guideline.targets:
        try:
            item = by_status(guideline, target).get(capability)
        except InputError:
            continue
        if item is not None:
            found.append(Standing(target.name, item.component, item.status))
    return tuple(found)


def of_capability(name: str, guidelines: Iterable[Guideline]) -> tuple[Appearance, ...]:
    """Return the capability called `name` in each guideline that defines it."""
    return tuple(
        Appearance(one, one.capabilities[name], standings(one, name))
        for one in guidelines
        if name in one.capabilities
    )


def of_test(test: Test, guidelines: Sequence[Guideline]) -> tuple[Appearance, ...]:
    """Return each entry for a test in the guidelines, whatever it is called there.

    A test is the same where a name or an alias is, or an idempotent id that in
    none of the guidelines two tests carry.
    """
    entries = [
        (one, capability, entry)
        for one in guidelines
        for capability in one.capabilities.values()
        for entry in capability.tests
    ]
    telling_none = {"", *(uuid for one in guidelines for uuid in _shared_ids(one))}
    names, uuids = {test.name, *test.aliases}, {test.uuid} - telling_none
    found: dict[int, tuple[Guideline, Capability, Test]] = {}
    grown = True
    while grown:
        grown = False
        for number, (_, _, entry) in enumerate(entries):
            known = entry.uuid in uuids or not names.isdisjoint((entry.name, *entry.aliases))
            if known and number not in found:
                found[number] = entries[number]
                names.update((entry.name, *entry.aliases))
                uuids |= {entry.uuid} - telling_none
                grown = True
    return tuple(
        Appearance(one, capability, standings(one, capability.name), entry)
        for _, (one, capability, entry) in sorted(found.items())
    )


def _shared_ids(guideline: Guideline) -> frozenset[str]:
    """Return the ids that several tests of a guideline carry: they tell none of them."""
    carriers: dict[str, set[str]] = {}
    for capability in guideline.capabilities.values():
        for test in capability.tests:
            carriers.setdefault(test.uuid, set()).add(test.name)
    return frozenset(uuid for uuid, names in carriers.items() if len(names) > 1)
