"""Days and times as a user writes them, turned into those of RefStack."""

from datetime import datetime, time

from defcheck.errors import InputError

FORM = "%Y-%m-%d %H:%M:%S"
"""RefStack's (its setting input_date_format), in UTC."""


def moment(text: str, option: str, *, end: bool = False) -> str:
    """Return a day or a time as RefStack wants it; of a day the beginning or the `end`."""
    for form in ("%Y-%m-%d", FORM, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if end and form == "%Y-%m-%d":
            found = datetime.combine(found, time(23, 59, 59))
        return found.strftime(FORM)
    raise InputError(
        f"{text[:60]!r} after {option} is no day.", "Write 2026-11-25 or 2026-11-25T14:30:00 (UTC)."
    )


def parse_period(since: str, until: str) -> dict[str, str]:
    """Return RefStack's filters for a period, either end of which may be empty.

    Raises `InputError` for what is not a day and where it ends before it begins.
    """
    begin = moment(since, "--since") if since else ""
    end = moment(until, "--until", end=True) if until else ""
    if begin and end and begin > end:
        raise InputError(
            f"--since {begin} is later than --until {end}.", "Swap the two, or leave one out."
        )
    return {"start_date": begin, "end_date": end}
