"""Whether there is a terminal, and what it can show."""

import os
import shutil
from typing import Any, TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal on which lines can be moved and coloured."""
    try:
        there = stream is not None and stream.isatty()
    except ValueError:  # it was closed
        return False
    return there and os.environ.get("TERM", "") not in ("dumb", "unknown")


def shape(stream: TextIO | None) -> dict[str, Any]:
    """Return the width for text on a stream, in columns, and whether it is coloured."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return {"width": width, "color": is_terminal(stream) and not os.environ.get("NO_COLOR")}
