"""Write a subunit version 2 stream again with other attachments, and the same in all else.

Packets whose attachment does not change stay as they are, to the byte. Of the
others only the content, its length and the sums are new: names, times, states,
tags and order are what they were.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

from defcheck.results.packets import (
    CRC,
    FOUR,
    HEADER,
    LOOK,
    MAX_WASTE,
    SIGNATURE,
    Packet,
    content_span,
    packet_at,
)

LARGEST = 1024 * 1024
"""Bytes of content in one packet that is written; readers refuse packets of 4 MiB."""

STATUS_BITS, LAST_PIECE = 0x0007, 0x0010

Clean = Callable[[bytes], bytes]
"""Returns the content of an attachment, or bytes between packets, as they are to be."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A stream that was written again."""

    data: bytes
    offsets: tuple[int, ...]
    """Where each of the given offsets lies now."""


@dataclass(slots=True)
class _Item:
    """A packet, or bytes of none, as they are to be written."""

    raw: bytes
    packet: Packet | None = None


_Files = dict[str, list[_Item]]
"""The attachments of a test that has not ended: the packets that each is made of."""


def rewritten(data: bytes, clean: Clean, offsets: Sequence[int] = ()) -> Rewritten:
    """Return the stream with each attachment cleaned as a whole.

    No attachment reaches over any of the `offsets`, bytes at which the run was
    resumed.
    """
    parts: list[bytes] = []
    found = {}
    at = written = 0
    for offset in [*sorted(set(offsets)), len(data)]:
        offset = min(max(at, offset), len(data))
        parts.append(_part(data[at:offset], clean))
        written += len(parts[-1])
        found[offset] = written
        at = offset
    return Rewritten(b"".join(parts), tuple(found.get(one, one) for one in offsets))


def contents(data: bytes) -> list[bytes]:
    """Return everything in a stream that can be replaced, attachments whole."""
    seen: list[bytes] = []

    def see(content: bytes) -> bytes:
        seen.append(content)
        return content

    rewritten(data, see)
    return seen


def _part(data: bytes, clean: Clean) -> bytes:
    items = _items(data)
    tests: dict[tuple[str | None, str | None], _Files] = {}
    for item in items:
        packet = item.packet
        if packet is None:
            item.raw = clean(item.raw)
            continue
        key = packet.test_id, packet.route
        if packet.file_name:
            tests.setdefault(key, {}).setdefault(packet.file_name, []).append(item)
        if packet.status and key in tests:
            _finish(tests.pop(key), clean)
    for rest in tests.values():
        _finish(rest, clean)
    return b"".join(item.raw for item in items)


def _items(data: bytes) -> list[_Item]:
    """Take a stream apart into packets and the bytes between them, of which nothing is lost."""
    items: list[_Item] = []
    between = bytearray()
    at = waste = 0
    while at < len(data):
        begin = data.find(SIGNATURE, at) if waste <= MAX_WASTE else -1
        if begin < 0:
            begin = len(data)
        between += data[at:begin]
        at = begin
        packet, size = packet_at(data, at)
        if packet is None:
            waste += size + LOOK
            between += data[at : at + 1]
            at += 1
            continue
        if between:
            items.append(_Item(bytes(between)))
            between.clear()
        items.append(_Item(data[at : at + size], packet))
        at += size
    if between:
        items.append(_Item(bytes(between)))
    return items


def _finish(files: _Files, clean: Clean) -> None:
    """Clean the attachments of a test, each as a whole, and lay them into its packets again."""
    for items in files.values():
        content = b"".join(item.packet.content for item in items if item.packet)
        new = clean(content)
        if new == content:
            continue
        for number, item in enumerate(items):
            begin, end = (len(new) * one // len(items) for one in (number, number + 1))
            item.raw = _with_content(item.raw, new[begin:end])


def _with_content(packet: bytes, content: bytes) -> bytes:
    """Return a packet with other content, after others with what is too much for it."""
    more = b""
    while len(content) > LARGEST:
        more += _packed(packet, content[:LARGEST], keep=~(STATUS_BITS | LAST_PIECE))
        content = content[LARGEST:]
    return more + _packed(packet, content)


def _packed(packet: bytes, content: bytes, keep: int = -1) -> bytes:
    flags, first = HEADER.unpack_from(packet, 1)
    named, _, end = content_span(packet, 0, len(packet))
    head = packet[4 + (first >> 6) : named]
    body = head + _number(len(content)) + content + packet[end:-CRC]
    sizes = (_number(3 + count + len(body) + CRC) for count in range(1, 5))
    length = next(size for count, size in enumerate(sizes, 1) if len(size) == count)
    whole: bytes = SIGNATURE + (flags & keep).to_bytes(2) + length + body
    return whole + FOUR.pack(crc32(whole))


def _number(value: int) -> bytes:
    """Return a number as packets have it, in 1 to 4 bytes."""
    for count in range(1, 4):
        if value < 1 << (8 * count - 2):
            return (value | (count - 1) << (8 * count - 2)).to_bytes(count)
    return (value | 3 << 30).to_bytes(4)
