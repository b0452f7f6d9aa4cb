"""Who asks: a session that may have ended, or a key that signs tokens.

RefStack 2.1.0: ProfileController is secured by is_authenticated; decode_token
(api/utils.py) verifies a Bearer token with the keys of `user_openid`, wants
`exp`, and answers 400 to any other on every path.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.submission.refstack.authentication import (
    MAX_OPENID,
    TOKEN_SECONDS,
    SessionCookie,
    SignedToken,
    SigningKey,
)
from defcheck.submission.refstack.client import RefStackClient
from defcheck.submission.refstack.payload import PassedTest, Payload
from defcheck.submission.refstack.transport import RefStackServer
from defcheck.submission.refstack.upload import upload_payload
from tests.refstack import LEEWAY, RefStack, refstack, unpadded
from tests.unit.submission.conftest import Connect

RUN = {"cpid": "cloud", "duration_seconds": 12, "results": [{"name": "a.C.test_x"}]}
PAYLOAD = Payload("cloud", 12, (PassedTest("a.C.test_x"),))


@pytest.fixture
def owner(server: RefStack, connect: Connect, key: SigningKey) -> RefStackClient:
    """Return a client that the key makes the owner's."""
    client = connect(server.url)
    client.authentication = SignedToken(key, "owner")
    return client


@pytest.mark.parametrize(
    "text",
    [
        "1f2e",
        " 1f2e\n",
        "refstack=1f2e",
        "refstack=1f2e;",
        "Cookie: refstack=1f2e",
        "_ga=GA1.2; refstack=1f2e; theme=dark",
    ],
)
def test_a_session_is_understood_as_browsers_show_it(text: str) -> None:
    assert SessionCookie.parse_cookie(text).headers() == {"Cookie": "refstack=1f2e"}


def test_a_session_is_not_in_its_representation() -> None:
    assert "1f2e" not in repr(SessionCookie.parse_cookie("1f2e"))


def test_a_token_is_a_web_token_of_the_key(key: SigningKey) -> None:
    token = SignedToken(key, "https://id.example/me", clock=lambda: 1000.9)
    kind, _, value = token.headers()["Authorization"].partition(" ")
    head, claims, signature = value.split(".")
    assert kind == "Bearer"
    assert "=" not in value
    assert json.loads(unpadded(head)) == {"alg": "RS256", "typ": "JWT"}
    assert json.loads(unpadded(claims)) == {
        "user_openid": "https://id.example/me",
        "exp": 1000 + TOKEN_SECONDS,
    }
    assert unpadded(signature).hex() == key.sign_data(f"{head}.{claims}".encode())


@pytest.mark.parametrize("openid", ["", "x" * (MAX_OPENID + 1), "a\nb"])
def test_what_is_not_an_openid_is_refused(key: SigningKey, openid: str) -> None:
    with pytest.raises(InputError, match="is not an OpenID"):
        SignedToken(key, openid)


def test_a_key_does_all_that_a_session_does(server: RefStack, owner: RefStackClient) -> None:
    run_id = server.store({**RUN}, "owner")["test_id"]
    assert [one["id"] for page in owner.iterate_pages({"signed": "true"}) for one in page] == [
        run_id
    ]
    assert owner.get_result(run_id)["user_role"] == "owner"
    owner.set_metadata(run_id, "shared", "true")
    assert owner.delete_metadata(run_id, "shared")
    owner.delete_result(run_id)
    assert server.runs == []
    assert all(one.header("Cookie") is None for one in server.seen)


@pytest.mark.parametrize("fault", ["store_and_drop", "store_and_fail", "store_and_time_out"])
def test_a_key_finds_the_signed_upload_that_was_not_confirmed(
    server: RefStack, owner: RefStackClient, key: SigningKey, fault: str
) -> None:
    server.faults.append(fault)
    receipt = upload_payload(owner, PAYLOAD, key.signature_headers(PAYLOAD.body))
    assert (receipt.id, receipt.recovered) == (server.runs[0]["id"], server.runs[0]["created_at"])
    assert len(server.posts()) == 1
    assert server.posts()[0].header("Authorization") is None


