"""A small lab for the tests of commands about a cloud."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.place import DEFCHECK, Place


@dataclass(frozen=True)
class CloudLab(Place):
    """A lab and a folder to work in; commands find its clouds by their names."""

    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self.more}

    def begin(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*DEFCHECK, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
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
