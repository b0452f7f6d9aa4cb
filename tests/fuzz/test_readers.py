"""Whatever comes in, a reader gives results or refuses in words, and never more passes."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome, ResultSet
from tests.properties import scale_examples

DATA = Path(__file__).resolve().parents[1] / "data"
REFSTACK = b"""{"cpid": "x", "duration_seconds": 9, "results": [
{"name": "suite.test_kinds.Good.test_pass", "uuid": "00000000-0000-4000-8000-000000000001"},
{"name": "suite.test_kinds.TearDownFails.test_pass"}]}"""
SAMPLES = {
    **{
        path.name: path.read_bytes()
        for pattern in ("kinds*", "two-rally*", "surefire*")
        for path in DATA.glob(pattern)
    },
    "refstack.json": REFSTACK,
    "packed": gzip.compress((DATA / "kinds.subunit").read_bytes()),
}
BOUNDED = settings(max_examples=scale_examples(300))

# A byte, or a piece of what the formats are made of.
PIECE = st.one_of(
    st.binary(min_size=1, max_size=12),
    st.sampled_from(
        [
            b"\xb3\x2b\x03",
            b"\xb3\x29\x01\xbf\xff\xff",
            b"\n]\n",
            b"test: a.C.test_x\n",
            b"success: a.C.test_y\n",
            b" [ multipart\n",
            b"FFFFFFFF\r\n",
            b"<testcase",
            b"<skipped/>",
            b"<!--",
            b"-->",
            b"<![CDATA[",
            b"&amp;",
            b"</testsuite>",
            b'"status": "success",',
            b'"success"',
            b"{}",
            b"\\ud800",
            b"\x1f\x8b\x08\x00",
            "ó³".encode(),
        ]
    ),
)
PLACE = st.floats(0, 1, exclude_max=True)
CHANGE = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.integers(1, 255)),
    st.tuples(st.just("put"), PLACE, PIECE),
    st.tuples(st.just("over"), PLACE, PIECE),
    st.tuples(st.just("cut"), PLACE, PLACE),
    st.tuples(st.just("end"), PLACE, st.none()),
    st.tuples(st.just("twice"), PLACE, PLACE),
)


def changed(data: bytes, kind: str, place: float, more: Any) -> bytes:
    """Return `data` with one change."""
    at = int(place * len(data))
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ more]) + data[at + 1 :] if data else data
    if kind == "put":
        return b"".join((data[:at], more, data[at:]))
    if kind == "over":
        return b"".join((data[:at], more, data[at + len(more) :]))
    if kind == "end":
        return data[:at]
    begin, end = sorted((at, int(more * len(data))))
    return data[:begin] + data[end:] if kind == "cut" else data[:end] + data[begin:]


def read(data: bytes) -> ResultSet | None:
    """Return what is read, None where it is refused in words."""
    try:
        return load_bytes(data, "x")
    except InputError as error:
        said = error
    assert said.message.startswith(("x ", "x: ", "The source ")), said.message
    assert said.advice
    return None


def passes(found: ResultSet) -> list[str]:
    """Return the names of the passes."""
    return [event.test.name for event in found.events if event.outcome is Outcome.PASSED]


NAMES = {
    name: {event.test.name for event in load_bytes(data, name).events}
    for name, data in SAMPLES.items()
}
WHOLE = {name: passes(load_bytes(data, name)) for name, data in SAMPLES.items()}
CHECKED = {"kinds.subunit", "packed"}
"""Samples of formats with a checksum, so that even a name cannot change unnoticed."""


@BOUNDED
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    found = read(data)
    assert found is None or not passes(found) or found.problems


@BOUNDED
@given(st.lists(PIECE, max_size=30).map(b"".join))
def test_pieces_of_all_formats(data: bytes) -> None:
    read(data)


@BOUNDED
@given(st.binary(max_size=400).map(gzip.compress), st.binary(max_size=40))
def test_any_bytes_packed(data: bytes, more: bytes) -> None:
    read(data + more)


@pytest.mark.parametrize("name", SAMPLES)
@BOUNDED
@given(st.lists(CHANGE, min_size=1, max_size=4))
def test_a_changed_sample_never_has_more_passes(name: str, changes: list[Any]) -> None:
    data = SAMPLES[name]
    for kind, place, more in changes:
        data = changed(data, kind, place, more)
    found = read(data)
    if found is not None and not found.problems:
        # Where nothing protects a name another may stand there, but no test of
        # the sample passes that did not.
        more = set(passes(found)) - set(WHOLE[name])
        assert not more & NAMES[name]
        assert not more or name not in CHECKED


@BOUNDED
@given(st.sampled_from(sorted(SAMPLES)), st.sampled_from(sorted(SAMPLES)), PLACE)
def test_two_samples_put_together_have_no_more_passes(one: str, other: str, place: float) -> None:
    first = SAMPLES[one]
    found = read(first[: int(place * len(first))] + SAMPLES[other])
    if found is not None and not found.problems:
        assert set(passes(found)) <= set(WHOLE[one] + WHOLE[other])
