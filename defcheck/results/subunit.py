"""Read subunit streams, version 2 and version 1."""

import io
from collections.abc import Callable
from typing import BinaryIO

from subunit import ByteStreamToStreamResult, ProtocolTestCase
from testtools import ExtendedToStreamDecorator

from defcheck.results.collector import Collector, foreign_text
from defcheck.results.model import Event, ResultSet

SIGNATURE = b"\xb3"
"""The first byte of every version 2 packet."""


def read_v2(stream: BinaryIO, on_event: Callable[[Event], None] | None = None) -> ResultSet:
    """Read a version 2 stream to its end; `on_event` sees each event as it comes."""
    collector = Collector(on_event)
    ByteStreamToStreamResult(stream, non_subunit_name="stdout").run(collector)
    collector.finish()
    return ResultSet(tuple(collector.events), "subunit v2", tuple(collector.problems))


def read_v1(data: bytes) -> ResultSet:
    """Read a version 1 stream, the form in which stestr keeps its runs."""
    collector = Collector()
    result = ExtendedToStreamDecorator(collector)
    between = io.BytesIO()
    problems: list[str] = []
    result.startTestRun()
    try:
        ProtocolTestCase(io.BytesIO(data), passthrough=between).run(result)
    except Exception as error:  # python-subunit raises whatever its parsing meets
        problems.append(f"the stream is damaged ({type(error).__name__})")
    result.stopTestRun()
    collector.finish()
    problems += foreign_text(between.getvalue())
    return ResultSet(tuple(collector.events), "subunit v1", (*collector.problems, *problems))


def read(data: bytes) -> ResultSet:
    """Read a stream of either version, told apart by what it holds.

    Text of a version 1 stream may hold the signature's byte by chance, but no
    whole packet.
    """
    if SIGNATURE in data:
        found = read_v2(io.BytesIO(data))
        if found.events:
            return found
    return read_v1(data)
