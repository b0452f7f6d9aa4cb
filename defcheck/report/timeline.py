"""When each worker ran which test, as lanes of bars that SVG can draw."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.results.instants import instant

MOST_BARS = 4000
MOST_LANES = 64
MOST_TICKS = 6
NARROWEST = 0.12
"""Per cent of the whole that the shortest bar takes, so that none is invisible."""

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
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
class _Stint:
    worker: str
    name: str
    outcome: str
    judgement: str
    begun: str
    start: float
    seconds: float


def timeline(document: Document) -> Timeline | None:
    """Return the lanes, None where no times are known."""
    stints = sorted(set(_stints(document)), key=lambda one: (one.start, one.name))
    if not stints:
        return None
    first = stints[0].start
    whole = max(one.start + one.seconds for one in stints) - first
    if whole <= 0:
        return None
    lanes: dict[str, list[_Stint]] = {}
    for one in stints[:MOST_BARS]:
        lanes.setdefault(one.worker, []).append(one)
    shown = sorted(lanes, key=_order)[:MOST_LANES]
    return Timeline(
        begun=stints[0].begun,
        seconds=whole,
        lanes=tuple(_lane(worker, lanes[worker], first, whole) for worker in shown),
        ticks=_ticks(whole),
        left_out=len(stints) - sum(len(lanes[worker]) for worker in shown),
    )


def _stints(document: Document) -> Iterator[_Stint]:
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            alone = {**test, "name": test["found"][0] if test["found"] else test["name"]}
            for one in test["attempts"] or [alone]:
                start = instant(one["started"])
                if start is not None:
                    yield _Stint(
                        worker=clean_line(one["worker"], 40),
                        name=clean_line(one["name"]).partition("[")[0],
                        outcome=one["outcome"],
                        judgement="pass" if one["outcome"] == "passed" else test["judgement"],
                        begun=one["started"],
                        start=start,
                        seconds=max(0.0, one["seconds"] or 0.0),
                    )


def _lane(worker: str, stints: list[_Stint], first: float, whole: float) -> Lane:
    busy = sum(one.seconds for one in stints)
    return Lane(
        worker=worker.removeprefix("worker-") or "not told",
        bars=tuple(
            Bar(
                x=f"{(one.start - first) / whole * 100:.2f}",
                width=f"{max(NARROWEST, one.seconds / whole * 100):.2f}",
                judgement=one.judgement,
                title=f"{'.'.join(one.name.split('.')[-2:])}: {one.outcome}, {one.seconds:.1f} s",
            )
            for one in stints
        ),
        tests=len({one.name for one in stints}),
        busy=busy,
        share=min(100, round(busy / whole * 100)),
    )


def _order(worker: str) -> tuple[int, str]:
    number = _NUMBER.search(worker)
    return (int(number[0][:9]) if number else -1, worker)


def _ticks(whole: float) -> tuple[tuple[str, str], ...]:
    step = next((one for one in STEPS if whole / one <= MOST_TICKS), STEPS[-1])
    marks = range(0, int(min(whole, step * MOST_TICKS)) + 1, step)
    return tuple((f"{mark / whole * 100:.2f}", clock(mark)) for mark in marks)


def clock(seconds: float) -> str:
    """Return a duration as `7:05`, with hours as `1:07:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
