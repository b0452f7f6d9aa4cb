"""Whether the times of a run can be those of a run."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from defcheck.results.model import Event, ResultSet
from defcheck.runner.record import Record

SLACK = timedelta(seconds=5)
"""Run and tests are timed by different processes, to the second and to the microsecond."""


def doubts(record: Record, results: ResultSet, now: datetime) -> Iterator[str]:
    """Yield, in words, what cannot be true of the times."""
    try:
        started = datetime.fromisoformat(record.started)
        finished = datetime.fromisoformat(record.finished)
    except ValueError:
        yield "it is not said when the run began and ended"
        return
    if started.tzinfo is None or finished.tzinfo is None:
        yield "it is not said in which time zone the run began and ended"
        return
    if finished < started:
        yield "the run ended before it began"
        return
    if finished > now + SLACK:
        yield f"the run ended in the future, on {record.finished}"
    timed = [event for event in results.events if event.started and event.stopped]
    if not timed:
        yield "no result has times"
    for event in timed:
        if (event.seconds or 0) < 0:
            yield f"{event.name} ended before it began"
            return
    begin = min((event.started for event in timed if event.started), default=started)
    end = max((event.stopped for event in timed if event.stopped), default=finished)
    if started - begin > SLACK or end - finished > SLACK:
        yield "tests ran before the run began or after it ended"
    most = _at_once(timed)
    if most > record.most_workers:
        yield f"{most} tests ran at once, with {record.most_workers} workers"


def _at_once(events: list[Event]) -> int:
    """Return how many tests ran at the same time at the most."""
    moments = [(event.started, 1) for event in events if event.seconds]
    moments += [(event.stopped, -1) for event in events if event.seconds]
    running = most = 0
    for _, step in sorted(moments):  # what ends at a moment goes before what begins
        running += step
        most = max(most, running)
    return most
