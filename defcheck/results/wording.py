"""Texts that say why a test did not pass, made fit to be kept."""

import re
from collections.abc import Sequence

from defcheck.redaction.redactor import Redactor

_REDACTOR = Redactor()

WRAPPER = "testtools.testresult.real._StringException: "
"""How subunit2junitxml begins the text of every failure."""

_FLAT_FRAME = re.compile(r'\bFile "[^"]*", line \d+, in \S+ ')
_ERROR = re.compile(
    r"(?<!\S)(?:(?:\w+\.)+[A-Z]\w*+|(?=[A-Z]\w{0,80}?(?:Error|Exception|Timeout))\w++)"
    r"(?:: .*?)?(?= Details: |\Z)"
)
"""An error's class, by its dots or its ending, and what it says."""

_FRAME = ("Traceback ", "  File ", "    ")
_MARK = "E   "
"""How the lines of a frame begin, and those in which pytest says what the error is."""


def mask(text: str) -> str:
    """Return `text` without secrets: Tempest may print a request in an error."""
    # Most events are passes without a word: looking for nothing in nothing takes its time.
    return _REDACTOR.text(text) if text else text


def error_line(traceback: str) -> str:
    """Return the line of a traceback that names the error.

    That is the first one after its last frame, of pytest's the first of its
    last lines that begin with E. Where line ends were lost, as in an XML
    attribute, it is found by its form.
    """
    lines = traceback.rstrip().splitlines()
    marked = _end_of_last(lines, _MARK) if _MARK in traceback else 0
    if marked:
        while marked and lines[marked - 1].startswith(_MARK):
            marked -= 1
        return lines[marked].removeprefix("E").strip()
    rest = (line.strip() for line in lines[_end_of_last(lines, _FRAME) :])
    line = next((line for line in rest if line), lines[-1].strip() if lines else "")
    flat = _FLAT_FRAME.split(line)
    error = _ERROR.search(flat[-1]) if len(flat) > 1 else None
    return (error[0] if error else line).removeprefix(WRAPPER).strip()


def _end_of_last(lines: Sequence[str], beginning: str | tuple[str, ...]) -> int:
    """Return the number of lines up to the last one that begins so, 0 where none does."""
    numbers = range(len(lines), 0, -1)
    return next((number for number in numbers if lines[number - 1].startswith(beginning)), 0)


def holds_traceback(text: str) -> bool:
    """Return whether a text has a traceback in it, Python's own or pytest's."""
    return "Traceback (most recent call last)" in text or "\nE   " in text


def choose_reason(traceback: str, message: str) -> str:
    """Return why a test failed, on one line.

    The error's own line beats the message of the writer, wherever the
    traceback stands.
    """
    for text in (traceback, message):
        if holds_traceback(text):
            return error_line(text)
    said = message.strip() or error_line(traceback)
    return said.splitlines()[0] if said else ""


def seconds(value: object) -> float | None:
    """Return a duration that is written as text or number, None where it is none."""
    if not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < float("inf") else None
