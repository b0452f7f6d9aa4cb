"""Whether a run can have gone on, and run tests again, as its record says."""

from collections.abc import Iterator
from datetime import datetime

from defcheck.runner.record import Record
from defcheck.submit.plausible import SLACK


def doubts(record: Record, size: int) -> Iterator[str]:
    """Yield, in words, what cannot be true of resumptions and reruns.

    `size` is that of the raw results in bytes. A resumption lets a test that was
    in progress end later, so that nobody may make one up where none was.
    """
    planned = set(record.planned)
    for word, entries, key in (
        ("resumed", record.resumed, "again"),
        ("repeated", record.reruns, "tests"),
    ):
        at = 0
        for entry in entries:
            if not at <= entry["offset"] <= size:
                yield f"it was {word} at a place that the results do not have"
            at = entry["offset"]
            strange = sorted(set(entry[key]) - planned)
            if strange:
                yield f"it was {word} with a test that was not planned, {strange[0]}"
    for entry in record.resumed:
        if not _within(record, entry["at"]):
            yield "it was resumed before it began or after it ended"
    if any(entry["round"] < 1 or not entry["tests"] for entry in record.reruns):
        yield "it was repeated without a test, or in no round"


def _within(record: Record, moment: str) -> bool:
    """Return whether a moment lies within the run; times that cannot be read are told elsewhere."""
    try:
        begin, at, end = map(datetime.fromisoformat, (record.started, moment, record.finished))
        return begin - at <= SLACK and at - end <= SLACK
    except (ValueError, TypeError):
        return False
