"""The verdicts of a matrix in tables, guidelines down and targets across, and what lies ahead."""

from defcheck.report.document import Document

Tables = dict[tuple[str, ...], list[list[Document]]]
"""The targets of a table, and for each guideline that has them its verdicts."""


def tables(document: Document) -> Tables:
    """Return a table for each set of targets that guidelines have, in their order."""
    by_guideline: dict[str, list[Document]] = {}
    for row in document["verdicts"]:
        by_guideline.setdefault(row["guideline"], []).append(row)
    found: Tables = {}
    for rows in by_guideline.values():
        found.setdefault(tuple(row["target"]["name"] for row in rows), []).append(rows)
    return found


def differs(row: Document) -> bool:
    """Return whether RefStack's answer is another one than the verdict."""
    answer = row["refstack"]["answer"] if row["refstack"] else None
    return answer is not None and (answer == "YES") != (row["verdict"] == "pass")


def merged(steps: list[Document]) -> list[tuple[list[str], Document]]:
    """Return the steps of an outlook, each with the ids of all guidelines that lack the same."""
    found: dict[str, tuple[list[str], Document]] = {}
    for step in steps:
        gaps = (*step["required"], None, *step["advisory"])
        key = repr([gap and (gap["test"], gap["reason"]) for gap in gaps])
        names, _ = found.setdefault(key, ([], step))
        names.append(step["guideline"])
    return list(found.values())