def test_a_key_lets_a_signed_upload_that_was_lost_be_sent_again(
    server: RefStack, owner: RefStackClient, key: SigningKey
) -> None:
    server.faults.append("drop")
    receipt = upload_payload(owner, PAYLOAD, key.signature_headers(PAYLOAD.body))
    assert (receipt.recovered, server.stored, len(server.posts())) == ("", 1, 2)


@pytest.mark.parametrize("skew", [0, -TOKEN_SECONDS - LEEWAY + 30, 10**6])
def test_clocks_may_differ(
    server: RefStack, owner: RefStackClient, key: SigningKey, skew: float
) -> None:
    owner.authentication = SignedToken(key, "owner", clock=lambda: time.time() + skew)
    assert list(owner.iterate_pages({})) == [[]]


@pytest.mark.parametrize("case", ["another openid", "clock behind", "key not registered"])
def test_a_token_that_is_not_accepted_is_told(
    server: RefStack, owner: RefStackClient, key: SigningKey, case: str
) -> None:
    token = SignedToken(key, "owner")
    if case == "another openid":
        token = replace(token, openid="stranger")
    elif case == "clock behind":
        token = replace(token, clock=lambda: time.time() - TOKEN_SECONDS - LEEWAY - 5)
    else:
        server.keys.clear()
    owner.authentication = token
    run_id = server.store({**RUN}, "owner")["test_id"]
    for call in (lambda: list(owner.iterate_pages({})), lambda: owner.get_result(run_id)):
        with pytest.raises(UnusableError, match="does not accept the token signed with this key"):
            call()
    with pytest.raises(UnusableError, match="does not accept the token") as caught:
        owner.delete_result(run_id)
    assert f"registered there for {token.openid}" in caught.value.advice
    assert "clock" in caught.value.advice
    assert "eyJ" not in str(caught.value)
    assert server.stored == 1


@pytest.mark.parametrize("shared", [True, False])
def test_a_session_that_ended_is_told_and_not_answered_as_a_stranger(
    server: RefStack, connect: Connect, shared: bool
) -> None:
    """RefStack gives an ended session what it gives a stranger: 200, and less."""
    run_id = server.store({**RUN}, "owner")["test_id"]
    if shared:
        server.runs[0]["meta"]["shared"] = "true"
    calls: dict[str, Callable[[RefStackClient], object]] = {
        "list": lambda client: list(client.iterate_pages({})),
        "list mine": lambda client: list(client.iterate_pages({"signed": "true"})),
        "show": lambda client: client.get_result(run_id),
        "share": lambda client: client.set_metadata(run_id, "shared", "true"),
        "undo": lambda client: client.delete_metadata(run_id, "shared"),
        "delete": lambda client: client.delete_result(run_id),
    }
    for call in calls.values():
        with pytest.raises(UnusableError, match=r"does not accept the session .* expired"):
            call(connect(server.url, "old"))
    assert server.stored == 1


def test_an_ended_session_is_named_where_a_signed_upload_was_not_confirmed(
    server: RefStack, connect: Connect, key: SigningKey
) -> None:
    server.faults.append("store_and_drop")
    with pytest.raises(
        UnusableError, match=r"unknown whether .*\. The search for it failed: .*expired"
    ):
        upload_payload(connect(server.url, "old"), PAYLOAD, key.signature_headers(PAYLOAD.body))
    assert len(server.posts()) == 1


def test_the_session_is_looked_at_once(server: RefStack, connect: Connect) -> None:
    run_id = server.store({**RUN}, "owner")["test_id"]
    client = connect(server.url, "cookie")
    client.get_result(run_id)
    client.get_result(run_id)
    assert [one.path for one in server.seen].count("/v1/profile") == 1


