"""Runs as packets that can be cut off at any byte and gone on with, without any process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from defcheck.results.models import ResultSet
from defcheck.results.readers.subunit import read_resumed_subunit
from defcheck.results.readers.subunit_packets import measure_whole_packets
from defcheck.runner.record import RunRecord
from defcheck.runner.resume_plan import ResumePlan, plan_resume
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.results.streams import Packet, attached, begun, ended, v2_packets
from tests.unit.scoring.judging import tempest
from tests.unit.shared import entry, guideline

CLASSES = ("a.b.C", "a.b.D", "a.e.F")
TESTS = {name: tuple(f"{name}.test_{letter}[id-{letter}]" for letter in "xyz") for name in CLASSES}
PLANNED = tuple(test for tests in TESTS.values() for test in tests)
GUIDELINE = guideline({test.partition("[")[0]: entry() for test in PLANNED})


@dataclass(frozen=True)
class Fate:
    """What becomes of a class when it is run."""

    tests: tuple[str, ...] = ("success",) * 3
    set_up: str = ""
    """fail or skip, or empty where it is set up."""

    tear_down: str = ""
    """fail, or empty where all is well."""

    def passes(self) -> bool:
        return set(self.tests) == {"success"} and not self.set_up and not self.tear_down


FINE = Fate()


def packets_of(owner: str, fate: Fate, tests: Sequence[str] = ()) -> list[Packet]:
    """Return what a worker writes of a class."""
    tests = tests or TESTS[owner]
    listed = [begun(test) | {"test_status": "exists"} for test in tests]
    if fate.set_up:
        why = attached(f"setUpClass ({owner})", "reason", "no network")
        return [*listed, why, ended(f"setUpClass ({owner})", fate.set_up)]
    ran: list[Packet] = []
    for number, (test, outcome) in enumerate(zip(tests, fate.tests, strict=False)):
        ran.append(begun(test, at=10 * number))
        if outcome == "fail":
            ran.append(attached(test, "traceback", "Traceback …\nKeyError: 'x'"))
        ran += [attached(test, "log", "\xb3" * 30), ended(test, outcome, at=10 * number + 5)]
    torn = [ended(f"tearDownClass ({owner})", fate.tear_down)] if fate.tear_down else []
    return [*listed, *ran, *torn]


@dataclass
class Cuttable:
    """The directory of a run that is written without running anything."""

    folder: Path
    record: RunRecord
    kept: bytes = b""
    journal: list[dict[str, object]] = field(default_factory=list)

    def write(self, columns: Sequence[Sequence[str]], fates: Mapping[str, Fate], size: int) -> int:
        """Write what workers, one for each column of classes, say, cut off after `size` bytes.

        The journal tells of the end of a class only where that is there.
        Returns how many bytes there would be without the cut.
        """
        queues = [
            [(owner, packet) for owner in column for packet in packets_of(owner, fates[owner])]
            for column in columns
        ]
        written: list[tuple[str, bytes]] = []
        while any(queues):
            for queue in queues:
                if queue:
                    owner, packet = queue.pop(0)
                    written += [(owner, data) for data in v2_packets(packet)]
        stream = b"".join(data for _, data in written)
        self.kept += stream[:size]
        at, ends = 0, {}
        for owner, data in written:
            at += len(data)
            ends[owner] = at
        for owner, end in sorted(ends.items(), key=lambda one: one[1]):
            if end <= size:
                self.journal.append({"class": owner, "worker": 0, "seconds": 1.0})
        return len(stream)

    def look(self) -> ResumePlan:
        """Save everything and find out what is left to do."""
        results = self.folder / "results.subunit"
        results.write_bytes(self.kept)
        lines = "".join(json.dumps(entry) + "\n" for entry in self.journal)
        (self.folder / "journal.jsonl").write_text(lines)
        return plan_resume(self.folder, results, self.record)

    def resume(self) -> ResumePlan:
        """Go on: move aside what is cut off and mark the cut."""
        remains = self.look()
        assert remains.whole_bytes == measure_whole_packets(self.kept)
        self.kept = self.kept[: remains.whole_bytes]
        self.mark(remains.tests)
        return remains

    def mark(self, again: Sequence[str]) -> None:
        """Mark a cut after which these tests are to be run again."""
        cut = {
            "at": "2031-01-01T00:00:00+00:00",
            "offset": len(self.kept),
            "again": list(again),
            "workers": 1,
        }
        self.record.history.resumed.append(cut)
        self.journal.append({"run": "resumed", "number": len(self.record.history.resumed)})

    def results(self) -> ResultSet:
        return read_resumed_subunit(BytesIO(self.kept), self.record.cuts)

    def verdict(self, terms: ScoringOptions = DEFAULT_OPTIONS) -> Verdict:
        """Score it as a run that ended well."""
        target = GUIDELINE.targets[0]
        return score_results(GUIDELINE, target, self.results(), tempest(*PLANNED), terms)


def cuttable(folder: Path) -> Cuttable:
    """Return a run of all tests that has not begun."""
    return Cuttable(
        folder,
        RunRecord.build(
            defcheck="0",
            tempest="47.0.0",
            python="3.11",
            guideline={"id": "2030.06", "sha256": GUIDELINE.sha256, "schema": "2.0"},
            target="platform",
            statuses=["required"],
            cloud={"name": "c", "auth_url": "u", "region": "r", "cpid": ""},
            credentials="dynamic",
            workers=2,
            planned=list(PLANNED),
            absent=[],
            inventory_sha256="",
            started="2031-01-01T00:00:00+00:00",
        ),
    )
