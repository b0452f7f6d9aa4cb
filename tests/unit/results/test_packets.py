"""The packets of version 2, read as python-subunit writes them and found again after damage."""

import io
import os
import threading
import zlib
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import subunit
from hypothesis import given, settings
from hypothesis import strategies as st
from testtools import StreamResult

from defcheck.results.loader import load_bytes
from defcheck.results.models import Event, Outcome
from defcheck.results.readers.subunit import read_subunit_v2
from defcheck.results.readers.subunit_packets import (
    Packet,
    PacketParser,
    StreamDamage,
    read_claimed_size,
)
from tests.properties import scale_examples
from tests.unit.results.streams import attached, begun, ended, ran, v2, v2_packets

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=80)
STATUS = st.sampled_from([None, "exists", "inprogress", "success", "uxsuccess", "skip", "fail"])
CONTENT = st.one_of(
    st.binary(max_size=200), st.integers(0, 40_000).map(lambda size: b"\xb3+" * (size // 2))
)
PACKET = st.fixed_dictionaries(
    {"test_status": STATUS, "runnable": st.booleans(), "eof": st.booleans()},
    optional={
        "test_id": TEXT,
        "test_tags": st.lists(TEXT, max_size=70),
        "mime_type": TEXT,
        "route_code": TEXT,
        "timestamp": st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
            lambda time: time.replace(tzinfo=UTC)
        ),
    },
) | st.fixed_dictionaries(
    {"test_id": TEXT, "file_name": TEXT, "file_bytes": CONTENT}, optional={"mime_type": TEXT}
)


class Peer(StreamResult):
    """Keeps what python-subunit reads, as our packets."""

    def __init__(self) -> None:
        super().__init__()
        self.packets: list[Packet] = []

    def status(self, *_: Any, **said: Any) -> None:
        self.packets.append(
            Packet(
                said["test_id"],
                said["test_status"],
                tuple(sorted(said["test_tags"] or ())),
                said["file_name"],
                bytes(said["file_bytes"] or b""),
                said["route_code"],
                said["timestamp"],
            )
        )


def read(data: bytes) -> list[Packet | StreamDamage | bytes]:
    """Return the items of a stream; a tag counts once and its place does not matter."""
    return [
        item._replace(tags=tuple(sorted(set(item.tags)))) if isinstance(item, Packet) else item
        for item in PacketParser(io.BytesIO(data))
    ]


@settings(max_examples=scale_examples(150))
@given(st.lists(PACKET, max_size=8))
def test_it_reads_what_python_subunit_reads(packets: list[dict[str, Any]]) -> None:
    data = v2(*packets)
    peer = Peer()
    subunit.ByteStreamToStreamResult(io.BytesIO(data)).run(peer)
    assert read(data) == peer.packets
    assert len(peer.packets) == len(packets)


@pytest.mark.parametrize("size", [0, 1, 48, 50, 16_330, 16_400, 131_072, 4_194_200])
def test_packets_of_every_size(size: int) -> None:
    data = v2(attached("a.C.test_x", "log", b"x" * size), ended("a.C.test_x", "success"))
    log, end = read(data)
    assert isinstance(log, Packet)
    assert isinstance(end, Packet)
    assert (log.content, end.status) == (b"x" * size, "success")


class Drop(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(3)


def test_the_pieces_in_which_a_stream_comes_make_no_difference() -> None:
    data = "m³\n".encode() + v2(*ran("a.C.test_x", log="y" * 5000), *ran("a.C.test_y")) + b"\xb3"
    packets = [item for item in PacketParser(Drop(data)) if isinstance(item, Packet)]
    assert packets == [item for item in read(data) if isinstance(item, Packet)]
    assert len(packets) == 5


@pytest.mark.parametrize(
    "text", ["ó", "m³", "³" * 200, "ó(more text than the packet is long", "żó+"]
)
def test_a_letter_with_the_byte_of_the_signature_hides_nothing(text: str) -> None:
    for before in (b"", v2(*ran("a.C.test_w"))):
        stream = before + text.encode() + v2(*ran("a.C.test_x", "fail")) + text.encode()
        found = load_bytes(stream, "x")
        assert found.problems == ()
        assert (found.events[-1].name, found.events[-1].outcome) == ("a.C.test_x", Outcome.FAILED)


@pytest.mark.parametrize("position", range(1, len(v2(ended("a.C.test_b", "success")))))
def test_what_follows_a_damaged_packet_is_found_again(position: int) -> None:
    first, damaged, last = v2_packets(*(ended(f"a.C.test_{n}", "success") for n in "abc"))
    changed = bytearray(damaged)
    changed[position] ^= 0xFF
    found = load_bytes(first + bytes(changed) + last, "x")
    assert [event.name for event in found.events] == ["a.C.test_a", "a.C.test_c"]
    assert len(found.problems) == 1


def test_a_length_that_swallows_what_follows_is_not_believed() -> None:
    lie = b"\xb3\x2b\x03\xbf\xff\xff"
    found = load_bytes(v2(*ran("a.C.test_x")) + lie + v2(*ran("a.C.test_y", "fail")), "x")
    assert [event.name for event in found.events] == ["a.C.test_x", "a.C.test_y"]
    assert found.problems == ("the stream ends in the middle of a packet",)


def packed(flags: int, body: bytes) -> bytes:
    """Return a packet with a correct length and CRC around any fields."""
    data = b"\xb3" + flags.to_bytes(2, "big") + bytes([8 + len(body)]) + body
    return data + zlib.crc32(data).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        (0x2803, b"\x07a.C.t"),  # the name is longer than the packet
        (0x2803, b"\x03a\0b"),
        (0x2803, b"\x02\xff\xfe"),
        (0x2803, b"\x05a.C.tmore"),
        (0x2883, b"\x05a.C.t\xff\xff\xff\xff"),  # a thousand million tags
        (0x2A03, b"\0\0\0"),
        (0x2803, b""),
    ],
)
def test_a_whole_packet_of_fields_that_do_not_fit_is_damaged(flags: int, body: bytes) -> None:
    assert read(packed(flags, body)) == [StreamDamage.PACKET]


