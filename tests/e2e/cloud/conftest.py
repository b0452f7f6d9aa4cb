"""A small lab for the tests of commands about a cloud."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

DEFCHECK = [sys.executable, "-m", "defcheck"]


@dataclass(frozen=True)
class CloudLab:
    """A lab and a folder to work in; commands find its clouds by their names."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "lab"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        return {**kept, "DEFCHECK_LAB_STATE": str(self.state), "NO_COLOR": "1", **self.more}

    def begin(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*DEFCHECK, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def defcheck(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DEFCHECK, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def entries(self) -> list[dict[str, Any]]:
        """Return the lab's own accounts."""
        found: list[dict[str, Any]] = yaml.safe_load((self.state / "accounts.yaml").read_text())
        return found

    def connect(self, cloud: str = "defcheck-lab") -> Any:
        """Return openstacksdk's connection to one of the lab's clouds."""
        from openstack.config import OpenStackConfig
        from openstack.connection import Connection

        files = [str(self.state / "clouds.yaml")]
        return Connection(config=OpenStackConfig(config_files=files).get_one(cloud))


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudLab]:
    """Return a lab that runs; it is ended at the end, whatever happened."""
    place = CloudLab(tmp_path_factory.mktemp("cloud"))
    try:
        done = place.defcheck("lab", "up")
        assert done.returncode == 0, done.stderr
        yield place
    finally:
        place.defcheck("lab", "clean")
