"""What every report for a terminal is written with."""

import io
from collections.abc import Sequence
from typing import TypeVar, cast

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from defcheck.report.clean import clean_line

T = TypeVar("T")

STYLES = {"pass": "bold green", "fail": "bold red", "incomplete": "bold yellow"}
MIN_WIDTH = 72
"""Narrower terminals wrap for themselves; the table of counts would be cut."""


def page(width: int, color: bool) -> Console:
    """Return a console that keeps what is printed on it."""
    return Console(
        file=io.StringIO(),
        width=max(width, MIN_WIDTH),
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def printed(console: Console) -> str:
    """Return what was printed on a page, without blanks at the ends of lines."""
    text = cast(io.StringIO, console.file).getvalue()
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def indented(console: Console, text: str | Text, columns: int = 2) -> None:
    """Print text, every line of it so many columns to the right."""
    console.print(Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, columns)))


def cut(items: Sequence[T], most: int, *, verbose: bool) -> tuple[Sequence[T], int]:
    """Return the items to show, all of them where `verbose`, and how many more there are."""
    shown = items if verbose else items[:most]
    return shown, len(items) - len(shown)


def short(name: str) -> str:
    """Return the class and method of a test's name."""
    return ".".join(clean_line(name).split(".")[-2:])
