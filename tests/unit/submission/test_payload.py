"""What is handed in: passed tests, each name once, nothing that is in doubt."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.submission.refstack.payload import (
    MAX_CPID_LENGTH,
    PassedTest,
    Payload,
    build_payload,
    measure_duration,
    select_passed_tests,
)
from tests.unit.recordings import recorded
from tests.unit.shared import failed, passed, results, skipped, unfinished

ID = "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"
BEGIN = datetime(2026, 11, 25, 8, tzinfo=UTC)


def names(found: ResultSet) -> list[str]:
    return [test.name for test in select_passed_tests(found).tests]


def test_attributes_are_taken_off_and_scenarios_stay() -> None:
    found = results(
        passed(f"tempest.a.C.test_x[id-{ID},smoke]"),
        passed(f"tempest.a.C.test_y[id-{ID}](scenario)"),
        passed("tempest.a.C.test_z"),
    )
    assert select_passed_tests(found).tests == (
        PassedTest("tempest.a.C.test_x", ID),
        PassedTest("tempest.a.C.test_y(scenario)", ID),
        PassedTest("tempest.a.C.test_z"),
    )


def test_tests_of_plugins_are_sent() -> None:
    name = "designate_tempest_plugin.tests.api.v2.test_zones.ZonesTest.test_create_zones"
    assert names(results(passed(f"{name}[id-{ID}]"))) == [name]


def test_each_name_once_in_the_order_of_the_results() -> None:
    found = results(passed("b.C.test_x"), passed("a.C.test_x"), passed("b.C.test_x[smoke]"))
    assert names(found) == ["b.C.test_x", "a.C.test_x"]


@pytest.mark.parametrize(
    "other",
    [
        failed("a.C.test_x"),
        skipped("a.C.test_x"),
        unfinished("a.C.test_x"),
        failed("tearDownClass (a.C)"),
        failed("setUpClass (a.C)"),
        skipped("setUpClass (a.C)"),
        failed("tearDownModule (a)"),
    ],
    ids=lambda event: f"{event.name} {event.outcome}",
)
@pytest.mark.parametrize("first", [True, False])
def test_a_pass_in_doubt_is_left_out_and_named(other: Event, first: bool) -> None:
    own = passed("a.C.test_x")
    events = (other, own) if first else (own, other)
    found = select_passed_tests(results(*events, passed("b.C.test_y")))
    assert [test.name for test in found.tests] == ["b.C.test_y"]
    assert found.left_out == ("a.C.test_x",)


def test_fixtures_and_failures_are_no_tests() -> None:
    found = results(
        passed("setUpClass (a.C)"),
        failed("a.C.test_x"),
        skipped("a.C.test_y"),
        passed("a.D.test_z"),
    )
    assert names(found) == ["a.D.test_z"]
    assert select_passed_tests(found).left_out == ()


@pytest.mark.parametrize("word", ["id-1", "id-", f"id-{ID}0", "id-NEED_ID"])
def test_an_id_that_refstack_would_refuse_is_not_sent(word: str) -> None:
    assert select_passed_tests(results(passed(f"a.C.test_x[{word}]"))).tests == (
        PassedTest("a.C.test_x"),
    )


def test_refstack_file_is_uploaded_unchanged() -> None:
    document = {
        "cpid": "cloud",
        "duration_seconds": 12,
        "results": [{"name": "a.C.test_x", "uuid": ID}, {"name": "a.C.test_y[smoke]"}],
    }
    body = json.dumps(document).encode()
    found = load_bytes(body, "mine.json")
    assert (
        build_payload(found.cpid, measure_duration(found), select_passed_tests(found)).body == body
    )


def test_a_recorded_run() -> None:
    found = recorded("storage.subunit")
    sent = build_payload("cloud", measure_duration(found), select_passed_tests(found))
    document = json.loads(sent.body)
    assert list(document) == ["cpid", "duration_seconds", "results"]
    events = {event.test.name for event in found.events if event.outcome is Outcome.PASSED}
    sent_names = [one["name"] for one in document["results"]]
    assert sorted(sent_names) == sorted(name for name in events if "Class (" not in name)
    assert len(sent_names) > 50
    assert all(len(one["uuid"]) == 36 for one in document["results"])
    assert document["duration_seconds"] > 0


def test_durations() -> None:
    def event(name: str, start: float, stop: float) -> Event:
        times = (BEGIN + timedelta(seconds=start), BEGIN + timedelta(seconds=stop))
        return Event(name, Outcome.PASSED, started=times[0], stopped=times[1])

    assert measure_duration(results(event("a", 5, 9), event("b", 0, 7.9), failed("c"))) == 9
    assert measure_duration(results(event("a", 3, 0))) == 0
    untimed = [Event(name, Outcome.PASSED, duration=1.6) for name in "ab"]
    assert measure_duration(results(*untimed)) == 3
    assert measure_duration(results(passed("a"))) == 0
    assert measure_duration(ResultSet((), "", seconds=7)) == 7


@pytest.mark.parametrize(
    ("cpid", "seconds", "events", "words"),
    [
        ("c", 1, [failed("a.C.test_x")], "No test passed"),
        ("", 1, [passed("a.C.test_x")], "'' is not a cloud provider id"),
        ("c" * (MAX_CPID_LENGTH + 1), 1, [passed("a.C.test_x")], "is not a cloud provider id"),
        ("c\n", 1, [passed("a.C.test_x")], "is not a cloud provider id"),
        (" c", 1, [passed("a.C.test_x")], "is not a cloud provider id"),
        ("c", -1, [passed("a.C.test_x")], "A run of -1 seconds is impossible"),
        ("c", 2**31, [passed("a.C.test_x")], "seconds is impossible"),
        ("c", 10**400, [passed("a.C.test_x")], "seconds is impossible"),
        ("c", 1, [passed("a." + "x" * 511)], "has 513 characters"),
        # RefStack's models.py: unique names in latin1_swedish_ci; the cloud's id in MySQL's utf8.
        ("c", 1, [passed("a.C.test_x"), passed("a.C.test_X")], "a.C.test_x and a.C.test_X"),
        ("c", 1, [passed("a.C.test_e"), passed("A.c.test_É")], "treats two tests as the same"),
        ("c", 1, [passed("a.C.test_日")], "outside latin1: a.C.test_日"),
        ("c\U0001f600", 1, [passed("a.C.test_x")], "RefStack's database cannot store"),
    ],
)
def test_what_refstack_could_not_take_is_refused(
    cpid: str, seconds: int, events: list[Event], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        build_payload(cpid, seconds, select_passed_tests(results(*events)))
    assert words in caught.value.message
    assert caught.value.advice


def test_what_refstack_can_store_is_sent() -> None:
    found = select_passed_tests(
        results(passed("a.C.test_é"), passed("a.C.test_f"), failed("a.C.test_F"))
    )
    assert [one.name for one in build_payload("日本", 1, found).tests] == [
        "a.C.test_é",
        "a.C.test_f",
    ]


def test_the_body_is_written_as_refstack_client_writes_it() -> None:
    body = Payload("ö", 1, (PassedTest("a.C.test_x", ID), PassedTest("a.C.test_y"))).body
    assert body == (
        b'{"cpid": "\\u00f6", "duration_seconds": 1, "results": [{"name": "a.C.test_x", '
        b'"uuid": "' + ID.encode() + b'"}, {"name": "a.C.test_y"}]}'
    )
