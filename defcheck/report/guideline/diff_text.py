"""What changed between two guidelines, as lines for a terminal."""

from collections.abc import Callable, Iterable, Sequence

from defcheck.guideline.editions.counting import Count
from defcheck.guideline.model import Status
from defcheck.report.clean import clean_line
from defcheck.report.guideline.diff import Document

Section = tuple[str, Sequence[str]]
"""A title and the lines under it."""


def render(found: Document) -> str:
    """Return a summary, what it means, then every change by kind."""
    before, after = (clean_line(found[side]["id"]) for side in ("before", "after"))
    if found["empty"]:
        names = ", ".join(clean_line(target["name"]) for target in found["targets"])
        return f"{before} to {after}: no difference in {names or 'anything'}.\n"
    sections = [*_whole(found), *_vendor(found), *_statuses(found), *_tests(found)]
    lines = [f"{before} to {after}: {_summary(found)}."]
    for title, rows in sections:
        if rows:
            lines += ["", title, *(f"  {clean_line(row, 400)}" for row in rows)]
    return "\n".join(lines) + "\n"


def _summary(found: Document) -> str:
    statuses = _grouped_statuses(found)
    changes = [change for one in found["capabilities"] for change in one["tests_changed"]]
    counts = {
        "{} capability status{es} changed": len(statuses),
        "{} test{s} added to capabilities": _count(found, "tests_added"),
        "{} removed from them": _count(found, "tests_removed"),
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


def _count(found: Document, key: str) -> int:
    return sum(len(one[key]) for one in found["capabilities"])


def _whole(found: Document) -> list[Section]:
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


def _vendor(found: Document) -> list[Section]:
    """Say which tests a verdict newly depends on; each once, with its targets."""
    totals = []
    for target in found["targets"]:
        numbers = [
            f"{number} {change.value}"
            for change in Count
            if (number := sum(one["change"] == change.value for one in target["counted"]))
        ]
        totals.append(
            f"{target['name']}: {target['counted_after']} tests are counted, "
            f"{target['counted_before']} were" + "".join(f", {words}" for words in numbers)
        )
    sections: list[Section] = [("What it means for a vendor (required and unflagged)", totals)]
    for change in Count:
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


def _grouped_statuses(found: Document) -> dict[tuple[str, str, str], list[str]]:
    """Return the targets by capability, status before and status after."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for target in found["targets"]:
        for one in target["statuses"]:
            key = (one["capability"], one["before"] or "", one["after"] or "")
            rows.setdefault(key, []).append(target["name"])
    return rows


def _statuses(found: Document) -> list[Section]:
    rows = _grouped_statuses(found)

    def chosen(wanted: Callable[[str, str], bool], words: Callable[[str, str], str]) -> list[str]:
        return [
            f"{name}: {words(before, after)} ({', '.join(targets)})"
            for (name, before, after), targets in sorted(rows.items(), key=_by_status)
            if wanted(before, after)
        ]

    unlisted = {name for name, _, _ in rows}
    return [
        ("Capabilities added", chosen(lambda b, _: not b, lambda _, a: a)),
        ("Capabilities removed", chosen(lambda _, a: not a, lambda b, _: f"was {b}")),
        (
            "Capabilities with another status",
            chosen(lambda b, a: bool(b and a), lambda b, a: f"{b} before, {a} now"),
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


def _by_status(row: tuple[tuple[str, str, str], list[str]]) -> tuple[int, int]:
    order = [*(status.value for status in Status), ""]
    (_, before, after), _ = row
    return order.index(after), order.index(before)


def _tests(found: Document) -> list[Section]:
    def changes(key: str) -> Iterable[tuple[str, Document]]:
        for one in found["capabilities"]:
            for change in one["tests_changed"]:
                if change[key]:
                    yield one["name"], change

    def whole(key: str) -> list[str]:
        return [
            f"{one['name']}: {test['name']}{_flag_note(test['flag'])}"
            for one in found["capabilities"]
            for test in one[key]
        ]

    marks = {True: "needs an administrator now", False: "no longer needs an administrator"}
    return [
        ("Tests added to capabilities", whole("tests_added")),
        ("Tests removed from capabilities", whole("tests_removed")),
        (
            "Tests renamed",
            [
                f"{name}: {one['after']['name']}, was {one['before']['name']}"
                for name, one in changes("renamed")
            ],
        ),
        (
            "Tests newly flagged",
            [
                f"{name}: {one['after']['name']}{_flag_note(one['after']['flag'])}"
                for name, one in changes("flagged")
            ],
        ),
        (
            "Tests no longer flagged",
            [
                f"{name}: {one['after']['name']}, was{_flag_note(one['before']['flag'])}"
                for name, one in changes("unflagged")
            ],
        ),
        (
            "Flags with another code, date or reference",
            [
                f"{name}: {one['after']['name']}, was{_flag_note(one['before']['flag'])}, "
                f"is{_flag_note(one['after']['flag'])}"
                for name, one in changes("flag_changed")
            ],
        ),
        ("Aliases added", _aliases(changes("aliases_added"), "aliases_added")),
        ("Aliases removed", _aliases(changes("aliases_removed"), "aliases_removed")),
        (
            "Other idempotent ids",
            [
                f"{name}: {one['after']['name']}, {one['after']['idempotent_id'] or 'none'}, "
                f"was {one['before']['idempotent_id']}"
                for name, one in changes("id_changed")
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


def _aliases(changes: Iterable[tuple[str, Document]], key: str) -> list[str]:
    return [f"{name}: {one['after']['name']}: {', '.join(one[key])}" for name, one in changes]


def _flag_note(flag: Document | None) -> str:
    if flag is None:
        return ""
    facts = [flag["code"], flag["date"], *flag["references"]]
    return f" [flagged {' '.join(fact for fact in facts if fact) or 'without a reason'}]"
