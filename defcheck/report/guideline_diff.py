"""What changed between two guidelines, for people and programs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from defcheck.guideline.counting import Count
from defcheck.guideline.diff import CapabilityDiff, Diff, TargetDiff, TestChange
from defcheck.guideline.model import Flag, Guideline, Status, Test
from defcheck.report.clean import clean_line

FORMAT = "defcheck guideline diff 1"
Document = dict[str, Any]


def describe(diff: Diff) -> Document:
    """Return all of it by the schema reports/schemas/diff-1.json."""
    return {
        "format": FORMAT,
        "before": _side(diff.before),
        "after": _side(diff.after),
        "empty": diff.empty,
        "targets_added": list(diff.targets_added),
        "targets_removed": list(diff.targets_removed),
        "releases_added": list(diff.releases_added),
        "releases_removed": list(diff.releases_removed),
        "capabilities_defined": list(diff.defined),
        "capabilities_undefined": list(diff.undefined),
        "targets": [_target(target) for target in diff.targets],
        "capabilities": [_capability(one) for one in diff.capabilities],
    }


def _side(guideline: Guideline) -> Document:
    return {
        "id": guideline.id,
        "schema": guideline.schema,
        "status": guideline.status,
        "policy": guideline.policy.value,
        "sha256": guideline.sha256,
    }


def _target(target: TargetDiff) -> Document:
    return {
        "name": target.name,
        "statuses": [
            {
                "capability": one.capability,
                "before": one.before and one.before.value,
                "after": one.after and one.after.value,
            }
            for one in target.statuses
        ],
        "counted_before": target.counted_before,
        "counted_after": target.counted_after,
        "counted": [
            {
                "test": one.name,
                "change": one.change.value,
                "why": one.why,
                "capabilities": list(one.capabilities),
                "former_name": one.former_name,
            }
            for one in target.counted
        ],
    }


def _capability(one: CapabilityDiff) -> Document:
    return {
        "name": one.name,
        "admin": one.admin,
        "tests_added": [_test(test) for test in one.added],
        "tests_removed": [_test(test) for test in one.removed],
        "tests_changed": [_change(change) for change in one.changed],
    }


def _test(test: Test) -> Document:
    return {
        "name": test.name,
        "idempotent_id": test.idempotent_id,
        "aliases": list(test.aliases),
        "flag": _flag(test.flag),
    }


def _flag(flag: Flag | None) -> Document | None:
    if flag is None:
        return None
    return {
        "code": flag.code,
        "date": flag.date,
        "references": list(flag.references),
        "reason": flag.reason,
    }


def _change(change: TestChange) -> Document:
    return {
        "before": _test(change.before),
        "after": _test(change.after),
        "renamed": change.renamed,
        "flagged": change.flagged,
        "unflagged": change.unflagged,
        "flag_changed": change.flag_changed,
        "id_changed": change.id_changed,
        "aliases_added": list(change.aliases_added),
        "aliases_removed": list(change.aliases_removed),
    }


def text(found: Document) -> str:
    """Return lines for a terminal: a summary, what it means, then every change by kind."""
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


Section = tuple[str, Sequence[str]]


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
