"""Ports that somebody else holds are not taken."""

import socket
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest

from defcheck.lab import processes
from defcheck.lab.processes import HOST, LabPorts, PortReservation


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> LabPorts:
    """Five ports that nobody holds."""
    servers = [socket.create_server((HOST, 0)) for _ in range(5)]
    numbers = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return LabPorts(*numbers)


def test_free_ports_are_kept(free: LabPorts) -> None:
    assert processes.choose_ports(free) == free


def test_a_taken_port_is_replaced_and_the_others_kept(free: LabPorts, taken: int) -> None:
    chosen = processes.choose_ports(replace(free, swift_object=taken))
    assert chosen.swift_object != taken
    assert processes.is_free(chosen.swift_object)
    assert replace(chosen, swift_object=0) == replace(free, swift_object=0)


def test_a_replacement_is_not_a_port_that_another_service_keeps(free: LabPorts, taken: int) -> None:
    neighbour = next(port for port in range(taken + 1, 65536) if processes.is_free(port))
    chosen = processes.choose_ports(replace(free, keystone=taken, swift_account=neighbour))
    assert chosen.swift_account == neighbour
    assert chosen.keystone not in (taken, neighbour)


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("", 0)) as server:
        assert not processes.is_free(server.getsockname()[1])


def test_our_own_port_is_kept(free: LabPorts, taken: int) -> None:
    wanted = replace(free, keystone=taken)
    assert processes.choose_ports(wanted, own_ports={taken}) == wanted


def test_no_port_is_given_twice(free: LabPorts, taken: int) -> None:
    # All five look for a port from the same number on.
    chosen = astuple(processes.choose_ports(LabPorts(*[taken] * 5)))
    assert len(set(chosen)) == 5


def test_answers_tells_listeners_from_silence(taken: int, free: LabPorts) -> None:
    assert processes.is_listening(taken)
    assert not processes.is_listening(free.keystone)


def test_a_reserved_port_is_free_for_nobody_until_it_is_released(
    free: LabPorts, taken: int
) -> None:
    with PortReservation([free.keystone, free.swift_proxy, taken]) as reserved:
        assert not processes.is_free(free.keystone)
        assert not processes.is_listening(free.keystone)
        reserved.release_port(free.keystone)
        reserved.release_port(taken)
        assert processes.is_free(free.keystone)
        assert not processes.is_free(free.swift_proxy)
    assert processes.is_free(free.swift_proxy)