@pytest.mark.parametrize(("size", "least"), [(b"\x08", 8), (b"\x40\x09", 9), (b"\x80\0\x0a", 10)])
def test_a_packet_has_room_for_its_own_size(size: bytes, least: int) -> None:
    header = b"\xb3\x20\x03" + size
    assert read_claimed_size(header + bytes(8), 0) == least
    smaller = header[:-1] + bytes([size[-1] - 1])
    assert read_claimed_size(smaller + bytes(8), 0) == 0
    assert read_claimed_size(header[:3], 0) == 0


def test_of_another_version_or_with_unknown_flags_it_is_no_packet() -> None:
    for flags in (0x1803, 0x3803, 0x280B):
        found = read(packed(flags, b"\x05a.C.t") + v2(ended("a.C.test_x", "success")))
        assert [item.test_id for item in found if isinstance(item, Packet)] == ["a.C.test_x"]
        assert len(found) > 1


@pytest.mark.timeout(20)
@pytest.mark.parametrize("before", [b"", b"\xc3"])
def test_beginnings_without_end_are_read_in_bounded_time(before: bytes) -> None:
    claim = before + b"\xb3\x28\x03\xbf\xff\xff"  # 4 MiB, each time
    data = claim * (8 * 1024 * 1024 // len(claim)) + v2(*ran("a.C.test_x"))
    assert not isinstance(next(iter(read(data))), Packet)


def test_events_of_a_live_stream_come_as_they_are_written() -> None:
    """Also after text that may be the beginning of a packet of 16 KiB."""
    reading, writing = os.pipe()
    seen: list[Event] = []
    came = threading.Condition()

    def note(event: Event) -> None:
        with came:
            seen.append(event)
            came.notify()

    def has_more_than(count: int) -> bool:
        return len(seen) > count

    with open(reading, "rb") as stream:
        thread = threading.Thread(target=read_subunit_v2, args=(stream, note))
        thread.start()
        with open(writing, "wb", buffering=0) as pipe:
            for number, text in enumerate(("", "żó (ó+", "m³ ~~~")):
                pipe.write(text.encode() + v2(begun(f"a.C.test_{number}")))
                pipe.write(v2(ended(f"a.C.test_{number}", "success")))
                with came:
                    assert came.wait_for(partial(has_more_than, number), timeout=10)
        thread.join(10)
    assert [event.name for event in seen] == ["a.C.test_0", "a.C.test_1", "a.C.test_2"]
