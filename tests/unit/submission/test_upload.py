"""Handing in over real connections, to a server that behaves well and badly."""

from pathlib import Path

import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.submission.refstack.authentication import SigningKey
from defcheck.submission.refstack.client import RETRY_WAITS, RefStackClient
from defcheck.submission.refstack.payload import PassedTest, Payload
from defcheck.submission.refstack.transport import MAX_RESPONSE_BYTES, RefStackServer
from defcheck.submission.refstack.upload import MAX_COMPARED, UploadReceipt, upload_payload
from tests.refstack import RefStack, refstack
from tests.unit.submission.conftest import Connect
from tests.webserver import serving, write_certificate

PAYLOAD = Payload("cloud", 12, (PassedTest("a.C.test_x"), PassedTest("a.C.test_y")))
TWIN = {"cpid": "cloud", "duration_seconds": 12, "results": [{"name": "a.C.test_x"}]}


def send(client: RefStackClient, key: SigningKey | None = None) -> UploadReceipt:
    return upload_payload(client, PAYLOAD, key.signature_headers(PAYLOAD.body) if key else {})


def test_one_request_and_one_result(server: RefStack, connect: Connect, key: SigningKey) -> None:
    receipt = send(connect(server.url), key)
    assert receipt == UploadReceipt(server.runs[0]["id"], f"{server.url}/#/results/{receipt.id}")
    assert server.runs[0]["meta"] == {"user": "owner"}
    assert [(one.method, one.path) for one in server.seen] == [("POST", "/v1/results/")]


@pytest.mark.parametrize("fault", ["drop", "busy", "gateway"])
def test_a_lost_answer_is_asked_for_before_anything_is_sent_again(
    server: RefStack, connect: Connect, slept: list[float], fault: str
) -> None:
    server.faults.append(fault)
    receipt = send(connect(server.url))
    assert receipt.id == server.runs[0]["id"]
    assert not receipt.recovered
    asked = [f"{one.method} {one.path}" for one in server.seen]
    assert asked == [
        "POST /v1/results/",
        "GET /v1/results/?page=1&cpid=cloud",
        "POST /v1/results/",
    ]
    assert slept == [RETRY_WAITS[0]]


@pytest.mark.parametrize(
    "fault", ["store_and_drop", "store_and_time_out", "store_and_cut", "store_and_say_html"]
)
def test_a_run_that_was_kept_is_never_sent_twice(
    server: RefStack, connect: Connect, fault: str
) -> None:
    for _ in range(30):  # so that there is more than a page
        server.store({**TWIN})
    server.faults.append(fault)
    receipt = send(connect(server.url))
    assert server.stored == 31
    assert (receipt.id, receipt.recovered) == (server.runs[0]["id"], server.runs[0]["created_at"])
    assert receipt.url.endswith(receipt.id)
    assert len(server.posts()) == 1


def test_other_runs_of_the_cloud_are_not_mistaken_for_it(
    server: RefStack, connect: Connect
) -> None:
    server.store({**TWIN})
    more = [{"name": f"a.C.test_{letter}"} for letter in "xyz"]
    server.store({**TWIN, "results": more})
    server.store({**TWIN, "results": more[:2], "duration_seconds": 13})
    server.store({**TWIN, "results": more[:2], "cpid": "another"})
    server.faults.append("drop")
    receipt = send(connect(server.url))
    assert (server.stored, receipt.recovered) == (5, "")


def test_more_alike_runs_than_can_be_compared(server: RefStack, connect: Connect) -> None:
    for _ in range(MAX_COMPARED + 1):
        server.store({**TWIN})
    server.faults.append("drop")
    with pytest.raises(UnusableError, match="is unknown"):
        send(connect(server.url))
    assert len(server.posts()) == 1


@pytest.mark.parametrize("fault", ["drop", "store_and_drop", "gateway"])
def test_a_signed_run_that_cannot_be_seen_is_not_sent_again(
    server: RefStack, connect: Connect, key: SigningKey, fault: str
) -> None:
    server.store({**TWIN, "results": [{"name": one.name} for one in PAYLOAD.tests]})
    server.faults.append(fault)
    with pytest.raises(
        UnusableError, match="It is unknown whether the server stored the run"
    ) as got:
        send(connect(server.url), key)
    assert "DEFCHECK_REFSTACK_SESSION" in got.value.advice
    assert len(server.posts()) == 1


