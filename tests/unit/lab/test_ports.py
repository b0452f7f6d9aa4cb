"""Ports that somebody else holds are not taken."""

import socket
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest

from defcheck.lab import ports
from defcheck.lab.ports import HOST, Ports, Reservation


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> Ports:
    """Five ports that nobody holds."""
    servers = [socket.create_server((HOST, 0)) for _ in range(5)]
    numbers = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return Ports(*numbers)


def test_free_ports_are_kept(free: Ports) -> None:
    assert ports.choose(free) == free


def test_a_taken_port_is_replaced_and_the_others_kept(free: Ports, taken: int) -> None:
    chosen = ports.choose(replace(free, swift_object=taken))
    assert chosen.swift_object != taken
    assert ports.is_free(chosen.swift_object)
    assert replace(chosen, swift_object=0) == replace(free, swift_object=0)


def test_a_replacement_is_not_a_port_that_another_service_keeps(free: Ports, taken: int) -> None:
    neighbour = next(port for port in range(taken + 1, 65536) if ports.is_free(port))
    chosen = ports.choose(replace(free, keystone=taken, swift_account=neighbour))
    assert chosen.swift_account == neighbour
    assert chosen.keystone not in (taken, neighbour)


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_our_own_port_is_kept(free: Ports, taken: int) -> None:
    wanted = replace(free, keystone=taken)
    assert ports.choose(wanted, in_use_by_us={taken}) == wanted


def test_no_port_is_given_twice(free: Ports, taken: int) -> None:
    # All five look for a port from the same number on.
    chosen = astuple(ports.choose(Ports(*[taken] * 5)))
    assert len(set(chosen)) == 5


def test_answers_tells_listeners_from_silence(taken: int, free: Ports) -> None:
    assert ports.answers(taken)
    assert not ports.answers(free.keystone)


def test_a_reserved_port_is_free_for_nobody_until_it_is_released(free: Ports, taken: int) -> None:
    with Reservation([free.keystone, free.swift_proxy, taken]) as reserved:
        assert not ports.is_free(free.keystone)
        assert not ports.answers(free.keystone)
        reserved.release(free.keystone)
        reserved.release(taken)
        assert ports.is_free(free.keystone)
        assert not ports.is_free(free.swift_proxy)
    assert ports.is_free(free.swift_proxy)
