"""The verdict (reports/schemas/csv-1.json) and the comparison as CSV without formulas.

The columns are described in reports/schemas/csv-1.json. Cells that a
spreadsheet would take for a formula begin with an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from defcheck.report.models.verdict_report import Document
from defcheck.util.text import clean_line

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

FORMULA_STARTS = ("=", "+", "-", "@")


def render_verdict_csv(document: Document) -> str:
    """Return the table with a line of column names."""
    rows: list[Sequence[str]] = []
    shared = [document["guideline"]["id"], document["target"]["name"], _describe_changes(document)]
    for item in document["capabilities"]:
        for test in item["tests"]:
            rows.append(
                [*shared, item["status"], item["component"], item["name"], *_test_cells(test)]
            )
    return write_table(COLUMNS, rows)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with a line of column names; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (columns, *rows):
        writer.writerow([_escape_formula(cell) for cell in row])
    return text.getvalue()


def _describe_changes(document: Document) -> str:
    """Return the user's own terms, under which the judgements are what they are."""
    overlay = document["overlay"]
    own = [f"overlay {overlay['source']}"] if overlay else []
    return "; ".join([*document["policy"]["changes"], *own])


def _describe_local_flag(flag: Document) -> str:
    return f"until {flag['expires']} by {flag['approver']}: {flag['reason']}"


def _test_cells(test: Document) -> list[str]:
    return [
        test["name"],
        test["idempotent_id"],
        "yes" if test["counted"] else "no",
        (test["flag"]["code"] or "flagged") if test["flag"] else "",
        _describe_local_flag(test["local_flag"]) if test["local_flag"] else "",
        test["match"],
        " ".join(test["found"]),
        test["outcome"],
        test["judgement"],
        "" if test["seconds"] is None else f"{test['seconds']:.3f}",
        test["reason"],
    ]


def _escape_formula(cell: str) -> str:
    plain = clean_line(cell, 2000)
    return f"'{plain}" if plain.startswith(FORMULA_STARTS) else plain


def render_comparison_csv(document: Document) -> str:
    """Return the table with a line of column names: test, counted, capabilities, each run."""
    labels = [column["label"] for column in document["columns"]]
    return write_table(
        ["test", "counted", "capabilities", *labels],
        [
            [
                test["name"],
                "yes" if test["counted"] else "no",
                " ".join(test["capabilities"]),
                *(one["outcome"] for one in test["results"]),
            ]
            for test in document["tests"]
        ],
    )
