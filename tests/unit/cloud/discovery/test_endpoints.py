"""Endpoints of real servers on this machine: reached or not, trusted or not, which versions."""

import http.server
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1.session import Session

from defcheck.cloud.connection import Cloud, PasswordLogin
from defcheck.cloud.discovery import endpoints
from defcheck.cloud.discovery.model import (
    ApiVersion,
    CatalogueEntry,
    Certificate,
    EndpointFacts,
    Unavailable,
)
from tests.webserver import serving, write_certificate


def version(number: str, **more: str) -> dict[str, Any]:
    return {"id": number, "status": "CURRENT", "links": [{"rel": "self", "href": "/"}], **more}


PAGES = {
    "/compute/": {"versions": [version("v2.1", version="2.90", min_version="2.1")]},
    "/volume/": {"versions": [version("v3.0", version="3.70", min_version="3.0")]},
    "/image/": {"versions": [version("v2.9"), version("v2.15")]},
    "/odd/": [1, 2],
}
STATUS = {"/volume/v3/abc": 401, "/broken/": 503}


class Service(http.server.BaseHTTPRequestHandler):
    """Answers as services do."""

    def do_GET(self) -> None:
        self.send_response(STATUS.get(self.path, 200 if self.path in PAGES else 404))
        self.end_headers()
        self.wfile.write(json.dumps(PAGES.get(self.path, {})).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with serving(handler=Service) as address:
        yield address


def cloud(cacert: str = "", *, verify: bool = True) -> Cloud:
    class Connection:
        session = Session(verify=(cacert or True) if verify else False, timeout=2)

    login = PasswordLogin("u", "p", "p", "Default", "Default")
    return Cloud("c", "http://x", "", login, (), frozenset(), "", cacert, verify, Connection())


def look(url: str, kind: str = "compute", where: Cloud | None = None) -> EndpointFacts:
    entry = CatalogueEntry(kind, kind, "", "public", "r", url)
    (found,) = endpoints.discover_endpoints(where or cloud(), [entry], time.monotonic() + 10)
    return found


def test_versions_are_read_at_the_root_of_the_api(server: str) -> None:
    assert look(f"{server}/compute/v2.1").versions == (ApiVersion("2.1", "CURRENT", "2.1", "2.90"),)
    found = look(f"{server}/volume/v3/abc", "block-storage")
    assert found.reached == 401
    assert found.versions == (ApiVersion("3.0", "CURRENT", "3.0", "3.70"),)


def test_plain_versions_have_no_microversions(server: str) -> None:
    assert look(f"{server}/image", "image").versions == (
        ApiVersion("2.9", "CURRENT", "", ""),
        ApiVersion("2.15", "CURRENT", "", ""),
    )


def test_an_answer_that_is_no_version_document_is_said(server: str) -> None:
    found = look(f"{server}/odd/")
    assert found.reached == 200
    assert isinstance(found.versions, Unavailable)


def test_swift_has_no_version_document(server: str) -> None:
    assert look(f"{server}/v1/AUTH_x", "object-store").versions == ()


def test_a_service_that_is_broken_is_not_reached(server: str) -> None:
    assert look(f"{server}/broken/").reached == Unavailable(
        "it returned HTTP 503 to every attempt", no_answer=True, status=503
    )


def test_a_closed_port_is_not_reached() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    found = look(url)
    assert (
        found.reached == found.versions == Unavailable("the connection was refused", no_answer=True)
    )
    assert found.certificate is None


def test_one_that_takes_the_call_and_never_answers_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = look(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert found.reached == Unavailable("no response in time", no_answer=True)


def test_a_host_that_is_not_known() -> None:
    assert look("http://no-such-host.invalid/").reached == Unavailable(
        "its host name cannot be resolved", no_answer=True
    )


def test_plain_http_behind_an_https_address(server: str) -> None:
    found = look(server.replace("http", "https"))
    assert isinstance(found.reached, Unavailable)
    assert isinstance(found.certificate, Unavailable)


def test_a_certificate_of_its_own_is_read_and_not_trusted(tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem", days=30)
    with serving(certificate=own, handler=Service) as address:
        found = look(f"{address}/compute/")
        assert found.reached == Unavailable(
            "its certificate is self-signed and not trusted", no_answer=True
        )
        assert isinstance(found.certificate, Certificate)
        assert found.certificate.trust_error == "self-signed certificate"
        left = found.certificate.not_after - datetime.now(UTC)
        assert timedelta(days=29) < left <= timedelta(days=30)

        trusted = look(f"{address}/compute/", where=cloud(str(own)))
        assert trusted.reached == 200
        assert isinstance(trusted.certificate, Certificate)
        assert trusted.certificate.trust_error == ""
        assert trusted.certificate.issuer == "CN=127.0.0.1"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_certificate_that_is_not_to_be_verified(tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with serving(certificate=own, handler=Service) as address:
        assert look(f"{address}/compute/", where=cloud(verify=False)).reached == 200


def test_a_certificate_that_has_ended(tmp_path: Path) -> None:
    old = write_certificate(tmp_path / "old.pem", days=-1)
    with serving(certificate=old, handler=Service) as address:
        found = look(f"{address}/compute/", where=cloud(str(old)))
    assert isinstance(found.certificate, Certificate)
    assert found.certificate.trust_error == "certificate has expired"
    assert found.reached == Unavailable("its certificate has expired", no_answer=True)
