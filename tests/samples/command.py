"""The installed command as a process, in a folder of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """defcheck, run in `folder` with a small lab of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The caller's environment without a cloud or a colour."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        own = {"DEFCHECK_LAB_STATE": str(self.folder / "lab"), "NO_COLOR": "1", "COLUMNS": "100"}
        return {**kept, **own}

    def __call__(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Return what it prints; end with its words where it ends with another code."""
        done = self._run(arguments)
        if done.returncode not in codes:
            sys.exit(f"defcheck {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def code(self, *arguments: str) -> int:
        """Return its exit code alone."""
        return self._run(arguments).returncode

    def _run(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "defcheck", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=3600,
            check=False,
        )
