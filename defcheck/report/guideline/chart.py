"""The numbers of a guideline's editions as a drawing that needs nothing beside itself."""

from dataclasses import dataclass
from typing import Any

from defcheck.report.clean import clean_line
from defcheck.report.pages import template

STEP = 58
"""Pixels from one edition to the next."""

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 56, 60, 84, 220, 74
COLUMN = 30


@dataclass(frozen=True, slots=True)
class Column:
    """One edition as drawn, in pixels."""

    label: str
    x: float
    """Its middle."""

    counted_y: float
    """Top of the counted tests."""

    flagged_y: float
    """Top of the flagged tests on them."""

    share_y: float | None
    """Place of the point for the share; None where there is no test."""

    title: str
    share: str


def render(found: dict[str, Any]) -> str:
    """Return the SVG: tests as columns, the share of flagged ones as a line."""
    rows = found["editions"]
    tests_top = _round_up(max(row["tests"] for row in rows))
    share_top = _round_up(max(row["flagged_percent"] or 0 for row in rows))
    bottom = TOP + HEIGHT
    columns = [
        Column(
            label=clean_line(row["edition"], 24),
            x=LEFT + STEP * (place + 0.5),
            counted_y=bottom - HEIGHT * row["counted"] / tests_top,
            flagged_y=bottom - HEIGHT * row["tests"] / tests_top,
            share_y=None
            if row["flagged_percent"] is None
            else bottom - HEIGHT * row["flagged_percent"] / share_top,
            title=f"{row['edition']}: {row['counted']} counted, {row['flagged']} flagged",
            share="" if row["flagged_percent"] is None else f"{row['flagged_percent']:.1f}",
        )
        for place, row in enumerate(rows)
    ]
    width = max(LEFT + STEP * len(rows) + RIGHT, 520)
    return template("guideline-stats.svg").render(
        found=found,
        columns=columns,
        line=" ".join(f"{c.x:.1f},{c.share_y:.1f}" for c in columns if c.share_y is not None),
        ticks=[
            (bottom - HEIGHT * part / 4, round(tests_top * part / 4, 1), share_top * part / 4)
            for part in range(5)
        ],
        place={"left": LEFT, "right": width - RIGHT, "bottom": bottom, "column": COLUMN},
        width=width,
        height=bottom + BOTTOM,
    )


def _round_up(value: float) -> int:
    """Return a round number not below `value` that four divides."""
    for step in (4, 8, 20, 40, 60, 80, 100, 200, 300, 400):
        if value <= step:
            return step
    return int(-(-value // 400) * 400)
