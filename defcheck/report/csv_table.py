"""The verdict as CSV, one row for each test of each capability.

The columns are described in reports/schemas/csv-1.json. Cells that a
spreadsheet would take for a formula begin with an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from defcheck.report.clean import clean_line
from defcheck.report.document import Document

COLUMNS = (
    "guideline",
    "target",
    "changes",
    "status",
    "component",
    "capability",
    "test",
    "idempotent_id",
    "counted",
    "flag",
    "local_flag",
    "match",
    "found",
    "outcome",
    "judgement",
    "seconds",
    "reason",
)

FORMULA = ("=", "+", "-", "@")


def render(document: Document) -> str:
    """Return the table with a line of column names."""
    rows: list[Sequence[str]] = []
    shared = [document["guideline"]["id"], document["target"]["name"], _changes(document)]
    for item in document["capabilities"]:
        for test in item["tests"]:
            rows.append([*shared, item["status"], item["component"], item["name"], *_cells(test)])
    return table(COLUMNS, rows)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a line of column names; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([_safe(cell) for cell in row])
    return text.getvalue()


def _changes(document: Document) -> str:
    """Return the user's own terms, under which the judgements are what they are."""
    overlay = document["overlay"]
    own = [f"overlay {overlay['source']}"] if overlay else []
    return "; ".join([*document["policy"]["changes"], *own])


def _local_flag(flag: Document) -> str:
    return f"until {flag['expires']} by {flag['approver']}: {flag['reason']}"


def _cells(test: Document) -> list[str]:
    return [
        test["name"],
        test["idempotent_id"],
        "yes" if test["counted"] else "no",
        (test["flag"]["code"] or "flagged") if test["flag"] else "",
        _local_flag(test["local_flag"]) if test["local_flag"] else "",
        test["match"],
        " ".join(test["found"]),
        test["outcome"],
        test["judgement"],
        "" if test["seconds"] is None else f"{test['seconds']:.3f}",
        test["reason"],
    ]


def _safe(cell: str) -> str:
    plain = clean_line(cell, 2000)
    return f"'{plain}" if plain.startswith(FORMULA) else plain
