"""What a run tries in a cloud, and that nothing of it stays there."""

import hmac
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from keystoneauth1.exceptions import ConnectFailure

from defcheck.cloud.config_builder.probes import CloudProber, build_keystone_url, try_probe
from defcheck.cloud.connection import Cloud

ACCOUNT = "http://swift/v1/AUTH_1"
KEY = "x-account-meta-temp-url-key-2"
QUOTA = "x-account-meta-quota-bytes"


class Answer:
    def __init__(
        self, status: int, headers: Mapping[str, str] | None = None, document: Any = None
    ) -> None:
        self.status_code = status
        self.headers = dict(headers or {})
        self._document = document

    def json(self) -> Any:
        return self._document


class Swift:
    """An account of one login, as far as the probes touch it."""

    verify, cert, timeout = True, None, 20.0

    def __init__(self, digests: tuple[str, ...] = (), **headers: str) -> None:
        self.digests = digests
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.containers: set[str] = set()
        self.status: dict[str, int] = {}
        """Refusals by method."""

        self.blind = False
        """Whether it says 404 to whatever signature."""

    def request(self, url: str, method: str, headers: dict[str, str], **_: Any) -> Answer:
        if method in self.status:
            return Answer(self.status[method])
        name = urlsplit(url).path.removeprefix("/v1/AUTH_1").strip("/")
        if method == "PUT":
            self.containers.add(name)
            return Answer(201)
        if method == "DELETE":
            self.containers.remove(name)
            return Answer(204)
        for header, value in headers.items():
            plain = header.lower().replace("x-remove-", "x-")
            if plain == header.lower():
                self.headers[plain] = value
            else:
                self.headers.pop(plain, None)
        return Answer(204, self.headers)

    def get(self, url: str, *, authenticated: bool, raise_exc: bool) -> Answer:
        assert not authenticated
        assert not raise_exc
        if "GET" in self.status:
            return Answer(self.status["GET"])
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        text = f"GET\n{query['temp_url_expires']}\n{parts.path}".encode()
        key = self.headers.get(KEY, "").encode()
        good = {hmac.new(key, text, one).hexdigest() for one in self.digests}
        there = parts.path.split("/")[3] in self.containers
        return Answer(404 if self.blind or (there and query["temp_url_sig"] in good) else 401)


def prober(swift: Swift, roles: tuple[str, ...] = ()) -> CloudProber:
    connection = SimpleNamespace(session=swift)
    cloud = SimpleNamespace(connection=connection, roles=roles, auth_url="http://keystone/v3")
    return CloudProber(cast(Cloud, cloud))


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        (("sha1",), "sha1"),
        (("sha1", "sha256", "sha512"), "sha256"),
        (("sha512",), "sha512"),
        (("md5",), ""),
        ((), ""),
    ],
)
def test_the_best_digest_with_which_a_temporary_url_works(
    accepted: tuple[str, ...], found: str
) -> None:
    swift = Swift(accepted)
    probe = prober(swift)
    assert probe.probe_tempurl_digest(swift, ACCOUNT, ("sha256", "sha512", "sha1")) == found
    assert swift.containers == set()
    assert swift.headers == {}
    created, deleted = probe.created
    assert deleted == {**created, "deleted": "true"}
    assert (created["kind"], created["account"]) == ("container", "AUTH_1")
    assert created["name"].startswith("defcheck-probe-")


def test_a_swift_that_looks_at_no_signature_accepts_no_digest() -> None:
    swift = Swift(("sha1",))
    swift.blind = True
    assert prober(swift).probe_tempurl_digest(swift, ACCOUNT, ("sha256", "sha1")) == ""
    assert swift.containers == set()


def test_the_second_key_of_somebody_else_is_left_alone() -> None:
    swift = Swift(("sha1",), **{KEY: "theirs"})
    probe = prober(swift)
    assert probe.probe_tempurl_digest(swift, ACCOUNT, ("sha1",)) == ""
    assert swift.headers == {KEY: "theirs"}
    assert probe.created == []


def test_the_key_of_a_probe_that_was_killed_is_replaced_and_removed() -> None:
    swift = Swift(("sha1",), **{KEY: "defcheck-probe-1"})
    assert prober(swift).probe_tempurl_digest(swift, ACCOUNT, ("sha1",)) == "sha1"
    assert swift.headers == {}


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST"])
@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_refusal_tells_nothing_of_digests_and_leaves_nothing(method: str, status: int) -> None:
    swift = Swift(("sha1",))
    swift.status = {method: status}
    probe = prober(swift)
    assert try_probe(lambda: probe.probe_tempurl_digest(swift, ACCOUNT, ("sha1",)), "") == ""
    assert swift.containers == set()


def test_a_container_that_cannot_be_deleted_is_noted() -> None:
    swift = Swift(("sha1",))
    swift.status = {"DELETE": 503}
    probe = prober(swift)
    assert probe.probe_tempurl_digest(swift, ACCOUNT, ("sha1",)) == "sha1"
    assert swift.containers == {probe.created[0]["name"]}


