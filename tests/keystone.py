"""A real Keystone v3 of a few answers on this machine, and what people take for one.

The first part of the path says how it behaves: `/good/v3`, `/refuses/v3`, `/html/v3`.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.webserver import serving

TOKEN = "gAAAAAB-a-token-of-the-fake-keystone-of-the-tests"
FAR = "2099-01-01T00:00:00.000000Z"

JSON = dict[str, Any]


class FakeKeystone(BaseHTTPRequestHandler):
    """Answers by the first part of the path; GET is discovery, POST the login."""

    protocol_version = "HTTP/1.1"
    mode = ""
    """How every path behaves, where the path does not say it."""

    catalogue: tuple[JSON, ...] = ()
    stop = threading.Event()

    def log_message(self, *args: object) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        self.answer("get")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer("post")

    def answer(self, method: str) -> None:
        mode = self.mode or self.path.strip("/").partition("/")[0].partition("?")[0]
        act = getattr(self, f"{method}_{mode}", None) or getattr(self, f"any_{mode}", None)
        try:
            (act or getattr(self, f"{method}_good"))()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, status: int, document: Any = None, kind: str = "", **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def root(self) -> str:
        scheme = "https" if hasattr(self.connection, "cipher") else "http"
        mode = "" if self.mode else "/" + self.path.strip("/").partition("/")[0]
        return f"{scheme}://{self.headers['Host']}{mode}"

    @property
    def listed(self) -> list[JSON]:
        """The catalogue, with the server's own address in place of {here}."""
        here = self.root.partition("://")[0] + f"://{self.headers['Host']}"
        found: list[JSON] = json.loads(json.dumps(self.catalogue).replace("{here}", here))
        return found

    def version(self, name: str) -> JSON:
        path = name.partition(".")[0]
        link = {"rel": "self", "href": f"{self.root}/{path}/"}
        return {"id": name, "status": "stable", "links": [link], "media-types": []}

    def get_good(self) -> None:
        if self.path.rstrip("/").endswith("/v3"):
            self.reply(200, {"version": self.version("v3.14")})
        else:
            self.reply(300, {"versions": {"values": [self.version("v3.14")]}})

    def post_good(self) -> None:
        self.token()

    def token(self, **changes: Any) -> None:
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "user": {"id": "u" * 32, "name": "someone", "domain": domain},
            "project": {"id": "p" * 32, "name": "p", "domain": domain},
            "roles": [{"id": "1", "name": "member"}],
            "expires_at": FAR,
            "issued_at": FAR,
            "catalog": self.listed,
            **changes,
        }
        kept = {key: value for key, value in token.items() if value is not None}
        self.reply(201, {"token": kept}, X_Subject_Token=TOKEN)

    def any_unauthorized(self) -> None:
        self.reply(401, {"error": {"code": 401, "message": "no"}})

    def get_gate(self) -> None:
        """A Keystone before which discovery needs a login, and the login does not."""
        self.any_unauthorized()

    def post_refuses(self) -> None:
        words = "The request you have made requires authentication."
        self.reply(401, {"error": {"code": 401, "title": "Unauthorized", "message": words}})

    def post_nodomain(self) -> None:
        words = "Expecting to find domain in user. (DomainNotFoundException)"
        self.reply(400, {"error": {"code": 400, "title": "Bad Request", "message": words}})

    def any_html(self) -> None:
        self.reply(200, b"<!DOCTYPE html><html>Sign in</html>", "text/html")

    def any_notfound(self) -> None:
        self.reply(404, b"nothing here", "text/plain")

    def any_json(self) -> None:
        self.reply(200, {"status": "UP"})

    def any_list(self) -> None:
        self.reply(200, [1, 2, 3])

    def any_busy(self) -> None:
        self.reply(503, b"<html><body>503 Service Unavailable</body></html>", "text/html")

    def any_circle(self) -> None:
        self.reply(302, b"", "text/plain", Location=f"http://{self.headers['Host']}{self.path}")

    def any_moved(self) -> None:
        """Redirect as a web server may and keystoneauth does not understand."""
        self.reply(301, b"", "text/plain", Location="/good/v3")

    def get_v2only(self) -> None:
        self.reply(200, {"versions": {"values": [self.version("v2.0")]}})

    def post_v2only(self) -> None:
        self.any_notfound()

    def post_oddtoken(self) -> None:
        self.reply(201, {"token": 5}, X_Subject_Token=TOKEN)

    def post_oddcatalogue(self) -> None:
        self.token(catalog=[{"endpoints": None}, 5])

    def post_noproject(self) -> None:
        self.token(project=None, roles=None, catalog=None)

    def any_silent(self) -> None:
        self.stop.wait(30)
        self.close_connection = True

    def post_silentlogin(self) -> None:
        self.any_silent()

    def any_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        self.drip(b" ")

    def any_dripheaders(self) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip(b"x")

    def drip(self, byte: bytes) -> None:
        ends = time.monotonic() + 30
        while time.monotonic() < ends and not self.stop.wait(0.1):
            self.wfile.write(byte)
            self.wfile.flush()

    def get_twodates(self) -> None:
        self.send_response(200)
        self.send_header("Date", self.date_time_string())
        body = json.dumps({"version": self.version("v3.14")}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def keystone(
    certificate: Path | None = None,
    catalogue: tuple[Mapping[str, Any], ...] = (),
    mode: str = "",
) -> Iterator[str]:
    """Serve on 127.0.0.1 and yield the address, behind which the mode and /v3 stand."""
    stop = threading.Event()
    own = {"catalogue": catalogue, "stop": stop, "mode": mode}
    handler = type("FakeKeystoneOfOneTest", (FakeKeystone,), own)
    with serving(certificate=certificate, handler=handler) as address:
        try:
            yield address
        finally:
            stop.set()


def services(**endpoints: Mapping[str, str]) -> tuple[JSON, ...]:
    """Return a catalogue: by service type the addresses by interface."""
    return tuple(
        {
            "id": kind,
            "type": kind.replace("_", "-"),
            "name": kind,
            "endpoints": [
                {
                    "id": f"{kind}-{interface}",
                    "interface": interface,
                    "region": "RegionOne",
                    "region_id": "RegionOne",
                    "url": url,
                }
                for interface, url in addresses.items()
            ],
        }
        for kind, addresses in endpoints.items()
    )
