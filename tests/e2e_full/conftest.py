"""The full lab, brought up once for all tests.

It is a lab of the tests' own, and is deleted at the end, unless DEFCHECK_LAB_FULL_STATE
names one: that is brought up if it is not, and left as it is.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import pytest

from defcheck.lab.full import infrastructure

FULL_STATE = "DEFCHECK_LAB_FULL_STATE"
DEFCHECK = [sys.executable, "-m", "defcheck"]
UP_SECONDS = 900
RUN_SECONDS = 3600


@dataclass(frozen=True)
class FullLab:
    """A full lab, and a folder to work in."""

    state: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        return {**kept, FULL_STATE: str(self.state), "NO_COLOR": "1"}

    def defcheck(
        self, *arguments: str | Path, seconds: float = UP_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DEFCHECK, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def lab(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.defcheck("lab", command, "--size", "full", *options)

    def connect(self, cloud: str) -> openstack.connection.Connection:
        """Connect as a login of the lab's clouds.yaml."""
        files = [str(self.state / "clouds.yaml")]
        config = openstack.config.OpenStackConfig(config_files=files)
        return openstack.connection.Connection(config=config.get_one(cloud))

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.lab("status", "--format", "json").stdout)
        return status

    def run(self, *arguments: str | Path, output: str) -> dict[str, Any]:
        """Run a guideline's tests as the lab's administrator; return the verdict as JSON."""
        done = self.defcheck(
            *("run", "--cloud", "defcheck-lab-full", "-j", "4", "-o", output, *arguments),
            seconds=RUN_SECONDS,
        )
        path = self.folder / output / "verdict.json"
        assert path.exists(), done.stderr
        document: dict[str, Any] = json.loads(path.read_bytes())
        assert done.returncode == {"pass": 0, "fail": 1, "incomplete": 3}[document["verdict"]]
        return document


@pytest.fixture(scope="session")
def full_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullLab]:
    """A full lab that runs."""
    if infrastructure.list_missing_packages() and os.geteuid() != 0:
        pytest.skip(f"only root can install {', '.join(infrastructure.list_missing_packages())}")
    folder = tmp_path_factory.mktemp("full")
    given = os.environ.get(FULL_STATE)
    lab = FullLab(Path(given) if given else folder / "lab", folder)
    try:
        up = lab.lab("up")
        assert up.returncode == 0, up.stderr
        yield lab
    finally:
        if not given:
            lab.lab("clean")
