"""Extracts of a verdict document for several formats: causes, predictions, leftovers."""

import shlex
from collections import Counter
from collections.abc import Iterable
from typing import Any

from defcheck.report.models.verdict_report import Document, describe_proved, describe_unprovable

STATUSES = ("required", "advisory", "deprecated", "removed")
"""Of capabilities, those that bind most first."""

PREDICTION_KINDS = {"skips": "skips", "fixture_errors": "fixture errors"}
"""Kinds of predictions, and what they are called."""


def list_blocking_causes(document: Document) -> list[Document]:
    """Return the causes that stand against a pass, failures first."""
    return [cause for cause in document["causes"] if cause["judgement"] != "pass"]


def list_allowed_skips(document: Document) -> list[Document]:
    """Return the causes of skips that the policy allows."""
    return [cause for cause in document["causes"] if cause["judgement"] == "pass"]


def describe_outcomes(cause: Document) -> str:
    """Return how many tests of a cause had which outcome, as `3 failed, 2 fixture errors`."""
    return ", ".join(
        f"{number} {outcome}{'s' if number > 1 and outcome.endswith('error') else ''}"
        for outcome, number in cause["outcomes"].items()
    )


def describe_cause(cause: Document) -> str:
    """Return what a cause is in a line: its title, with what the error says beside it."""
    title, messages = cause["title"], cause["messages"]
    return title if not messages or messages[0] in title else f"{title}: {messages[0]}"


def list_predictions(document: Document) -> dict[str, dict[str, Any]]:
    """Return what came of the predictions made before a run, by what they are called."""
    foresight = (document["run"] or {}).get("foresight") or {}
    return {
        words: foresight[kind]
        for kind, words in PREDICTION_KINDS.items()
        if kind in foresight and (foresight[kind]["foreseen"] or foresight[kind]["not_foreseen"])
    }


def describe_test_count(number: int, counted: int) -> str:
    """Return a number of different tests, and how many of them count where some do not."""
    words = f"{number} test{'s' * (number != 1)}"
    if counted == number:
        return words
    if number == 1:
        return f"{words} that does not count"
    return f"{words}, {counted or 'none'} of them counted"


def iter_counted_tests(document: Document) -> Iterable[tuple[str, Document]]:
    """Yield each counted test with the name of its capability, once for each that requires it."""
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                yield capability["name"], test


def describe_tests_needing_accounts(document: Document) -> str:
    """Return how many tests only more accounts would let run; nothing where none needs any."""
    needing = set((document["run"] or {}).get("second_account") or ())
    counted = {test["name"] for _, test in iter_counted_tests(document)}
    return describe_test_count(len(needing), len(needing & counted)) if needing else ""


def explain_refstack_counts(document: Document) -> str:
    """Return what RefStack's numbers count where they are others; nothing where they are not."""
    theirs = (document["refstack"] or {}).get("counted")
    ours = document["counts"]["counted"]["total"]
    if theirs in (None, ours):
        return ""
    return (
        f"RefStack's {theirs} are pairs of capability and test that the guideline does not flag; "
        f"the {ours} counted tests are different ones."
    )


TEARDOWN_ERROR = "passed, teardown error"
"""The outcome that is no further run of a test: it tells how the run of a pass ended."""


def list_disagreeing_tests(document: Document) -> list[tuple[str, Document]]:
    """Return the tests, with their capability, whose several results differ, but for flaky ones."""
    flaky = {test["name"] for test in document["flaky"]}
    return [
        (capability["name"], test)
        for capability in document["capabilities"]
        for test in capability["tests"]
        if len({attempt["outcome"] for attempt in test["attempts"]} - {TEARDOWN_ERROR}) > 1
        and flaky.isdisjoint(test["found"])
    ]


def group_by_component(document: Document) -> dict[str, dict[str, list[Document]]]:
    """Return the capabilities by component and then by status, those that bind most first."""
    found: dict[str, dict[str, list[Document]]] = {}
    for status in STATUSES:
        for item in document["capabilities"]:
            if item["status"] == status:
                found.setdefault(item["component"], {}).setdefault(status, []).append(item)
    return found


def build_template_context(document: Document) -> dict[str, Any]:
    """Return what every template of a verdict needs, whatever it writes."""
    return {
        "doc": document,
        "unprovable": describe_unprovable(document["counts"]["capabilities"]),
        "refstack_pairs": explain_refstack_counts(document),
        "needing_accounts": describe_tests_needing_accounts(document),
        "proved": describe_proved,
        "outcomes": describe_outcomes,
        "predictions": list_predictions(document),
        "reruns": list_disagreeing_tests(document),
        "components": group_by_component(document),
        "left_behind": describe_leftovers(document),
    }


def describe_leftovers(document: Document, run_path: str = "") -> str:
    """Return what was left behind in a sentence, empty where nothing is to be said.

    `run_path` is the run directory as its user named it, for a terminal. What
    others may get does not hold it, and the command there says RUN.

    Nothing is said where the results come from elsewhere, or from a run of a
    defcheck that did not look.
    """
    run = document["run"]
    if not run:
        return ""
    command = f"`defcheck cleanup {shlex.quote(run_path) if run_path else 'RUN'}`"
    left = run.get("leftovers")  # a verdict of an older defcheck has none
    if left is None:
        return f"Left behind: nobody could look; {command} does." if run.get("prefix") else ""
    words = []
    if left["ours"]:
        kinds = Counter(one["kind"] for one in left["ours"])
        counted = ", ".join(
            f"{number} {kind}{'s' * (number > 1)}" for kind, number in kinds.items()
        )
        words.append(f"Left behind: {counted}; {command} shows and removes them.")
    if left["unseen"]:
        number = len(left["unseen"])
        places = "one place" if number == 1 else f"{number} places"
        words.append(f"What was left behind could not be seen in {places}; {command} looks again.")
    if left["unproven"]:
        number = len(left["unproven"])
        words.append(f"{number} more may be the run's, which nothing proves.")
    return " ".join(words)
