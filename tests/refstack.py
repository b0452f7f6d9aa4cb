"""A small RefStack on this machine that answers what the real one was recorded to answer.

tests/unit/submission/test_exchanges.py holds it to the recordings. What they do not
show is as in the source of RefStack 2.1.0, whose functions are named there.
`faults` make it behave badly: each is the name of a method that begins with
`fault_`, for one request to store results.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from tests.webserver import CHUNK, listening

PER_PAGE = 20
META_KEYS = ("shared", "guideline", "target")
LEEWAY = 42
"""Seconds after which a token that has expired is refused (JWT_VALIDATION_LEEWAY)."""

SCHEMA = {
    "additionalProperties": False,
    "required": ["cpid", "duration_seconds", "results"],
    "type": "object",
    "properties": {
        "duration_seconds": {"type": "integer"},
        "cpid": {"type": "string"},
        "results": {
            "items": [
                {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "uuid": {"type": "string", "format": "uuid_hex"},
                    },
                }
            ],
            "type": "array",
        },
    },
}
JSON = dict[str, Any]


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, title: str, detail: str | None = None) -> None:
        self.code = code
        self.body: JSON = {"code": code, "title": title}
        if detail is not None:
            self.body["detail"] = detail


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class RefStack:
    """What the server knows, and how it behaves."""

    keys: dict[str, str] = field(default_factory=dict)
    """Public key, without its kind, to its owner."""

    sessions: dict[str, str] = field(default_factory=dict)
    """Cookie to user."""

    runs: list[JSON] = field(default_factory=list)
    verified: set[str] = field(default_factory=set)
    """Ids of runs that the foundation verified."""

    prefix: str = ""
    """The folder of the API, such as /api; a web server's pages are everywhere else."""

    anonymous: bool = True
    faults: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the server is left, so that nothing waits on."""

    url: str = ""
    other: str = ""
    """Where redirects lead."""

    @property
    def stored(self) -> int:
        """How many results there are."""
        return len(self.runs)

    def posts(self) -> list[Seen]:
        """Return the requests to store results."""
        return [one for one in self.seen if one.method == "POST"]

    def store(self, run: JSON, user: str = "") -> JSON:
        """Keep a run and return the receipt."""
        run_id = str(uuid.uuid4())
        created = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        meta = {"user": user} if user else {}
        self.runs.insert(0, {**run, "id": run_id, "created_at": created, "meta": meta})
        return {"url": f"{self.url}/#/results/{run_id}", "test_id": run_id}

    def run(self, run_id: str) -> JSON:
        """Return a run."""
        for run in self.runs:
            if run["id"] == run_id:
                return run
        raise RefusedError(404, f"Test result {run_id} not found")


class Handler(BaseHTTPRequestHandler):
    """RefStack's protocol, version 1."""

    protocol_version = "HTTP/1.1"
    refstack: RefStack
    token_user = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.command, self.path, list(self.headers.items()), body)
        self.refstack.seen.append(seen)
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(f"{self.refstack.prefix}/v1/").strip("/")
        query = dict(parse_qsl(parts.query))
        with suppress(BrokenPipeError, ConnectionResetError):
            if not parts.path.startswith(f"{self.refstack.prefix}/v1/"):
                status = 404 if self.command == "GET" else 405
                self.send(status, b"<html><title>nginx</title></html>", "text/html")
                return
            try:
                self.token_user = self.decode_token()
                self.answer(self.command, path.split("/"), query, seen)
            except RefusedError as refused:
                self.reply(refused.code, refused.body)

    def do_GET(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def answer(self, method: str, words: list[str], query: dict[str, str], seen: Seen) -> None:
        match method, words:
            case "POST", ["results"]:
                if self.refstack.faults:
                    getattr(self, f"fault_{self.refstack.faults.pop(0)}")(seen)
                else:
                    self.reply(201, self.take(seen))
            case "GET", ["results"]:
                self.reply(200, self.listing(query))
            case "GET", ["results", "schema"]:
                self.reply(200, SCHEMA)
            case "GET", ["results", run_id]:
                self.reply(200, self.one(run_id))
            case "DELETE", ["results", run_id]:
                self.owned(run_id)
                if run_id in self.refstack.verified:
                    raise RefusedError(403, "Forbidden", "Can not delete a verified test run.")
                self.refstack.runs = [run for run in self.refstack.runs if run["id"] != run_id]
                self.reply(204)
            case "POST", ["results", run_id, "meta", key] if key in META_KEYS:
                self.owned(run_id)["meta"][key] = seen.body.decode()
                self.reply(201, None)
            case "DELETE", ["results", run_id, "meta", key] if key in META_KEYS:
                self.delete_meta(run_id, key)
                self.reply(204)
            case "GET", ["profile"]:  # ProfileController, secured by is_authenticated
                if not self.user():
                    raise RefusedError(401, "Unauthorized", "")
                self.reply(200, {"openid": self.user(), "is_admin": False})
            case "POST", ["profile", "pubkeys"]:
                self.reply(201, self.register(seen))
            case _:
                raise RefusedError(404, "Not Found")

    def take(self, seen: Seen) -> JSON:
        """Check and keep what is handed in, in the order of the real server's checks."""
        try:
            run = json.loads(seen.body)
        except ValueError:
            raise RefusedError(400, "Malformed request") from None
        if not fits(run):
            raise RefusedError(400, "Request doesnt correspond to schema")
        key = seen.header("X-Public-Key")
        signature = seen.header("X-Signature")
        if key or signature:
            check_signature(key or "", signature or "", seen.body)
        if not run["results"]:
            raise RefusedError(400, "Uploaded results must contain at least one passing test.")
        user = ""
        if key:
            user = self.refstack.keys.get(key.split()[1], "")
            if not user:
                raise RefusedError(
                    401,
                    "Unauthorized",
                    "User with specified key not found. "
                    "Please log into the RefStack server to upload your key.",
                )
        elif not self.refstack.anonymous:
            raise RefusedError(
                401,
                "Unauthorized",
                "Anonymous result uploads are disabled. Please create a user account and an "
                "api key at https://refstack.openstack.org/#/",
            )
        names = [test["name"].lower() for test in run["results"]]
        latin1 = all(ord(letter) < 256 for letter in "".join(names))
        if len(set(names)) < len(names) or not latin1:  # column in latin1_swedish_ci, unique
            raise RefusedError(500, "Internal Server Error")
        return self.refstack.store(run, user)

    def delete_meta(self, run_id: str, key: str) -> None:
        """Delete as MetadataController and delete_test_result_meta_item do."""
        meta = self.owned(run_id)["meta"]
        if run_id in self.refstack.verified:
            detail = "Can not delete a metadata key for a verified test run."
            raise RefusedError(403, "Forbidden", detail)
        if key not in meta:
            raise RefusedError(404, f"Metadata key {key} not found for test run {run_id}")
        del meta[key]

    def listing(self, query: dict[str, str]) -> JSON:
        if query.get("start_date", "") > query.get("end_date", "9"):  # parse_input_params
            raise RefusedError(400, "Invalid dates: start_date more than end_date")
        runs = [
            run
            for run in self.refstack.runs
            if query.get("cpid", run["cpid"]) == run["cpid"]
            and query.get("start_date", "") <= run["created_at"]
            and run["created_at"] <= query.get("end_date", "9")
            and self.listed(run, query)
        ]
        pages = -(-len(runs) // PER_PAGE)
        try:
            page = int(query.get("page", "1"))
        except ValueError:
            raise RefusedError(
                400, "Invalid page number: The page number can not be converted to an integer"
            ) from None
        if page > max(1, pages):
            raise RefusedError(
                400,
                "Invalid page number: The page number is greater than the total number of pages.",
            )
        results = [
            {
                **self.shown(run),
                "url": f"{self.refstack.url}/#/results/{run['id']}",
            }
            for run in runs[(page - 1) * PER_PAGE : page * PER_PAGE]
        ]
        return {"pagination": {"current_page": page, "total_pages": pages}, "results": results}

    def listed(self, run: JSON, query: dict[str, str]) -> bool:
        owner = run["meta"].get("user", "")
        if "signed" in query:
            if not self.user():
                raise RefusedError(400, "To see signed test results you need to authenticate")
            return bool(owner == self.user())
        return not owner or "shared" in run["meta"]

    def one(self, run_id: str) -> JSON:
        run = self.refstack.run(run_id)
        owner = run["meta"].get("user", "")
        mine = bool(owner) and owner == self.user()
        if owner and not mine and "shared" not in run["meta"]:
            raise RefusedError(401, "Unauthorized", "")
        names = sorted(test["name"] for test in run["results"])
        return {
            **self.shown(run),
            "results": names,
            "user_role": "owner" if mine else "user",
            **({"cpid": run["cpid"]} if mine else {}),
        }

    def owned(self, run_id: str) -> JSON:
        if not self.user() and run_id not in {run["id"] for run in self.refstack.runs}:
            raise RefusedError(403, "Forbidden", "")  # get_user_role: nobody owns it
        run = self.refstack.run(run_id)
        owner = run["meta"].get("user", "")
        if owner and owner == self.user():
            return run
        if owner and "shared" not in run["meta"]:
            raise RefusedError(401, "Unauthorized", "")
        raise RefusedError(403, "Forbidden", "")

    def shown(self, run: JSON) -> JSON:
        return {
            "verification_status": int(run["id"] in self.refstack.verified),
            "duration_seconds": run["duration_seconds"],
            "created_at": run["created_at"],
            "product_version": None,
            "meta": {key: value for key, value in run["meta"].items() if key in META_KEYS},
            "id": run["id"],
        }

    def user(self) -> str:
        """Return who asks: of a session before that of a token (get_user_id)."""
        name, _, value = (self.headers.get("Cookie") or "").partition("=")
        session = self.refstack.sessions.get(value, "") if name == "refstack" else ""
        return session or self.token_user

    def decode_token(self) -> str:
        """Return the user of a token as RefStack's decode_token does; any that is wrong is 400."""
        header = self.headers.get("Authorization")
        if not header:
            return ""
        kind, _, token = header.partition(" ")
        if kind != "Bearer":
            raise RefusedError(400, "Authorization schema 'Bearer' should be used")
        signed, _, signature = token.rpartition(".")
        try:
            head, claims = (json.loads(unpadded(part)) for part in signed.split("."))
        except ValueError:
            raise RefusedError(400, "Token is not valid") from None
        user = claims.get("user_openid")
        if not user:
            raise RefusedError(400, "Token does not contain user's openid")
        in_time = "exp" in claims and claims["exp"] > time.time() - LEEWAY
        for key in (key for key, owner in self.refstack.keys.items() if owner == user):
            with suppress(RefusedError):
                check_signature(f"ssh-rsa {key}", unpadded(signature).hex(), signed.encode())
                if head["alg"] == "RS256" and in_time:
                    return str(user)
        raise RefusedError(400, "Token is not valid")

    def register(self, seen: Seen) -> str:
        document = json.loads(seen.body)
        check_signature(document["raw_key"], document["self_signature"], b"signature")
        key = document["raw_key"].split()[1]
        if key in self.refstack.keys:
            raise RefusedError(409, "Public key already exists.")
        self.refstack.keys[key] = self.user()
        return str(uuid.uuid4())

    def reply(self, status: int, document: Any = ...) -> None:
        body = b"" if document is ... else json.dumps(document).encode()
        self.send(status, body, "application/json")

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def fault_drop(self, seen: Seen) -> None:
        """Close without an answer; nothing is kept."""
        self.close_connection = True

    def fault_store_and_drop(self, seen: Seen) -> None:
        self.take(seen)
        self.close_connection = True

    def fault_store_and_cut(self, seen: Seen) -> None:
        self.take(seen)
        self.send_response(201)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")
        self.close_connection = True

    def fault_busy(self, seen: Seen) -> None:
        self.send(503, b"<html><title>Down for a while</title></html>", "text/html")

    def fault_gateway(self, seen: Seen) -> None:
        self.send(502, b"", "text/plain")

    def fault_time_out(self, seen: Seen) -> None:
        self.send(504, b"upstream timed out", "text/plain")

    def fault_store_and_time_out(self, seen: Seen) -> None:
        self.take(seen)
        self.send(504, b"upstream timed out", "text/plain")

    def fault_fail(self, seen: Seen) -> None:
        raise RefusedError(500, "Internal Server Error")

    def fault_store_and_fail(self, seen: Seen) -> None:
        self.take(seen)
        raise RefusedError(500, "Internal Server Error")

    def fault_html(self, seen: Seen) -> None:
        page = b"<!DOCTYPE html><html><head><title>Sign in\x1b[31m</title></head></html>"
        self.send(200, page, "text/html")

    def fault_nothing(self, seen: Seen) -> None:
        self.send(200, b"", "text/plain")

    def fault_store_and_say_html(self, seen: Seen) -> None:
        self.take(seen)
        self.send(201, b"<html>Thank you</html>", "text/html")

    def fault_huge(self, seen: Seen) -> None:
        self.send_response(400)
        self.send_header("Content-Length", str(10 * 2**30))
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(CHUNK)

    def fault_silent(self, seen: Seen) -> None:
        self.refstack.left.wait(30)
        self.close_connection = True

    def fault_store_and_drip(self, seen: Seen) -> None:
        self.take(seen)
        self.send_response(201)
        self.end_headers()
        self.close_connection = True
        for _ in range(100):
            self.wfile.write(b" ")
            time.sleep(0.05)

    def fault_elsewhere(self, seen: Seen) -> None:
        self.send(307, b"", "text/plain", Location=f"{self.refstack.other}/v1/results/")

    def fault_gone(self, seen: Seen) -> None:
        """Delete, and close without an answer."""
        self.refstack.runs.remove(self.owned(seen.path.split("/")[-1]))
        self.close_connection = True

    def fault_here(self, seen: Seen) -> None:
        self.send(301, b"", "text/plain", Location="/v1/results/")

    def fault_see_other(self, seen: Seen) -> None:
        self.send(303, b"", "text/plain", Location="/v1/results/schema")

    def fault_around(self, seen: Seen) -> None:
        self.refstack.faults.append("around")
        self.fault_here(seen)

    def fault_nowhere(self, seen: Seen) -> None:
        self.send(307, b"", "text/plain", Location="file:///etc/passwd")

    def log_message(self, *args: object) -> None:
        """Say nothing on stderr."""


def fits(run: Any) -> bool:
    """Return whether a run is as the recorded schema wants it: the first result is looked at."""
    if not isinstance(run, dict) or set(run) != {"cpid", "duration_seconds", "results"}:
        return False
    if not isinstance(run["cpid"], str) or type(run["duration_seconds"]) is not int:
        return False
    if not isinstance(run["results"], list):
        return False
    first = run["results"][:1]
    return all(
        isinstance(one, dict) and all(isinstance(value, str) for value in one.values())
        for one in first
    )


def unpadded(text: str) -> bytes:
    """Return what base64url without padding stands for."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_signature(key: str, signature: str, data: bytes) -> None:
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        raise RefusedError(400, "Malformed signature") from None
    try:
        public = load_ssh_public_key(key.encode())
    except ValueError:
        raise RefusedError(400, "Malformed public key") from None
    assert isinstance(public, RSAPublicKey)
    try:
        public.verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise RefusedError(400, "Signature verification failed") from None


@contextmanager
def refstack(certificate: Path | None = None, **knows: Any) -> Iterator[RefStack]:
    """Serve a RefStack on 127.0.0.1; with a certificate over TLS."""
    state = RefStack(**knows)
    handler = type("Serving", (Handler,), {"refstack": state})
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), handler), certificate) as url:
        state.url = url
        try:
            yield state
        finally:
            state.left.set()
