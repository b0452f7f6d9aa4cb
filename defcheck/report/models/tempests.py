"""Documents and text about installed Tempests, and the best one for a guideline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from defcheck import __version__
from defcheck.tempest.managed.environments import install_command
from defcheck.tempest.managed.known_tempests import (
    UNSOUND_REASON,
    Coverage,
    Recommendation,
    TempestOrigin,
)

TEMPESTS_FORMAT = "defcheck tempests 1"
"""Its schema is reports/schemas/tempests-1.json."""

RECOMMENDATION_FORMAT = "defcheck recommendation 1"
"""Its schema is reports/schemas/recommendation-1.json."""


@dataclass(frozen=True, slots=True)
class TempestListRow:
    """A Tempest as `tempest list` shows it."""

    name: str
    version: str
    complete: bool
    in_use: bool
    tests: int | None
    bytes: int | None
    """Disk usage; None for the default, which shares its packages with defcheck."""

    python: str
    plugins: Mapping[str, str]


def build_tempests_document(rows: Sequence[TempestListRow], folder: str) -> dict[str, Any]:
    """Return the installed Tempests JSON-ready."""
    return {
        "format": TEMPESTS_FORMAT,
        "defcheck": __version__,
        "folder": folder,
        "tempests": [
            {
                "name": row.name,
                "version": row.version,
                "complete": row.complete,
                "in_use": row.in_use,
                "tests": row.tests,
                "bytes": row.bytes,
                "python": row.python,
                "plugins": dict(row.plugins),
            }
            for row in rows
        ],
    }


def format_tempest_lines(rows: Sequence[TempestListRow]) -> Iterator[str]:
    """Yield a line for each installed Tempest."""
    width = max(len("TEMPEST"), *(len(row.name) for row in rows))
    yield f"  {'TEMPEST':{width}}  {'VERSION':8}  {'TESTS':>5}  {'SIZE':>7}  PLUGINS"
    for row in rows:
        if not row.complete:
            yield f"  {row.name:{width}}  incomplete: remove it or install it again"
            continue
        size = "" if row.bytes is None else f"{row.bytes / 2**20:.0f} MiB"
        tests = "?" if row.tests is None else str(row.tests)
        plugins = ", ".join(f"{name} {version}" for name, version in row.plugins.items())
        line = f"{row.name:{width}}  {row.version:8}  {tests:>5}  {size:>7}  {plugins}"
        yield f"{'*' if row.in_use else ' '} {line}".rstrip()
    yield "* is used unless a command names another."


def build_recommendation_document(found: Recommendation) -> dict[str, Any]:
    """Return a recommendation JSON-ready."""
    return {
        "format": RECOMMENDATION_FORMAT,
        "defcheck": __version__,
        "guideline": {"id": found.guideline.id, "sha256": found.guideline.sha256},
        "target": found.target.name if found.target else None,
        "counted": found.counted,
        "recommended": found.best.candidate.name,
        "plugins": list(found.plugins),
        "nowhere": list(found.nowhere),
        "tempests": [
            {
                "name": one.candidate.name,
                "version": one.candidate.version,
                "origin": one.candidate.origin.value,
                "tests": len(one.candidate.inventory),
                "sound": one.candidate.sound,
                "found": one.found,
                "lacking": [
                    {"name": name, "state": state.value} for name, state in one.lacking.items()
                ],
            }
            for one in found.coverages
        ],
    }


def format_recommendation_lines(found: Recommendation) -> Iterator[str]:
    """Yield the recommendation, a table of what each Tempest has, and what they lack."""
    where = f", target {found.target.name}" if found.target else ""
    yield f"Guideline {found.guideline.id}{where}: {found.counted} counted tests"
    yield from _advice_lines(found)
    yield from _warning_lines(found)
    yield ""
    lacking = sorted({name for one in found.coverages for name in one.lacking})
    numbers = {name: number for number, name in enumerate(lacking, 1)}
    rows = [
        (_name_group(same), f"{same[0].found} of {found.counted}", _format_spans(same[0], numbers))
        for same in _group_alike(found.coverages)
    ]
    width = max(len("TEMPEST"), *(len(name) for name, _, _ in rows))
    yield f"{'TEMPEST':{width}}  {'HAS':10}  {'LACKS, by number' if lacking else ''}".rstrip()
    for name, has, lacks in rows:
        yield f"{name:{width}}  {has:10}  {lacks}".rstrip()
    if lacking:
        yield ""
    for name, number in numbers.items():
        states = {one.lacking[name].value for one in found.coverages if name in one.lacking}
        note = "in no known Tempest" if name in found.nowhere else " or ".join(sorted(states))
        yield f"{number:4}  {name} ({note})"


def _advice_lines(found: Recommendation) -> Iterator[str]:
    best = found.best.candidate
    if found.plugins:
        version = best.version
        name = "+".join((version, *found.plugins))
        yield f"Recommended: Tempest {version} with {', '.join(found.plugins)}, not installed here"
        yield f"  {install_command(name)}"
        yield f"  defcheck run --tempest {name} …"
    elif best.origin is TempestOrigin.KNOWN:
        yield f"Recommended: Tempest {best.name}, not installed here"
        yield f"  {install_command(best.name)}"
        yield f"  defcheck run --tempest {best.name} …"
    else:
        what = f"{best.version}, the default" if best.origin is TempestOrigin.DEFAULT else best.name
        yield f"Recommended: Tempest {what}"
        yield f"  defcheck run --tempest {best.name} …"


def _warning_lines(found: Recommendation) -> Iterator[str]:
    """Report a Tempest that has more tests but is not recommended, and why."""
    most, best = found.most, found.best
    if most.candidate.sound or most.found <= best.found:
        return
    yield f"Tempest {most.candidate.name} has {most.found}, but was {UNSOUND_REASON}."


def _group_alike(coverages: Sequence[Coverage]) -> Iterator[list[Coverage]]:
    """Yield neighbours among the versions that are only known and lack the same, others alone."""
    for _, same in groupby(
        enumerate(coverages),
        key=lambda item: (
            item[0] if item[1].candidate.origin is not TempestOrigin.KNOWN else -1,
            item[1].candidate.sound,
            list(item[1].lacking),
        ),
    ):
        yield [coverage for _, coverage in same]


def _name_group(same: Sequence[Coverage]) -> str:
    first, last = same[0].candidate, same[-1].candidate
    notes = [] if first.sound else ["old"]
    if first.origin is not TempestOrigin.KNOWN:
        notes.append(first.origin.value)
    name = first.version if first.origin is TempestOrigin.DEFAULT else first.name
    return (name if first is last else f"{name} to {last.name}") + (
        f" ({', '.join(notes)})" if notes else ""
    )


def _format_spans(coverage: Coverage, numbers: Mapping[str, int]) -> str:
    """Return the numbers of what is lacking, neighbours as first-last."""
    found = [numbers[name] for name in coverage.lacking]
    spans = []
    for _, run in groupby(enumerate(found), key=lambda item: item[1] - item[0]):
        members = [number for _, number in run]
        spans.append(str(members[0]) if len(members) == 1 else f"{members[0]}-{members[-1]}")
    return ", ".join(spans)
