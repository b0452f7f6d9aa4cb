"""Subunit version 2, as Tempest writes it."""

from io import BytesIO

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Event, Outcome
from defcheck.results.readers import subunit
from tests.unit.results.streams import BEGIN, attached, begun, ended, ran, v1, v2


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("success", Outcome.PASSED),
        ("fail", Outcome.FAILED),
        ("skip", Outcome.SKIPPED),
        ("xfail", Outcome.FAILED),
        ("uxsuccess", Outcome.FAILED),
    ],
)
def test_what_each_status_means(status: str, outcome: Outcome) -> None:
    found = load_bytes(v2(*ran("a.C.test_x", status)), "x")
    assert [(event.name, event.outcome) for event in found.events] == [("a.C.test_x", outcome)]
    assert (found.format, found.problems, found.passes_only) == ("subunit v2", (), False)


def test_only_a_success_is_a_pass() -> None:
    statuses = ("fail", "skip", "xfail", "uxsuccess", "exists")
    stream = v2(*(packet for status in statuses for packet in ran(f"a.C.test_{status}", status)))
    found = load_bytes(stream, "x")
    assert Outcome.PASSED not in {event.outcome for event in found.events}


def test_times_and_workers_are_kept() -> None:
    name = "a.C.test_x[id-1]"
    stream = v2(
        begun(name, at=2, worker="worker-1"), ended(name, "success", at=4.5, worker="worker-1")
    )
    (event,) = load_bytes(stream, "x").events
    assert event.seconds == 2.5
    assert event.worker == "worker-1"
    assert event.started is not None
    assert (event.started - BEGIN).total_seconds() == 2


def test_seconds_are_unknown_without_a_beginning() -> None:
    (event,) = load_bytes(v2(ended("a.C.test_x", "success")), "x").events
    assert event.seconds is None
    assert event.started is None


def test_the_worker_is_told_from_other_tags() -> None:
    packet = ended("a.C.test_x", "success")
    (event,) = load_bytes(v2(packet | {"test_tags": {"worker-1", "zebra"}}), "x").events
    assert event.worker == "worker-1"


@pytest.mark.parametrize(
    ("tags", "worker"),
    [({"slow", "worker-1"}, "worker-1"), ({"slow"}, ""), ({"worker"}, ""), ({"a-worker-1"}, "")],
)
def test_the_worker_is_told_from_tags_that_sort_before_it(tags: set[str], worker: str) -> None:
    (event,) = load_bytes(v2(ended("a.C.test_x", "success") | {"test_tags": tags}), "x").events
    assert event.worker == worker


def test_the_reason_of_a_skip_and_the_error_of_a_failure_are_kept() -> None:
    traceback = "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'x'\n"
    stream = v2(
        *ran("a.C.test_s", "skip", reason=" Cinder is not available\n"),
        *ran("a.C.test_f", "fail", traceback=traceback),
    )
    skip, failure = load_bytes(stream, "x").events
    assert (skip.reason, skip.details) == ("Cinder is not available", "")
    assert (failure.reason, failure.details) == ("KeyError: 'x'", traceback)


def test_each_event_is_seen_as_it_ends() -> None:
    seen: list[Event] = []
    stream = v2(*ran("a.C.test_x"), begun("a.C.test_y"), *ran("a.C.test_z", "fail"))
    found = subunit.read_subunit_v2(BytesIO(stream), seen.append)
    assert tuple(seen) == found.events
    assert [event.name for event in seen] == ["a.C.test_x", "a.C.test_z", "a.C.test_y"]


def test_the_same_test_twice_is_two_events() -> None:
    found = load_bytes(v2(*ran("a.C.test_x", "fail"), *ran("a.C.test_x")), "x")
    assert [event.outcome for event in found.events] == [Outcome.FAILED, Outcome.PASSED]


def test_the_same_test_on_two_workers_is_two_events() -> None:
    stream = v2(
        *({**packet, "route_code": "0"} for packet in (begun("a.C.test_x"),)),
        *({**packet, "route_code": "1"} for packet in ran("a.C.test_x")),
    )
    found = load_bytes(stream, "x")
    assert {event.outcome for event in found.events} == {Outcome.PASSED, Outcome.UNFINISHED}
    assert found.problems == ("a.C.test_x began and did not finish",)


def test_tests_that_are_only_listed_are_no_results() -> None:
    listed = v2(ended("a.C.test_x", "exists"), ended("a.C.test_y", "exists"))
    with pytest.raises(InputError, match="contains no test result"):
        load_bytes(listed, "x")
    found = load_bytes(listed + v2(*ran("a.C.test_y")), "x")
    assert [event.name for event in found.events] == ["a.C.test_y"]


