"""The recorded streams of real runs have exactly the counts that were noted with them."""

from collections import Counter
from pathlib import Path

import pytest

from defcheck.results.loader import load_results
from defcheck.results.models import Outcome
from defcheck.results.non_test_events import split_events
from tests.unit.shared import shared_files

P, F, S = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED
STREAMS = shared_files("results/*.subunit.gz")

EVENTS = {
    "small-dynamic-c2": {P: 64},
    "small-accounts-c2": {P: 61, S: 3},
    "small-one-account-c2": {P: 24, F: 7, S: 1},
    "small-cloud-dies-c2": {P: 49, F: 4, S: 3},
    "full-dynamic-c2": {P: 337, S: 7},
    "full-accounts-c2": {P: 343, S: 11},
}
OF_FIXTURES = {
    "small-dynamic-c2": {},
    "small-accounts-c2": {("setUp", S): 2},
    "small-one-account-c2": {("setUp", F): 7, ("setUp", S): 1},
    "small-cloud-dies-c2": {("setUp", F): 2, ("tearDown", F): 1, ("setUp", S): 2},
    "full-dynamic-c2": {("setUp", S): 1},
    "full-accounts-c2": {("setUp", S): 4},
}


@pytest.mark.parametrize("path", STREAMS)
def test_a_recorded_stream_has_the_noted_counts(path: Path) -> None:
    name = path.name.removesuffix(".subunit.gz")
    found = load_results(str(path))
    assert (found.format, found.problems, found.passes_only) == ("subunit v2", (), False)
    assert Counter(event.outcome for event in found.events) == EVENTS[name]
    _, fixtures = split_events(found.events)
    stages = Counter((fixture.stage.value, fixture.event.outcome) for fixture in fixtures)
    assert stages == OF_FIXTURES[name]


@pytest.mark.parametrize("path", STREAMS)
def test_a_recorded_stream_names_two_workers_and_every_reason(path: Path) -> None:
    events = load_results(str(path)).events
    assert {event.worker for event in events} == {"worker-0", "worker-1"}
    for event in events:
        assert bool(event.reason) == (event.outcome is not P)
        assert bool(event.details) == (event.outcome is F)
        assert event.seconds is not None
        assert event.seconds >= 0
