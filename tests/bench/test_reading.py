"""Reading a whole Tempest's stream beside python-subunit, and the memory that takes."""

import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import subunit
from pytest_benchmark.fixture import BenchmarkFixture
from testtools import StreamToDict

from defcheck.results.readers.subunit import read_subunit_v2
from tests.unit.results.streams import attached, begun, ended, v1, v2

TESTS = 1575
LINE = "2026-11-22 12:00:00,000 4711 INFO [tempest.lib.common.rest_client] GET /v3 200 0.1s\n"
MEASURE = r"""
import pathlib, re, sys
from defcheck.results.sources import read
events = read(sys.argv[1]).events
status = pathlib.Path("/proc/self/status").read_text()
print(len(events), re.search(r"VmHWM:\s+(\d+) kB", status)[1])
"""
"""A program that prints how many events it read and its peak memory in KiB.

Not getrusage: its figure begins with that of the process that started it."""


def whole_run(log_size: int, write: Callable[..., bytes] = v2) -> bytes:
    """Return the stream of a whole Tempest with a log of so many bytes for each test."""
    log = (LINE * (log_size // len(LINE) + 1))[:log_size]
    packets = []
    for number in range(TESTS):
        name = (
            f"tempest.api.compute.test_x{number % 90}.XTest.test_{number}[id-{number:032x},smoke]"
        )
        packets += [
            begun(name, at=number, worker="worker-0"),
            attached(name, "pythonlogging:''", log),
            ended(name, "success", at=number + 0.5, worker="worker-0"),
        ]
    return write(*packets)


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call keeps a processor busy, whatever else the machine does."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


@pytest.mark.benchmark(group="read")
def test_read_beside_python_subunit(benchmark: BenchmarkFixture) -> None:
    data = whole_run(2_000)

    def peer() -> None:
        tests: list[object] = []
        result = StreamToDict(tests.append)
        result.startTestRun()
        subunit.ByteStreamToStreamResult(io.BytesIO(data)).run(result)
        result.stopTestRun()
        assert len(tests) == TESTS

    def ours() -> None:
        assert len(read_subunit_v2(io.BytesIO(data)).events) == TESTS

    ratios = sorted(seconds(peer) / seconds(ours) for _ in range(21))
    benchmark.extra_info["times as fast, least"] = round(ratios[0], 2)
    benchmark.extra_info["times as fast, median"] = round(statistics.median(ratios), 2)
    benchmark.pedantic(ours, rounds=10)


@pytest.mark.benchmark(group="memory")
@pytest.mark.parametrize("write", [v1, v2])
def test_memory(benchmark: BenchmarkFixture, tmp_path: Path, write: Callable[..., bytes]) -> None:
    path = tmp_path / "stream"

    def measure() -> int:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, path], capture_output=True, check=True, timeout=120
        )
        events, kibibytes = map(int, done.stdout.split())
        assert events == TESTS
        return kibibytes

    for size in (2_000, 200_000):
        path.write_bytes(whole_run(size, write))
        benchmark.extra_info[f"MiB with {size // 1000} kB of log"] = round(measure() / 1024, 1)
    benchmark.pedantic(measure, rounds=1)
