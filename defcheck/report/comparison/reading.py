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
    Change.BROKE: "broke",
    Change.LOST: "lost their pass",
    Change.MENDED: "mended",
}
"""Changes that may move a verdict, as they stand after a number of tests."""


def lead(document: Document) -> str:
    """Return the answer in a sentence: which of them pass, and of two what changed."""
    columns = document["columns"]
    passing = [column["label"] for column in columns if column["verdict"] == "pass"]
    if len(passing) == len(columns):
        told = f"All {len(columns)} pass."
    elif passing:
        verb = "passes" if len(passing) == 1 else "pass"
        told = f"{len(passing)} of {len(columns)} {verb}: {', '.join(passing)}."
    else:
        told = f"None of the {len(columns)} passes."
    if document["changes"] is None:
        return told
    changed = [
        f"{len(tests)} {CHANGED[kind]}"
        for kind in CHANGED
        if (tests := document["changes"][kind.value])
    ]
    between = ", ".join(changed) if changed else "nothing that counts changed"
    return f"{told} From the first to the second: {between}."


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
