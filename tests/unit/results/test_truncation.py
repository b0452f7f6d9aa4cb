"""A stream that is cut off is noticed, and never says more than the whole one."""

from itertools import accumulate

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome, ResultSet
from tests.unit.results.streams import Packet, attached, begun, ended, ran, v1, v2_packets

PACKETS: list[Packet] = [
    *ran("a.C.test_one[id-1]", log="all is well"),
    *ran("a.C.test_two", "fail", traceback="Traceback …\nKeyError: 'two'"),
    *ran("a.C.test_three", "skip", reason="no service"),
    begun("a.C.test_four"),
    begun("a.D.test_five", worker="worker-1"),
    attached("a.C.test_four", "log", "half way"),
    ended("a.C.test_four", "success"),
    ended("a.D.test_five", "success", worker="worker-1"),
    ended("tearDownClass (a.D)", "fail"),
]
PARTS = v2_packets(*PACKETS)
STREAM = b"".join(PARTS)
ENDS = list(accumulate(map(len, PARTS)))
"""Where each packet ends."""


def passes(found: ResultSet) -> set[str]:
    """Return the names of passed tests."""
    return {event.name for event in found.events if event.outcome is Outcome.PASSED}


def in_progress(length: int) -> set[str]:
    """Return the tests that a stream cut off after some bytes leaves in progress."""
    whole = [packet for packet, end in zip(PACKETS, ENDS, strict=True) if end <= length]
    last = {packet["test_id"]: packet.get("test_status") or "inprogress" for packet in whole}
    return {name for name, status in last.items() if status == "inprogress"}


def test_the_whole_stream_has_no_problem() -> None:
    found = load_bytes(STREAM, "x")
    assert found.problems == ()
    assert passes(found) == {"a.C.test_one[id-1]", "a.C.test_four", "a.D.test_five"}
    assert len(found.events) == 6


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_a_version_2_stream_cut_off_anywhere(part: int) -> None:
    whole = passes(load_bytes(STREAM, "x"))
    begin = ENDS[part] - len(PARTS[part])
    for length in range(begin, ENDS[part]):
        try:
            found = load_bytes(STREAM[:length], "x")
        except InputError:
            assert not in_progress(length)
            assert part <= 1
            continue
        assert passes(found) <= whole
        unfinished = {event.name for event in found.events if event.outcome is Outcome.UNFINISHED}
        assert unfinished == in_progress(length)
        for name in unfinished:
            assert f"{name} began and did not finish" in found.problems
        assert found.problems or length == begin


@pytest.mark.parametrize("part", range(1, len(PARTS)))
def test_a_cut_between_two_packets_shows_only_where_a_test_is_in_progress(part: int) -> None:
    length = ENDS[part]
    found = load_bytes(STREAM[:length], "x") if part > 1 else None
    if found:
        assert bool(found.problems) == bool(in_progress(length))


def whole_v1() -> bytes:
    """Return a version 1 stream of four tests."""
    return v1(
        *ran("a.C.test_one[id-1]", log="all is well"),
        *ran("a.C.test_two", "fail", traceback="Traceback …\nKeyError: 'two'"),
        *ran("a.C.test_three", "skip", reason="no service"),
        *ran("a.C.test_four"),
    )


def cut_v1(stream: bytes, length: int) -> None:
    """Check what the beginning of a version 1 stream says."""
    whole = load_bytes(stream, "x")
    try:
        found = load_bytes(stream[:length], "x")
    except InputError:
        return
    assert passes(found) <= passes(whole)
    for event in found.events:
        if event.outcome is Outcome.UNFINISHED:
            assert f"{event.name} began and did not finish" in found.problems
        else:
            assert event.name in {known.name for known in whole.events}


def test_a_version_1_stream_cut_off_after_a_line() -> None:
    stream = whole_v1()
    whole = load_bytes(stream, "x")
    assert len(whole.events) == 4
    begun_only = 0
    for number in range(stream.count(b"\n")):
        lines = stream.split(b"\n")[:number]
        beginning = b"".join(line + b"\n" for line in lines)
        cut_v1(stream, len(beginning))
        if lines and lines[-1].startswith(b"test: "):
            found = load_bytes(beginning, "x")
            assert found.events[-1].outcome is Outcome.UNFINISHED
            assert found.problems
            begun_only += 1
    assert begun_only == 4


def test_a_version_1_stream_cut_off_anywhere() -> None:
    stream = whole_v1()
    for length in range(len(stream)):
        cut_v1(stream, length)


def test_a_version_1_stream_cut_off_in_the_middle_of_a_pass_is_no_pass() -> None:
    found = load_bytes(b"test: a.C.test_x\nsuccess: a.C.test_x", "x")
    assert [event.outcome for event in found.events] == [Outcome.UNFINISHED]
    assert found.problems
    found = load_bytes(b"test: a.C.test_x\nsuccess: a.C.test_x [ multipart\n", "x")
    assert [event.outcome for event in found.events] == [Outcome.UNFINISHED]
