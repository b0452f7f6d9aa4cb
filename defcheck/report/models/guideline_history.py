"""Lifecycle and statistics of guideline editions, for people and programs."""

import csv
import io
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from defcheck.guideline.history.editions import ApprovalPrecision
from defcheck.guideline.history.lifecycle import (
    PROGRAMME_END_NOTE,
    CapabilityHistory,
    Edition,
    LicensableEditions,
    add_twelve_months,
    is_programme_over,
)
from defcheck.guideline.history.stats import EditionStats, compute_trend
from defcheck.guideline.models import Status

LIFECYCLE_FORMAT = "defcheck lifecycle 1"
LICENCE_RULE = "Licences ran for twelve months against one of the two latest approved editions."
PRECISIONS = {
    ApprovalPrecision.DAY: "the day is published",
    ApprovalPrecision.MONTH: "only the month is published; counted from its first day",
    ApprovalPrecision.ID: "neither is published; counted from the first day of the id's month",
}


def build_lifecycle_document(
    standings: Sequence[LicensableEditions], histories: Sequence[Sequence[CapabilityHistory]]
) -> dict[str, Any]:
    """Return all of it by the schema reports/schemas/lifecycle-1.json.

    `standings` are of one day; `histories` has the capabilities of each.
    """
    day = standings[0].day
    some = any(standing.open for standing in standings)
    return {
        "format": LIFECYCLE_FORMAT,
        "on": day.isoformat(),
        "programme_over": is_programme_over(day),
        "ending": PROGRAMME_END_NOTE,
        "rule": LICENCE_RULE,
        "licence_until": add_twelve_months(day).isoformat() if some else None,
        "lineages": [
            _lineage_facts(standing, capabilities)
            for standing, capabilities in zip(standings, histories, strict=True)
        ],
    }


def _lineage_facts(
    standing: LicensableEditions, histories: Sequence[CapabilityHistory]
) -> dict[str, Any]:
    lineage = standing.lineage
    return {
        "kind": lineage.name,
        "open": [edition.id for edition in standing.open],
        "doubts": _list_doubts(standing),
        "editions": [_edition_facts(edition, standing) for edition in lineage.editions],
        "capabilities": [_capability_history(history) for history in histories],
    }


def _list_doubts(standing: LicensableEditions) -> list[str]:
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


def _edition_facts(edition: Edition, standing: LicensableEditions) -> dict[str, Any]:
    return {
        "id": edition.id,
        "approved": edition.approved.day.isoformat(),
        "precision": edition.approved.precision.value,
        "superseded": edition.superseded and edition.superseded.isoformat(),
        "releases": list(edition.releases),
        "at_hand": edition.at_hand,
        "open": edition in standing.open,
    }


def _capability_history(history: CapabilityHistory) -> dict[str, Any]:
    return {
        "name": history.capability,
        "advisory": history.advisory or None,
        "required": history.required or None,
        "unavoidable": history.unavoidable and history.unavoidable.isoformat(),
        "last_without": history.last_without and history.last_without.isoformat(),
        "dropped": history.dropped or None,
        "statuses": {edition: status and status.value for edition, status in history.statuses},
    }


def render_lifecycle_text(found: dict[str, Any], *, capabilities: bool) -> str:
    """Return lines for a terminal, the answer first."""
    lines = _answer_lines(found)
    for lineage in found["lineages"]:
        lines += ["", *_edition_lines(lineage)]
        if capabilities:
            lines += ["", *_capability_lines(lineage)]
    used = {edition["precision"] for one in found["lineages"] for edition in one["editions"]}
    lines += ["", "SUPERSEDED: no longer one of the two latest from that day on."]
    lines += ["* a product could be licensed against it on that day. How APPROVED is known:"]
    lines += [f"  {one.value:5}  {words}" for one, words in PRECISIONS.items() if one in used]
    if any(not edition["at_hand"] for one in found["lineages"] for edition in one["editions"]):
        lines.append("For editions that are not available, only the id is known.")
    return "\n".join(lines) + "\n"


def _answer_lines(found: dict[str, Any]) -> list[str]:
    day = found["on"]
    if found["programme_over"]:
        lines = [
            f"On {day} nothing can be licensed: the programme is over.",
            PROGRAMME_END_NOTE,
        ]
        return lines + [_describe_last_two(lineage) for lineage in found["lineages"]]
    if not any(lineage["open"] for lineage in found["lineages"]):
        return [f"On {day} there was no edition to license against yet.", LICENCE_RULE]
    lines = [f"On {day} a product could be licensed against"]
    width = max(len(lineage["kind"]) for lineage in found["lineages"])
    by_id = {one["id"]: one for lineage in found["lineages"] for one in lineage["editions"]}
    for lineage in found["lineages"]:
        words = " or ".join(
            name + ("" if by_id[name]["at_hand"] else " (not available)")
            for name in lineage["open"]
        )
        doubt = ", as far as is known here" if words and lineage["doubts"] else ""
        lines.append(f"  {lineage['kind']:{width}}  {words or 'nothing yet'}{doubt}")
    lines.append(
        f"A licence taken on that day would run twelve months, until {found['licence_until']}."
    )
    lines.append(LICENCE_RULE)
    return lines + [doubt for lineage in found["lineages"] for doubt in lineage["doubts"]]


