"""What the real RefStack server and client were recorded to say to each other.

Each recording is held against both sides: the tests' own server must answer
the recorded request as the real one did, and our client must send what the
real one sent and understand the recorded answer.
"""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from defcheck.errors import UnusableError
from defcheck.results.loader import load_bytes
from defcheck.submission.refstack import payload
from defcheck.submission.refstack.authentication import SELF_SIGNED_TEXT, SigningKey
from defcheck.submission.refstack.client import RefStackClient
from defcheck.submission.refstack.payload import PassedTest, Payload
from defcheck.submission.refstack.upload import upload_payload
from tests.refstack import PER_PAGE, RefStack, refstack
from tests.unit.shared import SHARED, shared_files
from tests.unit.submission.conftest import Connect
from tests.webserver import listening

JSON = dict[str, Any]

CASES = shared_files("refstack/exchanges/*.json")
FOLDER = SHARED / "refstack" / "exchanges"
COOKIE = "46cd964cf8444e0b83c61c88aee30ef6"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OURS = {"host", "user-agent", "x-signature", "x-public-key"}
"""Headers whose value is the sender's own."""


def exchanges(path: Path) -> list[JSON]:
    """Return the exchanges of a recording."""
    return list(json.loads(path.read_bytes())["exchanges"])


def recorded(case: str) -> JSON:
    """Return the first exchange of a recording."""
    return exchanges(FOLDER / f"{case}.json")[0]


def header(request: JSON, name: str) -> str:
    return next((value for key, value in request["headers"] if key.lower() == name.lower()), "")


def known_runs() -> list[JSON]:
    """Return the runs that the real server had, the newest first."""
    listed = [
        item
        for exchange in exchanges(FOLDER / "client_list.json")
        for item in json.loads(exchange["response"]["body"])["results"]
    ]
    of_cloud = json.loads(recorded("get_list_cpid")["response"]["body"])["results"]
    ids = {item["id"] for item in of_cloud}
    one = json.loads(recorded("get_one_anonymous")["response"]["body"])
    return [
        {
            **item,
            "cpid": "cpid-oracle" if item["id"] in ids else "another",
            "results": [{"name": name} for name in one["results"]],
        }
        for item in listed
    ]


@contextmanager
def prepared(case: str) -> Iterator[RefStack]:
    """Serve a RefStack in the state that the real one was in."""
    key = header(recorded("client_upload_signed_known_key")["request"], "X-Public-Key").split()[1]
    owned = urlsplit(recorded("get_one_signed_as_stranger")["request"]["path"]).path.split("/")[-1]
    signed = {
        "id": owned,
        "created_at": "2026-11-22 14:31:11",
        "duration_seconds": 12,
        "cpid": "cpid-oracle",
        "meta": {"user": "owner"},
        "results": [],
    }
    new = case in ("pubkey_register", "pubkey_bad_self_signature")
    with refstack(
        keys={} if new else {key: "owner"},
        sessions={COOKIE: "owner"},
        runs=[*known_runs(), signed],
        anonymous=case != "anon_disabled_anonymous",
    ) as state:
        yield state


def replay(state: RefStack, request: JSON) -> tuple[int, Any]:
    """Send a recorded request and return status and document of the answer."""
    connection = http.client.HTTPConnection(urlsplit(state.url).netloc, timeout=20)
    headers = {name: value for name, value in request["headers"] if name.lower() != "host"}
    connection.request(request["method"], request["path"], request["body"].encode(), headers)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def comparable(document: Any) -> Any:
    """Return a document without what is different each time: new ids, addresses.

    Of runs that came in the same second the real server lists now one, now the
    other first.
    """
    if isinstance(document, str) and UUID.fullmatch(document):
        return "an id"
    if not isinstance(document, dict):
        return document
    found = {key: "new" if key in ("url", "test_id") else one for key, one in document.items()}
    if "pagination" in document:
        times = [one["created_at"] for one in document["results"]]
        assert times == sorted(times, reverse=True)
        ordered = sorted(document["results"], key=lambda one: str(one["id"]))
        found["results"] = [comparable(one) for one in ordered]
    return found


@pytest.mark.parametrize("path", CASES)
def test_our_server_answers_as_the_real_one_did(path: Path) -> None:
    with prepared(path.stem) as state:
        for exchange in exchanges(path):
            status, document = replay(state, exchange["request"])
            assert status == exchange["response"]["status"]
            assert comparable(document) == comparable(json.loads(exchange["response"]["body"]))


