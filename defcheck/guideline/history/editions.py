"""The editions of a guideline: lineages, approval dates, and where a capability or test appears.

The platform guideline, each add-on, the vertical and SCS-0128 are lineages of
their own: an edition replaces another of its own lineage only.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Capability, Guideline, Status, Test
from defcheck.guideline.selection import resolve_components, select_capabilities

APPROVED = ("approved", "superseded")
"""States of a guideline that was approved once."""


EDITION = re.compile(r"([a-z][\w-]*\.)?\d{4}\.\d\d", re.ASCII)
"""How ids of editions look: 2022.11, dns.2022.11. A guideline with any other
id, such as a user's own, belongs to no lineage."""


def list_lineages() -> dict[str, tuple[str, ...]]:
    """Return the ids of the editions at hand by lineage, in the order of the index."""
    found: dict[str, list[str]] = {}
    for entry in catalog.list_entries():
        if entry.owner == "user" and not EDITION.fullmatch(entry.id):
            continue
        name = entry.id.split(".", 1)[0] if entry.kind in ("add-on", "vertical") else entry.kind
        found.setdefault(name, []).append(entry.id)
    return {name: tuple(ids) for name, ids in found.items()}


def load_editions(name: str) -> tuple[Guideline, ...]:
    """Load all editions of the lineage called `name`."""
    if name not in list_lineages():
        raise InputError(
            f"Unknown kind of guideline: {name}.", f"Available: {', '.join(list_lineages())}."
        )
    return tuple(catalog.load_guideline(guideline_id) for guideline_id in list_lineages()[name])


def select_approved(guidelines: Iterable[Guideline]) -> tuple[Guideline, ...]:
    """Return those that were approved once, without drafts."""
    return tuple(guideline for guideline in guidelines if guideline.status in APPROVED)


def collect_statuses(guideline: Guideline, target_names: Iterable[str] = ()) -> dict[str, Status]:
    """Return the strongest status of each capability that some targets list.

    Without names, of all targets. Unlike `select_capabilities` this includes
    removed capabilities that the guideline no longer defines.
    """
    wanted = set(target_names)
    found: dict[str, set[Status]] = {}
    for target in guideline.targets:
        if wanted and target.name not in wanted:
            continue
        for _, component in resolve_components(guideline, target):
            for listing in component.listings:
                for name in listing.capabilities:
                    found.setdefault(name, set()).add(listing.status)
    return {name: next(one for one in Status if one in said) for name, said in found.items()}


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"(?:.*\.)?(\d{4})\.(\d{2})", re.DOTALL)


class ApprovalPrecision(StrEnum):
    """What a day of approval rests on."""

    DAY = "day"
    """The guideline states the day."""

    MONTH = "month"
    """The guideline states the month; the day is not published, the first is taken."""

    ID = "id"
    """The guideline states nothing; the first day of its id's month is taken."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The day from which a guideline counts as approved."""

    day: date
    precision: ApprovalPrecision


def determine_approval(guideline_id: str, target_approval: str) -> Approval:
    """Return when a guideline was approved.

    `target_approval` is what the file states: a day (schema 1.x), a month,
    maybe behind the name of an add-on (`orchestration.2018.11`), or nothing.
    Raises `InputError` where neither it nor the id tells a month.
    """
    try:
        if _DAY.fullmatch(target_approval):
            return Approval(date.fromisoformat(target_approval), ApprovalPrecision.DAY)
        for text, precision in (
            (target_approval, ApprovalPrecision.MONTH),
            (guideline_id, ApprovalPrecision.ID),
        ):
            if month := _MONTH.fullmatch(text):
                return Approval(date(int(month[1]), int(month[2]), 1), precision)
    except ValueError:
        pass
    raise InputError(
        f"Guideline {guideline_id} does not say when it was approved: "
        f"it states {target_approval or 'nothing'}.",
        "State a day (2016-01-27) or a month (2018.02) as target_approval.",
    )


@dataclass(frozen=True, slots=True)
class CapabilityStanding:
    """What one target of a guideline says of a capability."""

    target: str
    component: str
    status: Status


@dataclass(frozen=True, slots=True)
class Appearance:
    """A capability in one edition, and where a test is followed, that test in it."""

    guideline: Guideline
    capability: Capability
    standings: tuple[CapabilityStanding, ...]
    """Empty where no target lists the capability."""

    test: Test | None = None


def list_standings(guideline: Guideline, capability: str) -> tuple[CapabilityStanding, ...]:
    """Return the status of the capability called `capability` in each target.

    Targets built from guidelines that are not available are left out.
    """
    found = []
    for target in guideline.targets:
        try:
            item = select_capabilities(guideline, target).get(capability)
        except InputError:
            continue
        if item is not None:
            found.append(CapabilityStanding(target.name, item.component, item.status))
    return tuple(found)


def find_capability_appearances(
    name: str, guidelines: Iterable[Guideline]
) -> tuple[Appearance, ...]:
    """Return the capability called `name` in each guideline that defines it."""
    return tuple(
        Appearance(one, one.capabilities[name], list_standings(one, name))
        for one in guidelines
        if name in one.capabilities
    )


def find_test_appearances(test: Test, guidelines: Sequence[Guideline]) -> tuple[Appearance, ...]:
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
    telling_none = {"", *(uuid for one in guidelines for uuid in _find_shared_ids(one))}
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
        Appearance(one, capability, list_standings(one, capability.name), entry)
        for _, (one, capability, entry) in sorted(found.items())
    )


def _find_shared_ids(guideline: Guideline) -> frozenset[str]:
    """Return the ids that several tests of a guideline share: they identify none of them."""
    carriers: dict[str, set[str]] = {}
    for capability in guideline.capabilities.values():
        for test in capability.tests:
            carriers.setdefault(test.uuid, set()).add(test.name)
    return frozenset(uuid for uuid, names in carriers.items() if len(names) > 1)