def test_a_signed_run_is_found_by_its_owner(
    server: RefStack, connect: Connect, key: SigningKey
) -> None:
    server.store({**TWIN, "results": [{"name": one.name} for one in PAYLOAD.tests]})
    server.faults += ["drop", "store_and_drop"]
    receipt = send(connect(server.url, "cookie"), key)
    assert receipt.recovered
    assert (receipt.id, server.stored) == (server.runs[0]["id"], 2)
    assert all(one.header("Cookie") is None for one in server.posts())


def test_upload_gives_up_after_the_last_retry_of_a_gateway_error(
    server: RefStack, connect: Connect, slept: list[float]
) -> None:
    server.faults += ["gateway"] * 9
    with pytest.raises(UnusableError, match="502 Bad Gateway, expected 201: nothing") as caught:
        send(connect(server.url))
    assert "is unknown" in caught.value.message
    assert len(server.posts()) == len(RETRY_WAITS) + 1
    assert slept == [*RETRY_WAITS, RETRY_WAITS[-1]]


def test_upload_to_a_closed_port_is_retried_and_certainly_not_stored(
    connect: Connect, slept: list[float], key: SigningKey
) -> None:
    with refstack() as gone:
        pass
    with pytest.raises(UnusableError, match=r"cannot be reached: .*Connection refused") as caught:
        send(connect(gone.url), key)
    assert "is unknown" not in caught.value.message
    assert slept == list(RETRY_WAITS)


def test_a_server_that_went_away_after_the_request(connect: Connect, slept: list[float]) -> None:
    with refstack(faults=["drop"]) as state:
        client = connect(state.url)

        def leave(seconds: float) -> None:
            slept.append(seconds)
            state.faults[:] = ["drop"] * 9
            state.runs = None  # type: ignore[assignment]

        with pytest.raises(UnusableError, match="is unknown"):
            upload_payload(RefStackClient(client.server, sleep=leave), PAYLOAD, {})
    assert len(state.posts()) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html", "returned 200 OK, expected 201: a web page called 'Sign in'."),
        ("nothing", "returned 200 OK, expected 201: nothing."),
        (
            "huge",
            f"expected 201: a response that is larger than {MAX_RESPONSE_BYTES // 2**20} MiB.",
        ),
        ("see_other", "returned 303 See Other, expected 201"),
        ("around", "too many redirects"),
        ("nowhere", "redirects to file:///etc/passwd, which is not the URL of a server"),
    ],
)
def test_any_other_answer_is_told_and_nothing_is_sent_again(
    server: RefStack, connect: Connect, fault: str, words: str
) -> None:
    server.faults.append(fault)
    with pytest.raises(UnusableError) as caught:
        send(connect(server.url))
    assert words in caught.value.message
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert server.stored == 0


@pytest.mark.parametrize("signed", [False, True])
def test_after_a_server_failure_storage_is_unknown_and_nothing_is_sent_again(
    server: RefStack, connect: Connect, key: SigningKey, signed: bool
) -> None:
    """RefStack answers 500 for any exception, also one after the commit (JSONErrorHook)."""
    server.faults.append("fail")
    with pytest.raises(UnusableError) as caught:
        send(connect(server.url), key if signed else None)
    assert caught.value.message.startswith(
        f"{server.url}/v1/results/ returned 500 Internal Server Error, expected 201: "
        "Internal Server Error. It is unknown whether the server stored the run."
    )
    assert ("The server does not list it now." in caught.value.message) is not signed
    command = f"`defcheck results list --url {server.url} --cpid cloud{' --mine' * signed}`"
    assert command in caught.value.advice
    assert len(server.posts()) == 1


def test_a_run_that_was_stored_before_the_server_failed_is_found(
    server: RefStack, connect: Connect
) -> None:
    server.faults.append("store_and_fail")
    receipt = send(connect(server.url))
    assert (receipt.id, receipt.recovered) == (server.runs[0]["id"], server.runs[0]["created_at"])
    assert len(server.posts()) == 1


