"""A reverse proxy between defcheck and the lab that fails at chosen requests, in chosen ways.

Only what defcheck itself asks is touched, and led through the proxy by the
catalogue: Tempest's client calls itself otherwise, and goes to the lab directly.
"""

import http.client
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWN = "keystoneauth1"
"""Part of the User-Agent of what defcheck asks."""

HANG_SECONDS = 6.0
LATENCY_SECONDS = 1.0
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}

FAULTS = (
    "500",
    "502 after",
    "503",
    "503 after",
    "429",
    "drop",
    "drop after",
    "cut",
    "latency",
)
"""What becomes of a request once; `after` means that the service had done what was asked."""

NAMES = (
    (re.compile(r"[0-9a-f]{32}"), "ID"),
    (re.compile(r"(defcheck|tempest)-[\w-]+"), "NAME"),
    (re.compile(r"=[^&]*"), "=…"),
)


def shape(method: str, path: str) -> str:
    """Return a request without ids, names and values, so that equal ones meet."""
    for pattern, word in NAMES:
        path = pattern.sub(word, path)
    return f"{method} {path}"


@dataclass
class Plan:
    """Which requests fail, and what was asked."""

    once: dict[str, str] = field(default_factory=dict)
    """Shape of a request to the fault that it meets the first time."""

    always: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    met: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, service: str, method: str, path: str) -> str:
        """Return the fault of a request, empty where there is none."""
        key = f"{service} {shape(method, path)}"
        with self.lock:
            self.asked[key] = self.asked.get(key, 0) + 1
            found = self.once.pop(key, "") or self.always.get(key, "")
            if found:
                self.met.append((key, found))
        return found


@dataclass
class Proxy:
    """Proxies in front of services; `plan` may be replaced at any time."""

    addresses: Mapping[str, str]
    """Service to host and port of its proxy."""

    plan: Plan = field(default_factory=Plan)


@contextmanager
def in_front_of(ports: Mapping[str, int]) -> Iterator[Proxy]:
    """Yield a proxy in front of services on ports of this machine."""
    handlers: dict[str, type[Handler]] = {name: type("Own", (Handler,), {}) for name in ports}
    servers = {
        name: ThreadingHTTPServer(("127.0.0.1", 0), handler) for name, handler in handlers.items()
    }
    proxy = Proxy({name: f"127.0.0.1:{one.server_port}" for name, one in servers.items()})
    rewritten = {
        f"127.0.0.1:{port}".encode(): proxy.addresses[name].encode() for name, port in ports.items()
    }
    for name, handler in handlers.items():
        handler.service, handler.backend = name, f"127.0.0.1:{ports[name]}"
        handler.proxy, handler.rewritten = proxy, rewritten
        threading.Thread(target=servers[name].serve_forever, args=(0.05,), daemon=True).start()
    yield proxy
    for server in servers.values():
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Hand a request on, and its answer back, unless it is to fail."""

    protocol_version = "HTTP/1.1"
    service: str
    backend: str
    proxy: Proxy
    rewritten: Mapping[bytes, bytes]

    def _any(self) -> None:
        body = self._body()
        own = OWN in (self.headers.get("User-Agent") or "")
        fault = self.proxy.plan.fault(self.service, self.command, self.path) if own else ""
        if fault == "latency":
            time.sleep(LATENCY_SECONDS)
        elif fault == "hang":
            time.sleep(HANG_SECONDS)
            fault = "drop"
        if fault == "drop":
            self.close_connection = True
            return
        if fault in ("500", "503", "429"):
            self._reply(int(fault), b"{}", {"Retry-After": "1"} if fault == "429" else {})
            return
        status, headers, content = self._ask(body)
        if own:
            for real, proxied in self.rewritten.items():
                content = content.replace(real, proxied)
                headers = {
                    name: value.replace(real.decode(), proxied.decode())
                    for name, value in headers.items()
                }
        bare = self.command == "HEAD" or status in (204, 304)
        if fault == "drop after" or (fault == "cut" and bare):
            self.close_connection = True
        elif fault.endswith(" after"):
            self._reply(int(fault.split()[0]), b"{}", {})
        else:
            self._reply(status, content, headers, cut=fault == "cut")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.backend, timeout=60)
        headers = {name: self.headers[name] for name in self.headers if name.lower() not in HOP}
        headers["Accept-Encoding"] = "identity"
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        found = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        if self.command == "HEAD":
            found["Content-Length"] = answer.getheader("Content-Length") or "0"
        connection.close()
        return answer.status, found, content

    def _reply(
        self, status: int, content: bytes, headers: Mapping[str, str], *, cut: bool = False
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        bare = self.command == "HEAD" or status in (204, 304)
        if not bare:
            self.send_header("Content-Length", str(len(content) + cut))
        self.end_headers()
        if not bare:
            self.wfile.write(content)
        self.close_connection |= cut

    def log_message(self, *_: object) -> None: ...
