"""Cold start of the command, beside its peers' in one run."""

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

COMMANDS = {
    "python alone": ["-c", "pass"],
    "defcheck --version": ["-m", "defcheck", "--version"],
    "defcheck --help": ["-m", "defcheck", "--help"],
    "stestr --version": ["-m", "stestr", "--version"],
    "tempest --version": ["-m", "tempest.cmd.main", "--version"],
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.benchmark(group="start")
def test_start(benchmark: BenchmarkFixture, name: str) -> None:
    command = [sys.executable, *COMMANDS[name]]
    benchmark.pedantic(
        lambda: subprocess.run(command, capture_output=True, check=True, timeout=60),
        rounds=10,
        warmup_rounds=1,
    )
