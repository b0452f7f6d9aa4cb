"""`defcheck score --all` of a whole Tempest's run, as a process, start to end."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.unit.results.streams import attached, begun, ended, v2

INVENTORY = Path(__file__).resolve().parents[1] / "data/inventory.txt.gz"
"""Every test of a Tempest 47, by its full name."""

LOG = "2026-11-22 12:00:00,000 4711 INFO [tempest.lib.common.rest_client] GET /v3 200 0.1s\n" * 24


@pytest.mark.benchmark(group="score all")
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_score_all(benchmark: BenchmarkFixture, tmp_path: Path, form: str) -> None:
    names = gzip.decompress(INVENTORY.read_bytes()).decode().split()
    packets = []
    for number, name in enumerate(names):
        packets += [
            begun(name, at=number),
            attached(name, "pythonlogging:''", LOG),
            ended(name, "fail" if number % 50 == 0 else "success", at=number + 0.5),
        ]
    stream = tmp_path / "stream"
    stream.write_bytes(v2(*packets))
    command = [sys.executable, "-m", "defcheck", "score", "--all", str(stream), "-f", form]
    benchmark.pedantic(
        lambda: subprocess.run(command, capture_output=True, check=True, timeout=60),
        rounds=5,
        warmup_rounds=1,
    )
    benchmark.extra_info["tests"] = len(names)
    benchmark.extra_info["MB"] = round(stream.stat().st_size / 1e6, 1)
