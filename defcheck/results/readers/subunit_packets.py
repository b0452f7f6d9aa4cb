"""Parse a subunit version 2 stream into packets and the bytes between them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from defcheck.results.readers.interface import Stream

SIGNATURE = b"\xb3"
EPOCH = datetime.fromtimestamp(0, UTC)
STATUSES = (None, "exists", "inprogress", "success", "uxsuccess", "skip", "fail", "xfail")

TEST_ID, ROUTE, TIMESTAMP = 0x0800, 0x0400, 0x0200
TAGS, CONTENT, MIME = 0x0080, 0x0040, 0x0020
FIXED_BITS, VERSION_2 = 0xF008, 0x2000

FIRST_OF_LETTER, LAST_OF_LETTER = 0xC2, 0xF4
"""Between them are the first bytes of UTF-8's letters of more than one."""

MIN_SIZE = 8
"""Bytes of the shortest packet; so many tell how long it is."""

CRC_SIZE = 4
HEADER, UINT32 = Struct(">HB"), Struct(">I")
"""Flags with the first byte of the size; the CRC, and the seconds of a time."""

Buffer = bytes | memoryview

CHUNK = 128 * 1024
"""Bytes asked of the stream at a time."""

MASKS = (0x3F, 0x3FFF, 0x3FFFFF, 0x3FFFFFFF)
"""What is left of a number of 1 to 4 bytes without the bits that say how long it is."""

LOOK_COST = 4096
"""Cost of examining one possible packet start, in bytes of failed CRC checks."""

MAX_WASTE = 4 * 1024 * 1024 * 1024
"""Budget for failed CRC checks in bytes, about a second of work. When it is used up, the
rest is not read, so a stream of nothing but packet starts is not checked for hours."""


class Packet(NamedTuple):
    """One packet, as it was written."""

    test_id: str | None
    status: str | None
    tags: tuple[str, ...]
    file_name: str | None
    content: bytes
    """Of the attachment called `file_name`, or of a piece of it."""

    route: str | None
    timestamp: datetime | None


class StreamDamage(Enum):
    """A packet that cannot be read."""

    PACKET = "a damaged packet was skipped"
    END = "the stream ends in the middle of a packet"
    REST = "the stream is too damaged to read the rest"


class PacketParser:
    """The packets of a stream, the bytes between them and what is damaged, in their order."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0
        self._ended = False
        self._before = b""
        """The last bytes before this place that are of no packet."""

        self._lost = False
        """Whether a packet was damaged and none was found since."""

        self._waste = 0

    def __iter__(self) -> Iterator[Packet | StreamDamage | bytes]:
        while self._at < len(self._data) or self._fill_buffer():
            begin = self._data.find(SIGNATURE, self._at)
            if begin != self._at:
                text = self._take_bytes((begin if begin >= 0 else len(self._data)) - self._at)
                if not self._lost:
                    yield text
            if begin >= 0:
                item = self._read_signature()
                if item:
                    yield item
            if self._waste > MAX_WASTE:
                yield StreamDamage.REST
                while self._fill_buffer():
                    self._at = len(self._data)
                return

    def _read_signature(self) -> Packet | StreamDamage | bytes:
        """Read what begins with the signature that the stream is at, nothing where all is lost."""
        letter = bool(self._before) and _is_inside_letter(self._before)
        while self._at + MIN_SIZE > len(self._data) and self._fill_buffer():
            pass
        size = read_claimed_size(self._data, self._at)
        here = size > 0 and (self._at + size <= len(self._data) or self._wait_for(size, letter))
        if here:
            if _is_whole(self._data, self._at, size):
                self._at += size
                self._before, self._lost = b"", False
                return (
                    _parse_packet(self._data, self._at - size, self._at - CRC_SIZE)
                    or StreamDamage.PACKET
                )
            self._waste += size
        self._waste += LOOK_COST
        if size and not letter and not self._lost:
            self._lost = True
            self._take_bytes(1)
            return StreamDamage.PACKET if here else StreamDamage.END
        piece = self._take_bytes(1)
        return b"" if self._lost else piece

    def _take_bytes(self, size: int) -> bytes:
        """Return the next bytes, which are of no packet, and step over them."""
        piece = self._data[self._at : self._at + size]
        self._at += len(piece)
        self._before = (self._before + piece[-3:])[-3:]
        return piece

    def _fill_buffer(self) -> bool:
        """Read some more; return whether there was any."""
        chunk = b"" if self._ended else self._stream.read1(CHUNK)
        if not chunk:
            self._ended = True
            return False
        self._data = self._data[self._at :] + chunk
        self._at = 0
        return True

    def _wait_for(self, size: int, letter: bool) -> bool:
        """Read until so many bytes are at hand; return whether they are.

        A byte that may be a letter is not waited for if a whole packet follows it: a live
        stream continues after a printed ó.
        """
        looked = 1
        while len(self._data) - self._at < size:
            if letter:
                looked = self._look_behind(looked)
                if not looked:
                    return False
            if not self._fill_buffer():
                return False
        return True

    def _look_behind(self, start: int) -> int:
        """Return up to where there is no whole packet behind this place, 0 where there is one."""
        undecided = 0
        at = self._data.find(SIGNATURE, self._at + start)
        while at >= 0:
            size = read_claimed_size(self._data, at)
            if at + max(size, MIN_SIZE) > len(self._data):
                undecided = undecided or at - self._at
                self._waste += LOOK_COST
            elif size:
                if _is_whole(self._data, at, size):
                    return 0
                self._waste += size
            if self._waste > MAX_WASTE:
                return 0
            at = self._data.find(SIGNATURE, at + 1)
        return undecided or len(self._data) - self._at


def read_claimed_size(data: bytes, at: int) -> int:
    """Return the size that a packet at `at` says it has, 0 where none can begin there."""
    if len(data) - at < MIN_SIZE:
        return 0
    flags, size = HEADER.unpack_from(data, at + 1)
    if flags & FIXED_BITS != VERSION_2 or size >= 0xC0:
        return 0
    least = MIN_SIZE + (size >> 6)
    if size >= 0x40:
        size, _ = _read_number(data, at + 3)
    return int(size) if size >= least else 0


def read_packet(data: bytes, at: int) -> tuple[Packet | None, int]:
    """Return the packet at `at` and its size; only the size if the packet is incomplete.

    The size is the claimed one, 0 if no packet can begin there.
    """
    size = read_claimed_size(data, at)
    if not size or at + size > len(data) or not _is_whole(data, at, size):
        return None, min(size, len(data) - at)
    return _parse_packet(data, at, at + size - CRC_SIZE), size


def find_content(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return where in a whole packet the name of its attachment ends, and its content's bounds.

    `end` is where the packet ends, with its CRC. Only for packets that have content.
    """
    flags, size = HEADER.unpack_from(data, at + 1)
    at += 4 + (size >> 6)
    if flags & TIMESTAMP:
        _, at = _read_number(data, at + 4)
    if flags & TEST_ID:
        _, at = _read_text(data, at)
    if flags & TAGS:
        _, at = _read_tags(data, at, end)
    if flags & MIME:
        length, at = _read_number(data, at)
        at += length
    _, named = _read_text(data, at)
    length, begin = _read_number(data, named)
    return named, begin, begin + length


