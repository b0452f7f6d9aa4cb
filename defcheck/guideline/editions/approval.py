"""When a guideline was approved, and how precisely that is known."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from defcheck.errors import InputError

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(?:.*\.)?(\d{4})\.(\d{2})", re.DOTALL)


class Precision(StrEnum):
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
    precision: Precision


def approval(guideline_id: str, target_approval: str) -> Approval:
    """Return when a guideline was approved.

    `target_approval` is what the file states: a day (schema 1.x), a month,
    maybe behind the name of an add-on (`orchestration.2018.11`), or nothing.
    Raises `InputError` where neither it nor the id tells a month.
    """
    try:
        if day := _DAY.fullmatch(target_approval):
            return Approval(date(int(day[1]), int(day[2]), int(day[3])), Precision.DAY)
        for text, precision in ((target_approval, Precision.MONTH), (guideline_id, Precision.ID)):
            if month := _MONTH.fullmatch(text):
                return Approval(date(int(month[1]), int(month[2]), 1), precision)
    except ValueError:
        pass
    raise InputError(
        f"Guideline {guideline_id} does not say when it was approved: "
        f"it states {target_approval or 'nothing'}.",
        "State a day (2016-01-27) or a month (2018.02) as target_approval.",
    )
