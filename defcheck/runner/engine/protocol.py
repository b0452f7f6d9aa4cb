"""The protocol between client, server and workers: frames on pipes, and the run command."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from struct import Struct
from typing import Any

FRAME_HEADER = Struct(">cI")
"""The kind of a frame, and how many bytes follow."""

PACKETS = b"p"
"""Whole packets of subunit version 2."""

NOTE = b"n"
"""A note in JSON."""


class FrameReader:
    """Splits a stream of bytes into frames."""

    def __init__(self) -> None:
        self._data = b""

    def feed_data(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Return the kind and the content of each frame that these bytes complete."""
        self._data += data
        found = []
        at = 0
        while len(self._data) >= at + FRAME_HEADER.size:
            kind, size = FRAME_HEADER.unpack_from(self._data, at)
            begin = at + FRAME_HEADER.size
            if len(self._data) < begin + size:
                break
            at = begin + size
            found.append((kind, self._data[begin:at]))
        self._data = self._data[at:]
        return found


def send_frame(descriptor: int, kind: bytes, content: bytes) -> None:
    """Write one frame; raise OSError if the reader is gone."""
    view = memoryview(FRAME_HEADER.pack(kind, len(content)) + content)
    while view:
        view = view[os.write(descriptor, view) :]


def send_note(descriptor: int, **note: Any) -> None:
    """Write a note; raise OSError if the reader is gone."""
    send_frame(descriptor, NOTE, json.dumps(note).encode())


PREDICT_SKIPS = "foresee"
"""The key of the other command: to predict which tests, by class, will not run."""


@dataclass(frozen=True, slots=True)
class RunCommand:
    """The command to run tests."""

    groups: list[tuple[str, list[str]]]
    """Class names with the ids of their tests, in the order of execution."""

    workers: int
    class_seconds: float
    """The time limit of a class."""

    results: str
    """The file to which packets are appended."""

    log: str
    """The file for the output of tests and the server's error messages."""

    secrets: list[str] = field(default_factory=list)
    """Secrets that must never be written."""

    def encode_line(self) -> bytes:
        """Return the command as a line for the server."""
        return json.dumps(asdict(self)).encode() + b"\n"


def group_longest_first(
    tests: Iterable[str], owners: Mapping[str, str], seconds: Mapping[str, float]
) -> list[tuple[str, list[str]]]:
    """Return the tests by class, the class that is expected to take longest first.

    `owners` maps each test to its class, `seconds` known classes to their duration.
    An unknown class is estimated from its number of tests and the mean seconds per
    test of the known ones.
    """
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(owners[test], []).append(test)
    known = [name for name in groups if name in seconds]
    tests_of_known = sum(len(groups[name]) for name in known)
    each = sum(seconds[name] for name in known) / tests_of_known if known else 1.0
    expected = {name: seconds.get(name, each * len(ids)) for name, ids in groups.items()}
    return sorted(groups.items(), key=lambda group: -expected[group[0]])
