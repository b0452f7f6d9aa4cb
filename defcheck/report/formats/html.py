"""Self-contained HTML pages: the verdict with its timeline, the comparison, the matrix."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from defcheck.report.formats.markup import SIGNS
from defcheck.report.models.comparison import (
    describe_comparison,
    group_into_tables,
    has_refstack_answers,
    list_damaged_results,
    list_differing_capabilities,
    list_titled_changes,
    merge_steps,
)
from defcheck.report.models.verdict_report import Document
from defcheck.report.templates import render_page
from defcheck.report.verdict_summary import (
    STATUSES,
    build_template_context,
    list_allowed_skips,
    list_blocking_causes,
)
from defcheck.results.result_set import parse_instant
from defcheck.util.text import clean_line, clean_text

MAX_BARS = 4000
MAX_LANES = 64
MAX_TICKS = 6
MIN_BAR_WIDTH = 0.12
"""Per cent of the whole that the shortest bar takes, so that none is invisible."""

TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Seconds between two ticks, the first that gives few enough."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Bar:
    """One test in a lane; `x` and `width` are per cent of the whole time."""

    x: str
    width: str
    judgement: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """What one worker did."""

    worker: str
    bars: tuple[Bar, ...]
    tests: int
    """Different ones; a bar is a result."""

    busy: float
    """Seconds in tests; the rest are set-ups of classes and waiting."""

    share: int
    """Busy, in per cent of the whole time."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All workers from the first test's beginning to the last one's end."""

    begun: str
    """ISO 8601."""

    seconds: float
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[str, str], ...]
    """Place in per cent and label."""

    left_out: int
    """How many tests are not drawn, because there are too many, or too many workers."""


@dataclass(frozen=True, slots=True)
class _TestInterval:
    worker: str
    name: str
    outcome: str
    judgement: str
    begun: str
    start: float
    seconds: float


def build_timeline(document: Document) -> Timeline | None:
    """Return the lanes, None where no times are known."""
    stints = sorted(set(_iter_intervals(document)), key=lambda one: (one.start, one.name))
    if not stints:
        return None
    first = stints[0].start
    whole = max(one.start + one.seconds for one in stints) - first
    if whole <= 0:
        return None
    lanes: dict[str, list[_TestInterval]] = {}
    for one in stints[:MAX_BARS]:
        lanes.setdefault(one.worker, []).append(one)
    shown = sorted(lanes, key=_worker_sort_key)[:MAX_LANES]
    return Timeline(
        begun=stints[0].begun,
        seconds=whole,
        lanes=tuple(_build_lane(worker, lanes[worker], first, whole) for worker in shown),
        ticks=_build_ticks(whole),
        left_out=len(stints) - sum(len(lanes[worker]) for worker in shown),
    )


def _iter_intervals(document: Document) -> Iterator[_TestInterval]:
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            alone = {**test, "name": test["found"][0] if test["found"] else test["name"]}
            for one in test["attempts"] or [alone]:
                start = parse_instant(one["started"])
                if start is not None:
                    yield _TestInterval(
                        worker=clean_line(one["worker"], 40),
                        name=clean_line(one["name"]).partition("[")[0],
                        outcome=one["outcome"],
                        judgement="pass" if one["outcome"] == "passed" else test["judgement"],
                        begun=one["started"],
                        start=start,
                        seconds=max(0.0, one["seconds"] or 0.0),
                    )


def _build_lane(worker: str, stints: list[_TestInterval], first: float, whole: float) -> Lane:
    busy = sum(one.seconds for one in stints)
    return Lane(
        worker=worker.removeprefix("worker-") or "not told",
        bars=tuple(
            Bar(
                x=f"{(one.start - first) / whole * 100:.2f}",
                width=f"{max(MIN_BAR_WIDTH, one.seconds / whole * 100):.2f}",
                judgement=one.judgement,
                title=f"{'.'.join(one.name.split('.')[-2:])}: {one.outcome}, {one.seconds:.1f} s",
            )
            for one in stints
        ),
        tests=len({one.name for one in stints}),
        busy=busy,
        share=min(100, round(busy / whole * 100)),
    )


def _worker_sort_key(worker: str) -> tuple[int, str]:
    number = _NUMBER.search(worker)
    return (int(number[0][:9]) if number else -1, worker)


def _build_ticks(whole: float) -> tuple[tuple[str, str], ...]:
    step = next((one for one in TICK_STEPS if whole / one <= MAX_TICKS), TICK_STEPS[-1])
    marks = range(0, int(min(whole, step * MAX_TICKS)) + 1, step)
    return tuple((f"{mark / whole * 100:.2f}", format_clock(mark)) for mark in marks)


