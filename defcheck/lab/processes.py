"""Services as processes: start them, find them again, end them and nothing else.

A service is known by two things. Its first process is recorded by pid, start
time and boot, which no later process shares. And every process of it carries a
mark in its environment that names the lab and the service, so that children are
found even when the first process was killed and left them behind.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab.files import last_lines, make_private_folder, write_private

MARK = "DEFCHECK_LAB_SERVICE"
"""The environment variable that carries the mark."""

GRACE = 10.0
"""Seconds that a service has to end by itself before it is killed."""

_PROC = Path("/proc")

_started: list[subprocess.Popen[bytes]] = []
"""Services outlive this program. Kept here, so that Popen neither warns about that nor
leaves those that die in the meantime unburied."""


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int

    start: int
    """Its start in clock ticks since the machine's."""

    boot: str
    """The kernel's id of this boot: pids and ticks begin anew with each."""

    @property
    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return identify(self.pid) == self


@dataclass(frozen=True)
class Service:
    """A service of one lab: what to run, and where its record and its log are."""

    name: str

    command: tuple[str, ...]

    port: int | None
    """Where it listens; None for one that only works for others."""

    home: Path
    """Its home and working folder, the lab's state: services of two labs differ by it."""

    record: Path

    log: Path

    variables: Mapping[str, str] = field(default_factory=dict)
    """What it needs in its environment. It gets little else of the user's."""

    other_ports: tuple[int, ...] = ()
    """Where it listens besides, for itself."""

    @property
    def mark(self) -> str:
        """What every process of this service carries in its environment."""
        return f"{MARK}={self.home}:{self.name}"

    @property
    def leader(self) -> Identity | None:
        """Its first process, if that still runs."""
        try:
            identity = Identity(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return identity if identity.is_alive else None

    def start(self) -> None:
        """Start it in a session of its own, logging to its log. Do not wait for it."""
        make_private_folder(self.log.parent)
        name, _, value = self.mark.partition("=")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command,
                # No proxy, no OS_* and no PYTHON* of the user's: they would change what it does.
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(self.home),
                    "LANG": "C.UTF-8",
                    # The library setproctitle writes titles over the environment, mark and
                    # all, unless told.
                    "SPT_NOENV": "1",
                    **self.variables,
                    name: value,
                },
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
            )
        _started.append(process)
        if identity := identify(process.pid):
            write_private(self.record, json.dumps(asdict(identity)) + "\n")

    def require_alive(self) -> None:
        """Raise UnusableError, with the end of its log, if it does not run."""
        if self.leader is None:
            raise UnusableError(
                f"{self.name} died. It logged last:\n{last_lines(self.log)}",
                f"All of it: {self.log}",
            )


def find(services: Iterable[Service]) -> dict[str, list[int]]:
    """Return the pids of all running processes of each service, by its name."""
    names = {service.mark.encode(): service.name for service in services}
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        # Other users' processes cannot be read, and some end while we look.
        with contextlib.suppress(OSError):
            for variable in (folder / "environ").read_bytes().split(b"\0"):
                if variable in names and identify(int(folder.name)):
                    found[names[variable]].append(int(folder.name))
    return found


def stop(services: Iterable[Service], grace: float = GRACE) -> list[int]:
    """End all processes of the services, by force after `grace` seconds; return their pids."""
    services = list(services)
    ended = _signal(services, signal.SIGTERM)
    deadline = time.monotonic() + grace
    # Until each has ended, not only lost its mark: it gives its port back after that.
    while remaining := {one.pid for one in ended if one.is_alive} | set(_pids(services)):
        if time.monotonic() > deadline + GRACE:
            raise UnusableError(
                f"Processes that do not end even by force: {', '.join(map(str, remaining))}.",
                "They wait for a disk or a network; see `ps -o pid,stat,wchan,cmd`.",
            )
        if time.monotonic() > deadline:
            ended |= _signal(services, signal.SIGKILL)
        time.sleep(0.05)
    for service in services:
        service.record.unlink(missing_ok=True)
    _started[:] = [process for process in _started if process.poll() is None]
    return sorted(one.pid for one in ended)


def memory_mb(pids: Iterable[int]) -> float:
    """Return the memory of processes in MB, shared pages divided among their sharers (PSS)."""
    kilobytes = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def identify(pid: int) -> Identity | None:
    """Return the identity of a running process; None if there is none, or only its remains."""
    try:
        # The name, in parentheses, may hold anything; the fields after it are numbered from 3.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, start = fields[0], fields[19]
    return None if state in "ZX" else Identity(pid, int(start), boot)


def _pids(services: list[Service]) -> list[int]:
    return [pid for pids in find(services).values() for pid in pids]


def _signal(services: list[Service], number: signal.Signals) -> set[Identity]:
    """Send a signal to all processes of the services; return them."""
    reached = {identity for pid in _pids(services) if (identity := identify(pid))}
    for process in reached:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
    return reached