def _describe_last_two(lineage: dict[str, Any]) -> str:
    published = [edition["id"] for edition in lineage["editions"]][-2:]
    at_hand = [edition["id"] for edition in lineage["editions"] if edition["at_hand"]][-2:]
    if published == at_hand:
        return f"The last two known of {lineage['kind']}: {' and '.join(at_hand)}."
    return (
        f"The last two of {lineage['kind']}: {' and '.join(published)}, which are not available; "
        f"the last two available: {' and '.join(at_hand)}."
    )


def _edition_lines(lineage: dict[str, Any]) -> list[str]:
    editions = lineage["editions"]
    width = max(7, *(len(edition["id"]) for edition in editions))
    lines = [
        f"Editions of {lineage['kind']}",
        f"    {'EDITION':{width}}  APPROVED    KNOWN  SUPERSEDED  RELEASES",
    ]
    for edition in editions:
        releases = ", ".join(edition["releases"]) if edition["at_hand"] else "not available"
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


STATS_FORMAT = "defcheck guideline stats 1"
BAR_WIDTH = 24
"""Columns of the longest bar."""

BAR_BLOCKS = "▏▎▍▌▋▊▉█"
"""Bars by eighths of a column."""

StatsDocument = dict[str, Any]


def build_stats_document(kind: str, target: str, rows: Sequence[EditionStats]) -> StatsDocument:
    """Return all of it by the schema reports/schemas/stats-1.json."""
    found = compute_trend(rows)
    return {
        "format": STATS_FORMAT,
        "kind": kind,
        "target": target,
        "editions": [_row_facts(row) for row in rows],
        "trend": found
        and {
            "first": found.first.edition,
            "last": found.last.edition,
            "highest": found.highest.edition,
            "points_per_edition": round(found.slope, 3),
        },
        "words": _describe_trend(rows),
    }


def _row_facts(row: EditionStats) -> StatsDocument:
    return {
        "edition": row.edition,
        "status": row.status,
        **{status.value: number for status, number in row.capabilities},
        "tests": row.tests,
        "counted": row.counted,
        "flagged": row.flagged,
        "counted_names": row.counted_names,
        "flagged_percent": None if row.share is None else round(row.share, 4),
    }


def _describe_trend(rows: Sequence[EditionStats]) -> str:
    """Say whether the flags shrank, in share and in number."""
    found = compute_trend(rows)
    if found is None:
        return "One edition shows no trend."
    first, last, highest = found.first, found.last, found.highest
    if not highest.flagged:
        return "Flags are meant to shrink: no edition has a flagged test that is required."
    by_share = _choose_direction(
        first.share or 0, last.share or 0, "grew", "shrank", "stayed the same"
    )
    by_number = _choose_direction(first.flagged, last.flagged, "grew", "shrank", "stayed the same")
    return (
        f"Flags are meant to shrink. Their share {by_share}, from {_describe_share(first)} "
        f"to {_describe_share(last)}; "
        f"their number {by_number}, {first.flagged} to {last.flagged}. "
        f"The share was highest in {highest.edition} ({highest.share:.1f} %) and "
        + _describe_slope(found.slope)
    )


def _describe_slope(slope: float) -> str:
    if abs(slope) < 0.05:
        return "did not change over all editions."
    how = "fell" if slope < 0 else "rose"
    return f"{how} by {abs(slope):.1f} points per edition over all of them (least squares)."


def _choose_direction(first: float, last: float, more: str, less: str, same: str) -> str:
    return same if first == last else more if last > first else less


def _describe_share(row: EditionStats) -> str:
    return f"{row.share:.1f} % in {row.edition}"


def render_stats_text(found: StatsDocument, *, ascii_only: bool) -> str:
    """Return a table with a bar for each share, and what the flags did."""
    heads = [*(status.value.upper() for status in Status), "TESTS", "COUNTED", "NAMES", "FLAGGED"]
    keys = [*(status.value for status in Status), "tests", "counted", "counted_names", "flagged"]
    rows = found["editions"]
    width = max(7, *(len(row["edition"]) for row in rows))
    top = max((row["flagged_percent"] or 0 for row in rows), default=0)
    lines = [
        f"{found['kind']}, target {found['target']}",
        f"{'EDITION':{width}}  {'  '.join(heads)}   SHARE",
    ]
    for row in rows:
        cells = "  ".join(f"{row[key]:{len(head)}}" for key, head in zip(keys, heads, strict=True))
        share = row["flagged_percent"]
        words = "    none" if share is None else f"{share:6.1f} %"
        drawn = draw_bar((share or 0) / top if top else 0, ascii_only=ascii_only)
        lines.append(f"{row['edition']:{width}}  {cells}  {words} {drawn}".rstrip())
    lines += [
        "",
        *wrap(found["words"], 100),
        "TESTS, COUNTED, FLAGGED: pairs of a required capability and a test, as RefStack counted;",
        "NAMES: counted tests, each once; SHARE: flagged in percent of tests.",
    ]
    return "\n".join(lines) + "\n"


def draw_bar(part: float, *, ascii_only: bool) -> str:
    """Return a bar for a part between 0 and 1; anything above 0 is seen."""
    if part <= 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(part * BAR_WIDTH))
    whole, rest = divmod(max(1, round(part * BAR_WIDTH * 8)), 8)
    return BAR_BLOCKS[-1] * whole + (BAR_BLOCKS[rest - 1] if rest else "")


def render_stats_csv(found: StatsDocument) -> str:
    """Return the editions as CSV with a head line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found["editions"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found["editions"])
    return out.getvalue()
