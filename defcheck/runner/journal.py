"""The journal of a run: what happened when, one JSON object a line."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from defcheck.runner import jsonlines

NAME = "journal.jsonl"

STARTED, RESUMED = "started", "resumed"
"""What is noted of a run before its tests begin."""


class Journal:
    """A journal that is being written."""

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")
        self._end_line(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _end_line(self, folder: Path) -> None:
        """End a line that was cut off, so that it takes no other with it."""
        with (folder / NAME).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 1))
            if file.read(1) not in (b"", b"\n"):
                self._file.write("\n")

    def note(self, **entry: object) -> None:
        """Write a line; raise OSError where it cannot be."""
        self._file.write(json.dumps({"at": round(time.time(), 3), **entry}) + "\n")
        self._file.flush()


def entries(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what is in the journal of a run; a line that was cut off is left out."""
    return jsonlines.read(folder / NAME)


def class_seconds(folder: Path) -> dict[str, float]:
    """Return how long each class took that came to its end, the last time that it did.

    Those of which only what had failed was run again took less than they take.
    """
    found: dict[str, float] = {}
    whole = True
    for entry in entries(folder):
        if "rerun" in entry or entry.get("run") in (STARTED, RESUMED):
            whole = "rerun" not in entry
        owner, seconds = entry.get("class"), entry.get("seconds")
        if not whole or "late" in entry:
            continue
        if isinstance(owner, str) and isinstance(seconds, int | float):
            found[owner] = seconds
    return found
