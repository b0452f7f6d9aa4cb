"""What a product could be licensed against on a day, for people and programs."""

from collections.abc import Sequence
from typing import Any

from defcheck.guideline.editions.approval import Precision
from defcheck.guideline.editions.lifecycle import (
    ENDING,
    Edition,
    Standing,
    is_over,
    twelve_months_after,
)
from defcheck.guideline.editions.tail import History

FORMAT = "defcheck lifecycle 1"
RULE = "Licences ran for twelve months against one of the two latest approved editions."
PRECISIONS = {
    Precision.DAY: "the day is published",
    Precision.MONTH: "the month is published, its day is not; counted from the first",
    Precision.ID: "neither is published; counted from the first day of the id's month",
}


def describe(
    standings: Sequence[Standing], histories: Sequence[Sequence[History]]
) -> dict[str, Any]:
    """Return all of it by the schema reports/schemas/lifecycle-1.json.

    `standings` are of one day; `histories` has the capabilities of each.
    """
    day = standings[0].day
    some = any(standing.open for standing in standings)
    return {
        "format": FORMAT,
        "on": day.isoformat(),
        "programme_over": is_over(day),
        "ending": ENDING,
        "rule": RULE,
        "licence_until": twelve_months_after(day).isoformat() if some else None,
        "lineages": [
            _lineage(standing, capabilities)
            for standing, capabilities in zip(standings, histories, strict=True)
        ],
    }


def _lineage(standing: Standing, histories: Sequence[History]) -> dict[str, Any]:
    lineage = standing.lineage
    return {
        "kind": lineage.name,
        "open": [edition.id for edition in standing.open],
        "doubts": _doubts(standing),
        "editions": [_edition(edition, standing) for edition in lineage.editions],
        "capabilities": [_history(history) for history in histories],
    }


def _doubts(standing: Standing) -> list[str]:
    lineage = standing.lineage
    doubts = [
        f"The day in {edition.approved.day:%Y-%m} on which {edition.id} was approved is not "
        "published; until that day the editions before it were the two latest."
        for edition in standing.undated
    ]
    if not standing.complete:
        doubts.append(
            f"Whether {lineage.name} had editions after {lineage.editions[-1].id}, from "
            f"{lineage.unknown_from} on, is not known here."
        )
    return doubts


def _edition(edition: Edition, standing: Standing) -> dict[str, Any]:
    return {
        "id": edition.id,
        "approved": edition.approved.day.isoformat(),
        "precision": edition.approved.precision.value,
        "superseded": edition.superseded and edition.superseded.isoformat(),
        "releases": list(edition.releases),
        "at_hand": edition.at_hand,
        "open": edition in standing.open,
    }


def _history(history: History) -> dict[str, Any]:
    return {
        "name": history.capability,
        "advisory": history.advisory or None,
        "required": history.required or None,
        "unavoidable": history.unavoidable and history.unavoidable.isoformat(),
        "last_without": history.last_without and history.last_without.isoformat(),
        "dropped": history.dropped or None,
        "statuses": {edition: status and status.value for edition, status in history.statuses},
    }


def text(found: dict[str, Any], *, capabilities: bool) -> str:
    """Return lines for a terminal, the answer first."""
    lines = _answer(found)
    for lineage in found["lineages"]:
        lines += ["", *_edition_lines(lineage)]
        if capabilities:
            lines += ["", *_capability_lines(lineage)]
    used = {edition["precision"] for one in found["lineages"] for edition in one["editions"]}
    lines += ["", "SUPERSEDED: no longer one of the two latest from that day on."]
    lines += ["* a product could be licensed against it on that day. How APPROVED is known:"]
    lines += [f"  {one.value:5}  {words}" for one, words in PRECISIONS.items() if one in used]
    if any(not edition["at_hand"] for one in found["lineages"] for edition in one["editions"]):
        lines.append("Of editions that are not at hand only the id is known here.")
    return "\n".join(lines) + "\n"


def _answer(found: dict[str, Any]) -> list[str]:
    day = found["on"]
    if found["programme_over"]:
        lines = [f"On {day} nothing can be licensed any more: the programme is over.", ENDING]
        return lines + [_last_two(lineage) for lineage in found["lineages"]]
    if not any(lineage["open"] for lineage in found["lineages"]):
        return [f"On {day} there was nothing to be licensed against yet.", RULE]
    lines = [f"On {day} a product could be licensed against"]
    width = max(len(lineage["kind"]) for lineage in found["lineages"])
    by_id = {one["id"]: one for lineage in found["lineages"] for one in lineage["editions"]}
    for lineage in found["lineages"]:
        words = " or ".join(
            name + ("" if by_id[name]["at_hand"] else " (not at hand)") for name in lineage["open"]
        )
        doubt = ", as far as is known here" if words and lineage["doubts"] else ""
        lines.append(f"  {lineage['kind']:{width}}  {words or 'nothing yet'}{doubt}")
    lines.append(
        f"A licence taken on that day would run twelve months, until {found['licence_until']}."
    )
    lines.append(RULE)
    return lines + [doubt for lineage in found["lineages"] for doubt in lineage["doubts"]]


def _last_two(lineage: dict[str, Any]) -> str:
    published = [edition["id"] for edition in lineage["editions"]][-2:]
    at_hand = [edition["id"] for edition in lineage["editions"] if edition["at_hand"]][-2:]
    if published == at_hand:
        return f"The last two known of {lineage['kind']}: {' and '.join(at_hand)}."
    return (
        f"The last two of {lineage['kind']}: {' and '.join(published)}, which are not at hand; "
        f"the last two at hand: {' and '.join(at_hand)}."
    )


def _edition_lines(lineage: dict[str, Any]) -> list[str]:
    editions = lineage["editions"]
    width = max(7, *(len(edition["id"]) for edition in editions))
    lines = [
        f"Editions of {lineage['kind']}",
        f"    {'EDITION':{width}}  APPROVED    KNOWN  SUPERSEDED  RELEASES",
    ]
    for edition in editions:
        releases = ", ".join(edition["releases"]) if edition["at_hand"] else "not at hand"
        lines.append(
            f"  {'*' if edition['open'] else ' '} {edition['id']:{width}}  {edition['approved']}  "
            f"{edition['precision']:5}  {edition['superseded'] or '-':10}  {releases}"
        )
    return lines


def _capability_lines(lineage: dict[str, Any]) -> list[str]:
    rows = [
        (
            item["name"],
            *(item[key] or "-" for key in ("advisory", "required", "unavoidable", "last_without")),
            item["dropped"] or "-",
        )
        for item in lineage["capabilities"]
    ]
    head = ("CAPABILITY", "ADVISORY", "REQUIRED", "UNAVOIDABLE", "LAST WITHOUT", "DROPPED")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        f"Capabilities of {lineage['kind']}",
        *(
            "  " + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
            for row in (head, *rows)
        ),
        "  UNAVOIDABLE: from this day on both open editions required it. LAST WITHOUT: so long a",
        "  licence taken the day before could run. DROPPED: the edition that no longer does.",
    ]
