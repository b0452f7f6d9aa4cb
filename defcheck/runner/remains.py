"""What is left to do of a run that was cut off: the classes that did not come to their end."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.matching import owners, parse_name
from defcheck.results.fixtures import Stage, fixture_of
from defcheck.results.model import Outcome, ResultSet
from defcheck.results.packets import Packet, Packets, whole_size
from defcheck.results.resumption import Cut
from defcheck.results.subunit import read_resumed
from defcheck.runner.journal import RESUMED, entries
from defcheck.runner.record import Record


@dataclass(frozen=True, slots=True)
class Remains:
    """What is there of a run, and what is not."""

    whole: int
    """Bytes of whole packets from the beginning of the results."""

    cut: bytes
    """What is behind them: half a packet, or what a lost power supply left."""

    again: tuple[str, ...]
    """Planned tests of classes that did not come to their end, whole classes."""


def look(folder: Path, results: Path, record: Record) -> Remains:
    """Find what is left to do in a run directory whose run is over.

    Raises `InputError` where the results are damaged before their end: no
    resumption can make that good.
    """
    data = _read(results)
    whole = whole_size(data)
    rest = data[whole:]
    if any(isinstance(item, Packet) for item in Packets(BytesIO(rest))):
        raise InputError(
            f"{results} is damaged after {whole} bytes and goes on behind that.",
            "What was lost there cannot be made good; begin a new run.",
        )
    kept = data[:whole]
    cuts = record.cuts
    found = read_resumed(BytesIO(kept), cuts)
    finished = _finished_classes(kept, cuts, list(entries(folder)))
    ended = _ended(record.planned, found)
    left = {
        class_of(test)
        for test in record.planned
        if test not in ended or class_of(test) not in finished
    }
    again = tuple(test for test in record.planned if class_of(test) in left)
    return Remains(whole, rest, again)


def class_of(test: str) -> str:
    """Return the dotted name of the class of a test."""
    return next(owners(parse_name(test).name), "")


def _read(results: Path) -> bytes:
    try:
        return results.read_bytes()
    except FileNotFoundError:  # the run was cut off before the first packet
        return b""
    except OSError as error:
        raise InputError(
            f"{results} cannot be read: {error.strerror}.", "Mend the run directory."
        ) from error


def _ended(planned: Sequence[str], found: ResultSet) -> set[str]:
    """Return the tests that have an end, their own or one of their class."""
    tests, classes = set(), set()
    for event in found.events:
        fixture = fixture_of(event)
        if event.outcome is Outcome.UNFINISHED:
            continue
        if fixture is None:
            tests.add(event.name)
        elif fixture.stage is Stage.SET_UP:
            classes.add(fixture.owner)
    return {
        test
        for test in planned
        if test in tests or not classes.isdisjoint(owners(parse_name(test).name))
    }


def _finished_classes(
    kept: bytes, cuts: Sequence[Cut], journal: Sequence[dict[str, Any]]
) -> set[str]:
    """Return the classes that, when they were begun last, came to their end.

    Each time that a class is begun its tests are listed in the stream; each
    end is in the journal, after everything of the class was on the disk. So a
    class that was in its tear-down, of which the stream says nothing, is known
    not to have ended.
    """
    bounds = [0, *(cut.offset for cut in cuts), len(kept)]
    begun = [_begun(kept[start:stop]) for start, stop in pairwise(bounds)]
    ended: dict[int, Counter[str]] = defaultdict(Counter)
    part = 0
    for entry in journal:
        if entry.get("run") == RESUMED and isinstance(entry.get("number"), int):
            part = entry["number"]
        owner = entry.get("class")
        if isinstance(owner, str) and "lost" not in entry and "late" not in entry:
            ended[part][owner] += 1
    last = {owner: part for part, classes in enumerate(begun) for owner in classes}
    return {owner for owner, part in last.items() if ended[part][owner] >= begun[part][owner]}


def _begun(part: bytes) -> Counter[str]:
    """Return how often each class was begun in a part of the stream."""
    listed = Counter(
        packet.test_id
        for packet in Packets(BytesIO(part))
        if isinstance(packet, Packet) and packet.test_id and packet.status == "exists"
    )
    begun: Counter[str] = Counter()
    for test, times in listed.items():
        owner = class_of(test)
        begun[owner] = max(begun[owner], times)
    return begun
