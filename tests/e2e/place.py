"""A folder to work in, with a small lab of the tests' own in it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DEFCHECK = [sys.executable, "-m", "defcheck"]


@dataclass(frozen=True)
class Place:
    """A lab of the tests' own and a folder to work in."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "lab"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        return {**kept, "DEFCHECK_LAB_STATE": str(self.state), "NO_COLOR": "1"}

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
