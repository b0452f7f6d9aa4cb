"""Guideline documents rendered: pages, the statistics chart, differences as text."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from defcheck import __version__
from defcheck.errors import InputError
from defcheck.guideline.history.stats import CountingChange
from defcheck.guideline.models import Status
from defcheck.report.models.guideline import DiffDocument, Document
from defcheck.report.templates import (
    load_markup_environment,
    load_template,
    render_page,
    tidy_blank_lines,
)
from defcheck.util.text import clean_line

TEMPLATES = {"html": "guideline.html", "markdown": "guideline.md", "rst": "guideline.rst"}
POLICIES = {
    "defcore": "A test counts as met only when it passed; a skip is no pass (DefCore).",
    "scs": "No test may fail; a skip is allowed (SCS-0128).",
}
STATUSES = {
    "required": "A cloud must have them.",
    "advisory": "Announced: expected to become required.",
    "deprecated": "Still there, expected to be removed.",
    "removed": "No longer asked for.",
}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


def render_guideline(name: str, document: Document) -> str:
    """Return the document in the format called `name`."""
    if name not in TEMPLATES:
        raise InputError(f"Unknown format: {name}.", f"Available: {', '.join(TEMPLATES)}.")
    values = {
        "doc": _drop_blank_texts(document),
        "policies": POLICIES,
        "statuses": STATUSES,
        "version": __version__,
    }
    if name == "html":
        return render_page(
            TEMPLATES[name], styles=("guideline.css",), anchor=_make_anchor, **values
        )
    return tidy_blank_lines(
        load_markup_environment().get_template(TEMPLATES[name]).render(**values)
    )


def _drop_blank_texts(value: Any) -> Any:
    """Return the document with nothing for texts in which there is nothing to see."""
    if isinstance(value, dict):
        return {key: _drop_blank_texts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_drop_blank_texts(item) for item in value]
    if isinstance(value, str):
        seen = value.isprintable() and not value.isspace()
        return value if seen or clean_line(value) else ""
    return value


def _make_anchor(name: str, prefix: str) -> str:
    """Return a fragment for a name; one that is no plain word gets its code points."""
    if _NAME.fullmatch(name):
        return f"{prefix}-{name}"
    return f"{prefix}-x" + "-".join(f"{ord(letter):x}" for letter in name[:60])


EDITION_WIDTH = 58
"""Pixels from one edition to the next."""

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 56, 60, 84, 220, 74
COLUMN_WIDTH = 30


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """One edition as drawn, in pixels."""

    label: str
    x: float
    """Its middle."""

    counted_y: float
    """Top of the counted tests."""

    flagged_y: float
    """Top of the flagged tests on them."""

    share_y: float | None
    """Place of the point for the share; None where there is no test."""

    title: str
    share: str


def render_stats_chart(found: dict[str, Any]) -> str:
    """Return the SVG: tests as columns, the share of flagged ones as a line."""
    rows = found["editions"]
    tests_top = _round_up(max(row["tests"] for row in rows))
    share_top = _round_up(max(row["flagged_percent"] or 0 for row in rows))
    bottom = TOP + HEIGHT
    columns = [
        ChartColumn(
            label=clean_line(row["edition"], 24),
            x=LEFT + EDITION_WIDTH * (place + 0.5),
            counted_y=bottom - HEIGHT * row["counted"] / tests_top,
            flagged_y=bottom - HEIGHT * row["tests"] / tests_top,
            share_y=None
            if row["flagged_percent"] is None
            else bottom - HEIGHT * row["flagged_percent"] / share_top,
            title=f"{row['edition']}: {row['counted']} counted, {row['flagged']} flagged",
            share="" if row["flagged_percent"] is None else f"{row['flagged_percent']:.1f}",
        )
        for place, row in enumerate(rows)
    ]
    width = max(LEFT + EDITION_WIDTH * len(rows) + RIGHT, 520)
    return load_template("guideline-stats.svg").render(
        found=found,
        columns=columns,
        line=" ".join(f"{c.x:.1f},{c.share_y:.1f}" for c in columns if c.share_y is not None),
        ticks=[
            (bottom - HEIGHT * part / 4, round(tests_top * part / 4, 1), share_top * part / 4)
            for part in range(5)
        ],
        place={"left": LEFT, "right": width - RIGHT, "bottom": bottom, "column": COLUMN_WIDTH},
        width=width,
        height=bottom + BOTTOM,
    )


def _round_up(value: float) -> int:
    """Return a round number not below `value` that four divides."""
    for step in (4, 8, 20, 40, 60, 80, 100, 200, 300, 400):
        if value <= step:
            return step
    return int(-(-value // 400) * 400)


Section = tuple[str, Sequence[str]]
"""A title and the lines under it."""


def render_diff_text(found: DiffDocument) -> str:
    """Return a summary, what it means, then every change by kind."""
    before, after = (clean_line(found[side]["id"]) for side in ("before", "after"))
    if found["empty"]:
        names = ", ".join(clean_line(target["name"]) for target in found["targets"])
        return f"{before} to {after}: no difference in {names or 'anything'}.\n"
    sections = [
        *_guideline_section(found),
        *_vendor_sections(found),
        *_status_sections(found),
        *_test_sections(found),
    ]
    lines = [f"{before} to {after}: {_summarize_diff(found)}."]
    for title, rows in sections:
        if rows:
            lines += ["", title, *(f"  {clean_line(row, 400)}" for row in rows)]
    return "\n".join(lines) + "\n"


def _summarize_diff(found: DiffDocument) -> str:
    statuses = _grouped_statuses(found)
    changes = [change for one in found["capabilities"] for change in one["tests_changed"]]
    counts = {
        "{} capability status{es} changed": len(statuses),
        "{} test{s} added to capabilities": _count_entries(found, "tests_added"),
        "{} removed from them": _count_entries(found, "tests_removed"),
        "{} renamed": sum(change["renamed"] for change in changes),
        "{} newly flagged": sum(change["flagged"] for change in changes),
        "{} no longer flagged": sum(change["unflagged"] for change in changes),
        "{} with another flag": sum(change["flag_changed"] for change in changes),
        "{} with other aliases": sum(
            bool(change["aliases_added"] or change["aliases_removed"]) for change in changes
        ),
        "{} with another id": sum(change["id_changed"] for change in changes),
        "{} administrator mark{s}": sum(one["admin"] is not None for one in found["capabilities"]),
    }
    words = [
        phrase.format(number, es="" if number == 1 else "es", s="" if number == 1 else "s")
        for phrase, number in counts.items()
        if number
    ]
    return ", ".join(words) or "capabilities and tests are the same"


def _count_entries(found: DiffDocument, key: str) -> int:
    return sum(len(one[key]) for one in found["capabilities"])


def _guideline_section(found: DiffDocument) -> list[Section]:
    rows = []
    for what in ("targets", "releases"):
        for how in ("added", "removed"):
            names = found[f"{what}_{how}"]
            if names:
                rows.append(f"{what} {how}: {', '.join(names)}")
    before, after = found["before"]["policy"], found["after"]["policy"]
    if before != after:
        rows.append(f"policy: {before} before, {after} now; it decides what a skip is worth")
    return [("The guideline", rows)]


def _vendor_sections(found: DiffDocument) -> list[Section]:
    """Say which tests a verdict newly depends on; each once, with its targets."""
    totals = []
    for target in found["targets"]:
        numbers = [
            f"{number} {change.value}"
            for change in CountingChange
            if (number := sum(one["change"] == change.value for one in target["counted"]))
        ]
        totals.append(
            f"{target['name']}: {target['counted_after']} tests are counted, "
            f"{target['counted_before']} were" + "".join(f", {words}" for words in numbers)
        )
    sections: list[Section] = [("What it means for a vendor (required and unflagged)", totals)]
    for change in CountingChange:
        rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for target in found["targets"]:
            for one in target["counted"]:
                if one["change"] == change.value:
                    key = (one["test"], one["why"], tuple(one["capabilities"]))
                    rows.setdefault(key, []).append(target["name"])
        sections.append(
            (
                f"Tests {change.value}",
                [
                    f"{test}: {why} ({', '.join(capabilities)}; {', '.join(targets)})"
                    for (test, why, capabilities), targets in rows.items()
                ],
            )
        )
    return sections


def _grouped_statuses(found: DiffDocument) -> dict[tuple[str, str, str], list[str]]:
    """Return the targets by capability, status before and status after."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for target in found["targets"]:
        for one in target["statuses"]:
            key = (one["capability"], one["before"] or "", one["after"] or "")
            rows.setdefault(key, []).append(target["name"])
    return rows