@contextmanager
def parrot(answers: list[JSON]) -> Iterator[tuple[str, list[JSON]]]:
    """Serve recorded answers one after the other; yield address and what came."""
    came: list[JSON] = []
    left = list(answers)

    class Parrot(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            came.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": [list(pair) for pair in self.headers.items()],
                    "body": body,
                }
            )
            answer = left.pop(0)
            self.send_response_only(answer["status"], answer["reason"])
            for name, value in answer["headers"]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer["body"].encode())
            self.close_connection = True

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: object) -> None:
            """Say nothing on stderr."""

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Parrot), None) as url:
        yield url, came
    assert not left


def of_body(body: str) -> Payload:
    """Return the payload that a user makes of a RefStack file."""
    results = load_bytes(body.encode(), "in_good.json")
    return payload.build_payload(
        results.cpid, payload.measure_duration(results), payload.select_passed_tests(results)
    )


def sends_as(request: JSON, came: JSON) -> None:
    """Assert that what came is the recorded request to the byte, but for the sender's own."""
    assert (came["method"], came["path"]) == (request["method"], request["path"])
    assert came["body"] == request["body"]
    names = [name.lower() for name, _ in came["headers"]]
    assert sorted(names) == sorted(name.lower() for name, _ in request["headers"])
    for name, value in request["headers"]:
        if name.lower() not in OURS:
            assert header(came, name) == value


def asserts_words(error: UnusableError, answer: JSON) -> None:
    """Assert that an error says what the server said."""
    said = json.loads(answer["body"])
    assert f"{answer['status']} {answer['reason']}" in error.message
    for word in (said["title"], said.get("detail", "")):
        assert word.rstrip(".") in error.message


UPLOADS = [
    "anon_disabled_anonymous",
    "client_upload_anonymous",
    "client_upload_signed_known_key",
    "client_upload_signed_unknown_key",
]


def signed_headers_are_of_one_form(request: JSON, came: JSON) -> None:
    for one in (request, came):
        assert re.fullmatch(r"[0-9a-f]{512}", header(one, "X-Signature"))
        public = header(one, "X-Public-Key")
        assert re.fullmatch(r"ssh-rsa [A-Za-z0-9+/]+=*", public)
        known = load_ssh_public_key(public.encode())
        assert isinstance(known, RSAPublicKey)
        raw = bytes.fromhex(header(one, "X-Signature"))
        known.verify(raw, one["body"].encode(), padding.PKCS1v15(), hashes.SHA256())


def check_upload(case: str, connect: Connect, key: SigningKey) -> None:
    exchange = recorded(case)
    request, answer = exchange["request"], exchange["response"]
    sent = of_body(request["body"])
    signature = key.signature_headers(sent.body) if "signed" in case else {}
    with parrot([answer]) as (url, came):
        if answer["status"] == 201:
            receipt = upload_payload(connect(url), sent, signature)
            assert {"test_id": receipt.id, "url": receipt.url} == json.loads(answer["body"])
        else:
            with pytest.raises(UnusableError) as caught:
                upload_payload(connect(url), sent, signature)
            asserts_words(caught.value, answer)
            assert ("defcheck key sign" in caught.value.advice) == ("signed" in case)
    sends_as(request, came[0])
    if signature:
        signed_headers_are_of_one_form(request, came[0])


def check_refused(case: str, connect: Connect, key: SigningKey) -> None:
    """Our client cannot send such a request; it understands the answer to it."""
    exchange = recorded(case)
    good = of_body(recorded("client_upload_anonymous")["request"]["body"])
    answers = [exchange["response"]]
    if exchange["response"]["status"] == 500:  # then it is asked for the run
        answers.append(recorded("get_list_cpid")["response"])
    with parrot(answers) as (url, _):
        if exchange["response"]["status"] == 201:
            assert upload_payload(connect(url), good, {}).id
            return
        with pytest.raises(UnusableError) as caught:
            upload_payload(connect(url), good, {})
    asserts_words(caught.value, exchange["response"])


def listed(client: RefStackClient, **filters: str) -> list[JSON]:
    return [item for page in client.iterate_pages(filters) for item in page]


def check_list(case: str, connect: Connect, key: SigningKey) -> None:
    found = exchanges(FOLDER / f"{case}.json")
    answers = [one["response"] for one in found]
    if case == "get_list":  # the recording stops after the first of two pages
        answers.append(exchanges(FOLDER / "client_list.json")[1]["response"])
    filters = {"cpid": "cpid-oracle"} if case == "get_list_cpid" else {}
    with parrot(answers) as (url, came):
        if answers[0]["status"] == 200:
            wanted = [one for answer in answers for one in json.loads(answer["body"])["results"]]
            assert listed(connect(url), **filters) == wanted
        else:
            with pytest.raises(UnusableError) as caught:
                listed(connect(url), **filters)
            asserts_words(caught.value, answers[0])
    if case == "client_list":
        for exchange, one in zip(found, came, strict=True):
            sends_as(exchange["request"], one)


