"""Answers that do not come: a real server on this machine, a real session."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from keystoneauth1.exceptions import (
    ClientException,
    ConnectFailure,
    ConnectTimeout,
    RequestTimeout,
    ServiceUnavailable,
)

from defcheck.cloud import session as patience
from defcheck.cloud.session import CloudSession

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
DROPPED = b""
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\nok"
CUT_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
HUNG = None


def status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} Words", "Content-Length: 0", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


Answers = tuple[bytes | None, ...]
Server = Callable[..., tuple[str, list[str]]]


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a function that starts a server which answers as it is told, then well.

    It returns the server's address and a list of the methods that it is asked.
    """
    listening: list[socket.socket] = []

    def start(*answers: bytes | None, always: bytes | None = GOOD) -> tuple[str, list[str]]:
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
                    answer = dict(enumerate(answers, 1)).get(len(asked), always)
                    if answer is HUNG:
                        time.sleep(3)
                    else:
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{taking.getsockname()[1]}/", asked

    yield start
    for one in listening:
        one.close()


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.01, 0.02, 0.03))
    monkeypatch.setattr(patience, "LONGEST_WAIT", 0.2)


def session(timeout: float = 10) -> CloudSession:
    return CloudSession(timeout=timeout)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "answers",
    [
        (DROPPED,),
        (DROPPED, DROPPED, DROPPED),
        (status(500),),
        (status(502), DROPPED, status(504)),
        (status(503), status(503), status(503)),
        (status(429), status(429, "Retry-After: 1")),
        (status(429, "Retry-After: 86400"),),
        (status(503, "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT"),),
        (status(503, "Retry-After: -5"),),
    ],
)
def test_no_answer_to_a_harmless_request_is_asked_again(
    server: Server, method: str, answers: Answers
) -> None:
    address, asked = server(*answers)
    assert session().request(address, method).status_code == 200
    assert asked == [method] * (len(answers) + 1)


@pytest.mark.parametrize("cut", [CUT, CUT_CHUNKED])
def test_an_answer_that_breaks_off_is_asked_again(server: Server, cut: bytes) -> None:
    address, asked = server(cut)
    assert session().get(address).text == "ok"
    assert asked == ["GET"] * 2


@pytest.mark.parametrize("answer", [DROPPED, CUT, status(500), status(503, "Retry-After: 0")])
def test_what_may_have_created_something_is_asked_once(server: Server, answer: bytes) -> None:
    address, asked = server(answer)
    with pytest.raises(ClientException):
        session().post(address, json={})
    assert asked == ["POST"]


@pytest.mark.parametrize("answer", [DROPPED, status(500), status(503), status(429)])
def test_a_token_is_asked_for_again(server: Server, answer: bytes) -> None:
    address, asked = server(answer)
    assert session().post(f"{address}v3/auth/tokens", json={}).text == "ok"
    assert asked == ["POST"] * 2


def test_too_many_requests_created_nothing(server: Server) -> None:
    address, asked = server(status(429))
    assert session().post(address, json={}).text == "ok"
    assert asked == ["POST"] * 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [(DROPPED, ConnectFailure), (status(503), ServiceUnavailable), (status(429), ClientException)],
)
def test_what_stays_without_an_answer_is_told(
    server: Server, answer: bytes, error: type[Exception]
) -> None:
    address, asked = server(always=answer)
    with pytest.raises(error):
        session().get(address)
    assert asked == ["GET"] * 4


def test_repeating_ends_with_its_period(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PERIOD", 0.1)
    address, asked = server(always=status(503, "Retry-After: 86400"))
    with pytest.raises(ServiceUnavailable):
        session().get(address)
    assert asked == ["GET"]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 501])
def test_client_error_is_not_retried(server: Server, code: int) -> None:
    address, asked = server(always=status(code))
    assert session().get(address, raise_exc=False).status_code == code
    assert asked == ["GET"]


def test_no_answer_in_time_is_not_waited_for_again(server: Server) -> None:
    address, asked = server(HUNG)
    with pytest.raises((RequestTimeout, ConnectTimeout)):
        session(timeout=1).get(address)
    assert asked == ["GET"]


def test_an_answer_that_is_not_http_is_not_asked_for_again(server: Server) -> None:
    address, asked = server(always=b"SSH-2.0-OpenSSH_9.6\r\n")
    with pytest.raises(ConnectFailure):
        session().get(address)
    assert asked == ["GET"]


def test_a_port_that_nobody_listens_on_is_tried_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(ConnectFailure, match="refused"):
        session().get(address)
