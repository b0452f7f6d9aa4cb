"""Rewrite a subunit version 2 stream with redacted attachments; everything else stays the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

from defcheck.results.readers.subunit_packets import (
    CRC_SIZE,
    HEADER,
    LOOK_COST,
    MAX_WASTE,
    SIGNATURE,
    UINT32,
    Packet,
    find_content,
    read_packet,
)

MAX_CONTENT = 1024 * 1024
"""Bytes of content in one packet that is written; readers refuse packets of 4 MiB."""

STATUS_BITS, LAST_PIECE = 0x0007, 0x0010

CleanContent = Callable[[bytes], bytes]
"""Returns the content of an attachment, or bytes between packets, as they are to be."""


@dataclass(frozen=True, slots=True)
class RewrittenStream:
    """A stream that was written again."""

    data: bytes
    offsets: tuple[int, ...]
    """Where each of the given offsets lies now."""


@dataclass(slots=True)
class _StreamItem:
    """A packet, or bytes of none, as they are to be written."""

    raw: bytes
    packet: Packet | None = None


_Files = dict[str, list[_StreamItem]]
"""The attachments of a test that has not ended: the packets that each is made of."""


def rewrite_stream(
    data: bytes, clean: CleanContent, offsets: Sequence[int] = ()
) -> RewrittenStream:
    """Return the stream with each attachment cleaned as a whole.

    No attachment reaches over any of the `offsets`, bytes at which the run was
    resumed.
    """
    parts: list[bytes] = []
    found = {}
    at = written = 0
    for offset in [*sorted(set(offsets)), len(data)]:
        offset = min(max(at, offset), len(data))
        parts.append(_rewrite_part(data[at:offset], clean))
        written += len(parts[-1])
        found[offset] = written
        at = offset
    return RewrittenStream(b"".join(parts), tuple(found.get(one, one) for one in offsets))


def list_contents(data: bytes) -> list[bytes]:
    """Return everything in a stream that can be replaced, attachments whole."""
    seen: list[bytes] = []

    def collect_content(content: bytes) -> bytes:
        seen.append(content)
        return content

    rewrite_stream(data, collect_content)
    return seen


def _rewrite_part(data: bytes, clean: CleanContent) -> bytes:
    items = _split_packets(data)
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
            _clean_attachments(tests.pop(key), clean)
    for rest in tests.values():
        _clean_attachments(rest, clean)
    return b"".join(item.raw for item in items)


def _split_packets(data: bytes) -> list[_StreamItem]:
    """Take a stream apart into packets and the bytes between them, of which nothing is lost."""
    items: list[_StreamItem] = []
    between = bytearray()
    at = waste = 0
    while at < len(data):
        begin = data.find(SIGNATURE, at) if waste <= MAX_WASTE else -1
        if begin < 0:
            begin = len(data)
        between += data[at:begin]
        at = begin
        packet, size = read_packet(data, at)
        if packet is None:
            waste += size + LOOK_COST
            between += data[at : at + 1]
            at += 1
            continue
        if between:
            items.append(_StreamItem(bytes(between)))
            between.clear()
        items.append(_StreamItem(data[at : at + size], packet))
        at += size
    if between:
        items.append(_StreamItem(bytes(between)))
    return items


def _clean_attachments(files: _Files, clean: CleanContent) -> None:
    """Clean the attachments of a test, each as a whole, and lay them into its packets again."""
    for items in files.values():
        content = b"".join(item.packet.content for item in items if item.packet)
        new = clean(content)
        if new == content:
            continue
        for number, item in enumerate(items):
            begin, end = (len(new) * one // len(items) for one in (number, number + 1))
            item.raw = _replace_content(item.raw, new[begin:end])


def _replace_content(packet: bytes, content: bytes) -> bytes:
    """Return a packet with other content, after others with what is too much for it."""
    more = b""
    while len(content) > MAX_CONTENT:
        more += _pack_packet(packet, content[:MAX_CONTENT], keep=~(STATUS_BITS | LAST_PIECE))
        content = content[MAX_CONTENT:]
    return more + _pack_packet(packet, content)


def _pack_packet(packet: bytes, content: bytes, keep: int = -1) -> bytes:
    flags, first = HEADER.unpack_from(packet, 1)
    named, _, end = find_content(packet, 0, len(packet))
    head = packet[4 + (first >> 6) : named]
    body = head + _encode_number(len(content)) + content + packet[end:-CRC_SIZE]
    sizes = (_encode_number(3 + count + len(body) + CRC_SIZE) for count in range(1, 5))
    length = next(size for count, size in enumerate(sizes, 1) if len(size) == count)
    whole: bytes = SIGNATURE + (flags & keep).to_bytes(2) + length + body
    return whole + UINT32.pack(crc32(whole))


def _encode_number(value: int) -> bytes:
    """Return a number as packets have it, in 1 to 4 bytes."""
    for count in range(1, 4):
        if value < 1 << (8 * count - 2):
            return (value | (count - 1) << (8 * count - 2)).to_bytes(count)
    return (value | 3 << 30).to_bytes(4)
