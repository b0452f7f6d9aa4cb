"""Services as processes with ports: start them, find them again, end them and nothing else.

A service is known by two things. Its first process is recorded by pid, start
time and boot, which no later process shares. And every process of it carries a
mark in its environment that names the lab and the service, so that children are
found even when the first process was killed and left them behind.


A service is known by two things. Its first process is recorded by pid, start
time and boot, which no later process shares. And every process of it carries a
mark in its environment that names the lab and the service, so that children are
found even when the first process was killed and left them behind.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Container, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from defcheck.errors import UnusableError
from defcheck.lab.paths import create_private_folder, read_last_lines, write_private_file

HOST = "127.0.0.1"

SEARCHED_PORTS = 1000
"""How many ports above the wanted one are tried."""


@dataclass(frozen=True)
class LabPorts:
    """One port per service that every lab has; larger ones add to them.

    The defaults are below the range of outgoing connections.
    """

    keystone: int = 15000
    swift_proxy: int = 18080
    swift_object: int = 16200
    swift_container: int = 16201
    swift_account: int = 16202


P = TypeVar("P", bound=LabPorts)


def choose_ports(wanted: P, own_ports: Container[int] = ()) -> P:
    """Return `wanted`, with every port that somebody else holds replaced by a free one."""
    chosen: dict[str, int] = {}
    for name, port in asdict(wanted).items():
        if port not in chosen.values() and (port in own_ports or is_free(port)):
            chosen[name] = port
    # Only now, so that no replacement is a port that another service keeps.
    for name, port in asdict(wanted).items():
        if name not in chosen:
            chosen[name] = _find_free_port(port, taken=set(chosen.values()))
    return replace(wanted, **chosen)


class PortReservation(AbstractContextManager["PortReservation"]):
    """Holds ports against other labs that are set up at the same time, until they are used.

    Best effort: a port on which connections ended lately cannot be held.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._held: dict[int, socket.socket] = {}
        for number in numbers:
            held = socket.socket()
            try:
                # Without SO_REUSEADDR, unlike the services and `is_free`: it keeps those out.
                held.bind((HOST, number))
            except OSError:
                held.close()
            else:
                self._held[number] = held

    def release_port(self, number: int) -> None:
        """Give a port to the service that is to listen on it."""
        if held := self._held.pop(number, None):
            held.close()

    def __exit__(self, *_: object) -> None:
        """Give up whatever is still held."""
        for number in list(self._held):
            self.release_port(number)


def is_free(port: int) -> bool:
    """Tell whether a service could listen on `port` now."""
    with socket.socket() as candidate:
        # As the services do it; without it connections that ended lately would count.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Tell whether something listens on `port`."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _find_free_port(wanted: int, taken: set[int]) -> int:
    for port in range(wanted, min(wanted + SEARCHED_PORTS, 65536)):
        if port not in taken and is_free(port):
            return port
    raise UnusableError(
        f"No port from {wanted} to {port} of {HOST} is free.",
        "End the programs that listen there and try again.",
    )


MARK_VARIABLE = "DEFCHECK_LAB_SERVICE"
"""The environment variable that carries the mark."""

GRACE_SECONDS = 10.0
"""Seconds that a service has to end by itself before it is killed."""

_PROC = Path("/proc")

_started: list[subprocess.Popen[bytes]] = []
"""Services outlive this program. Kept here, so that Popen neither warns about that nor
leaves those that die in the meantime unburied."""


@dataclass(frozen=True)
class ProcessIdentity:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int

    start: int
    """Its start in clock ticks since the machine's."""

    boot: str
    """The kernel's id of this boot: pids and ticks begin anew with each."""

    @property
    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return identify_process(self.pid) == self


@dataclass(frozen=True)
class LabService:
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
        return f"{MARK_VARIABLE}={self.home}:{self.name}"

    @property
    def leader(self) -> ProcessIdentity | None:
        """Its first process, if that still runs."""
        try:
            identity = ProcessIdentity(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return identity if identity.is_alive else None

    def start_process(self) -> None:
        """Start it in a session of its own, logging to its log. Do not wait for it."""
        create_private_folder(self.log.parent)
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
        if identity := identify_process(process.pid):
            write_private_file(self.record, json.dumps(asdict(identity)) + "\n")

    def require_alive(self) -> None:
        """Raise UnusableError, with the end of its log, if it does not run."""
        if self.leader is None:
            raise UnusableError(
                f"{self.name} died. It logged last:\n{read_last_lines(self.log)}",
                f"All of it: {self.log}",
            )


def find_pids(services: Iterable[LabService]) -> dict[str, list[int]]:
    """Return the pids of all running processes of each service, by its name."""
    names = {service.mark.encode(): service.name for service in services}
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        # Other users' processes cannot be read, and some end while we look.
        with contextlib.suppress(OSError):
            for variable in (folder / "environ").read_bytes().split(b"\0"):
                if variable in names and identify_process(int(folder.name)):
                    found[names[variable]].append(int(folder.name))
    return found


def stop_services(services: Iterable[LabService], grace: float = GRACE_SECONDS) -> list[int]:
    """End all processes of the services, by force after `grace` seconds; return their pids."""
    services = list(services)
    ended = _send_signal(services, signal.SIGTERM)
    deadline = time.monotonic() + grace
    # Until each has ended, not only lost its mark: it gives its port back after that.
    while remaining := {one.pid for one in ended if one.is_alive} | set(_list_pids(services)):
        if time.monotonic() > deadline + GRACE_SECONDS:
            raise UnusableError(
                f"Processes that do not end even by force: {', '.join(map(str, remaining))}.",
                "They wait for a disk or a network; see `ps -o pid,stat,wchan,cmd`.",
            )
        if time.monotonic() > deadline:
            ended |= _send_signal(services, signal.SIGKILL)
        time.sleep(0.05)
    for service in services:
        service.record.unlink(missing_ok=True)
    _started[:] = [process for process in _started if process.poll() is None]
    return sorted(one.pid for one in ended)


def measure_memory_mb(pids: Iterable[int]) -> float:
    """Return the memory of processes in MB, shared pages divided among their sharers (PSS)."""
    kilobytes = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def identify_process(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process; None if there is none, or only its remains."""
    try:
        # The name, in parentheses, may hold anything; the fields after it are numbered from 3.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, start = fields[0], fields[19]
    return None if state in "ZX" else ProcessIdentity(pid, int(start), boot)


def _list_pids(services: list[LabService]) -> list[int]:
    return [pid for pids in find_pids(services).values() for pid in pids]


def _send_signal(services: list[LabService], number: signal.Signals) -> set[ProcessIdentity]:
    """Send a signal to all processes of the services; return them."""
    reached = {identity for pid in _list_pids(services) if (identity := identify_process(pid))}
    for process in reached:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
    return reached
