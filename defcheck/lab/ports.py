"""The ports on which the lab listens, all of them on the loopback address."""

import socket
from collections.abc import Container, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from defcheck.errors import UnusableError

HOST = "127.0.0.1"

SEARCHED = 1000
"""How many ports above the wanted one are tried."""


@dataclass(frozen=True)
class Ports:
    """One port per service that every lab has; larger ones add to them.

    The defaults are below the range of outgoing connections.
    """

    keystone: int = 15000
    swift_proxy: int = 18080
    swift_object: int = 16200
    swift_container: int = 16201
    swift_account: int = 16202


P = TypeVar("P", bound=Ports)


def choose(wanted: P, in_use_by_us: Container[int] = ()) -> P:
    """Return `wanted`, with every port that somebody else holds replaced by a free one."""
    chosen: dict[str, int] = {}
    for name, port in asdict(wanted).items():
        if port not in chosen.values() and (port in in_use_by_us or is_free(port)):
            chosen[name] = port
    # Only now, so that no replacement is a port that another service keeps.
    for name, port in asdict(wanted).items():
        if name not in chosen:
            chosen[name] = _first_free(port, taken=set(chosen.values()))
    return replace(wanted, **chosen)


class Reservation(AbstractContextManager["Reservation"]):
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

    def release(self, number: int) -> None:
        """Give a port to the service that is to listen on it."""
        if held := self._held.pop(number, None):
            held.close()

    def __exit__(self, *_: object) -> None:
        """Give up whatever is still held."""
        for number in list(self._held):
            self.release(number)


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


def answers(port: int) -> bool:
    """Tell whether something listens on `port`."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def _first_free(wanted: int, taken: set[int]) -> int:
    for port in range(wanted, min(wanted + SEARCHED, 65536)):
        if port not in taken and is_free(port):
            return port
    raise UnusableError(
        f"No port from {wanted} to {port} of {HOST} is free.",
        "End the programs that listen there and try again.",
    )