def _status_sections(found: DiffDocument) -> list[Section]:
    rows = _grouped_statuses(found)

    def select_rows(
        wanted: Callable[[str, str], bool], words: Callable[[str, str], str]
    ) -> list[str]:
        return [
            f"{name}: {words(before, after)} ({', '.join(targets)})"
            for (name, before, after), targets in sorted(rows.items(), key=_status_sort_key)
            if wanted(before, after)
        ]

    unlisted = {name for name, _, _ in rows}
    return [
        ("Capabilities added", select_rows(lambda b, _: not b, lambda _, a: a)),
        ("Capabilities removed", select_rows(lambda _, a: not a, lambda b, _: f"was {b}")),
        (
            "Capabilities with another status",
            select_rows(lambda b, a: bool(b and a), lambda b, a: f"{b} before, {a} now"),
        ),
        (
            "Capabilities newly defined that no target lists",
            [name for name in found["capabilities_defined"] if name not in unlisted],
        ),
        (
            "Capabilities no longer defined that no target listed otherwise",
            [name for name in found["capabilities_undefined"] if name not in unlisted],
        ),
    ]


def _status_sort_key(row: tuple[tuple[str, str, str], list[str]]) -> tuple[int, int]:
    order = [*(status.value for status in Status), ""]
    (_, before, after), _ = row
    return order.index(after), order.index(before)


