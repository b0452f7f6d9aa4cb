"""A run directory of a recorded run, as `defcheck run` leaves it."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from defcheck.guideline import catalog
from defcheck.runner.directory import RunDirectory
from defcheck.runner.record import Record
from tests.unit.recordings import raw, recorded

RECORD = Record(
    defcheck="0",
    tempest="47.0.0",
    python="3.11",
    guideline={"id": "2020.06", "sha256": catalog.load("2020.06").sha256, "schema": "2.0"},
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
    directory.write_record(replace(RECORD, **changes))
    return path
