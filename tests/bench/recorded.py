"""How long classes took in recorded streams; makes the table that the package carries.

    python tests/bench/recorded.py > defcheck/runner/durations.json

The streams are those of real runs on the labs: the whole platform and storage
of guideline 2020.06, with dynamic credentials and with accounts, 2 workers.
Of a class that is in several of them the longest time counts.
"""

import json
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from defcheck.guideline.matching import strip_scenario
from defcheck.results import loader
from defcheck.results.models import Event
from defcheck.results.non_test_events import parse_fixture

RESULTS = Path(__file__).resolve().parents[3] / "shared" / "results"
STREAMS = ("small-dynamic-c2", "small-accounts-c2", "full-accounts-c2", "full-dynamic-c2")


def class_seconds(stream: Path) -> dict[str, float]:
    """Return the seconds that each class took, its fixtures included.

    Fixtures leave no trace of their own, so that the time between the last
    event of one class and the first of the next on the same worker is the
    next one's.
    """
    workers: dict[str, list[tuple[datetime, Event]]] = defaultdict(list)
    for event in loader.load_results(str(stream)).events:
        if event.stopped is not None:
            workers[event.worker].append((event.stopped, event))
    began = min(event.started or end for events in workers.values() for end, event in events)
    seconds: dict[str, float] = defaultdict(float)
    for events in workers.values():
        before = began
        for end, event in sorted(events, key=lambda item: item[0]):
            seconds[owner(event)] += (end - before).total_seconds()
            before = end
    return dict(seconds)


def owner(event: Event) -> str:
    """Return the class of a test, or of a class fixture."""
    fixture = parse_fixture(event)
    return fixture.owner if fixture else strip_scenario(event.test.name).rpartition(".")[0]


def table() -> dict[str, float]:
    """Return the seconds of each class in the streams, rounded, longest first."""
    found: dict[str, float] = {}
    for name in STREAMS:
        for one, seconds in class_seconds(RESULTS / f"{name}.subunit.gz").items():
            found[one] = max(found.get(one, 0), seconds)
    return {one: round(found[one], 1) for one in sorted(found, key=lambda key: (-found[key], key))}


if __name__ == "__main__":
    json.dump(table(), sys.stdout, indent=1)
    sys.stdout.write("\n")