class Keystone:
    """Makes application credentials and forgets them."""

    def __init__(self, status: int = 201) -> None:
        self.status = status
        self.there: dict[str, str] = {}
        self.made: list[str] = []

    def post(self, _: str, json: dict[str, Any]) -> Answer:
        asked = json["application_credential"]
        (role,) = asked["roles"]
        assert asked["expires_at"]
        self.made.append(role["name"])
        identity = f"id-{role['name']}"
        if self.status in (201, 503):
            self.there[identity] = asked["name"]
        document = {"application_credential": {"id": identity, "secret": "s3cret-of-it"}}
        return Answer(self.status, {}, document if self.status == 201 else {"error": {}})

    def get(self, _: str, params: dict[str, str]) -> Answer:
        found = [{"id": one} for one, name in self.there.items() if name == params["name"]]
        return Answer(200, {}, {"application_credentials": found})

    def delete(self, address: str) -> Answer:
        del self.there[address.rpartition("/")[2]]
        return Answer(204)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the roles that may set quotas, for sessions of application credentials."""
    allowed: set[str] = set()

    class Session:
        def __init__(self, auth: Any, **_: Any) -> None:
            self.role = auth.auth_methods[0].application_credential_id.removeprefix("id-")
            self.session = SimpleNamespace(adapters={})

        def post(self, url: str, headers: dict[str, str], **_: Any) -> Answer:
            assert url == ACCOUNT
            assert headers == {"X-Remove-Account-Meta-Quota-Bytes": "x"}
            busy = next((int(one) for one in allowed if one.isdigit()), 0)
            if busy and self.role == "ResellerAdmin":
                return Answer(busy)
            return Answer(204 if self.role in allowed else 403)

    monkeypatch.setattr("defcheck.cloud.session.CloudSession", Session)
    return allowed


@pytest.mark.parametrize(
    ("held", "allowed", "found", "tried"),
    [
        (("admin", "ResellerAdmin"), {"ResellerAdmin"}, "ResellerAdmin", ["ResellerAdmin"]),
        (("admin", "ResellerAdmin"), {"admin"}, "admin", ["ResellerAdmin", "admin"]),
        (("admin",), {"admin"}, "admin", ["admin"]),
        (("admin",), {"ResellerAdmin"}, "", ["admin"]),
        (("member",), {"member"}, "", []),
    ],
)
def test_the_role_that_alone_may_set_quotas(
    sessions: set[str], held: tuple[str, ...], allowed: set[str], found: str, tried: list[str]
) -> None:
    sessions |= allowed
    keystone, probe = Keystone(), prober(Swift(), held)
    probe._cloud.connection.identity = keystone
    probe._session.get_user_id = lambda: "me"
    assert probe.probe_reseller_role(ACCOUNT, ("ResellerAdmin", "admin")) == found
    assert keystone.made == tried
    assert keystone.there == {}
    assert [one["kind"] for one in probe.created] == ["application_credentials"] * len(tried)


def test_an_account_with_a_quota_is_left_alone(sessions: set[str]) -> None:
    sessions.add("admin")
    swift = Swift()
    swift.headers[QUOTA] = "5"
    assert prober(swift, ("admin",)).probe_reseller_role(ACCOUNT, ("admin",)) == ""
    assert swift.headers == {QUOTA: "5"}


def test_a_keystone_without_application_credentials_tells_nothing(sessions: set[str]) -> None:
    sessions.add("admin")
    probe = prober(Swift(), ("admin",))
    probe._cloud.connection.identity = Keystone(status=403)
    probe._session.get_user_id = lambda: "me"
    assert try_probe(lambda: probe.probe_reseller_role(ACCOUNT, ("admin",)), "") == ""
    assert probe.created == []


def test_a_credential_whose_creation_gave_no_answer_does_not_stay(sessions: set[str]) -> None:
    sessions.add("admin")
    keystone, probe = Keystone(status=503), prober(Swift(), ("admin",))
    probe._cloud.connection.identity = keystone
    probe._session.get_user_id = lambda: "me"
    assert try_probe(lambda: probe.probe_reseller_role(ACCOUNT, ("admin",)), "") == ""
    assert keystone.made == ["admin"]
    assert keystone.there == {}
    assert [one["id"] for one in probe.created] == ["id-admin"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_no_answer_to_a_role_is_not_a_no(sessions: set[str], status: int) -> None:
    """Else the next role would be called probed, and be another one than a quiet day's."""
    sessions |= {"admin", f"{status}"}
    keystone, probe = Keystone(), prober(Swift(), ("admin", "ResellerAdmin"))
    probe._cloud.connection.identity = keystone
    probe._session.get_user_id = lambda: "me"
    assert (
        try_probe(lambda: probe.probe_reseller_role(ACCOUNT, ("ResellerAdmin", "admin")), "") == ""
    )
    assert keystone.made == ["ResellerAdmin"]
    assert keystone.there == {}


def test_no_answer_to_a_digest_is_not_a_no() -> None:
    swift = Swift(("sha1", "sha256"))
    swift.status = {"GET": 503}
    probe = prober(swift)
    digests = ("sha256", "sha512", "sha1")
    assert try_probe(lambda: probe.probe_tempurl_digest(swift, ACCOUNT, digests), "") == ""
    assert swift.containers == set()
    assert swift.headers == {}


def test_a_broken_line_is_no_answer() -> None:
    def broken() -> None:
        raise ConnectFailure("the connection was refused")

    assert try_probe(broken, None) is None


@pytest.mark.parametrize(
    "auth_url", ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v2.0/"]
)
def test_keystone_s_v3_whatever_auth_url_names(auth_url: str) -> None:
    assert build_keystone_url(auth_url) == "http://k:5000/v3"