def measure_whole_packets(data: Buffer) -> int:
    """Return how many bytes from the beginning are whole packets, one right after the other."""
    view = memoryview(data)
    at = 0
    while True:
        head = bytes(view[at : at + MIN_SIZE])
        size = read_claimed_size(head, 0) if head.startswith(SIGNATURE) else 0
        if not size or at + size > len(view):
            return at
        if not _is_whole(view[at : at + size], 0, size):
            return at
        at += size


def _is_inside_letter(before: bytes) -> bool:
    """Return whether the signature's byte can go on a UTF-8 letter that has begun."""
    for back in range(1, len(before) + 1):
        byte = before[-back]
        if byte < 0x80:
            return False
        if byte >= FIRST_OF_LETTER:
            if byte > LAST_OF_LETTER:
                return False
            follow = 1 + (byte >= 0xE0) + (byte >= 0xF0)
            return back <= follow
    return False


def _is_whole(data: Buffer, at: int, size: int) -> bool:
    end = at + size - CRC_SIZE
    return bool(crc32(memoryview(data)[at:end]) == UINT32.unpack_from(data, end)[0])


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at `at` and where it ends."""
    first = data[at]
    if first < 0x40:
        return first, at + 1
    if first < 0x80:
        return (first & 0x3F) << 8 | data[at + 1], at + 2
    more = first >> 6
    end = at + 1 + more
    return int.from_bytes(data[at:end]) & MASKS[more], end


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    """Return the text at `at` and where it ends; raise ValueError where it is none."""
    length = data[at]
    at += 1
    if length >= 0x40:
        length, at = _read_number(data, at - 1)
    end = at + length
    text = data[at:end].decode()
    if "\0" in text:
        raise ValueError("NUL in a text")
    return text, end


def _parse_packet(data: bytes, at: int, end: int) -> Packet | None:
    """Return what a whole packet says, None where its fields do not fit into it.

    Fields that reach beyond `end` are found out by where the last one ends.
    """
    flags, size = HEADER.unpack_from(data, at + 1)
    at += 4 + (size >> 6)
    test_id = file_name = route = timestamp = None
    tags: tuple[str, ...] = ()
    content = b""
    try:
        if flags & TIMESTAMP:
            nanoseconds, after = _read_number(data, at + 4)
            timestamp = EPOCH + timedelta(0, UINT32.unpack_from(data, at)[0], nanoseconds / 1000)
            at = after
        if flags & TEST_ID:
            test_id, at = _read_text(data, at)
        if flags & TAGS:
            tags, at = _read_tags(data, at, end)
        if flags & MIME:
            length, at = _read_number(data, at)
            at += length
        if flags & CONTENT:
            file_name, at = _read_text(data, at)
            length, at = _read_number(data, at)
            content = data[at : at + length]
            at += length
        if flags & ROUTE:
            route, at = _read_text(data, at)
    except (IndexError, ValueError):
        return None
    if at != end:
        return None
    return Packet(test_id, STATUSES[flags & 7], tags, file_name, content, route, timestamp)


def _read_tags(data: bytes, at: int, end: int) -> tuple[tuple[str, ...], int]:
    """Return the tags at `at` and where they end; raise ValueError where they do not."""
    count, at = _read_number(data, at)
    tags = []
    for _ in range(count):
        if at >= end:
            raise ValueError("more tags than there is room")
        tag, at = _read_text(data, at)
        tags.append(tag)
    return tuple(tags), at
