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
