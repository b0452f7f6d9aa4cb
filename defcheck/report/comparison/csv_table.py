"""The comparison as CSV: one row for each test that differs, one column for each run."""

from defcheck.report.csv_table import table
from defcheck.report.document import Document


def render(document: Document) -> str:
    """Return the table with a line of column names: test, counted, capabilities, each run."""
    labels = [column["label"] for column in document["columns"]]
    return table(
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
