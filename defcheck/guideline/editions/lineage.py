"""The editions of a guideline in the order in which they came.

The platform guideline, each add-on, the vertical and SCS-0128 are lineages of
their own: an edition replaces another of its own lineage only.
"""

import re
from collections.abc import Iterable

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.model import Guideline, Status
from defcheck.guideline.select import components

APPROVED = ("approved", "superseded")
"""States of a guideline that was approved once."""


EDITION = re.compile(r"([a-z][\w-]*\.)?\d{4}\.\d\d", re.ASCII)
"""How ids of editions look: 2022.11, dns.2022.11. A guideline that a user made
for himself under another id is in no lineage."""


def lineages() -> dict[str, tuple[str, ...]]:
    """Return the ids of the editions at hand by lineage, in the order of the index."""
    found: dict[str, list[str]] = {}
    for entry in catalog.entries():
        if entry.owner == "user" and not EDITION.fullmatch(entry.id):
            continue
        name = entry.id.split(".", 1)[0] if entry.kind in ("add-on", "vertical") else entry.kind
        found.setdefault(name, []).append(entry.id)
    return {name: tuple(ids) for name, ids in found.items()}


def editions(name: str) -> tuple[Guideline, ...]:
    """Load all editions of the lineage called `name`."""
    if name not in lineages():
        raise InputError(f"There is no kind {name}.", f"Known are {', '.join(lineages())}.")
    return tuple(catalog.load(guideline_id) for guideline_id in lineages()[name])


def approved(guidelines: Iterable[Guideline]) -> tuple[Guideline, ...]:
    """Return those that were approved once, without drafts."""
    return tuple(guideline for guideline in guidelines if guideline.status in APPROVED)


def statuses(guideline: Guideline, target_names: Iterable[str] = ()) -> dict[str, Status]:
    """Return the strongest status of each capability that some targets list.

    All targets where none is named. Unlike `select.by_status` this has the
    removed capabilities too that the guideline no longer defines.
    """
    wanted = set(target_names)
    found: dict[str, set[Status]] = {}
    for target in guideline.targets:
        if wanted and target.name not in wanted:
            continue
        for _, component in components(guideline, target):
            for listing in component.listings:
                for name in listing.capabilities:
                    found.setdefault(name, set()).add(listing.status)
    return {name: next(one for one in Status if one in said) for name, said in found.items()}
