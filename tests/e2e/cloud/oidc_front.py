"""What stands in front of a federated Keystone: it looks at a bearer's token.

In life that is Apache with mod_auth_openidc, which asks an identity provider;
here one token is known. Keystone itself, its mapping and its tokens are real.
"""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests

ISSUER = "https://idp.example.org"
PASSED_ON = ("Content-Type", "X-Auth-Token", "X-Subject-Token", "Accept")


@contextmanager
def front_of(port: int, access_token: str, user: str) -> Iterator[str]:
    """Yield the address of a Keystone that knows who has the access token."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _forward(self) -> None:
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            if self.headers.get("Authorization") == f"Bearer {access_token}":
                headers |= {"OIDC-ISS": ISSUER, "OIDC-EMAIL": user}
            length = int(self.headers.get("Content-Length") or 0)
            answer = requests.request(
                self.command,
                f"http://127.0.0.1:{port}{self.path}",
                data=self.rfile.read(length),
                headers=headers,
                timeout=30,
            )
            self.send_response(answer.status_code)
            for name in ("Content-Type", "X-Subject-Token", "Location"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _forward  # noqa: N815 (http.server calls them so)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
