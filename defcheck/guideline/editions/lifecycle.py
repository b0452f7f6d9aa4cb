"""Against which guidelines a product could be licensed on a day.

In the OpenStack Powered programme licences ran for twelve months against one
of the two latest approved guidelines. An edition therefore was open from its
approval until the second one after it was approved.
No function here knows what day it is: every day is passed in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from defcheck.guideline.editions.approval import Approval, Precision, approval
from defcheck.guideline.editions.lineage import approved
from defcheck.guideline.model import Guideline

LATEST = 2
"""How many of the latest approved editions licences ran against."""

LATER = {"guideline": ("2020.11", "2021.11", "2022.06", "2022.11")}
"""Editions published after the newest bundled one, of which only the ids are
known here (list of guidelines in the working group's documentation)."""

LATER_UNKNOWN_FROM = date(2020, 11, 1)
"""From here on lineages that have no entry in `LATER` may have had editions
that are not known here: the platform guideline had its next one then."""

ENDED = date(2024, 1, 1)
"""The working group was dissolved in the course of 2024. The day is not known
here, so that the whole year counts as after the end."""

ENDING = (
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

    def open_on(self, day: date) -> bool:
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
class Standing:
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
    def certain(self) -> bool:
        """Whether nothing that is not known here could change what is open."""
        return self.complete and not self.undated


def trace(name: str, guidelines: Iterable[Guideline]) -> Lineage:
    """Return the lineage of the approved ones of some guidelines, with when each was open."""
    known = {one.id: one for one in approved(guidelines)}
    dated = [(approval(one.id, one.target_approval), one.id) for one in known.values()]
    dated += [
        (Approval(approval(later, "").day, Precision.ID), later)
        for later in _later(name)
        if later not in known
    ]
    dated.sort(key=lambda item: (item[0].day, item[1]))
    return Lineage(
        name=name,
        editions=tuple(
            Edition(
                id=edition,
                approved=day,
                superseded=dated[place + LATEST][0].day if place + LATEST < len(dated) else None,
                releases=known[edition].releases if edition in known else (),
                at_hand=edition in known,
            )
            for place, (day, edition) in enumerate(dated)
        ),
        unknown_from=None if _later(name) else LATER_UNKNOWN_FROM,
    )


def _later(name: str) -> tuple[str, ...]:
    return LATER.get(name, ())


def is_over(day: date) -> bool:
    """Return whether the programme was over on that day."""
    return day >= ENDED


def stand(lineage: Lineage, day: date) -> Standing:
    """Return what a product could be licensed against on that day."""
    if is_over(day):
        return Standing(lineage, day, open=(), undated=(), complete=True)
    return Standing(
        lineage=lineage,
        day=day,
        open=tuple(edition for edition in lineage.editions if edition.open_on(day)),
        undated=tuple(
            edition
            for edition in lineage.editions
            if edition.approved.precision is not Precision.DAY
            and edition.approved.day == day.replace(day=1)
        ),
        complete=lineage.unknown_from is None or day < lineage.unknown_from,
    )


def twelve_months_after(day: date) -> date:
    """Return the same day of the next year; the last of February after a 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