TEXTS = [
    "done\n",
    "\x1b[32mdone\x1b[0m\ttotal 3\r\n",
    "{'results': []}\n",
    "café, Übergröße\n",
    "東京 🎉\n",
    # The second byte of ó and ³ is that which a packet begins with.
    "3 m³, ósmy\n",
    "³" * 50,
    "[1/2] error: 3 of 4\n",
]


MISREAD = [
    # Lines of version 1 are events that nobody counts.
    "test: a.C.test_z\n",
    "failure: a.C.test_z [\nTraceback\n]\n",
    "failure: setUpClass (a.C)\n",
]


@pytest.mark.parametrize("text", MISREAD)
def test_text_that_may_be_lost_events_is_a_problem(text: str) -> None:
    stream = v2(*ran("a.C.test_x")) + text.encode() + v2(*ran("a.C.test_y"))
    assert load_bytes(stream, "x").problems


@pytest.mark.parametrize("text", TEXTS)
def test_text_between_packets_is_passed_over(text: str) -> None:
    stream = b"starting\n" + v2(*ran("a.C.test_x")) + text.encode() + v2(*ran("a.C.test_y"))
    found = load_bytes(stream, "x")
    assert [event.name for event in found.events] == ["a.C.test_x", "a.C.test_y"]
    assert found.problems == ()


@pytest.mark.parametrize("text", ["{", "[", "{}", '[{"results": []}]', "[1/2] a.C.test_x ok\n"])
def test_text_that_begins_like_json_does_not_hide_the_stream(text: str) -> None:
    for stream, kind in (
        (v2(*ran("a.C.test_x")), "subunit v2"),
        (v1(*ran("a.C.test_x")), "subunit v1"),
    ):
        found = load_bytes(text.encode() + b"\n" + stream, "x")
        assert [event.name for event in found.events] == ["a.C.test_x"]
        assert (found.format, found.problems, found.passes_only) == (kind, (), False)


@pytest.mark.parametrize(
    "data", [b"\x00", b"\xff\xfe", b"caf\xe9\n", b"\x07", b"\x7f", b"PK\x03\x04", "é\x00".encode()]
)
def test_bytes_between_packets_that_are_no_text_are_a_problem(data: bytes) -> None:
    x, y = v2(*ran("a.C.test_x")), v2(*ran("a.C.test_y"))
    for stream in (data + x + y, x + data + y, x + y + data):
        found = load_bytes(stream, "x")
        assert found.problems
        assert {"neither subunit nor text" in problem for problem in found.problems} == {True}
        assert [event.name for event in found.events] == ["a.C.test_x", "a.C.test_y"]


def test_bytes_that_stand_together_are_one_problem() -> None:
    stream = v2(*ran("a.C.test_x")) + bytes(100) + v2(*ran("a.C.test_y"))
    assert load_bytes(stream, "x").problems == ("100 bytes are neither subunit nor text",)


def test_output_that_belongs_to_no_test_is_passed_over() -> None:
    output = {"file_name": "stdout", "file_bytes": b"success: a.C.test_x\n", "mime_type": "text/x"}
    with pytest.raises(InputError, match="contains no test result"):
        load_bytes(v2(output), "x")


def test_a_test_that_did_not_end_is_unfinished_and_named() -> None:
    stream = v2(*ran("a.C.test_x"), begun("a.C.test_y"), attached("a.C.test_y", "log", "working"))
    found = load_bytes(stream, "x")
    assert [event.outcome for event in found.events] == [Outcome.PASSED, Outcome.UNFINISHED]
    assert found.problems == ("a.C.test_y began and did not finish",)


@pytest.mark.parametrize(
    ("status", "outcome"), [("fail", Outcome.FAILED), ("skip", Outcome.SKIPPED)]
)
def test_end_in_the_packet_of_an_attachment_is_an_end(status: str, outcome: Outcome) -> None:
    last = attached("a.C.test_x", "reason", "no network") | {"test_status": status}
    (event,) = load_bytes(v2(begun("a.C.test_x"), last), "x").events
    assert (event.outcome, event.reason) == (outcome, "no network")


def test_worker_in_the_packet_of_an_attachment_is_the_tests() -> None:
    log = attached("a.C.test_x", "log", "fine") | {"test_tags": {"worker-3"}}
    (event,) = load_bytes(v2(begun("a.C.test_x"), log, ended("a.C.test_x", "success")), "x").events
    assert event.worker == "worker-3"


def test_packet_that_says_nothing_of_a_test_is_no_end_of_it() -> None:
    found = load_bytes(v2({"test_id": "a.C.test_x"}, *ran("a.C.test_y")), "x")
    assert found.problems == ("a.C.test_x began and did not finish",)


def test_pass_that_speaks_of_a_lost_connection_did_end() -> None:
    lost = ran("a.C.test_x", traceback="lost connection during test 'a.C.test_y'")
    assert load_bytes(v2(*lost), "x").problems == ()
