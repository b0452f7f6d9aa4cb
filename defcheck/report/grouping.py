"""Gather the tests that stand against a pass by what became of them and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from defcheck.report.clean import clean_line
from defcheck.report.document import Document


@dataclass(frozen=True, slots=True)
class Group:
    """Counted tests with the same outcome for the same reason."""

    judgement: str
    outcome: str
    reason: str
    tests: tuple[tuple[str, Document], ...]
    """Capability and test."""


def without_pass(document: Document) -> list[Group]:
    """Return the counted tests that stand against a pass, failures first."""
    return _groups(document, lambda test: test["judgement"] != "pass")


def allowed_skips(document: Document) -> list[Group]:
    """Return the counted tests that were skipped where the policy allows it."""
    return _groups(
        document, lambda test: test["judgement"] == "pass" and test["outcome"] != "passed"
    )


def _groups(document: Document, wanted: Callable[[Document], bool]) -> list[Group]:
    found: dict[tuple[str, str, str], list[tuple[str, Document]]] = {}
    for name, test in counted_tests(document):
        if wanted(test):
            key = (test["judgement"], test["outcome"], clean_line(test["reason"]))
            found.setdefault(key, []).append((name, test))
    groups = [Group(*key, tuple(tests)) for key, tests in found.items()]
    order = ("fail", "incomplete", "pass")
    return sorted(groups, key=lambda group: (order.index(group.judgement), -len(group.tests)))


def counted_tests(document: Document) -> Iterable[tuple[str, Document]]:
    """Yield each counted test with the name of its capability."""
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                yield capability["name"], test


def disagreeing(document: Document) -> list[tuple[str, Document]]:
    """Return the tests, with their capability, whose several results differ."""
    return [
        (capability["name"], test)
        for capability in document["capabilities"]
        for test in capability["tests"]
        if len({attempt["outcome"] for attempt in test["attempts"]}) > 1
    ]


def by_component(document: Document) -> dict[str, list[Document]]:
    """Return the required capabilities by component."""
    found: dict[str, list[Document]] = {}
    for item in document["capabilities"]:
        if item["status"] == "required":
            found.setdefault(item["component"], []).append(item)
    return found
