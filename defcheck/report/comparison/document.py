"""Several verdicts on one target side by side, as one JSON-ready document.

Its schema is reports/schemas/comparison-1.json. What changed is told where
there are two: from the first to the second.
"""

from collections.abc import Mapping, Sequence, Set
from enum import StrEnum

from defcheck import __version__
from defcheck.report.document import Document
from defcheck.report.listings import each_test, worst

FORMAT = "defcheck comparison 1"

SLOWER = 2.0
"""How many times as long a test has to take to be told as slower."""

SLOWER_SECONDS = 5.0
"""And by how many seconds; shorter differences are chance."""

FAILURES = ("failed", "fixture error", "passed, teardown error")
"""Outcomes by which a test that passed broke; any other without a pass has lost it."""


class Change(StrEnum):
    """What became of a test from one run to another."""

    BROKE = "broke"
    """It met the rule, and failed."""

    LOST = "lost"
    """It passed, and has neither pass nor failure: skipped, not run, cut off.

    A skip that the policy allows is lost in the same way where the test then did not run.
    """

    MENDED = "mended"
    """It did not pass, and passed, or did not meet the rule, and has an allowed skip."""

    OTHER = "other"
    """It met the rule neither time, in different ways."""

    FLAKY = "flaky"
    """In one of the runs it passed and failed."""

    SLOWER = "slower"
    """It passed both times and took much longer."""


def build(labels: Sequence[str], verdicts: Sequence[Document]) -> Document:
    """Return the document for verdicts on the same guideline and target, with a label each."""
    first = verdicts[0]
    capabilities = [_capability(items) for items in _beside(verdicts)]
    tests = _tests(verdicts)
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "guideline": {key: first["guideline"][key] for key in ("id", "sha256")},
        "target": first["target"],
        "policy": first["policy"],
        "columns": [_column(*pair) for pair in zip(labels, verdicts, strict=True)],
        "capabilities": capabilities,
        "tests": [test for test in tests if _differs(test)],
        "same": sum(not _differs(test) for test in tests),
        "changes": _changes(tests) if len(verdicts) == 2 else None,
    }


def _column(label: str, verdict: Document) -> Document:
    run = verdict["run"]
    return {
        "label": label,
        "source": verdict["results"]["source"],
        "sha256": verdict["results"]["sha256"],
        "cloud": run["cloud"]["name"] if run else "",
        "started": run["started"] if run else "",
        "verdict": verdict["verdict"],
        "counted": verdict["counts"]["counted"],
        "capabilities": verdict["counts"]["capabilities"],
        "refstack": verdict["refstack"] and verdict["refstack"]["answer"],
        "problems": verdict["problems"],
    }


def _beside(verdicts: Sequence[Document]) -> list[tuple[Document, ...]]:
    """Return each capability as it is in every verdict; all have the same, in the same order."""
    return list(zip(*(verdict["capabilities"] for verdict in verdicts), strict=True))


def _capability(items: Sequence[Document]) -> Document:
    return {
        **{key: items[0][key] for key in ("name", "status", "component")},
        "judgements": [item["judgement"] for item in items],
    }


def _tests(verdicts: Sequence[Document]) -> list[Document]:
    """Return each test once, with its capabilities and what became of it everywhere."""
    flaky = [{one["name"] for one in verdict["flaky"]} for verdict in verdicts]
    beside = [each_test(verdict) for verdict in verdicts]
    return [
        {
            "name": name,
            "counted": any(one.counted for one in listings),
            "capabilities": [one.capability for one in listings],
            "results": [
                _result(worst(listed[name]), names)
                for listed, names in zip(beside, flaky, strict=True)
            ],
        }
        for name, listings in beside[0].items()
    ]


def _result(test: Document, flaky: Set[str]) -> Document:
    return {
        **{key: test[key] for key in ("outcome", "judgement", "reason", "seconds")},
        "flaky": not flaky.isdisjoint(test["found"]),
    }


def _differs(test: Document) -> bool:
    results = test["results"]
    return len({one["outcome"] for one in results}) > 1 or any(one["flaky"] for one in results)


def _changes(tests: Sequence[Document]) -> Document:
    changes: dict[str, list[Document]] = {kind.value: [] for kind in Change}
    for test in tests:
        before, after = test["results"]
        for kind in kinds(before, after):
            changes[kind.value].append({"name": test["name"], "counted": test["counted"]})
    return changes


def kinds(before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    """Return what became of a test between two results; nothing where that is the same."""
    found = [Change.FLAKY] if before["flaky"] or after["flaky"] else []
    passed = (before["outcome"] == "passed", after["outcome"] == "passed")
    # Where the policy allows a skip, a skipped test meets the rule and has something to lose.
    meets = (before["judgement"] == "pass", after["judgement"] == "pass")
    if passed == (True, True):
        found += [Change.SLOWER] if _slower(before["seconds"], after["seconds"]) else []
    elif passed == (True, False) or meets == (True, False):
        failed = after["outcome"] in FAILURES
        found.append(Change.BROKE if failed else Change.LOST)
    elif passed == (False, True) or meets == (False, True):
        found.append(Change.MENDED)
    elif before["outcome"] != after["outcome"]:
        found.append(Change.OTHER)
    return found


def _slower(before: object, after: object) -> bool:
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return False
    return after >= SLOWER * before and after - before >= SLOWER_SECONDS
