"""The numbers of a guideline's editions as a table, CSV and JSON-ready."""

import csv
import io
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from defcheck.guideline.editions.stats import Row, trend
from defcheck.guideline.model import Status

FORMAT = "defcheck guideline stats 1"
BAR = 24
"""Columns of the longest bar."""

BLOCKS = "▏▎▍▌▋▊▉█"
"""Bars by eighths of a column."""

Document = dict[str, Any]


def describe(kind: str, target: str, rows: Sequence[Row]) -> Document:
    """Return all of it by the schema reports/schemas/stats-1.json."""
    found = trend(rows)
    return {
        "format": FORMAT,
        "kind": kind,
        "target": target,
        "editions": [_row(row) for row in rows],
        "trend": found
        and {
            "first": found.first.edition,
            "last": found.last.edition,
            "highest": found.highest.edition,
            "points_per_edition": round(found.slope, 3),
        },
        "words": _words(rows),
    }


def _row(row: Row) -> Document:
    return {
        "edition": row.edition,
        "status": row.status,
        **{status.value: number for status, number in row.capabilities},
        "tests": row.tests,
        "counted": row.counted,
        "flagged": row.flagged,
        "counted_names": row.counted_names,
        "flagged_percent": None if row.share is None else round(row.share, 4),
    }


def _words(rows: Sequence[Row]) -> str:
    """Say whether the flags shrank, in share and in number."""
    found = trend(rows)
    if found is None:
        return "One edition tells no trend."
    first, last, highest = found.first, found.last, found.highest
    if not highest.flagged:
        return "Flags are meant to shrink: no edition has a flagged test that is required."
    by_share = _direction(first.share or 0, last.share or 0, "grew", "shrank", "stayed the same")
    by_number = _direction(first.flagged, last.flagged, "grew", "shrank", "stayed the same")
    return (
        f"Flags are meant to shrink. Their share {by_share}, from {_of(first)} to {_of(last)}; "
        f"their number {by_number}, {first.flagged} to {last.flagged}. "
        f"The share was highest in {highest.edition} ({highest.share:.1f} %) and "
        + _slope(found.slope)
    )


def _slope(slope: float) -> str:
    if abs(slope) < 0.05:
        return "did not move over the editions as a whole."
    how = "fell" if slope < 0 else "rose"
    return f"{how} by {abs(slope):.1f} points per edition over all of them (least squares)."


def _direction(first: float, last: float, more: str, less: str, same: str) -> str:
    return same if first == last else more if last > first else less


def _of(row: Row) -> str:
    return f"{row.share:.1f} % in {row.edition}"


def text(found: Document, *, ascii_only: bool) -> str:
    """Return a table with a bar for each share, and what the flags did."""
    heads = [*(status.value.upper() for status in Status), "TESTS", "COUNTED", "NAMES", "FLAGGED"]
    keys = [*(status.value for status in Status), "tests", "counted", "counted_names", "flagged"]
    rows = found["editions"]
    width = max(7, *(len(row["edition"]) for row in rows))
    top = max((row["flagged_percent"] or 0 for row in rows), default=0)
    lines = [
        f"{found['kind']}, target {found['target']}",
        f"{'EDITION':{width}}  {'  '.join(heads)}   SHARE",
    ]
    for row in rows:
        cells = "  ".join(f"{row[key]:{len(head)}}" for key, head in zip(keys, heads, strict=True))
        share = row["flagged_percent"]
        words = "    none" if share is None else f"{share:6.1f} %"
        drawn = bar((share or 0) / top if top else 0, ascii_only=ascii_only)
        lines.append(f"{row['edition']:{width}}  {cells}  {words} {drawn}".rstrip())
    lines += [
        "",
        *wrap(found["words"], 100),
        "TESTS, COUNTED, FLAGGED: pairs of a required capability and a test, as RefStack counted;",
        "NAMES: counted tests, each once; SHARE: flagged in percent of tests.",
    ]
    return "\n".join(lines) + "\n"


def bar(part: float, *, ascii_only: bool) -> str:
    """Return a bar for a part between 0 and 1; anything above 0 is seen."""
    if part <= 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(part * BAR))
    whole, rest = divmod(max(1, round(part * BAR * 8)), 8)
    return BLOCKS[-1] * whole + (BLOCKS[rest - 1] if rest else "")


def csv_text(found: Document) -> str:
    """Return the editions as CSV with a head line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found["editions"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found["editions"])
    return out.getvalue()