def test_a_stranger_is_not_asked_for_a_profile(server: RefStack, connect: Connect) -> None:
    list(connect(server.url).iterate_pages({}))
    assert [one.path for one in server.seen] == ["/v1/results/?page=1"]


@pytest.mark.parametrize(
    ("owned_by", "shared", "verified", "session", "advice"),
    [
        ("owner", True, True, "cookie", "withdraw the verification"),
        ("", False, False, "cookie", "nobody owns one that was uploaded without a signature"),
        ("another", True, False, "cookie", "Only its owner may change a result"),
        ("another", False, False, "cookie", "belongs to another user"),
        ("owner", True, False, "", "DEFCHECK_REFSTACK_SESSION"),
        ("owner", False, False, "", "--sign KEY"),
        ("", False, False, "", "Only its owner"),
    ],
)
def test_who_may_not_change_a_result_is_told_why(
    server: RefStack,
    connect: Connect,
    owned_by: str,
    shared: bool,
    verified: bool,
    session: str,
    advice: str,
) -> None:
    run_id = server.store({**RUN}, owned_by)["test_id"]
    if shared:
        server.runs[0]["meta"]["shared"] = "true"
    if verified:
        server.verified.add(run_id)
    with pytest.raises(UnusableError, match=r"40[13]") as caught:
        connect(server.url, session).delete_result(run_id)
    assert advice in caught.value.advice
    assert server.stored == 1


def test_what_is_not_shared_cannot_be_unshared(server: RefStack, connect: Connect) -> None:
    """RefStack answers 404, "Metadata key shared not found" (delete_test_result_meta_item)."""
    run_id = server.store({**RUN}, "owner")["test_id"]
    client = connect(server.url, "cookie")
    assert not client.delete_metadata(run_id, "shared")
    client.set_metadata(run_id, "shared", "true")
    assert client.delete_metadata(run_id, "shared")
    with pytest.raises(UnusableError, match=r"404 Not Found.*Test result .* not found"):
        client.delete_metadata("0" * 8, "shared")


@pytest.mark.parametrize("folder", ["", "/api", "/api/", "/api/v1", "/v1"])
def test_the_api_is_found_below_a_deployment(
    key: SigningKey, connect: Connect, folder: str
) -> None:
    """RefStack's default api_url is https://refstack.openstack.org/api, its pages are above it."""
    keys = {key.public.split()[1]: "owner"}
    with refstack(keys=keys, sessions={"cookie": "owner"}, prefix="/api") as state:
        client = connect(state.url, "cookie")
        client.server = RefStackServer.from_url(f"{state.url}{folder}")
        receipt = upload_payload(client, PAYLOAD, key.signature_headers(PAYLOAD.body))
        assert receipt.id == state.runs[0]["id"]
        assert state.stored == 1
        assert client.get_result(receipt.id)["user_role"] == "owner"
        assert client.server.url == f"{state.url}/api"


def test_every_command_finds_the_api_first_asked(connect: Connect) -> None:
    with refstack(sessions={"cookie": "owner"}, prefix="/api") as state:
        run_id = state.store({**RUN}, "owner")["test_id"]
        assert [
            len(page) for page in connect(state.url, "cookie").iterate_pages({"signed": "true"})
        ] == [1]
        connect(state.url, "cookie").set_metadata(run_id, "shared", "true")
        assert connect(state.url).get_result(run_id)["meta"] == {"shared": "true"}
        assert connect(state.url, "cookie").delete_metadata(run_id, "shared")
        connect(state.url, "cookie").delete_result(run_id)
        assert state.stored == 0


def test_where_there_is_no_api_the_first_answer_is_told(connect: Connect) -> None:
    with refstack(prefix="/elsewhere") as state:
        with pytest.raises(UnusableError, match=r"405 Method Not Allowed.*'nginx'") as caught:
            upload_payload(connect(state.url), PAYLOAD, {})
        assert "not a RefStack server" in caught.value.advice
        assert [one.path for one in state.seen] == ["/v1/results/", "/api/v1/results/schema"]
