"""Connections that break, drip or hang: real servers on this machine, a real session."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from keystoneauth1.exceptions import (
    ConnectTimeout,
    DiscoveryFailure,
    Unauthorized,
    UnknownConnectionError,
)
from keystoneauth1.identity.generic import Password

import defcheck
from defcheck.cloud import session as patience
from defcheck.cloud.session import MAX_REDIRECTS, CloudSession
from tests.keystone import TOKEN, keystone


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.01, 0.02, 0.03))


def session(timeout: float = 10) -> CloudSession:
    return CloudSession(timeout=timeout)


@pytest.fixture
def address() -> Iterator[str]:
    with keystone() as found:
        yield found


def test_a_broken_connection_is_asked_again() -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as taking:

        def serve() -> None:
            for answer in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"):
                connection, _ = taking.accept()
                with connection:
                    asked.append(connection.recv(65536).split()[0])
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        assert session().get(f"http://127.0.0.1:{taking.getsockname()[1]}/").text == "ok"
    assert asked == [b"GET"] * 2


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
