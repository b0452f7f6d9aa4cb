"""Connections that break, drip or hang: real servers on this machine, a real session."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from keystoneauth1.exceptions import (
    ConnectFailure,
    ConnectTimeout,
    DiscoveryFailure,
    RequestTimeout,
    Unauthorized,
    UnknownConnectionError,
)
from keystoneauth1.identity.generic import Password

import defcheck
from defcheck.cloud import patience
from defcheck.cloud.session import MAX_REDIRECTS, CloudSession
from tests.keystone import TOKEN, keystone

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


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.01, 0.02, 0.03))


def session(timeout: float = 10) -> CloudSession:
    return CloudSession(timeout=timeout)


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
    assert asked == ["GET"] * 4


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


@pytest.fixture
def address() -> Iterator[str]:
    with keystone() as found:
        yield found


@pytest.mark.parametrize("mode", ["silent", "drip", "dripheaders"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_ends_within_its_total_timeout(address: str, mode: str, method: str) -> None:
    began = time.monotonic()
    with pytest.raises(ConnectTimeout):
        session(timeout=0.3).request(f"{address}/{mode}", method)
    assert time.monotonic() - began < 3


def test_a_request_without_a_timeout_has_one_too(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("defcheck.cloud.session.READ_SECONDS", 0.3)
    with pytest.raises(ConnectTimeout):
        CloudSession().get(f"{address}/silent")


def test_redirects_end(address: str) -> None:
    answer = session().get(f"{address}/circle")
    assert answer.status_code == 302
    assert len(answer.history) <= MAX_REDIRECTS


def test_an_answer_without_end_is_left(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("defcheck.cloud.session.MAX_BYTES", 4)
    with pytest.raises(UnknownConnectionError):
        session().get(f"{address}/html")


def test_an_answer_is_read_as_requests_reads_it(address: str) -> None:
    answer = session().get(f"{address}/json")
    assert answer.json() == {"status": "UP"}
    assert answer.content == answer.text.encode()
    assert session().get(f"{address}/html").text.startswith("<!DOCTYPE")


def logging_in(url: str, timeout: float = 10) -> CloudSession:
    auth = Password(
        auth_url=url,
        username="u",
        password="p",
        project_name="p",
        user_domain_name="D",
        project_domain_name="D",
    )
    return CloudSession(auth=auth, timeout=timeout)


def test_a_login_where_discovery_needs_a_token_does_not_wait_for_itself(address: str) -> None:
    with pytest.raises((DiscoveryFailure, Unauthorized)):
        logging_in(f"{address}/unauthorized/v3").log_in()


def test_a_login_that_waits_for_ever_ends(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it waits for: keystoneauth's own lock knows no timeout."""
    stuck = logging_in(f"{address}/good/v3", timeout=0.2)
    monkeypatch.setattr(stuck.auth, "get_access", lambda _: threading.Event().wait(9))
    with pytest.raises(ConnectTimeout, match="The login timed out after"):
        stuck.log_in()


def test_a_session_logs_in_once_and_asks_with_its_token(address: str) -> None:
    one = logging_in(f"{address}/good/v3")
    access = one.log_in()
    assert one.log_in() is access
    assert one.get_auth_headers()["X-Auth-Token"] == TOKEN
    assert one.get(f"{address}/good/v3").status_code == 200


def test_several_threads_log_in_at_the_same_time(address: str) -> None:
    one = logging_in(f"{address}/good/v3")
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: one.log_in(), range(16)))
    assert len({id(access) for access in found}) == 1


SOURCES = sorted(
    path
    for name in ("cloud", "runner")
    for path in (Path(defcheck.__file__).parent / name).rglob("*.py")
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_else_opens_a_session_or_logs_in(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.name == "session.py":
        return
    for way in (".get_access(", "keystoneauth1.session", "import requests", "urlopen("):
        assert way not in source
    assert "Connection(" not in source or "config=entry.config" in source
