"""The timeline of the workers, as lanes of bars."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from defcheck.report.formats import registry
from defcheck.report.formats.html import MAX_TICKS, build_timeline, format_clock
from defcheck.results.models import Event, Outcome
from defcheck.results.result_set import parse_instant
from tests.unit.report.conftest import build_document

BEGUN = datetime(2031, 1, 1, tzinfo=UTC)
JSON = dict[str, Any]


def ran(name: str, at: int, seconds: int, worker: str, outcome: Outcome = Outcome.PASSED) -> Event:
    started = BEGUN + timedelta(seconds=at)
    stopped = started + timedelta(seconds=seconds)
    return Event(name, outcome, started=started, stopped=stopped, worker=worker)


@pytest.fixture
def timed() -> JSON:
    return build_document(
        ran("m.A.test_put", 0, 50, "worker-10", Outcome.FAILED),
        ran("m.A.test_odd", 50, 50, "worker-10"),
        ran("m.B.test_get", 25, 25, "worker-2"),
    )


def test_each_worker_has_a_lane_in_the_order_of_their_numbers(timed: JSON) -> None:
    found = build_timeline(timed)
    assert found is not None
    assert [(lane.worker, lane.tests, lane.share) for lane in found.lanes] == [
        ("2", 1, 25),
        ("10", 2, 100),
    ]
    assert (found.seconds, found.left_out) == (100, 0)


def test_a_bar_stands_where_its_test_ran(timed: JSON) -> None:
    found = build_timeline(timed)
    assert found is not None
    (bar,) = found.lanes[0].bars
    assert (bar.x, bar.width, bar.judgement) == ("25.00", "25.00", "pass")
    assert bar.title == "B.test_get: passed, 25.0 s"
    assert [bar.judgement for bar in found.lanes[1].bars] == ["fail", "pass"]


def test_every_run_of_a_test_has_a_bar() -> None:
    document = build_document(
        ran("m.A.test_put", 0, 5, "worker-0", Outcome.FAILED), ran("m.A.test_put", 9, 1, "worker-1")
    )
    found = build_timeline(document)
    assert found is not None
    assert [[bar.judgement for bar in lane.bars] for lane in found.lanes] == [["fail"], ["pass"]]


def test_the_fixture_of_a_class_is_no_test() -> None:
    document = build_document(ran("setUpClass (m.A)", 0, 5, "worker-0", Outcome.FAILED))
    assert build_timeline(document) is None


def test_ticks_are_few_and_round(timed: JSON) -> None:
    found = build_timeline(timed)
    assert found is not None
    assert [label for _, label in found.ticks] == ["0:00", "0:30", "1:00", "1:30"]
    assert len(found.ticks) <= MAX_TICKS + 1


def test_results_without_times_have_no_timeline(mixed: JSON) -> None:
    assert build_timeline(mixed) is None
    assert "Timeline" not in registry.render_document("html", mixed)


def test_the_page_has_every_bar_and_says_it_in_a_table_too(timed: JSON) -> None:
    html = registry.render_document("html", timed)
    assert html.count("<rect class=") == 3
    assert '<th scope="row">10</th>' in html
    assert "1:40 <span" in html


def test_a_duration_is_told_as_on_a_clock() -> None:
    assert [format_clock(one) for one in (0, 59.6, 425, 4025)] == [
        "0:00",
        "1:00",
        "7:05",
        "1:07:05",
    ]


def test_a_time_without_a_zone_is_in_utc() -> None:
    assert parse_instant("1970-01-01T00:01:00") == parse_instant("1970-01-01T01:01:00+01:00") == 60
    assert parse_instant("") is None
    assert parse_instant("yesterday") is None


def test_a_test_that_a_worker_ran_twice_is_one_test_with_two_bars() -> None:
    document = build_document(
        ran("m.A.test_put", 0, 5, "worker-0", Outcome.FAILED),
        ran("m.A.test_put", 9, 1, "worker-0"),
    )
    found = build_timeline(document)
    assert found is not None
    (lane,) = found.lanes
    assert (lane.tests, len(lane.bars)) == (1, 2)
