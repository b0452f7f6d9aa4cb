"""How long classes of tests are expected to take, so that the longest begin first."""

import json
import statistics
from collections.abc import Mapping
from pathlib import Path

from defcheck.errors import InputError
from defcheck.runner.directory import RunDirectory, is_run_directory
from defcheck.runner.journal import class_seconds
from defcheck.runner.record import Record

TABLE = Path(__file__).with_name("durations.json")
"""Seconds that classes took on defcheck's labs; `durations_table` says how it is made."""

MOST_RUNS = 10
"""Earlier runs that are looked into."""


def expected(runs: Path, cloud: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds of each known class.

    They are those of earlier runs on the same cloud, the last first, whose
    directories are in the folder `runs`; for other classes those of the
    package's table, made slower or faster as the cloud is.
    """
    table: dict[str, float] = json.loads(TABLE.read_text(encoding="utf-8"))
    own = history(runs, cloud)
    ratios = [own[name] / table[name] for name in own if table.get(name) and own[name]]
    pace = statistics.median(ratios) if ratios else 1.0
    return {**{name: seconds * pace for name, seconds in table.items()}, **own}


def history(runs: Path, cloud: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds that classes took in the last runs on a cloud."""
    found: list[tuple[str, Path]] = []
    try:
        folders = list(runs.iterdir())
    except OSError:
        return {}
    for folder in folders:
        record = _record(folder)
        if record is not None and _same(record.cloud, cloud):
            found.append((record.started, folder))
    known: dict[str, float] = {}
    for _, folder in sorted(found, reverse=True)[:MOST_RUNS]:
        known = {**class_seconds(folder), **known}
    return known


def _record(folder: Path) -> Record | None:
    try:
        return RunDirectory(folder).read_record() if is_run_directory(str(folder)) else None
    except InputError:
        return None


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(one[key] == other[key] for key in ("name", "auth_url"))
