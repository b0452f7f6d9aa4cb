"""The way of each capability through the editions, from advisory to unavoidable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from defcheck.guideline.editions.lifecycle import Lineage, twelve_months_after
from defcheck.guideline.editions.lineage import statuses
from defcheck.guideline.model import Guideline, Status


@dataclass(frozen=True, slots=True)
class History:
    """What the editions at hand say of one capability."""

    capability: str
    statuses: tuple[tuple[str, Status | None], ...]
    """Edition and status, oldest first; None where the edition does not list it."""

    advisory: str
    """The edition in which it first was advisory, or empty."""

    required: str
    """The edition in which it first was required, or empty."""

    unavoidable: date | None
    """The first day on which each of the two latest editions required it."""

    last_without: date | None
    """How long a licence could still run that did not demand it: twelve months
    from the day before `unavoidable`. None where no edition came before."""

    dropped: str
    """The first edition that, after it was required, no longer requires it, or empty."""


def histories(lineage: Lineage, guidelines: Sequence[Guideline]) -> tuple[History, ...]:
    """Return the history of every capability that an edition at hand lists, by name."""
    listed = {one.id: statuses(one) for one in guidelines}
    editions = [edition for edition in lineage.editions if edition.at_hand]
    names = sorted({name for edition in editions for name in listed[edition.id]})
    return tuple(
        _history(name, [(one.id, listed[one.id].get(name)) for one in editions], lineage)
        for name in names
    )


def _history(name: str, said: list[tuple[str, Status | None]], lineage: Lineage) -> History:
    required = _first(said, Status.REQUIRED)
    after = [edition for edition, _ in said].index(required) if required else len(said)
    unavoidable = _unavoidable(said, lineage)
    return History(
        capability=name,
        statuses=tuple(said),
        advisory=_first(said, Status.ADVISORY),
        required=required,
        unavoidable=unavoidable,
        last_without=twelve_months_after(unavoidable - timedelta(days=1))
        if unavoidable and said[0][1] is not Status.REQUIRED
        else None,
        dropped=next((one for one, status in said[after:] if status is not Status.REQUIRED), ""),
    )


def _first(said: list[tuple[str, Status | None]], wanted: Status) -> str:
    return next((edition for edition, status in said if status is wanted), "")


def _unavoidable(said: list[tuple[str, Status | None]], lineage: Lineage) -> date | None:
    """Return the first approval after which all open editions require the capability.

    Only the very first edition was the only open one. An edition whose
    capabilities are not known leaves the matter open.
    """
    known = dict(said)
    before: Status | None = Status.REQUIRED
    for edition in lineage.editions:
        now = known.get(edition.id)
        if now is Status.REQUIRED and before is Status.REQUIRED:
            return edition.approved.day
        before = now
    return None
