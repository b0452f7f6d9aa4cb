"""A damaged stream is noticed: what it says can not be trusted to be whole."""

import gzip
from collections import Counter

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome, ResultSet
from tests.unit.results.streams import attached, begun, ended, ran, v1, v2, v2_packets

PARTS = v2_packets(
    *ran("a.C.test_x[id-1]", log="fine"),
    *ran("a.C.test_y", "fail", traceback="KeyError"),
    ended("tearDownClass (a.C)", "fail"),
)
STREAM = b"".join(PARTS)
STARTS = [sum(map(len, PARTS[:number])) for number in range(len(PARTS))]


def said(found: ResultSet) -> Counter[tuple[str, Outcome]]:
    """Return what a result set says of which test."""
    return Counter((event.name, event.outcome) for event in found.events)


def check(damaged: bytes) -> None:
    """Read a damaged stream: refused, noticed, or without effect on what it says."""
    whole = said(load_bytes(STREAM, "x"))
    try:
        found = load_bytes(damaged, "x")
    except InputError:
        return
    assert found.problems or said(found) == whole


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80, 0xFF])
def test_one_changed_byte_inside_a_packet(change: int) -> None:
    for position in set(range(len(STREAM))) - set(STARTS):
        damaged = bytearray(STREAM)
        damaged[position] ^= change
        check(bytes(damaged))


def test_one_lost_byte_inside_a_packet() -> None:
    for position in set(range(len(STREAM))) - set(STARTS):
        check(STREAM[:position] + STREAM[position + 1 :])


@pytest.mark.parametrize("start", STARTS[:-1])
def test_a_changed_first_byte_of_a_tests_packet(start: int) -> None:
    damaged = bytearray(STREAM)
    damaged[start] ^= 0x01
    found = load_bytes(bytes(damaged), "x")
    whole = load_bytes(STREAM, "x")
    passed = {name for name, outcome in said(found) if outcome is Outcome.PASSED}
    assert passed <= {name for name, outcome in said(whole) if outcome is Outcome.PASSED}


def test_a_changed_first_byte_of_any_packet() -> None:
    for start in STARTS:
        damaged = bytearray(STREAM)
        damaged[start] ^= 0x01
        check(bytes(damaged))


@pytest.mark.parametrize("text", [b"caf\xc3", b"\xe2\x82", b"\xf0\x9f\x98", "m³".encode(), b"\xb3"])
def test_a_failure_after_output_of_strange_bytes_is_not_lost_unnoticed(text: bytes) -> None:
    stream = v2(*ran("a.C.test_x")) + text + v2(ended("tearDownClass (a.C)", "fail"))
    found = load_bytes(stream, "x")
    assert found.problems or len(found.events) == 2


@pytest.mark.parametrize("text", [b"caf\xc3", b"\xe2\x82", b"\xf0\x9f\x98"])
def test_half_a_character_at_the_end_is_a_problem(text: bytes) -> None:
    assert load_bytes(STREAM + text, "x").problems == (
        f"{len(text)} bytes are neither subunit nor text",
    )


def test_text_behind_strange_bytes_does_not_make_them_text() -> None:
    for stream in (v1(*ran("a.C.test_x")), STREAM):
        assert load_bytes(stream + b"\x00\n" + b"text\n", "x").problems == (
            "7 bytes are neither subunit nor text",
        )


def test_a_stream_without_its_beginning() -> None:
    failure = v2(ended("setUpClass (a.D)", "fail"))
    found = load_bytes(failure[5:] + STREAM, "x")
    assert found.problems


def test_a_damaged_packet_is_told_once() -> None:
    damaged = bytearray(STREAM)
    damaged[STARTS[2] + 8] ^= 0xFF
    assert "a damaged packet was skipped" in load_bytes(bytes(damaged), "x").problems


@pytest.mark.parametrize("name", ["a.C.test_x", "setUpClass (a.C)", "tearDownClass (a.C)"])
def test_a_failure_of_version_1_beside_a_stream_of_version_2_is_not_lost(name: str) -> None:
    new, old = v2(*ran("a.C.test_x")), v1(*ran(name, "fail"))
    for stream in (new + old, old + new):
        found = load_bytes(stream, "x")
        assert found.problems or Outcome.FAILED in {event.outcome for event in found.events}


def test_streams_of_one_version_may_follow_each_other() -> None:
    for write in (v1, v2):
        one, other = write(*ran("a.C.test_x")), write(*ran("a.C.test_x", "fail"))
        for stream in (one + other, other + one, gzip.compress(one) + gzip.compress(other)):
            found = load_bytes(stream, "x")
            assert {event.outcome for event in found.events} == {Outcome.PASSED, Outcome.FAILED}


def test_what_follows_compressed_or_refstack_results_is_not_lost() -> None:
    failure = v2(*ran("a.C.test_x", "fail"))
    assert load_bytes(gzip.compress(v2(*ran("a.C.test_x"))) + failure, "x").problems
    found = load_bytes(b'{"results": ["a.C.test_x"]}' + failure, "x")
    assert [event.outcome for event in found.events] == [Outcome.FAILED]
    assert load_bytes(v2(*ran("a.C.test_x")) + gzip.compress(failure), "x").problems


def test_lost_failure_behind_an_unfinished_line_of_output_is_noticed() -> None:
    """What a test printed before an attachment is no beginning of the line behind it."""
    begin, log, end = v2_packets(
        begun("a.C.test_x"), attached("a.C.test_x", "log", "fine"), ended("a.C.test_x", "success")
    )
    for stream in (
        begin + b"no line end" + log + b"failure: a.b.C.test_y\n" + end,
        begin + log + b"no line end" + end + b"failure: a.b.C.test_y\n",
    ):
        assert load_bytes(stream, "x").problems == (
            "there are subunit version 1 events in a place where they cannot be read",
        )