def test_a_slow_server_is_not_waited_for_and_not_asked_twice(
    server: RefStack, connect: Connect
) -> None:
    server.faults.append("silent")
    with pytest.raises(UnusableError, match=r"did not respond in time.*is unknown"):
        send(connect(server.url, read_seconds=1))
    assert len(server.posts()) == 1


def test_what_a_slow_server_kept_is_found(server: RefStack, connect: Connect) -> None:
    server.faults.append("store_and_drip")
    receipt = send(connect(server.url, total_seconds=2))
    assert (receipt.id, receipt.recovered) == (server.runs[0]["id"], server.runs[0]["created_at"])
    assert len(server.posts()) == 1


def test_a_redirect_on_the_same_server_is_followed(
    server: RefStack, connect: Connect, key: SigningKey
) -> None:
    server.faults.append("here")
    assert send(connect(server.url), key).id == server.runs[0]["id"]
    assert [one.body for one in server.posts()] == [PAYLOAD.body] * 2


def test_a_redirect_to_another_server(server: RefStack, connect: Connect, key: SigningKey) -> None:
    with refstack(keys=dict(server.keys)) as other:
        server.other = other.url
        server.faults.append("elsewhere")
        with pytest.raises(
            UnusableError, match="another server: it must not receive signed requests"
        ):
            send(connect(server.url), key)
        assert (other.seen, server.stored) == ([], 0)
        server.faults.append("elsewhere")
        assert send(connect(server.url)).id == other.runs[0]["id"]
        assert other.posts()[0].body == PAYLOAD.body


def test_tls_is_verified(
    tmp_path: Path, connect: Connect, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    stranger = write_certificate(tmp_path / "stranger.pem")
    with refstack(certificate) as state:
        for trusted in (None, stranger):
            with pytest.raises(UnusableError, match="is not trusted") as caught:
                send(connect(state.url, cacert=trusted))
            assert "--cacert" in caught.value.advice
        assert slept == []
        assert state.seen == []
        assert send(connect(state.url, cacert=certificate)).id
        # What is named wins over the environment.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger))
        assert send(connect(state.url, cacert=certificate)).id
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert send(connect(state.url)).id
        with refstack() as plain:
            state.other = plain.url
            state.faults.append("elsewhere")
            with pytest.raises(UnusableError, match="is not encrypted"):
                send(connect(state.url))
            assert plain.seen == []


def test_the_proxy_of_the_environment_is_used(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        # The server stands in for a proxy: it is asked for a whole address, which it has not.
        with pytest.raises(UnusableError, match="returned 501"):
            send(connect("http://refstack.invalid"))
    with pytest.raises(UnusableError, match="cannot be reached"):
        send(connect("http://refstack.invalid"))


def test_passwords_of_netrc_stay_at_home(
    server: RefStack, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    send(connect(server.url))
    assert server.seen[0].header("Authorization") is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("refstack.example", "is not a valid URL"),
        ("https://", "is not a valid URL"),
        ("https://[::1", "is not a valid URL"),
        ("https://a b/", "is not a valid URL"),
        ("https://host:port", "is not a valid URL"),
        ("https://u:secret@host", "a user name or a password"),
        ("ftp://host", "Unsupported URL scheme ftp"),
        ("https://host/#/results", "URL of a page"),
        ("https://host/?page=1", "URL of a page"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        RefStackServer.from_url(url)
    assert "secret" not in str(caught.value)


def test_authorities_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        RefStackServer.from_url("https://host", tmp_path / "none.pem")
    (tmp_path / "text.pem").write_text("hello")
    with pytest.raises(InputError, match="contains no certificate"):
        RefStackServer.from_url("https://host", tmp_path / "text.pem")


def test_a_path_in_the_address_is_kept() -> None:
    assert RefStackServer.from_url("https://host/api/v1/").url == "https://host/api"
    assert RefStackServer.from_url("https://host/v1").url == "https://host"
    assert RefStackServer.from_url("https://host/refstack/").url == "https://host/refstack"
    assert RefStackServer.from_url("https://host").is_protected
    assert RefStackServer.from_url("http://127.0.0.1:80").is_protected
    assert not RefStackServer.from_url("http://host").is_protected
