"""A stream that is written again says the same, but for what was to be replaced."""

import io
from pathlib import Path
from typing import Any

import pytest
import subunit
from hypothesis import given
from hypothesis import strategies as st
from testtools import StreamResult

from defcheck.results.loader import load_bytes
from defcheck.results.readers.subunit_packets import Packet, PacketParser, StreamDamage
from defcheck.results.stream_rewriter import list_contents, rewrite_stream
from tests.unit.recordings import DATA, raw
from tests.unit.results.streams import attached, begun, ended, ran, v2, v2_packets

RECORDED = sorted(path.name.removesuffix(".gz") for path in DATA.glob("*.subunit.gz"))


def swap(content: bytes) -> bytes:
    return content.replace(b"secret", b"***").replace(b"tiny", b"much longer")


def python_subunit(data: bytes) -> list[tuple[tuple[str, Any], ...]]:
    """Return the events that python-subunit reads."""
    seen: list[tuple[tuple[str, Any], ...]] = []

    class Listener(StreamResult):
        def status(self, *args: Any, **event: Any) -> None:
            content = event.get("file_bytes")
            bare = {**event, "file_bytes": bytes(content) if content is not None else None}
            seen.append(tuple(sorted(bare.items(), key=str)))

    subunit.ByteStreamToStreamResult(io.BytesIO(data)).run(Listener())
    return seen


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_stays_the_same_to_the_byte(name: str) -> None:
    data = raw(name)
    assert rewrite_stream(data, bytes).data == data
    assert rewrite_stream(data, bytes, (len(data) // 2,)).data == data


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_with_other_logs_says_the_same(name: str) -> None:
    data = raw(name)
    new = rewrite_stream(data, lambda content: content.replace(b"127.0.0.1", b"address-1")).data
    before, after = (
        [one for one in PacketParser(io.BytesIO(one)) if not isinstance(one, bytes)]
        for one in (data, new)
    )
    assert [
        one if isinstance(one, StreamDamage) else one._replace(content=b"") for one in before
    ] == [one if isinstance(one, StreamDamage) else one._replace(content=b"") for one in after]
    assert b"127.0.0.1" not in b"".join(list_contents(new))


def test_python_subunit_reads_what_is_written() -> None:
    packets = [*ran("a.B.test_x", "fail", traceback="a secret\n", log="x" * 70_000 + "secret")]
    packets += ran("a.B.test_y", reason="tiny")
    packets[1]["route_code"] = packets[0]["route_code"] = None
    data = v2(*packets)
    expected = v2(
        *ran("a.B.test_x", "fail", traceback="a ***\n", log="x" * 70_000 + "***"),
        *ran("a.B.test_y", reason="much longer"),
    )
    new = rewrite_stream(data, swap).data
    assert new == expected
    assert python_subunit(new) == python_subunit(expected)


def test_a_text_that_lies_across_packets_is_replaced() -> None:
    pieces = [b"a se", b"cr", b"et and ", b"tin", b"y"]
    packets = [begun("a.B.test_x"), *(attached("a.B.test_x", "log", piece) for piece in pieces)]
    packets.insert(3, attached("a.B.test_x", "other", b"secr"))
    packets.insert(4, attached("a.B.test_other", "log", b"et"))
    data = v2(*packets, ended("a.B.test_x", "fail"), attached("a.B.test_x", "log", b"ecret"))
    new = rewrite_stream(data, swap).data
    assert list_contents(new) == [b"a *** and much longer", b"secr", b"et", b"ecret"]
    assert len(list(PacketParser(io.BytesIO(new)))) == len(list(PacketParser(io.BytesIO(data))))


def test_nothing_reaches_over_a_cut() -> None:
    first, second = (
        v2(begun("a"), attached("a", "log", "a secret, sec")),
        v2(attached("a", "log", "ret, a secret"), ended("a", "success")),
    )
    new = rewrite_stream(first + second, swap, (len(first), 0, len(first)))
    assert list_contents(new.data[: new.offsets[0]]) == [b"a ***, sec"]
    assert list_contents(new.data[new.offsets[0] :]) == [b"ret, a ***"]
    assert new.offsets[1:] == (0, new.offsets[0])


def test_what_grows_beyond_a_packet_takes_more_of_them() -> None:
    data = v2(begun("a"), attached("a", "log", "x"), ended("a", "fail"))
    new = rewrite_stream(data, lambda content: content * 3_000_000).data
    packets = [one for one in PacketParser(io.BytesIO(new)) if isinstance(one, Packet)]
    assert len(packets) == 5
    assert list_contents(new) == [b"x" * 3_000_000]
    assert [one.status for one in packets] == ["inprogress", None, None, None, "fail"]
    events = python_subunit(new)
    assert len(events) == len(python_subunit(data)) + 2
    assert [dict(one)["eof"] for one in events if dict(one)["file_name"]] == [False, False, True]


def test_what_lies_between_packets_is_replaced_too() -> None:
    whole = v2_packets(*ran("a.B.test_x"))
    data = b"printed secret\n" + whole[0] + b"\xb3 secret \xb3\xb3" + whole[1]
    new = rewrite_stream(data, swap).data
    assert new == b"printed ***\n" + whole[0] + b"\xb3 *** \xb3\xb3" + whole[1]


def test_half_a_packet_stays_half_a_packet() -> None:
    data = v2(*ran("a.B.test_x"), begun("a.B.test_y"))
    cut = v2(attached("a.B.test_y", "log", "secret, secret"))[:-9]
    new = rewrite_stream(data + cut, swap).data
    assert b"secret" not in new
    assert load_bytes(new, "x").problems == load_bytes(data + cut, "x").problems != ()


@given(st.lists(st.tuples(st.text(), st.text(max_size=300)), max_size=5), st.binary(max_size=30))
def test_any_stream_is_written_again(logs: list[tuple[str, str]], between: bytes) -> None:
    packets = [
        one
        for name, text in logs
        for one in v2_packets(*ran("a.B.test_x", log=text, other=f"tiny {text}"))
    ]
    data = between.join(packets)
    assert rewrite_stream(data, bytes).data == data
    assert (
        rewrite_stream(rewrite_stream(data, swap).data, swap).data
        == rewrite_stream(data, swap).data
    )


@pytest.mark.parametrize("size", [0x3F, 0x40, 0x3FFF, 0x4000, 0x3FFFFF - 100])
def test_every_length_of_a_packet(size: int, tmp_path: Path) -> None:
    data = v2(attached("a", "f", "x" + "y" * min(size, 900_000)))
    shrunk = rewrite_stream(data, lambda content: content[1:]).data
    assert list_contents(shrunk) == [b"y" * min(size, 900_000)]
    assert shrunk == v2(attached("a", "f", "y" * min(size, 900_000)))
