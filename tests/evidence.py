"""A run directory of a recorded run, as `defcheck run` leaves it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from defcheck.guideline import catalog
from defcheck.results.loader import load_bytes
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory
from tests.records import change_record
from tests.unit.recordings import raw, recorded

RECORD = RunRecord.build(
    defcheck="0",
    tempest="47.0.0",
    python="3.11",
    guideline={
        "id": "2020.06",
        "sha256": catalog.load_guideline("2020.06").sha256,
        "schema": "2.0",
    },
    target="object",
    statuses=["required"],
    cloud={"name": "c", "auth_url": "u", "region": "r", "cpid": "of-the-run"},
    credentials="dynamic",
    workers=2,
    planned=[event.name for event in recorded("storage.subunit").events],
    absent=[],
    inventory_sha256=hashlib.sha256(raw("inventory.txt")).hexdigest(),
    started="2026-11-25T04:00:00+00:00",
    finished="2026-11-25T04:01:05+00:00",
    tempest_files="unmodified",
    state="finished",
    results_sha256=hashlib.sha256(raw("storage.subunit")).hexdigest(),
)
"""The record of the run that left tests/data/storage.subunit.gz."""


def make_run(path: Path, **changes: Any) -> Path:
    """Make a run directory that passes 2020.06 storage; `changes` are to its record."""
    directory = RunDirectory.create(path)
    guideline = catalog.load_with_bytes("2020.06")[1]
    directory.write_inputs(guideline, "[auth]\n", raw("inventory.txt"))
    directory.raw_results.write_bytes(raw("storage.subunit"))
    directory.write_record(change_record(RECORD, **changes))
    return path


def make_run_of(path: Path, stream: bytes, guideline: str, target: str, **changes: Any) -> Path:
    """Make a run directory of any stream; `changes` are to its record."""
    model, data = catalog.load_with_bytes(guideline)
    events = load_bytes(stream, "x").events
    times = [one for event in events for one in (event.started, event.stopped) if one]
    directory = RunDirectory.create(path)
    directory.write_inputs(data, "[auth]\n", raw("inventory.txt"))
    directory.raw_results.write_bytes(stream)
    record = change_record(
        RECORD,
        guideline={"id": model.id, "sha256": model.sha256, "schema": model.schema},
        target=target,
        planned=[event.name for event in events],
        started=min(times).isoformat(),
        finished=max(times).isoformat(),
        results_sha256=hashlib.sha256(stream).hexdigest(),
    )
    directory.write_record(change_record(record, **changes))
    return path


def inventory_names(*names: str) -> Sequence[str]:
    """Return the names of tests with their attributes, as Tempest lists them."""
    listed = {line.partition("[")[0]: line for line in raw("inventory.txt").decode().splitlines()}
    return [listed[name] for name in names]
