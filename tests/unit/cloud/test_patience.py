"""Connections that break: a real server on this machine, a real session."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from keystoneauth1.exceptions import ConnectFailure, ConnectTimeout, RequestTimeout
from keystoneauth1.session import Session

from defcheck.cloud.patience import be_patient

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

Server = Callable[..., tuple[str, list[str]]]


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a function that starts a server which breaks the first connections.

    It returns the server's address and a list of the methods that it is asked.
    """
    listening: list[socket.socket] = []

    def start(*, broken: int, silent: bool = False) -> tuple[str, list[str]]:
        taking = socket.create_server(("127.0.0.1", 0))
        listening.append(taking)
        asked: list[str] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = taking.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536).decode().split(" ")[0])
                    if silent:
                        time.sleep(3)
                    elif len(asked) > broken:
                        connection.sendall(ANSWER)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{taking.getsockname()[1]}/", asked

    yield start
    for one in listening:
        one.close()


def session(timeout: float = 10) -> Session:
    made = Session(timeout=timeout)
    be_patient(made)
    return made


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_what_may_be_repeated_is(server: Server, method: str) -> None:
    address, asked = server(broken=2)
    assert session().request(address, method).text == "ok"
    assert asked == [method] * 3


def test_what_makes_something_is_asked_once(server: Server) -> None:
    address, asked = server(broken=1)
    with pytest.raises(ConnectFailure):
        session().post(address, json={})
    assert asked == ["POST"]


def test_a_line_that_stays_broken_is_told(server: Server) -> None:
    address, asked = server(broken=100)
    with pytest.raises(ConnectFailure):
        session().get(address)
    assert asked == ["GET"] * 3


def test_no_answer_in_time_is_not_waited_for_again(server: Server) -> None:
    address, asked = server(broken=0, silent=True)
    with pytest.raises((RequestTimeout, ConnectTimeout)):
        session(timeout=1).get(address)
    assert asked == ["GET"]


def test_a_port_that_nobody_listens_on_is_tried_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(ConnectFailure, match="refused"):
        session().get(address)
