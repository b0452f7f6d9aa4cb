"""A real web server on this machine that behaves well or badly, by path."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

GOOD = b'{"good": true}'
CHUNK = b"x" * 65536


class Handler(BaseHTTPRequestHandler):
    """Answer by the path of the request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answer = getattr(self, f"answer_{path.strip('/').partition('/')[0]}", None)
        try:
            if answer is None:
                self.reply(404, b"nothing here")
            else:
                answer()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_good(self) -> None:
        self.reply(200, GOOD)

    def answer_file(self) -> None:
        self.reply(200, self.server.file)  # type: ignore[attr-defined]

    def answer_echo(self) -> None:
        self.reply(200, str(self.headers).encode())

    def answer_html(self) -> None:
        self.reply(200, b"<!DOCTYPE html><html>Sign in</html>", Content_Type="text/html")

    def answer_loop(self) -> None:
        self.reply(302, b"", Location="/loop")

    def answer_away(self) -> None:
        self.reply(301, b"", Location="/good")

    def answer_to(self) -> None:
        self.reply(307, b"", Location=self.path.partition("?")[2])

    def answer_busy(self) -> None:
        self.reply(503, b"later")

    def answer_huge(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(CHUNK)

    def answer_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        for _ in range(100):
            self.wfile.write(b" ")
            time.sleep(0.05)

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"{")

    def log_message(self, *args: object) -> None:
        """Say nothing on stderr."""


@contextmanager
def serving(
    file: bytes = GOOD,
    certificate: Path | None = None,
    handler: type[BaseHTTPRequestHandler] = Handler,
) -> Iterator[str]:
    """Serve on 127.0.0.1 and yield the address; with a certificate over TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.file = file  # type: ignore[attr-defined]
    with listening(server, certificate) as address:
        yield address


@contextmanager
def listening(server: ThreadingHTTPServer, certificate: Path | None) -> Iterator[str]:
    """Let a server serve and yield its address; with a certificate over TLS."""
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_certificate(path: Path, days: float = 1) -> Path:
    """Write a key and a certificate for 127.0.0.1, for so many days, that no authority signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
