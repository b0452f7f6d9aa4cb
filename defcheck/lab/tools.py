"""The services' own command-line tools, which set them up."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab.files import last_lines, make_private_folder

LOG = "setup.log"


def run(
    command: Sequence[str], logs: Path, home: Path, variables: Mapping[str, str] | None = None
) -> None:
    """Run a tool to its end, with its output in the folder `logs`.

    Secrets go in `variables`, its environment: everybody may read a command line.
    Raise UnusableError if it fails.
    """
    make_private_folder(logs)
    path = logs / LOG
    with path.open("ab") as log:
        log.write(f"$ {shlex.join(command)}\n".encode())
        log.flush()
        ended = subprocess.run(
            command,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(home),
                "LANG": "C.UTF-8",
                **(variables or {}),
            },
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=0o077,
            check=False,
        )
    if ended.returncode != 0:
        raise UnusableError(
            f"{Path(command[0]).name} failed. It said last:\n{last_lines(path)}",
            f"All of it: {path}",
        )
