"""Read subunit streams, version 1 and version 2.

The protocol is documented with python-subunit: lines that say what begins and
how it ends, an end perhaps followed by details, either lines up to a lone `]`,
or named parts in chunks, each chunk with its size in hexadecimal before it.
Attachments are passed on piece by piece and never collected.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import BinaryIO

from defcheck.results.collector import Collector
from defcheck.results.models import Event, ResultSet
from defcheck.results.non_test_events import is_of_lost_results
from defcheck.results.readers.interface import (
    ResultReader,
    Stream,
    WrongFormatError,
    build_no_results_error,
    describe_no_results,
)
from defcheck.results.readers.subunit_packets import Packet, PacketParser, StreamDamage
from defcheck.results.worker_listings import Interruption
from defcheck.util.text import parse_time

END_STATUSES = {
    "success": "success",
    "successful": "success",
    "failure": "fail",
    "error": "fail",
    "skip": "skip",
    "xfail": "xfail",
    "uxsuccess": "uxsuccess",
}
OTHER_COMMANDS = ("test", "testing", "time", "tags", "progress")
SIMPLE_DETAILS = {"skip": "reason", "success": "message"}
"""What details without a name are, by how the test ended; otherwise its traceback."""

MAX_LINE = 64 * 1024
"""Bytes of a line that says something; a longer one is passed on in pieces."""

CHUNK = 128 * 1024
_PROGRESS = re.compile(r"[+-]?\d+|push|pop")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\r\n")


class _DamagedError(Exception):
    """The stream does not continue as the protocol requires."""


class _LineInput:
    """The stream, line by line or so many bytes at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0

    def read_line(self) -> bytes:
        """Return the next line with its end, or a piece of a long one, nothing at the end."""
        while True:
            end = self._data.find(b"\n", self._at, self._at + MAX_LINE) + 1
            if end:
                break
            if len(self._data) - self._at >= MAX_LINE:
                end = self._at + MAX_LINE
                break
            if not self._fill_buffer():
                end = len(self._data)
                break
        line = self._data[self._at : end]
        self._at = end
        return line

    def read_pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes; raise `_DamagedError` where there are fewer."""
        while size:
            if self._at == len(self._data) and not self._fill_buffer():
                raise _DamagedError
            piece = self._data[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def _fill_buffer(self) -> bool:
        chunk = self._stream.read1(CHUNK)
        self._data = self._data[self._at :] + chunk
        self._at = 0
        return bool(chunk)


class SubunitV1Parser:
    """Parses a version 1 stream and passes its events to a collector."""

    def __init__(self, stream: Stream, collector: Collector) -> None:
        self._input = _LineInput(stream)
        self._collector = collector
        self._test: str | None = None
        self._time: datetime | None = None
        self._tags: set[str] = set()
        """Of the whole stream, as far as it was read."""

        self._own_tags: set[str] = set()
        """Of the test in progress, with those of the stream."""

        self.silent = 0
        """Bytes of lines since one that said something of a test."""

    def __iter__(self) -> Iterator[None]:
        """Read line by line, so that the caller can see to it how far it goes."""
        whole = True
        while line := self._input.read_line():
            self.silent += len(line)
            begins, whole = whole, line.endswith(b"\n")
            if not (begins and whole and self._parse_line(line)):
                self._collector.add_stray_bytes(line)
            yield

    def _parse_line(self, line: bytes) -> bool:
        """Parse a line; return whether it is a subunit line."""
        words = line.split(None, 1)
        if len(words) < 2 or not line.startswith(words[0]):
            return False
        command = words[0].rstrip(b":").decode("latin-1")
        if command not in END_STATUSES and command not in OTHER_COMMANDS:
            return False
        try:
            text = line[len(words[0]) + 1 : -1].decode()
            return self._apply_command(command, text.removesuffix("\r"))
        except _DamagedError:
            self._collector.add_problem("the stream is damaged (details of a test)")
            self._test = None
        except ValueError:
            self._collector.add_problem("the stream is damaged (a line of it)")
        return True

    def _apply_command(self, command: str, text: str) -> bool:
        if command == "time":
            time = parse_time(text.strip())
            if time is None:
                raise ValueError(f"{text!r} is not a time")
            self._time = time
        elif command == "tags":
            tags = self._tags if self._test is None else self._own_tags
            for tag in text.split():
                if tag.startswith("-"):
                    tags.discard(tag[1:])
                else:
                    tags.add(tag)
        elif command == "progress":
            if not _PROGRESS.fullmatch(text.strip()):
                raise ValueError(text)
        elif command in END_STATUSES:
            return self._end_test(END_STATUSES[command], text)
        elif self._test is None:
            self._test = text
            self._own_tags = set(self._tags)
            self._send_status(text, "inprogress")
        else:
            return False
        return True

    def _send_status(self, test: str, status: str) -> None:
        self.silent = 0
        self._collector.add_status(test, status, sorted(self._own_tags), timestamp=self._time)

    def _end_test(self, status: str, text: str) -> bool:
        """Read the end of the test in progress; return whether it is of that test."""
        test = self._test
        if test is None or not text.startswith(test):
            return False
        more = text[len(test) :]
        if more == " [":
            self._read_simple_details(test, SIMPLE_DETAILS.get(status, "traceback"))
        elif more == " [ multipart":
            self._read_parts(test)
        elif more:
            return False
        self._send_status(test, status)
        self._test = None
        return True

    def _read_simple_details(self, test: str, name: str) -> None:
        """Pass on lines up to a lone bracket; one of their own has a blank before it."""
        begins = True
        while (line := self._input.read_line()) != b"]\n" or not begins:
            if not line:
                raise _DamagedError
            quoted = begins and line.startswith(b" ]")
            self._collector.add_attachment(test, name, line[1:] if quoted else line)
            begins = line.endswith(b"\n")

    def _read_parts(self, test: str) -> None:
        """Pass on named parts up to a lone bracket."""
        while (line := self._input.read_line()) != b"]\n":
            if line.count(b"/") != 1 or b" " not in line:
                raise _DamagedError
            name = self._input.read_line()
            if not name.endswith(b"\n"):
                raise _DamagedError
            text = name[:-1].decode("utf-8", "replace")
            while size := self._read_size():
                for piece in self._input.read_pieces(size):
                    if self._collector.keeps_attachment(text):
                        self._collector.add_attachment(test, text, piece)

    def _read_size(self) -> int:
        line = self._input.read_line()
        if not _SIZE.fullmatch(line):
            raise _DamagedError
        return int(line, 16)


MAX_SILENCE = 64 * 1024 * 1024
"""Bytes in which a stream says something of a test, if it is one."""

MAX_PACKETS = 20_000_000
V2_FORMAT = "subunit v2"


class _SilenceError(Exception):
    """Reading stopped: too many bytes in a row without a test."""


def read_subunit_v2(
    stream: Stream, on_event: Callable[[Event], None] | None = None, *, silence: int | None = None
) -> ResultSet:
    """Read a version 2 stream to its end; `on_event` sees each event as it comes.

    Where `silence` is given, so many bytes at a time may be of no packet.
    """
    collector = Collector(on_event)
    _feed_collector(collector, stream, silence)
    return collector.build_results(V2_FORMAT)


def read_resumed_subunit(file: BinaryIO, cuts: Sequence[Interruption]) -> ResultSet:
    """Read the version 2 stream of a run that was resumed after each of the `cuts`.

    Each part is read separately, so nothing spans a cut; if a cut is not between two
    packets, both parts are damaged.
    """
    collector = Collector()
    at = 0
    for cut in cuts:
        part = _StreamPart(file, cut.offset - at)
        _feed_collector(collector, part, None)
        if part.left:
            collector.add_problem("the results changed after the run was resumed")
        collector.mark_interruption(cut.again)
        at = cut.offset
    _feed_collector(collector, _StreamPart(file, None), None)
    return collector.build_results(V2_FORMAT)


class _StreamPart:
    """The next bytes of a file, all of them where `left` is None."""

    def __init__(self, file: BinaryIO, left: int | None) -> None:
        self._file = file
        self.left = left

    def read1(self, size: int, /) -> bytes:
        """Return some bytes, none at the end of the part."""
        if self.left is None:
            return self._file.read(size)
        data = self._file.read(min(size, max(0, self.left)))
        self.left -= len(data)
        return data


def _feed_collector(collector: Collector, stream: Stream, silence: int | None) -> None:
    for number, item in enumerate(PacketParser(stream)):
        if isinstance(item, Packet):
            _send_packet(collector, item)
        elif isinstance(item, StreamDamage):
            collector.add_problem(item.value)
        else:
            collector.add_stray_bytes(item)
        if silence is not None and (collector.stray_size > silence or number > MAX_PACKETS):
            raise _SilenceError


def _send_packet(collector: Collector, packet: Packet) -> None:
    """Pass on what one packet says, perhaps of a test and of an attachment to it."""
    route = packet.route or ""
    if packet.test_id is None:
        collector.add_stray_bytes(packet.content)
        return
    if packet.file_name:
        collector.add_attachment(packet.test_id, packet.file_name, packet.content, route)
    if packet.status or packet.tags or not packet.file_name:
        collector.add_status(packet.test_id, packet.status, packet.tags, route, packet.timestamp)


def read_subunit_v1(stream: Stream, *, silence: int | None = None) -> ResultSet:
    """Read a version 1 stream to its end."""
    collector = Collector()
    lines = SubunitV1Parser(stream, collector)
    for _ in lines:
        if silence is not None and lines.silent > silence:
            raise _SilenceError
    return collector.build_results("subunit v1")


def _read_if_subunit(read: Callable[..., ResultSet], stream: Stream, where: str) -> ResultSet:
    try:
        found = read(stream, silence=MAX_SILENCE)
    except _SilenceError:
        raise WrongFormatError(
            f"{where} contains {MAX_SILENCE // 2**20} MiB in a row without a test result."
        ) from None
    if not found.events:
        lost = [problem for problem in found.problems if is_of_lost_results(problem)]
        if lost:
            raise build_no_results_error(where, lost)
        raise WrongFormatError(describe_no_results(where))
    return found


V2_READER = ResultReader(lambda _: True, partial(_read_if_subunit, read_subunit_v2))
V1_READER = ResultReader(lambda _: True, partial(_read_if_subunit, read_subunit_v1))
