"""Extracts of a verdict document for several formats: causes, predictions, leftovers."""

import shlex
from collections import Counter
from collections.abc import Iterable
from typing import Any

from defcheck.report.models.verdict_report import Document, describe_proved, describe_unprovable

STATUSES = ("required", "advisory", "deprecated", "removed")
"""Capability statuses, the strongest first."""

PREDICTION_KINDS = {"skips": "skips", "fixture_errors": "fixture errors"}
"""Kinds of predictions and their labels."""


def list_blocking_causes(document: Document) -> list[Document]:
    """Return the causes that block a pass, failures first."""
    return [cause for cause in document["causes"] if cause["judgement"] != "pass"]


def list_allowed_skips(document: Document) -> list[Document]:
    """Return the causes of allowed skips."""
    return [cause for cause in document["causes"] if cause["judgement"] == "pass"]


def describe_outcomes(cause: Document) -> str:
    """Count the tests of a cause by outcome, as `3 failed, 2 fixture errors`."""
    return ", ".join(
        f"{number} {outcome}{'s' if number > 1 and outcome.endswith('error') else ''}"
        for outcome, number in cause["outcomes"].items()
    )


def describe_cause(cause: Document) -> str:
    """Describe a cause in one line: its title and the error message."""
    title, messages = cause["title"], cause["messages"]
    return title if not messages or messages[0] in title else f"{title}: {messages[0]}"


def list_predictions(document: Document) -> dict[str, dict[str, Any]]:
    """Return the results of the predictions made before the run, by label."""
    foresight = (document["run"] or {}).get("foresight") or {}
    return {
        words: foresight[kind]
        for kind, words in PREDICTION_KINDS.items()
        if kind in foresight and (foresight[kind]["foreseen"] or foresight[kind]["not_foreseen"])
    }


def describe_test_count(number: int, counted: int) -> str:
    """Return the number of tests, with the number of counted ones if it differs."""
    words = f"{number} test{'s' * (number != 1)}"
    if counted == number:
        return words
    if number == 1:
        return f"{words} that does not count"
    return f"{words}, {counted or 'none'} of them counted"


def iter_counted_tests(document: Document) -> Iterable[tuple[str, Document]]:
    """Yield each counted test with its capability, once for each capability that requires it."""
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                yield capability["name"], test


def describe_tests_needing_accounts(document: Document) -> str:
    """Return how many tests need more accounts to run; empty if none does."""
    needing = set((document["run"] or {}).get("second_account") or ())
    counted = {test["name"] for _, test in iter_counted_tests(document)}
    return describe_test_count(len(needing), len(needing & counted)) if needing else ""


def explain_refstack_counts(document: Document) -> str:
    """Explain what RefStack counted if its number differs from ours; else empty."""
    theirs = (document["refstack"] or {}).get("counted")
    ours = document["counts"]["counted"]["total"]
    if theirs in (None, ours):
        return ""
    return (
        f"RefStack counts {theirs} pairs of a capability and an unflagged test; "
        f"defcheck counts each of the {ours} tests once."
    )


TEARDOWN_ERROR = "passed, teardown error"
"""Not another run of the test: it reports how the class of a passed test was torn down."""


def list_disagreeing_tests(document: Document) -> list[tuple[str, Document]]:
    """Return the tests that ran more than once with different results, except flaky ones."""
    flaky = {test["name"] for test in document["flaky"]}
    return [
        (capability["name"], test)
        for capability in document["capabilities"]
        for test in capability["tests"]
        if len({attempt["outcome"] for attempt in test["attempts"]} - {TEARDOWN_ERROR}) > 1
        and flaky.isdisjoint(test["found"])
    ]


def group_by_component(document: Document) -> dict[str, dict[str, list[Document]]]:
    """Group the capabilities by component and status, the strongest status first."""
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
    """Describe the leftovers in a sentence; empty if there is nothing to report.

    `run_path` is the run directory as the user typed it, for a terminal. Reports that
    others may read must not contain it, so the command says RUN there.

    Empty too for results from elsewhere, or from a version that did not scan for leftovers.
    """
    run = document["run"]
    if not run:
        return ""
    command = f"`defcheck cleanup {shlex.quote(run_path) if run_path else 'RUN'}`"
    left = run.get("leftovers")  # absent from verdicts of older versions
    if left is None:
        return f"Leftovers: not scanned; {command} scans for them." if run.get("prefix") else ""
    words = []
    if left["ours"]:
        kinds = Counter(one["kind"] for one in left["ours"])
        counted = ", ".join(
            f"{number} {kind}{'s' * (number > 1)}" for kind, number in kinds.items()
        )
        words.append(f"Leftovers: {counted}; {command} lists and deletes them.")
    if left["unseen"]:
        number = len(left["unseen"])
        places = "one place" if number == 1 else f"{number} places"
        words.append(f"Leftovers could not be checked in {places}; {command} tries again.")
    if left["unproven"]:
        number = len(left["unproven"])
        words.append(f"{number} more may belong to this run, without proof.")
    return " ".join(words)
