"""Days as guidelines and overlays write them: YYYY-MM-DD, compared as text."""

import re
from calendar import monthrange

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def is_day(text: str) -> bool:
    """Return whether `text` is a day of the calendar, as 2026-02-28."""
    found = _DAY.fullmatch(text)
    if found is None:
        return False
    year, month, day = map(int, found.groups())
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
