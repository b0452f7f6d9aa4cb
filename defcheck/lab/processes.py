"""Services as processes with ports: start them, find them again, stop them and nothing else.

Two things identify a service. Its first process is recorded by pid, start time and
boot, which no later process shares. And every process of it has a mark in its
environment that names the lab and the service, so that children are found even if
the first process was killed.
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
"""How many ports above the preferred one are tried."""


@dataclass(frozen=True)
class LabPorts:
    """One port per service that every lab has; larger labs add more.

    The defaults are below the range of outgoing connections.
    """

    keystone: int = 15000
    swift_proxy: int = 18080
    swift_object: int = 16200
    swift_container: int = 16201
    swift_account: int = 16202


P = TypeVar("P", bound=LabPorts)


def choose_ports(wanted: P, own_ports: Container[int] = ()) -> P:
    """Return `wanted`, with every port that another program uses replaced by a free one."""
    chosen: dict[str, int] = {}
    for name, port in asdict(wanted).items():
        if port not in chosen.values() and (port in own_ports or is_free(port)):
            chosen[name] = port
    # In a second pass, so that no replacement is a port that another service keeps.
    for name, port in asdict(wanted).items():
        if name not in chosen:
            chosen[name] = _find_free_port(port, taken=set(chosen.values()))
    return replace(wanted, **chosen)


class PortReservation(AbstractContextManager["PortReservation"]):
    """Reserves ports against other labs that are set up at the same time, until they are used.

    Best effort: a port with recently closed connections cannot be reserved.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._held: dict[int, socket.socket] = {}
        for number in numbers:
            held = socket.socket()
            try:
                # Without SO_REUSEADDR, unlike the services and `is_free`, to block those.
                held.bind((HOST, number))
            except OSError:
                held.close()
            else:
                self._held[number] = held

    def release_port(self, number: int) -> None:
        """Release a port for the service that will listen on it."""
        if held := self._held.pop(number, None):
            held.close()

    def __exit__(self, *_: object) -> None:
        """Release all reserved ports."""
        for number in list(self._held):
            self.release_port(number)


def is_free(port: int) -> bool:
    """Return whether a service could listen on `port` now."""
    with socket.socket() as candidate:
        # Like the services; without it, recently closed connections would count.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Return whether something listens on `port`."""
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
"""Services outlive this program. They are kept here so that Popen does not warn about that,
and reaps those that die in the meantime."""


@dataclass(frozen=True)
class ProcessIdentity:
    """The identity of a process, different from any later one with the same pid."""

    pid: int

    start: int
    """Its start time in clock ticks since boot."""

    boot: str
    """The kernel's id of this boot: pids and ticks restart with each boot."""

    @property
    def is_alive(self) -> bool:
        """Return whether this very process still runs."""
        return identify_process(self.pid) == self


@dataclass(frozen=True)
class LabService:
    """A service of one lab: its command, and the paths of its record and log."""

    name: str

    command: tuple[str, ...]

    port: int | None
    """The port where it listens; None for a worker without one."""

    home: Path
    """Its home and working folder, the lab's state folder, which distinguishes two labs."""

    record: Path

    log: Path

    variables: Mapping[str, str] = field(default_factory=dict)
    """Its environment variables. It gets few others from the user."""

    other_ports: tuple[int, ...] = ()
    """Further ports where it listens."""

    @property
    def mark(self) -> str:
        """The mark in the environment of every process of this service."""
        return f"{MARK_VARIABLE}={self.home}:{self.name}"

    @property
    def leader(self) -> ProcessIdentity | None:
        """Its first process, if that is still running."""
        try:
            identity = ProcessIdentity(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return identity if identity.is_alive else None

    def start_process(self) -> None:
        """Start it in its own session, logging to its log, without waiting."""
        create_private_folder(self.log.parent)
        name, _, value = self.mark.partition("=")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command,
                # Without the user's proxy, OS_* and PYTHON*, which would change its behaviour.
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(self.home),
                    "LANG": "C.UTF-8",
                    # Otherwise the library setproctitle overwrites the environment, and the
                    # mark, with the title.
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
                f"{self.name} died. The end of its log:\n{read_last_lines(self.log)}",
                f"Full log: {self.log}",
            )


def find_pids(services: Iterable[LabService]) -> dict[str, list[int]]:
    """Return the pids of all running processes of each service, by its name."""
    names = {service.mark.encode(): service.name for service in services}
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        # Other users' processes cannot be read, and some end meanwhile.
        with contextlib.suppress(OSError):
            for variable in (folder / "environ").read_bytes().split(b"\0"):
                if variable in names and identify_process(int(folder.name)):
                    found[names[variable]].append(int(folder.name))
    return found


def stop_services(services: Iterable[LabService], grace: float = GRACE_SECONDS) -> list[int]:
    """Stop all processes of the services, by force after `grace` seconds; return their pids."""
    services = list(services)
    ended = _send_signal(services, signal.SIGTERM)
    deadline = time.monotonic() + grace
    # Wait until each has ended, and not only lost its mark: only then its port is free.
    while remaining := {one.pid for one in ended if one.is_alive} | set(_list_pids(services)):
        if time.monotonic() > deadline + GRACE_SECONDS:
            raise UnusableError(
                f"Could not kill these processes: {', '.join(map(str, remaining))}.",
                "They are waiting for a disk or a network; see `ps -o pid,stat,wchan,cmd`.",
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
    """Return the identity of a running process; None if there is none, or it is a zombie."""
    try:
        # The name, in parentheses, may contain anything; the fields after it start at number 3.
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
