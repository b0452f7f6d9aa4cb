"""Times as results write them, made comparable."""

from datetime import UTC, datetime


def instant(text: str) -> float | None:
    """Return an ISO 8601 time, in UTC where it has no zone, as seconds since 1970, else None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
