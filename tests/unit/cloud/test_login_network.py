"""Logins to real servers on this machine that are no Keystone, or one in trouble."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.keystone import keystone
from tests.unit.cloud.clouds import Defcheck, defcheck, entry, folder
from tests.webserver import write_certificate

USAGE, UNUSABLE = 2, 4
TIMEOUT = 0.4
"""The read timeout in seconds; a login may take three of them."""

__all__ = ["defcheck", "folder"]

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")

ANSWERS: dict[str, tuple[int, tuple[str, ...]]] = {
    "unauthorized": (UNUSABLE, ("does not lead to Keystone: HTTP 401, before any login",)),
    "refuses": (UNUSABLE, ("refused the login (HTTP 401)", "Check user, password, project")),
    "nodomain": (UNUSABLE, ("failed: HTTP 400 Bad Request: Expecting to find domain in user.",)),
    "html": (UNUSABLE, ("does not lead to Keystone: it is a web page", "Set auth_url to")),
    "notfound": (UNUSABLE, ("does not lead to Keystone: HTTP 404",)),
    "json": (UNUSABLE, ("does not lead to Keystone: it is JSON, but not",)),
    "list": (UNUSABLE, ("does not lead to Keystone: it is JSON, but not",)),
    "v2only": (UNUSABLE, ("it has no Identity API v3, only v2.0", "Tempest needs")),
    "busy": (UNUSABLE, ("busy/v3: HTTP 503", "try again later")),
    "circle": (UNUSABLE, ("does not lead to Keystone: too many redirects",)),
    "moved": (UNUSABLE, ("it redirects to http://127.0.0.1:", "/good/v3", "Set auth_url to")),
    "oddtoken": (UNUSABLE, ("token of cloud c", "has an unexpected format")),
    "oddcatalogue": (UNUSABLE, ("token of cloud c", "has an unexpected format")),
    "noproject": (USAGE, ("has no project_name, and the user has no default project",)),
}
"""How a server behaves, to the exit code and what is said."""

LATE = ("silent", "silentlogin", "drip", "dripheaders")
"""Servers that let a client wait for ever."""


@pytest.fixture
def address() -> Iterator[str]:
    with keystone() as found:
        yield found


@pytest.mark.parametrize(("mode", "code", "words"), [(m, *a) for m, a in ANSWERS.items()])
def test_what_answers_at_auth_url_is_described(
    defcheck: Defcheck, address: str, mode: str, code: int, words: tuple[str, ...]
) -> None:
    defcheck(cloud=entry(f"{address}/{mode}/v3")).refuse(code, "loud c ", *words)


@pytest.mark.parametrize("mode", ["unauthorized", "html", "notfound", "json", "v2only"])
def test_an_auth_url_without_a_version_is_described_alike(
    defcheck: Defcheck, address: str, mode: str
) -> None:
    code, words = ANSWERS[mode]
    defcheck(cloud=entry(f"{address}/{mode}")).refuse(code, f"{address}/{mode}", *words)


@pytest.mark.parametrize("mode", LATE)
@pytest.mark.parametrize("version", ["/v3", ""])
def test_a_login_ends_within_its_timeout(
    defcheck: Defcheck, address: str, mode: str, version: str
) -> None:
    began = time.monotonic()
    said = defcheck(cloud=entry(f"{address}/{mode}{version}", api_timeout=TIMEOUT))
    assert time.monotonic() - began < 3 * TIMEOUT + 3
    said.refuse(UNUSABLE, "Cloud c does not answer at", ": no response in time", "api_timeout")


def test_a_server_that_accepts_and_says_nothing_is_left(defcheck: Defcheck) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        began = time.monotonic()
        said = defcheck(cloud=entry(url, api_timeout=str(TIMEOUT)))
        assert time.monotonic() - began < 3 * TIMEOUT + 3
    said.refuse(UNUSABLE, "does not answer at", ": no response in time")


def test_a_discovery_that_needs_a_token_does_not_block_the_login(defcheck: Defcheck) -> None:
    """As a gateway that lets nothing but logins through; /v3 in the path is enough then."""
    with keystone(mode="gate") as address:
        said = defcheck(cloud=entry(f"{address}/v3"))
    assert "uri_v3" in said.stdout
    assert said.code == 0


def test_a_closed_port_is_explained(defcheck: Defcheck) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    for version in ("", "/v3"):
        said = defcheck(cloud=entry(url + version))
        said.refuse(UNUSABLE, f"Cloud c does not answer at {url}{version}: the connection was")


def test_a_host_name_that_is_not_known_is_explained(defcheck: Defcheck) -> None:
    said = defcheck(cloud=entry("http://no-such-host.invalid/v3"))
    said.refuse(
        UNUSABLE, "no-such-host.invalid/v3: its host name cannot be resolved", "Check the host name"
    )


def test_a_server_without_tls_is_explained(defcheck: Defcheck, address: str) -> None:
    said = defcheck(cloud=entry(f"{address.replace('http', 'https')}/good/v3"))
    said.refuse(UNUSABLE, "it does not speak TLS", "a server without TLS has http://")


def test_tls_behind_an_address_without_it_is_explained(defcheck: Defcheck, tmp_path: Path) -> None:
    with keystone(write_certificate(tmp_path / "own.pem")) as address:
        said = defcheck(cloud=entry(f"{address.replace('https', 'http')}/good/v3"))
    said.refuse(UNUSABLE, ": it reset", "https://")


def test_a_certificate_that_is_not_trusted_is_explained(defcheck: Defcheck, tmp_path: Path) -> None:
    with keystone(write_certificate(tmp_path / "own.pem")) as address:
        said = defcheck(cloud=entry(f"{address}/good/v3"))
    said.refuse(UNUSABLE, "is not trusted: self-signed certificate", "--cacert")


def test_a_certificate_that_has_expired_is_explained(defcheck: Defcheck, tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem", days=-1)
    with keystone(own) as address:
        said = defcheck(cloud=entry(f"{address}/good/v3", cacert=str(own)))
    said.refuse(UNUSABLE, "is not trusted: certificate has expired")


def test_a_server_that_is_not_http_is_explained(defcheck: Defcheck) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            for _ in range(4):
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        threading.Thread(target=greet, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v3"
        said = defcheck(cloud=entry(url))
    said.refuse(UNUSABLE, ": its response is not HTTP", "https://")