def _test_sections(found: DiffDocument) -> list[Section]:
    def iter_changes(key: str) -> Iterable[tuple[str, DiffDocument]]:
        for one in found["capabilities"]:
            for change in one["tests_changed"]:
                if change[key]:
                    yield one["name"], change

    def list_tests(key: str) -> list[str]:
        return [
            f"{one['name']}: {test['name']}{_flag_note(test['flag'])}"
            for one in found["capabilities"]
            for test in one[key]
        ]

    marks = {True: "needs an administrator now", False: "no longer needs an administrator"}
    return [
        ("Tests added to capabilities", list_tests("tests_added")),
        ("Tests removed from capabilities", list_tests("tests_removed")),
        (
            "Tests renamed",
            [
                f"{name}: {one['after']['name']}, was {one['before']['name']}"
                for name, one in iter_changes("renamed")
            ],
        ),
        (
            "Tests newly flagged",
            [
                f"{name}: {one['after']['name']}{_flag_note(one['after']['flag'])}"
                for name, one in iter_changes("flagged")
            ],
        ),
        (
            "Tests no longer flagged",
            [
                f"{name}: {one['after']['name']}, was{_flag_note(one['before']['flag'])}"
                for name, one in iter_changes("unflagged")
            ],
        ),
        (
            "Flags with another code, date or reference",
            [
                f"{name}: {one['after']['name']}, was{_flag_note(one['before']['flag'])}, "
                f"is{_flag_note(one['after']['flag'])}"
                for name, one in iter_changes("flag_changed")
            ],
        ),
        ("Aliases added", _alias_lines(iter_changes("aliases_added"), "aliases_added")),
        ("Aliases removed", _alias_lines(iter_changes("aliases_removed"), "aliases_removed")),
        (
            "Other idempotent ids",
            [
                f"{name}: {one['after']['name']}, {one['after']['idempotent_id'] or 'none'}, "
                f"was {one['before']['idempotent_id']}"
                for name, one in iter_changes("id_changed")
            ],
        ),
        (
            "Administrator marks",
            [
                f"{one['name']}: {marks[one['admin']]}"
                for one in found["capabilities"]
                if one["admin"] is not None
            ],
        ),
    ]


def _alias_lines(changes: Iterable[tuple[str, DiffDocument]], key: str) -> list[str]:
    return [f"{name}: {one['after']['name']}: {', '.join(one[key])}" for name, one in changes]


def _flag_note(flag: DiffDocument | None) -> str:
    if flag is None:
        return ""
    facts = [flag["code"], flag["date"], *flag["references"]]
    return f" [flagged {' '.join(fact for fact in facts if fact) or 'without a reason'}]"
