"""Read subunit streams, version 2 and version 1."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO

from defcheck.results.collector import Collector
from defcheck.results.interface import (
    Reader,
    Stream,
    UnlikeError,
    describe_no_results,
    holds_nothing,
)
from defcheck.results.lines import Lines
from defcheck.results.model import Event, ResultSet
from defcheck.results.packets import Damage, Packet, Packets
from defcheck.results.resumption import Cut
from defcheck.results.runner_reports import is_of_lost_results

MAX_SILENCE = 64 * 1024 * 1024
"""Bytes in which a stream says something of a test, if it is one."""

MAX_PACKETS = 20_000_000
KIND = "subunit v2"


class _SilenceError(Exception):
    """So many bytes say nothing that no more are read."""


def read_v2(
    stream: Stream, on_event: Callable[[Event], None] | None = None, *, silence: int | None = None
) -> ResultSet:
    """Read a version 2 stream to its end; `on_event` sees each event as it comes.

    Where `silence` is given, so many bytes at a time may be of no packet.
    """
    collector = Collector(on_event)
    _feed(collector, stream, silence)
    return collector.finish(KIND)


def read_resumed(file: BinaryIO, cuts: Sequence[Cut]) -> ResultSet:
    """Read the version 2 stream of a run that was resumed after each of the `cuts`.

    Each part is read by itself, so that nothing reaches over a cut; where a
    cut does not lie between two packets, both parts are damaged.
    """
    collector = Collector()
    at = 0
    for cut in cuts:
        part = _Part(file, cut.offset - at)
        _feed(collector, part, None)
        if part.left:
            collector.complain("the results are not what they were when the run was resumed")
        collector.cut(cut.again)
        at = cut.offset
    _feed(collector, _Part(file, None), None)
    return collector.finish(KIND)


class _Part:
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


def _feed(collector: Collector, stream: Stream, silence: int | None) -> None:
    for number, item in enumerate(Packets(stream)):
        if isinstance(item, Packet):
            _tell(collector, item)
        elif isinstance(item, Damage):
            collector.complain(item.value)
        else:
            collector.between(item)
        if silence is not None and (collector.size_between > silence or number > MAX_PACKETS):
            raise _SilenceError


def _tell(collector: Collector, packet: Packet) -> None:
    """Pass on what one packet says, perhaps of a test and of an attachment to it."""
    route = packet.route or ""
    if packet.test_id is None:
        collector.between(packet.content)
        return
    if packet.file_name:
        collector.attachment(packet.test_id, packet.file_name, packet.content, route)
    if packet.status or packet.tags or not packet.file_name:
        collector.status(packet.test_id, packet.status, packet.tags, route, packet.timestamp)


def read_v1(stream: Stream, *, silence: int | None = None) -> ResultSet:
    """Read a version 1 stream to its end."""
    collector = Collector()
    lines = Lines(stream, collector)
    for _ in lines:
        if silence is not None and lines.silent > silence:
            raise _SilenceError
    return collector.finish("subunit v1")


def _read_only(read: Callable[..., ResultSet], stream: Stream, where: str) -> ResultSet:
    try:
        found = read(stream, silence=MAX_SILENCE)
    except _SilenceError:
        raise UnlikeError(
            f"{where} holds no test result in {MAX_SILENCE // 2**20} MiB that follow each other."
        ) from None
    if not found.events:
        lost = [problem for problem in found.problems if is_of_lost_results(problem)]
        if lost:
            raise holds_nothing(where, lost)
        raise UnlikeError(describe_no_results(where))
    return found


VERSION_2 = Reader(lambda _: True, partial(_read_only, read_v2))
VERSION_1 = Reader(lambda _: True, partial(_read_only, read_v1))