def format_clock(seconds: float) -> str:
    """Return a duration as `7:05`, with hours as `1:07:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


OUTCOME_ORDER = (
    *("failed", "fixture error", "unfinished", "absent", "not run"),
    *("passed, teardown error", "skipped", "passed"),
)
"""Outcomes as the filter offers them."""

MAX_DETAILS_LENGTH = 8_000
"""Characters shown of a traceback, its beginning and mostly its end."""

MAX_NAMED_TESTS = 300
"""Tests named for one cause; all are among the tests."""

MAX_DETAILS_TOTAL = 3_600_000
MIN_DETAILS_LENGTH = 600


def render_verdict_html(document: Document, label: str = "") -> str:
    """Return the page; everything that comes from outside is cleaned and escaped.

    A `label` says above everything else what the page is and is not.
    """
    tests = [test for item in document["capabilities"] for test in item["tests"]]
    number = sum(bool(test["details"]) for test in tests)
    limit = max(MIN_DETAILS_LENGTH, min(MAX_DETAILS_LENGTH, MAX_DETAILS_TOTAL // max(1, number)))
    numbers = {name: number for number, name in enumerate(_distinct_names(tests), 1)}
    anchors = _number_anchors(document)
    return render_page(
        "report.html",
        styles=("report.css", "verdict.css"),
        script="verdict.js",
        **build_template_context(document),
        label=label,
        causes=[_add_anchors(cause, anchors) for cause in list_blocking_causes(document)],
        allowed=[_add_anchors(cause, anchors) for cause in list_allowed_skips(document)],
        shares=_bar_shares(document["counts"]["counted"]),
        found=[(word, n) for word, n in _count_outcomes(tests).items() if n],
        flagged=len(_distinct_names(test for test in tests if test["flag"] or test["local_flag"])),
        total=len(numbers),
        numbers=numbers,
        sections=_group_by_status(document),
        anchors=anchors,
        lanes=build_timeline(document),
        clock=format_clock,
        excerpt=lambda text: _escape_text(cut_middle(text, limit)),
    )


def cut_middle(text: str, limit: int) -> str:
    """Return a text without its middle where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = limit // 4
    cut = len(text) - limit
    note = f"\n\n… cut; {cut} of {len(text)} characters are left out here …\n\n"
    return text[:head] + note + text[len(text) - (limit - head) :]


def _escape_text(text: str) -> Markup:
    """Return text for the inside of an element, where quotation marks may stay as they are.

    Tracebacks are full of them, and each would become five letters.
    """
    plain = clean_text(text)
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        plain = plain.replace(letter, entity)
    return Markup(plain)  # noqa: S704


def _number_anchors(document: Document) -> dict[tuple[str, str], str]:
    pairs = [
        (item["name"], test["name"]) for item in document["capabilities"] for test in item["tests"]
    ]
    return {pair: f"test-{number}" for number, pair in enumerate(pairs, 1)}


def _add_anchors(cause: Document, anchors: dict[tuple[str, str], str]) -> Document:
    """Return a cause with its tests by capability, each with where it stands in the page."""
    groups: dict[str, list[dict[str, str]]] = {}
    for test in cause["tests"][:MAX_NAMED_TESTS]:
        for capability in test["capabilities"]:
            groups.setdefault(capability, []).append(
                {"name": test["name"], "anchor": anchors[capability, test["name"]]}
            )
    return {
        **cause,
        "groups": groups,
        "capabilities": len({one for test in cause["tests"] for one in test["capabilities"]}),
        "more": len(cause["tests"][MAX_NAMED_TESTS:]),
    }


def _bar_shares(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return how large a part of the counted tests had which fate, in per cent, for a bar."""
    shares: list[dict[str, Any]] = []
    at = 0.0
    for kind in ("passed", "allowed", "incomplete", "failed"):
        if counts[kind]:
            width = counts[kind] / counts["total"] * 100
            shares.append({"kind": kind, "x": f"{at:.2f}", "width": f"{width:.2f}"})
            at += width
    return shares


def _distinct_names(tests: Iterable[Document]) -> list[str]:
    """Return the names of some tests, each once, in whatever capabilities they stand."""
    return list(dict.fromkeys(test["name"] for test in tests))


def _count_outcomes(tests: list[Document]) -> dict[str, int]:
    """Return how many different tests are listed with each outcome."""
    return {
        outcome: len(_distinct_names(test for test in tests if test["outcome"] == outcome))
        for outcome in OUTCOME_ORDER
    }


def _group_by_status(document: Document) -> dict[str, list[Document]]:
    found = {
        status: [item for item in document["capabilities"] if item["status"] == status]
        for status in STATUSES
    }
    return {status: items for status, items in found.items() if items}


def render_comparison_html(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return render_page(
        "comparison.html",
        styles=("report.css", "matrix.css"),
        doc=document,
        lead=describe_comparison(document),
        apart=list_differing_capabilities(document),
        changes=list_titled_changes(document),
        answers=has_refstack_answers(document),
        not_whole=list_damaged_results(document),
        signs=SIGNS,
        short=clean_line,
    )


def render_matrix_html(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return render_page(
        "matrix.html",
        styles=("report.css", "matrix.css"),
        doc=document,
        tables=group_into_tables(document),
        merged=merge_steps,
    )
