"""The probe of Glance: what it answers, and that its image is deleted, whatever fails."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest
from keystoneauth1.adapter import Adapter
from keystoneauth1.noauth import NoAuth

from defcheck.cloud import session as patience
from defcheck.cloud.config_builder.probes import CloudProber
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.model import Unavailable
from defcheck.cloud.session import CloudSession

DROP = 0


class Glance:
    """Images in memory; `faults` say how often a method is answered by what else first."""

    def __init__(self, upload: int, faults: dict[str, list[int]]) -> None:
        self.upload = upload
        self.faults = faults
        self.images: dict[str, str] = {}
        self.ever: list[str] = []
        """Ids of all images that were created."""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        fault = self.faults.get(method, [])
        status, document = self._act(method, path, body)
        return (fault.pop(0), b"") if fault else (status, json.dumps(document).encode())

    def _act(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "POST":
            self.ever.append(str(len(self.ever)))
            self.images[self.ever[-1]] = json.loads(body)["name"]
            return 201, {"id": self.ever[-1]}
        if method == "PUT":
            return self.upload, {}
        if method == "DELETE":
            return (204 if self.images.pop(path.split("/")[-1], "") else 404), {}
        name = path.split("name=")[1]
        found = [{"id": key} for key, value in self.images.items() if value == name]
        return 200, {"images": found}


@contextmanager
def serving(glance: Glance) -> Iterator[Cloud]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = glance.answer(self.command, self.path, body)
            if status == DROP:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(0 if status == 204 else len(content)))
            self.end_headers()
            if status != 204:
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 (http.server calls them so)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        session = CloudSession(auth=NoAuth())
        address = f"http://127.0.0.1:{server.server_port}"
        image = Adapter(session, endpoint_override=address, raise_exc=False)
        yield cast(Cloud, SimpleNamespace(connection=SimpleNamespace(image=image, session=session)))
        server.shutdown()


@pytest.mark.parametrize(
    ("upload", "faults", "found"),
    [
        (204, {}, False),
        (415, {}, True),
        (400, {}, True),
        (204, {"PUT": [500], "GET": [503], "DELETE": [DROP]}, False),
        (415, {"POST": [429]}, True),
        (500, {}, "HTTP 500"),
        (503, {}, "HTTP 503"),
        (409, {}, "409"),
        (204, {"PUT": [DROP] * 4}, "closed the connection"),
        (204, {"POST": [500]}, "HTTP 500"),
        (204, {"POST": [DROP]}, "closed the connection"),
        (204, {"POST": [403]}, "HTTP 403"),
        (204, {"DELETE": [500] * 4}, "may not have been deleted"),
    ],
)
def test_no_answer_is_no_refusal_and_no_image_stays(
    monkeypatch: pytest.MonkeyPatch,
    upload: int,
    faults: dict[str, list[int]],
    found: bool | str,
) -> None:
    monkeypatch.setattr(patience, "WAITS", (0.01, 0.01, 0.01))
    glance = Glance(upload, faults)
    with serving(glance) as cloud:
        prober = CloudProber(cloud)
        answer = prober.probe_format_enforcement()
    if isinstance(found, str):
        assert isinstance(answer, Unavailable)
        assert found in answer.reason
    else:
        assert answer is found
    assert not glance.images
    assert sorted(one["id"] for one in prober.created) == glance.ever
