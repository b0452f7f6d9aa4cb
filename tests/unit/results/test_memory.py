"""The memory that reading takes does not grow with the logs that the tests carry."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.results.loader import load_bytes, load_results
from tests.unit.results.streams import ran, v1, v2

LINE = "INFO [tempest.lib.common.rest_client] GET https://cloud.example/v3 200 0.1s\n"
TESTS = 60


def peak(path: Path) -> int:
    """Return the most bytes that were in use while a file was read."""
    tracemalloc.start()
    try:
        assert len(load_results(str(path)).events) == TESTS
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("write", [v1, v2])
def test_logs_take_no_memory(
    tmp_path: Path, write: Callable[..., bytes], pack: Callable[[bytes], bytes]
) -> None:
    peaks = []
    for size in (2_000, 200_000):
        log = LINE * (size // len(LINE))
        path = tmp_path / str(size)
        packets = [packet for n in range(TESTS) for packet in ran(f"a.C.test_{n}", log=log)]
        path.write_bytes(pack(write(*packets)))
        load_bytes(write(*ran("a.C.test_x")), "warm")
        peaks.append(peak(path))
    assert peaks[1] < peaks[0] + 2 * 2**20
    assert peaks[1] < 3 * 2**20
