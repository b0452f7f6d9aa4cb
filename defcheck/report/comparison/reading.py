"""What readers look for in a comparison: where the columns differ, and what changed."""

from defcheck.report.comparison.document import Change
from defcheck.report.document import Document

TITLES = {
    Change.BROKE: "Broke",
    Change.LOST: "Lost their pass without a failure",
    Change.MENDED: "Mended",
    Change.OTHER: "Still without a pass, in another way",
    Change.FLAKY: "Flaky",
    Change.SLOWER: "Slower",
}

CHANGED = {
    Change.BROKE: ("broke", "broke"),
    Change.LOST: ("lost its pass", "lost their pass"),
    Change.MENDED: ("was mended", "were mended"),
    Change.OTHER: ("changed without a pass", "changed without a pass"),
}
"""Changes that may move a verdict, as they are said of one test and of several."""


def changed(kind: Change, number: int) -> str:
    """Return how many tests changed so, in words; empty where none did."""
    return f"{number} {CHANGED[kind][number > 1]}" if number else ""


def lead(document: Document) -> str:
    """Return the answer in a sentence: which of them pass, and of two what changed."""
    columns = document["columns"]
    passing = [column["label"] for column in columns if column["verdict"] == "pass"]
    if len(passing) == len(columns):
        passes = f"All {len(columns)} pass."
    elif passing:
        verb = "passes" if len(passing) == 1 else "pass"
        passes = f"{len(passing)} of {len(columns)} {verb}: {', '.join(passing)}."
    else:
        passes = f"None of the {len(columns)} passes."
    if document["changes"] is None:
        return passes
    told = [
        changed(kind, sum(one["counted"] for one in document["changes"][kind.value]))
        for kind in CHANGED
    ]
    between = ", ".join(filter(None, told)) or "nothing that counts changed"
    return f"{passes} From the first to the second: {between}."


def has_answers(document: Document) -> bool:
    """Return whether RefStack answers for any of the columns; it never had SCS-0128."""
    return any(column["refstack"] for column in document["columns"])


def not_whole(document: Document) -> list[str]:
    """Return, for each column whose results are damaged or cut off, what is wrong."""
    return [
        f"The results of {column['label']} are not whole: {'; '.join(column['problems'][:3])}."
        for column in document["columns"]
        if column["problems"]
    ]


def apart(document: Document) -> list[Document]:
    """Return the capabilities on which the columns differ."""
    return [item for item in document["capabilities"] if len(set(item["judgements"])) > 1]


def changes(document: Document) -> list[tuple[str, list[Document]]]:
    """Return what changed with its title, nothing where there are not two columns."""
    found = document["changes"] or {}
    tests = {test["name"]: test for test in document["tests"]}
    return [
        (title, [{**one, "results": tests.get(one["name"], {}).get("results")} for one in listed])
        for kind, title in TITLES.items()
        if (listed := found.get(kind.value))
    ]
