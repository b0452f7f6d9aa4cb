"""`defcheck compare` of many runs of the whole platform, as a process, start to end."""

import gzip
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from defcheck.guideline import catalog
from tests.unit.results.streams import attached, begun, ended, v2

RUNS = 50
TESTS = 300
"""In each; the platform of 2020.06 counts 275."""

ROUNDS = 5

LOG = "2026-11-22 12:00:00,000 4711 INFO [tempest.lib.common.rest_client] GET /v3 200 0.1s\n" * 24
INVENTORY = Path(__file__).resolve().parents[1] / "data/inventory.txt.gz"


def stream(names: list[str], number: int) -> bytes:
    """Return a run in which other tests fail than in the other runs, with 2 kB of log each."""
    packets = []
    for at, name in enumerate(names):
        fate = "fail" if (at + number) % 60 == 0 else "success"
        packets += [
            begun(name, at=at),
            attached(name, "pythonlogging:''", LOG),
            ended(name, fate, at=at + 0.5),
        ]
    return v2(*packets)


def processor_seconds() -> float:
    """Return what processes that ended used; on a shared machine the clock tells more than that."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.benchmark(group="compare")
@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_compare(benchmark: BenchmarkFixture, tmp_path: Path, form: str) -> None:
    demanded = {
        test.name
        for capability in catalog.load_guideline("2020.06").capabilities.values()
        for test in capability.tests
    }
    listed = gzip.decompress(INVENTORY.read_bytes()).decode().split()
    wanted = [name for name in listed if name.partition("[")[0] in demanded]
    names = [*wanted, *(name for name in listed if name not in wanted)][:TESTS]
    runs = []
    for number in range(RUNS):
        runs.append(tmp_path / f"run-{number}")
        runs[-1].write_bytes(stream(names, number))
    command = [sys.executable, "-m", "defcheck", "compare", *map(str, runs)]
    command += ["-g", "2020.06", "-t", "platform", "-f", form]
    before = processor_seconds()
    benchmark.pedantic(
        lambda: subprocess.run(command, capture_output=True, check=True, timeout=120),
        rounds=ROUNDS,
    )
    used = processor_seconds() - before
    benchmark.extra_info["processor seconds"] = round(used / ROUNDS, 2)
    benchmark.extra_info["runs"] = RUNS
    benchmark.extra_info["tests"] = TESTS
