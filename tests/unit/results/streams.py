"""Subunit streams of both versions, written with python-subunit's own writers."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import subunit
from subunit.v2 import StreamResultToBytes
from testtools import StreamToExtendedDecorator

Packet = dict[str, Any]
BEGIN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def begun(name: str, *, at: float = 0, worker: str = "") -> Packet:
    """Return the packet of a test that begins, `at` seconds into the run."""
    return {
        "test_id": name,
        "test_status": "inprogress",
        "timestamp": BEGIN + timedelta(seconds=at),
        "test_tags": {worker} if worker else None,
    }


def ended(name: str, status: str, *, at: float = 1, worker: str = "") -> Packet:
    """Return the packet of a test that ends."""
    return begun(name, at=at, worker=worker) | {"test_status": status}


def attached(name: str, file: str, text: str | bytes) -> Packet:
    """Return the packet of an attachment to a test."""
    return {
        "test_id": name,
        "file_name": file,
        "file_bytes": text.encode() if isinstance(text, str) else text,
        "mime_type": "text/plain;charset=utf8",
        "eof": True,
        "timestamp": BEGIN,
    }


def ran(name: str, status: str = "success", **attachments: str) -> list[Packet]:
    """Return the packets of a whole test."""
    files = [attached(name, file, text) for file, text in attachments.items()]
    return [begun(name), *files, ended(name, status)]


def v2_packets(*packets: Packet) -> list[bytes]:
    """Return each packet in version 2."""
    written = []
    for packet in packets:
        buffer = io.BytesIO()
        StreamResultToBytes(buffer).status(**packet)
        written.append(buffer.getvalue())
    return written


def v2(*packets: Packet) -> bytes:
    """Return a version 2 stream."""
    return b"".join(v2_packets(*packets))


def v1(*packets: Packet) -> bytes:
    """Return a version 1 stream, made from version 2 as stestr makes it."""
    buffer = io.BytesIO()
    result = StreamToExtendedDecorator(subunit.TestProtocolClient(buffer))
    result.startTestRun()
    for packet in packets:
        result.status(**packet)
    result.stopTestRun()
    return buffer.getvalue()