def check_one(case: str, connect: Connect, key: SigningKey) -> None:
    exchange = recorded(case)
    request, answer = exchange["request"], exchange["response"]
    with parrot([answer]) as (url, came):
        client = connect(url)
        result_id = request["path"].rpartition("/")[2]
        if answer["status"] == 200:
            assert client.get_result(result_id) == json.loads(answer["body"])
        else:
            with pytest.raises(UnusableError) as caught:
                client.get_result(result_id)
            asserts_words(caught.value, answer)
    assert (came[0]["method"], came[0]["path"]) == (request["method"], request["path"])


def check_schema(case: str, connect: Connect, key: SigningKey) -> None:
    schema = json.loads(recorded(case)["response"]["body"])
    good = Payload("cpid", 3, (PassedTest("a.C.test_x"), PassedTest("a.C.test_y", "1" * 36)))
    jsonschema.Draft4Validator(schema).validate(json.loads(good.body))


def check_meta(case: str, connect: Connect, key: SigningKey) -> None:
    exchange = recorded(case)
    request, answer = exchange["request"], exchange["response"]
    result_id = request["path"].split("/")[3]
    with parrot([answer]) as (url, came):
        client = connect(url, COOKIE if answer["status"] == 201 else "")
        if answer["status"] == 201:
            client.set_metadata(result_id, "shared", "true")
        else:
            with pytest.raises(UnusableError) as caught:
                client.set_metadata(result_id, "shared", "true")
            asserts_words(caught.value, answer)
            assert "DEFCHECK_REFSTACK_SESSION" in caught.value.advice
    assert (came[0]["method"], came[0]["path"]) == (request["method"], request["path"])
    assert came[0]["body"] == request["body"]
    assert header(came[0], "Cookie") == header(request, "Cookie")


def check_registration(case: str, connect: Connect, key: SigningKey) -> None:
    """A page of the server's registers keys; ours makes what it asks for."""
    body = json.loads(recorded(case)["request"]["body"])
    ours = {"raw_key": key.public, "self_signature": key.self_signature()}
    assert list(ours) == list(body)
    if case == "pubkey_register":
        for one in (ours, body):
            public = load_ssh_public_key(one["raw_key"].encode())
            assert isinstance(public, RSAPublicKey)
            raw = bytes.fromhex(one["self_signature"])
            public.verify(raw, SELF_SIGNED_TEXT, padding.PKCS1v15(), hashes.SHA256())


CHECKS = {
    **dict.fromkeys(UPLOADS, check_upload),
    **dict.fromkeys(
        ["client_list", "get_list", "get_list_cpid", "get_list_page99", "get_list_pageabc"],
        check_list,
    ),
    **dict.fromkeys(
        ["get_one_anonymous", "get_one_missing", "get_one_signed_as_stranger"], check_one
    ),
    "get_schema": check_schema,
    "meta_post_shared": check_meta,
    "meta_share_anonymous_run": check_meta,
    "pubkey_bad_self_signature": check_registration,
    "pubkey_register": check_registration,
    "pubkey_register_again": check_registration,
    "raw_duration_float": check_refused,
    "raw_empty_results": check_refused,
    "raw_key_garbage": check_refused,
    "raw_malformed_json": check_refused,
    "raw_missing_duration": check_refused,
    "raw_result_duplicate_name": check_refused,
    "raw_signed_bad_signature": check_refused,
    "raw_signed_nonhex": check_refused,
    "raw_signed_uppercase_hex": check_refused,
}


@pytest.mark.parametrize("path", CASES)
def test_our_client_speaks_as_the_real_one_did(
    path: Path, connect: Connect, key: SigningKey
) -> None:
    CHECKS[path.stem](path.stem, connect, key)


def test_pages_are_as_long_as_the_recorded_ones() -> None:
    if not FOLDER.is_dir():
        pytest.skip("../shared/refstack/exchanges is not at hand")
    first, second = exchanges(FOLDER / "client_list.json")
    assert len(json.loads(first["response"]["body"])["results"]) == PER_PAGE
    assert json.loads(second["response"]["body"])["pagination"]["total_pages"] == 2
