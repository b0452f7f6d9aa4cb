"""Which editions a product could be licensed against on a day, and capabilities' histories.

In the OpenStack Powered programme licences ran for twelve months against one
of the two latest approved guidelines. An edition therefore was open from its
approval until the second one after it was approved.
No function here knows what day it is: every day is passed in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from defcheck.guideline.history.editions import (
    Approval,
    ApprovalPrecision,
    collect_statuses,
    determine_approval,
    select_approved,
)
from defcheck.guideline.models import Guideline, Status

LICENSABLE_COUNT = 2
"""How many of the latest approved editions licences ran against."""

LATER_EDITIONS = {"guideline": ("2020.11", "2021.11", "2022.06", "2022.11")}
"""Editions published after the newest bundled one, of which only the ids are
known here (list of guidelines in the working group's documentation)."""

LATER_UNKNOWN_FROM = date(2020, 11, 1)
"""From here on lineages that have no entry in `LATER_EDITIONS` may have had editions
that are not known here: the platform guideline had its next one then."""

PROGRAMME_END = date(2024, 1, 1)
"""The working group was dissolved in the course of 2024. The day is not known
here, so that the whole year counts as after the end."""

PROGRAMME_END_NOTE = (
    "The working group was dissolved in 2024 (the day is not known here), "
    "and its repository was retired in September 2025."
)


@dataclass(frozen=True, slots=True)
class Edition:
    """An approved edition and the time in which licences ran against it."""

    id: str
    approved: Approval
    superseded: date | None
    """The first day on which it was no longer one of the two latest; None
    where that is not known or did not come."""

    releases: tuple[str, ...] = ()
    at_hand: bool = True
    """Whether its capabilities are known; False for a later one known by id only."""

    def is_open_on(self, day: date) -> bool:
        """Return whether it was one of the two latest approved ones on that day."""
        return self.approved.day <= day and (self.superseded is None or day < self.superseded)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The approved editions of one guideline, oldest first."""

    name: str
    editions: tuple[Edition, ...]
    unknown_from: date | None
    """From this day on there may have been editions that are not known here."""


@dataclass(frozen=True, slots=True)
class LicensableEditions:
    """What holds for a lineage on a day."""

    lineage: Lineage
    day: date
    open: tuple[Edition, ...]
    """Editions that a product could be licensed against; none once the programme was over."""

    undated: tuple[Edition, ...]
    """Editions of the same month whose day of approval is not published: until
    that day the edition before them was the latest."""

    complete: bool
    """False where an edition that is not known here may have been approved before."""

    @property
    def is_certain(self) -> bool:
        """Whether nothing that is not known here could change what is open."""
        return self.complete and not self.undated


def trace_lineage(name: str, guidelines: Iterable[Guideline]) -> Lineage:
    """Return the lineage of the approved ones of some guidelines, with when each was open."""
    known = {one.id: one for one in select_approved(guidelines)}
    dated = [(determine_approval(one.id, one.target_approval), one.id) for one in known.values()]
    dated += [
        (Approval(determine_approval(later, "").day, ApprovalPrecision.ID), later)
        for later in _list_later_editions(name)
        if later not in known
    ]
    dated.sort(key=lambda item: (item[0].day, item[1]))
    return Lineage(
        name=name,
        editions=tuple(
            Edition(
                id=edition,
                approved=day,
                superseded=dated[place + LICENSABLE_COUNT][0].day
                if place + LICENSABLE_COUNT < len(dated)
                else None,
                releases=known[edition].releases if edition in known else (),
                at_hand=edition in known,
            )
            for place, (day, edition) in enumerate(dated)
        ),
        unknown_from=None if _list_later_editions(name) else LATER_UNKNOWN_FROM,
    )


def _list_later_editions(name: str) -> tuple[str, ...]:
    return LATER_EDITIONS.get(name, ())


def is_programme_over(day: date) -> bool:
    """Return whether the programme was over on that day."""
    return day >= PROGRAMME_END


def find_licensable_editions(lineage: Lineage, day: date) -> LicensableEditions:
    """Return what a product could be licensed against on that day."""
    if is_programme_over(day):
        return LicensableEditions(lineage, day, open=(), undated=(), complete=True)
    return LicensableEditions(
        lineage=lineage,
        day=day,
        open=tuple(edition for edition in lineage.editions if edition.is_open_on(day)),
        undated=tuple(
            edition
            for edition in lineage.editions
            if edition.approved.precision is not ApprovalPrecision.DAY
            and edition.approved.day == day.replace(day=1)
        ),
        complete=lineage.unknown_from is None or day < lineage.unknown_from,
    )


def add_twelve_months(day: date) -> date:
    """Return the same day of the next year; the last of February after a 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


@dataclass(frozen=True, slots=True)
class CapabilityHistory:
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
    """Last day of a licence that did not require it: twelve months
    from the day before `unavoidable`. None where no edition came before."""

    dropped: str
    """The first edition that, after it was required, no longer requires it, or empty."""


def trace_capabilities(
    lineage: Lineage, guidelines: Sequence[Guideline]
) -> tuple[CapabilityHistory, ...]:
    """Return the history of every capability that an edition at hand lists, by name."""
    listed = {one.id: collect_statuses(one) for one in guidelines}
    editions = [edition for edition in lineage.editions if edition.at_hand]
    names = sorted({name for edition in editions for name in listed[edition.id]})
    return tuple(
        _trace_capability(name, [(one.id, listed[one.id].get(name)) for one in editions], lineage)
        for name in names
    )


def _trace_capability(
    name: str, statuses: list[tuple[str, Status | None]], lineage: Lineage
) -> CapabilityHistory:
    required = _find_first_edition(statuses, Status.REQUIRED)
    after = [edition for edition, _ in statuses].index(required) if required else len(statuses)
    unavoidable = _find_unavoidable_date(statuses, lineage)
    return CapabilityHistory(
        capability=name,
        statuses=tuple(statuses),
        advisory=_find_first_edition(statuses, Status.ADVISORY),
        required=required,
        unavoidable=unavoidable,
        last_without=add_twelve_months(unavoidable - timedelta(days=1))
        if unavoidable and statuses[0][1] is not Status.REQUIRED
        else None,
        dropped=next(
            (one for one, status in statuses[after:] if status is not Status.REQUIRED), ""
        ),
    )


def _find_first_edition(statuses: list[tuple[str, Status | None]], wanted: Status) -> str:
    return next((edition for edition, status in statuses if status is wanted), "")


def _find_unavoidable_date(
    statuses: list[tuple[str, Status | None]], lineage: Lineage
) -> date | None:
    """Return the first approval after which all open editions require the capability.

    Only the very first edition was the only open one. An edition whose
    capabilities are not known leaves the matter open.
    """
    known = dict(statuses)
    before: Status | None = Status.REQUIRED
    for edition in lineage.editions:
        now = known.get(edition.id)
        if now is Status.REQUIRED and before is Status.REQUIRED:
            return edition.approved.day
        before = now
    return None
