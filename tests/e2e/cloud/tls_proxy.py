"""TLS in front of a service on this machine: bytes are handed on as they are."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def tls_in_front_of(port: int, certificate: Path) -> Iterator[str]:
    """Yield the https address that leads to a port of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as taking:
        threading.Thread(target=_take, args=(taking, context, port), daemon=True).start()
        yield f"https://127.0.0.1:{taking.getsockname()[1]}"


def _take(taking: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _ = taking.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(plain, context, port), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError), plain:
        secure = context.wrap_socket(plain, server_side=True)
        with secure, socket.create_connection(("127.0.0.1", port)) as behind:
            back = threading.Thread(target=_copy, args=(behind, secure), daemon=True)
            back.start()
            _copy(secure, behind)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
