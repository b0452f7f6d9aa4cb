"""The services' own command-line tools, which set them up."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab.files import last_lines, make_private_folder
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "setup"


def service(site: Site) -> Service:
    """Return what the tools count as, so that those of a killed command are found and ended."""
    return site.service(NAME, ())


def run(
    site: Site,
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    given: bytes = b"",
    log: str = NAME,
) -> None:
    """Run a tool to its end, with `given` as its input and its output in a log of that name.

    Secrets go in `variables`, its environment: everybody may read a command line.
    Raise UnusableError if it fails.
    """
    path = site.log(log)
    make_private_folder(path.parent)
    mark, _, value = service(site).mark.partition("=")
    with path.open("ab") as stream:
        stream.write(f"$ {shlex.join(command)}\n".encode())
        stream.flush()
        ended = subprocess.run(
            command,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(site.layout.state),
                "LANG": "C.UTF-8",
                mark: value,
                **(variables or {}),
            },
            cwd=site.layout.state,
            input=given,
            stdout=stream,
            stderr=subprocess.STDOUT,
            umask=0o077,
            check=False,
        )
    if ended.returncode != 0:
        raise UnusableError(
            f"{Path(command[0]).name} failed. It said last:\n{last_lines(path)}",
            f"All of it: {path}",
        )
