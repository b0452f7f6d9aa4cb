"""The verdict as one HTML page that needs nothing beside itself."""

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from defcheck.report.capabilities import describe_proved, describe_unprovable
from defcheck.report.clean import clean
from defcheck.report.document import Document
from defcheck.report.grouping import (
    STATUSES,
    against,
    allowed_skips,
    by_component,
    disagreeing,
    needing_accounts,
    outcomes,
    predictions,
    refstack_counts_otherwise,
)
from defcheck.report.leftbehind import headline
from defcheck.report.pages import page
from defcheck.report.timeline import clock, timeline

ORDER = (
    *("failed", "fixture error", "unfinished", "absent", "not run"),
    *("passed, teardown error", "skipped", "passed"),
)
"""Outcomes as the filter offers them."""

MOST_OF_ONE = 8_000
"""Characters shown of a traceback, its beginning and mostly its end."""

MOST_NAMED = 300
"""Tests named for one cause; all are among the tests."""

MOST_OF_ALL = 3_600_000
LEAST_OF_ONE = 600


def render(document: Document, label: str = "") -> str:
    """Return the page; everything that comes from outside is cleaned and escaped.

    A `label` says above everything else what the page is and is not.
    """
    tests = [test for item in document["capabilities"] for test in item["tests"]]
    number = sum(bool(test["details"]) for test in tests)
    limit = max(LEAST_OF_ONE, min(MOST_OF_ONE, MOST_OF_ALL // max(1, number)))
    numbers = {name: number for number, name in enumerate(_different(tests), 1)}
    anchors = _anchors(document)
    return page(
        "report.html",
        styles=("report.css", "verdict.css"),
        script="verdict.js",
        doc=document,
        label=label,
        causes=[_with_anchors(cause, anchors) for cause in against(document)],
        allowed=[_with_anchors(cause, anchors) for cause in allowed_skips(document)],
        unprovable=describe_unprovable(document["counts"]["capabilities"]),
        refstack_pairs=refstack_counts_otherwise(document),
        needing_accounts=needing_accounts(document),
        proved=describe_proved,
        outcomes=outcomes,
        predictions=predictions(document),
        reruns=disagreeing(document),
        left_behind=headline(document),
        parts=by_component(document),
        shares=_shares(document["counts"]["counted"]),
        found=[(word, n) for word, n in _outcomes(tests).items() if n],
        flagged=len(_different(test for test in tests if test["flag"] or test["local_flag"])),
        total=len(numbers),
        numbers=numbers,
        sections=_by_status(document),
        anchors=anchors,
        lanes=timeline(document),
        clock=clock,
        excerpt=lambda text: _escaped(excerpt(text, limit)),
    )


def excerpt(text: str, limit: int) -> str:
    """Return a text without its middle where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = limit // 4
    cut = len(text) - limit
    note = f"\n\n… cut; {cut} of {len(text)} characters are left out here …\n\n"
    return text[:head] + note + text[len(text) - (limit - head) :]


def _escaped(text: str) -> Markup:
    """Return text for the inside of an element, where quotation marks may stay as they are.

    Tracebacks are full of them, and each would become five letters.
    """
    plain = clean(text)
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        plain = plain.replace(letter, entity)
    return Markup(plain)  # noqa: S704


def _anchors(document: Document) -> dict[tuple[str, str], str]:
    pairs = [
        (item["name"], test["name"]) for item in document["capabilities"] for test in item["tests"]
    ]
    return {pair: f"test-{number}" for number, pair in enumerate(pairs, 1)}


def _with_anchors(cause: Document, anchors: dict[tuple[str, str], str]) -> Document:
    """Return a cause with its tests by capability, each with where it stands in the page."""
    groups: dict[str, list[dict[str, str]]] = {}
    for test in cause["tests"][:MOST_NAMED]:
        for capability in test["capabilities"]:
            groups.setdefault(capability, []).append(
                {"name": test["name"], "anchor": anchors[capability, test["name"]]}
            )
    return {
        **cause,
        "groups": groups,
        "capabilities": len({one for test in cause["tests"] for one in test["capabilities"]}),
        "more": len(cause["tests"][MOST_NAMED:]),
    }


def _shares(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return how large a part of the counted tests had which fate, in per cent, for a bar."""
    shares: list[dict[str, Any]] = []
    at = 0.0
    for kind in ("passed", "allowed", "incomplete", "failed"):
        if counts[kind]:
            width = counts[kind] / counts["total"] * 100
            shares.append({"kind": kind, "x": f"{at:.2f}", "width": f"{width:.2f}"})
            at += width
    return shares


def _different(tests: Iterable[Document]) -> list[str]:
    """Return the names of some tests, each once, in whatever capabilities they stand."""
    return list(dict.fromkeys(test["name"] for test in tests))


def _outcomes(tests: list[Document]) -> dict[str, int]:
    """Return how many different tests are listed with each outcome."""
    return {
        outcome: len(_different(test for test in tests if test["outcome"] == outcome))
        for outcome in ORDER
    }


def _by_status(document: Document) -> dict[str, list[Document]]:
    found = {
        status: [item for item in document["capabilities"] if item["status"] == status]
        for status in STATUSES
    }
    return {status: items for status, items in found.items() if items}
