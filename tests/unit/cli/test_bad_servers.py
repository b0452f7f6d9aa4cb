"""The installed command hands in to servers that are no RefStack, slow, endless or hostile."""

import gzip
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]
Behave = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 201 Created\r\n"


@contextmanager
def answering(behave: Behave) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each connection so; yield the address and what was asked."""
    asked: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(30)
            try:
                asked.append(connection.recv(65536))
                behave(connection)
            except OSError:
                return  # whoever asked has gone

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            while True:
                try:
                    connection = listening.accept()[0]
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def drip(beginning: bytes) -> Behave:
    """Begin an answer, and go on for a minute without a silence as long as a third of the limit."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(beginning)
        for _ in range(1200):
            connection.sendall(b" ")
            time.sleep(0.05)

    return behave


def silence(connection: socket.socket) -> None:
    time.sleep(30)


def go_on(connection: socket.socket) -> None:
    """Say that all is well, again and again."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


def endless(connection: socket.socket) -> None:
    """Send 10 GB, or as much of it as is read."""
    connection.sendall(HEAD + b"Content-Length: 10737418240\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def packed(connection: socket.socket) -> None:
    body = gzip.compress(gzip.compress(bytes(100 * 2**20)))
    head = f"Content-Encoding: gzip, gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    connection.sendall(HEAD + head + body)


def say(data: bytes) -> Behave:
    return lambda connection: connection.sendall(data)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a RefStack file of a passed test."""
    path = tmp_path / "passed.json"
    run = {"cpid": "c", "duration_seconds": 7, "results": [{"name": "a.C.test_x"}]}
    path.write_text(json.dumps(run))
    return path


@pytest.fixture(autouse=True)
def no_proxy(environment: dict[str, str]) -> None:
    """Take away the proxies of whoever runs the tests."""
    for name in list(environment):
        if name.lower().endswith("_proxy"):
            del environment[name]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of a second where the command waits for seconds before it asks again."""
    for module in ("client", "upload"):
        name = f"defcheck.submission.refstack.{module}.RETRY_WAITS"
        monkeypatch.setattr(name, (0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (drip(HEAD + b"Server:"), "did not respond within 2 s"),
        (drip(HEAD + b"Content-Length: 300\r\n\r\n"), "did not respond within 2 s"),
        (go_on, "did not respond within 2 s"),
        (silence, "did not respond in time"),
    ],
    ids=["a head that drips", "a body that drips", "100 Continue", "silence"],
)
def test_a_slow_server_is_left_within_the_time_that_was_given(
    defcheck: Run, refused: Refused, file: Path, behave: Behave, words: str
) -> None:
    with answering(behave) as (url, asked):
        began = time.monotonic()
        done = defcheck("upload", file, "--url", url, "--timeout", "2")
        took = time.monotonic() - began
    refused(done, 4, words, "is unknown", f"defcheck results list --url {url} --cpid c")
    assert took < 20  # twice 2 s
    assert [one.split()[0] for one in asked] == [b"POST", b"GET"]


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (endless, "a response that is larger than 8 MiB"),
        (packed, "a response that is larger than 8 MiB"),
        (
            say(HEAD + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000),
            "expected 201 with the id",
        ),
        (say(HEAD + b"Content-Length: 500\r\n\r\n{"), "a response that was cut off"),
        (
            say(b"HTTP/1.1 201 \x1b[31mCreated\r\nContent-Length: 0\r\n\r\n"),
            "201 Created, expected",
        ),
        (say(b"\x1b[31mHello\r\n\r\n"), "sent no response: [31mHello"),
    ],
    ids=["10 GB", "a packed bomb", "deep JSON", "cut off", "an escape", "no HTTP"],
)
def test_invalid_response_to_an_upload_is_an_error_and_not_retried(
    defcheck: Run, refused: Refused, file: Path, behave: Behave, words: str
) -> None:
    with answering(behave) as (url, asked):
        done = defcheck("upload", file, "--url", url, "--timeout", "30")
    refused(done, 4, words)
    assert "\x1b" not in done.stderr
    assert [one.split()[0] for one in asked].count(b"POST") == 1


def test_invalid_timeout_and_empty_cpid_are_refused(
    defcheck: Run, refused: Refused, file: Path
) -> None:
    for seconds in ("0", "-1", "nan", "soon"):
        done = defcheck("upload", file, "--url", "http://127.0.0.1:9", "--timeout", seconds)
        assert (done.returncode, done.stdout) == (2, "")
    refused(defcheck("upload", file, "--cpid", "", "--dry-run"), 2, "--cpid is empty")
