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
"""Something said in JSON."""


class FrameReader:
    """Takes bytes as they come and gives whole frames."""

    def __init__(self) -> None:
        self._data = b""

    def feed_data(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Return the kind and the content of each frame that is whole with these bytes."""
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
    """Write one frame; raise OSError where nobody reads any more."""
    view = memoryview(FRAME_HEADER.pack(kind, len(content)) + content)
    while view:
        view = view[os.write(descriptor, view) :]


def send_note(descriptor: int, **note: Any) -> None:
    """Write a note; raise OSError where nobody reads any more."""
    send_frame(descriptor, NOTE, json.dumps(note).encode())


PREDICT_SKIPS = "foresee"
"""The key of the other order: to tell which of some tests, by class, will not run."""


@dataclass(frozen=True, slots=True)
class RunCommand:
    """What is to be run."""

    groups: list[tuple[str, list[str]]]
    """Class names with the ids of their tests, in the order in which they begin."""

    workers: int
    class_seconds: float
    """How long a class may take."""

    results: str
    """The file to which packets are appended."""

    log: str
    """The file for what tests print and the service complains of."""

    secrets: list[str] = field(default_factory=list)
    """Values that are to be written nowhere."""

    def encode_line(self) -> bytes:
        """Return it as a line for the service."""
        return json.dumps(asdict(self)).encode() + b"\n"


def group_longest_first(
    tests: Iterable[str], owners: Mapping[str, str], seconds: Mapping[str, float]
) -> list[tuple[str, list[str]]]:
    """Return the tests by class, the class that is expected to take longest first.

    `owners` has the class of each test, `seconds` how long classes took. A
    class that is not among them is taken to be as fast, for each of its tests,
    as the known ones together are.
    """
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(owners[test], []).append(test)
    known = [name for name in groups if name in seconds]
    tests_of_known = sum(len(groups[name]) for name in known)
    each = sum(seconds[name] for name in known) / tests_of_known if known else 1.0
    expected = {name: seconds.get(name, each * len(ids)) for name, ids in groups.items()}
    return sorted(groups.items(), key=lambda group: -expected[group[0]])
