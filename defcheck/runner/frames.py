"""How defcheck, its pool and the pool's workers talk over pipes: frames of one kind each."""

import json
import os
from struct import Struct
from typing import Any

HEAD = Struct(">cI")
"""The kind of a frame, and how many bytes follow."""

PACKETS = b"p"
"""Whole packets of subunit version 2."""

NOTE = b"n"
"""Something said in JSON."""


class Frames:
    """Takes bytes as they come and gives whole frames."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """Return the kind and the content of each frame that is whole with these bytes."""
        self._data += data
        found = []
        at = 0
        while len(self._data) >= at + HEAD.size:
            kind, size = HEAD.unpack_from(self._data, at)
            begin = at + HEAD.size
            if len(self._data) < begin + size:
                break
            at = begin + size
            found.append((kind, self._data[begin:at]))
        self._data = self._data[at:]
        return found


def send(descriptor: int, kind: bytes, content: bytes) -> None:
    """Write one frame; raise OSError where nobody reads any more."""
    view = memoryview(HEAD.pack(kind, len(content)) + content)
    while view:
        view = view[os.write(descriptor, view) :]


def tell(descriptor: int, **note: Any) -> None:
    """Write a note; raise OSError where nobody reads any more."""
    send(descriptor, NOTE, json.dumps(note).encode())
