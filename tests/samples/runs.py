"""The runs that samples are made of: given ones, or new ones against the labs."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from defcheck.lab import paths
from tests.samples import scrub
from tests.samples.command import Command

GUIDELINE = ("-g", "2020.06", "-t", "storage")
SMALL = ("accepted", "today")
FULL = {"platform": ("-g", "2020.06", "-t", "platform"), "scs": ("-g", "scs-0128")}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Provided:
    """What samples can be made of."""

    names: frozenset[str]
    """The run directories that lie below `runs/`."""

    passwords: frozenset[str]
    """Those of the labs, which no sample may hold."""


def provide(command: Command, given: Path | None, start_full: bool, say: Say) -> Provided:
    """Put run directories below `runs/` of the command's folder.

    Those that lie in `given` are copied. Of the rest the small lab's are made, and
    the full lab's where it runs or is to be started.
    """
    (command.folder / "runs").mkdir()
    found = {name for name in (*SMALL, *FULL) if given and (given / name / "run.json").is_file()}
    for name in found:
        assert given
        say(f"Copying {given / name}")
        shutil.copytree(given / name, command.folder / "runs" / name)
    passwords: frozenset[str] = frozenset()
    if not found.issuperset(SMALL):
        passwords = _small(command, [name for name in SMALL if name not in found], say)
    missing = [name for name in FULL if name not in found]
    if missing and (start_full or command.code("lab", "status", "--size", "full") == 0):
        _full(command, missing, start_full, say)
        missing = []
    passwords |= scrub.secrets([paths.find_state_folder("full")])
    return Provided(frozenset({*SMALL, *FULL} - set(missing)), passwords)


def _small(command: Command, names: list[str], say: Say) -> frozenset[str]:
    """Run the storage tests on a lab of its own: once whole, once without the object server.

    Returns the lab's passwords.
    """
    say("Starting a small lab")
    command("lab", "up")
    try:
        if "accepted" in names:
            say("Running the tests of storage")
            command("run", "--cloud", "defcheck-lab", *GUIDELINE, "-o", "runs/accepted")
        if "today" in names:
            say("Running them again, without the object server")
            services = json.loads(command("lab", "status", "--format", "json"))["services"]
            (pid,) = (one["pid"] for one in services if one["name"] == "swift-object")
            os.kill(pid, signal.SIGTERM)
            options = ("--cloud", "defcheck-lab", *GUIDELINE, "-o", "runs/today")
            command("run", *options, codes=(1,))
        return scrub.secrets([command.folder / "lab"])
    finally:
        command("lab", "clean")


def _full(command: Command, names: list[str], start: bool, say: Say) -> None:
    """Run whole guidelines on the full lab, which stays up where it was."""
    was_up = command.code("lab", "status", "--size", "full") == 0
    if start and not was_up:
        say("Starting the full lab")
        command("lab", "up", "--size", "full")
    status = json.loads(command("lab", "status", "--size", "full", "--format", "json"))
    lab = status["lab"]
    try:
        for name in names:
            say(f"Running the tests of {name}")
            options = ("--accounts", lab["accounts_yaml"], "--tempest-conf", lab["tempest_conf"])
            command(
                "run", "--cloud", lab["cloud"], *options, *FULL[name], "-o", f"runs/{name}",
                codes=(0, 1, 3),
            )  # fmt: skip
    finally:
        if not was_up:
            command("lab", "down", "--size", "full")
