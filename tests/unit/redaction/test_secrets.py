"""Secrets in every form in which Tempest and what it uses print them; evidence stays."""

import base64
import json
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.redaction.redactor import Redactor

CANARY = "C4nary-Gh7Kd92mPq"
FERNET = "gAAAAABm" + "x1Y-_z" * 20 + "=="
WEB_TOKEN = f"eyJhbGciOiJIUzI1NiJ9.eyJ{CANARY}In0.{CANARY}"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIEow{CANARY}\nabc+/=\n-----END RSA PRIVATE KEY-----"
HEADERS = (
    "X-Auth-Token",
    "X-Subject-Token",
    "X-Service-Token",
    "X-Storage-Token",
    "x-auth-key",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Account-Meta-Temp-URL-Key",
    "X-Account-Meta-Temp-Url-Key-2",
    "x-container-meta-temp-url-key",
    "X-Container-Sync-Key",
    "OS-Admin-Password",
)
KEYS = (
    "password",
    "adminPass",
    "admin_pass",
    "original_password",
    "new_password",
    "secret",
    "blob",
    "private_key",
    "passphrase",
    "temp_url_key",
    "user_data",
    "oauth_token",
    "oauth_token_secret",
    "oauth_verifier",
    "client_secret",
    "passcode",
    "secret_key",
    "auth_token",
    "password_hash",
    "api_key",
)
OPTIONS = ("password", "admin_password", "OS_PASSWORD", "secret_key", "AWS_SECRET_ACCESS_KEY")
PARAMETERS = (
    "temp_url_sig",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "Signature",
    "AWSAccessKeyId",
    "token",
    "sig",
)


def forms(name: str, value: str) -> Iterator[str]:
    """Yield a name and its value as JSON and Python write them, quoted again and again."""
    pair = {name: value, "next": "kept"}
    for text in (json.dumps(pair), repr(pair), repr({name.encode(): value.encode()})):
        yield text
        yield json.dumps({"body": text})
        yield repr({"body": text})
        yield json.dumps(json.dumps({"body": text}))
        yield repr(json.dumps({"body": text}).encode())
        yield f"Body: {text.encode()!r}"
    yield json.dumps(pair, indent=2)
    yield json.dumps(pair, separators=(",", ":"))
    yield quote(json.dumps(pair))
    yield f"[({name!r}, {value!r}), ('next', 'kept')]"
    yield f"[({name.encode()!r}, {value.encode()!r})]"
    yield f"h[{name!r}] = {value!r}"
    yield f"call({name.replace('-', '_')}={value!r}, next=1)"
    yield f'<{name}>{value}</{name}> <a {name}="{value}"/>'
    yield json.dumps({name: [value, value]})


def shown() -> Iterator[str]:
    """Yield texts with the canary in them."""
    for name in HEADERS:
        for value in (CANARY, f"{CANARY}; Path=/; HttpOnly", f"Basic {CANARY}"):
            if value != CANARY and name not in ("Authorization", "Cookie", "Set-Cookie"):
                continue
            yield from forms(name, value)
            yield f"{name}: {value}"
            yield f"> {name}: {value}\r\n> Accept: */*"
            yield f"header: {name}: {value}"
            yield f"curl -g -i -X GET http://h/ -H '{name}: {value}' -H \"Accept: a\""
            yield f'curl -H "{name}: {value}" http://h/'
            yield f"send: {f'GET / HTTP/1.1{chr(13)}{chr(10)}{name}: {value}'.encode()!r}"
            yield f"{name}={value.replace(' ', '%20')}"
    for name in KEYS:
        for value in (CANARY, f"a'{CANARY}", f'a"{CANARY}"b', f"a\\{CANARY}\\", f"a\n{CANARY}é"):
            if "\n" in value:
                yield json.dumps({name: value})
                continue
            yield json.dumps({name: value})
            yield repr({name: value})
            yield json.dumps({"body": json.dumps({name: value, "next": "kept"})})
            yield repr(json.dumps({"body": json.dumps({name: value})}))
        yield from forms(name, CANARY)
    for name in OPTIONS:
        yield f"{name} = {CANARY}"
        yield f"[auth]\n{name}={CANARY}, with more; {CANARY}\nnext = kept"
        yield f"export {name}='{CANARY}'"
        yield f"  {name}: {CANARY}"
        yield f"- {{username: a, {name}: {CANARY}, next: kept}}"
        yield f"Login(user='a', {name}={CANARY})"
        yield f"http://h/?a=b&{name}={CANARY}&next=kept"
        yield repr(f"[auth]\n{name} = {CANARY} {CANARY}\nnext = kept")
    for name in ("--password", "--os-password", "--secret"):
        yield f"openstack user create {name} {CANARY} name"
        yield f"openstack user create {name}={CANARY} name"
        yield f"openstack user create {name} '{CANARY} {CANARY}' name"
    for name in PARAMETERS:
        yield f"http://h/v1/a/c/o?{name}={CANARY}&temp_url_expires=1"
        yield f"http://h/v1/a?x=y&{name}={CANARY}"
        once = quote(f"http://h/v1/a?x=y&{name}={CANARY}&z=1", safe="")
        yield once
        yield quote(once, safe="")
    yield f"http://{CANARY}:{CANARY}@host/path"
    yield f"amqp://user:{CANARY}@one:5672,u:{CANARY}@two/"
    yield f"https://user:{quote('a/b' + CANARY, safe='')}@host"
    yield f"https://user:a/b?{CANARY}#c@host:80/x"
    yield PEM
    yield json.dumps({"keypair": {"private_key": PEM}})
    yield json.dumps({"key": PEM})
    yield repr(PEM)
    yield PEM.partition("-----END")[0]
    yield f"<RequestsCookieJar[<Cookie session={CANARY} for host/>]>"
    yield repr({"cookies": {"session": CANARY}})
    yield f"Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature={CANARY}"
    yield f'Authorization: OAuth realm="x", oauth_signature="{CANARY}"'
    yield f"Bearer {CANARY}{CANARY}"
    yield f"Basic {base64.b64encode(f'u:{CANARY}'.encode()).decode()}"
    yield json.dumps({"credential": {"access": CANARY.replace("-", ""), "secret": CANARY}})
    yield json.dumps({"credential": {"blob": json.dumps({"access": "a", "secret": CANARY})}})
    yield json.dumps({"auth": {"identity": {"token": {"id": CANARY}}}})
    yield json.dumps({"access": {"token": {"expires": "2026", "id": CANARY, "x": 1}}})
    yield json.dumps({"a": json.dumps({"access": {"token": {"id": CANARY}}})})
    yield f"DELETE http://h/v2.0/tokens/{CANARY}"
    yield f"'password': '{CANARY}"
    yield f"'password': '{CANARY}\nnext line"
    yield f"{{'X-Auth-Token': [{CANARY!r}, 'x']}}"
    yield f'<server adminPass="{CANARY}"/>'
    yield f"vnc_auto.html?path=%3Ftoken%3D{CANARY}"


SHOWN = sorted(set(shown()))


def test_no_secret_is_left_in_any_form() -> None:
    redactor = Redactor()
    clean = [(text, redactor.redact_text(text)) for text in SHOWN]
    left = [f"{text!r}\n  -> {made!r}" for text, made in clean if _is_left(made)]
    assert not left, "\n".join(left[:20]) + f"\n{len(left)} of {len(SHOWN)}"
    assert [text for text, made in clean if redactor.redact_text(made) != made] == []
    assert [text for text, made in clean if "kept" in text and "kept" not in made] == []


def _is_left(text: str) -> bool:
    encoded = base64.b64encode(CANARY.encode()).decode()[:12]
    return "nary-Gh7" in text or "naryGh7" in text or encoded in text


@pytest.mark.parametrize("token", [FERNET, WEB_TOKEN, FERNET.replace("=", "%3D")])
def test_tokens_are_known_by_their_form(token: str) -> None:
    assert Redactor().redact_text(f"token is <{token}> here") == "token is <***> here"
    assert token[10:40] not in Redactor().redact_text(f"/v2.0/tokens/{token}/endpoints")


def test_a_token_of_32_digits_in_a_sentence() -> None:
    digits = "0123456789abcdef" * 2
    assert Redactor().redact_text(f"the token {digits} is gone") == "the token *** is gone"
    assert Redactor().redact_text(f"Could not find token: {digits}.") == "Could not find token: ***"
    for text in (f"the project {digits}", f"tokens {digits}", f"token {digits}-1", "token abcdef"):
        assert Redactor().redact_text(text) == text


HARMLESS = (
    "tempest.api.identity.v3.test_tokens.TokensV3Test.test_create_token"
    "[id-6f8e4436-fc96-4282-8122-e41df57197a9,smoke]",
    "Request (TokensV3Test:test_validate_token): 201 POST http://127.0.0.1:5000/v3/auth/tokens",
    "'X-Auth-Token': '<omitted>', 'vary': 'X-Auth-Token', 'x-openstack-request-id': 'req-1f'",
    '{"auth": {"identity": {"methods": ["password", "token"]}}}',
    '{"token": {"methods": ["password"], "user": {"password_expires_at": null, "id": "0a"}}}',
    '{"keypair": {"public_key": "ssh-rsa AAAAB3Nza", "fingerprint": "aa:bb"}}',
    '"accessIPv4": "10.0.0.1", "key_name": "k", "metadata": {"key1": "value1"}',
    '"os-flavor-access:is_public": true, "signature_verified": "False"',
    "password is too short; the token expired; Basic authentication; Bearer authentication",
    "sort_key=id&limit=2 bypass=yes PWD=/root pass=64 fail=0",
    "2b0a7c5d9f1e4a3b8c6d5e4f3a2b1c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b  results.subunit",
    "req-70103bf3-5783-4037-8ab7-b110407c2d2e d83f6d6a-5f4c-4d2e-9b1a-0c1d2e3f4a5b",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    '  File "a.py", line 3, in get_token\n    password=self.creds.password,\n    token = self.f(x)',
    "said adminPass=None password='' secret: null, token=<omitted>",
    "user@example.org http://example.org/a@b?c=d@e http://h:5000/v3?a=b@c http://h:80 x@y",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_evidence_is_left_as_it_is(text: str) -> None:
    assert Redactor().redact_text(text) == text


PIECES = st.sampled_from(
    [*SHOWN[::37], *HARMLESS, CANARY, FERNET, "***", "'", '"', "\\", "\n", "{", "}", "=", ": "]
)
TEXTS = st.one_of(
    st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=8).map("".join)
)


@given(TEXTS)
def test_a_text_is_redacted_once_for_all(text: str) -> None:
    redactor = Redactor([CANARY])
    once = redactor.redact_text(text)
    assert redactor.redact_text(once) == once
    assert CANARY not in once


@given(st.binary())
def test_any_bytes_are_taken(data: bytes) -> None:
    once = Redactor([CANARY]).redact_bytes(data)
    assert Redactor([CANARY]).redact_bytes(once) == once


@given(st.text(alphabet="abcdefgh .,:\n0123456789-/[]()'\"{}", max_size=200))
def test_a_text_that_names_no_secret_is_not_changed(text: str) -> None:
    assert Redactor([CANARY]).redact_text(text) == text


def test_a_long_log_is_gone_through_in_time() -> None:
    """About 50 MB in a second were measured, a hundredth of that is asked for."""
    line = "2026-11-22 15:05:21,896 6314 INFO [rest_client] Request (A:test_token): 200 GET "
    line += f"http://h/v3/auth/tokens {{'X-Auth-Token': '{CANARY}', 'a': '{'b' * 1400}'}}\n"
    log = line * (10_000_000 // len(line))
    began = time.process_time()
    assert CANARY not in Redactor(["Zx8-kkk-1199"]).redact_text(log)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "unit",
    [
        "'password': 'x', ",
        "'password': '",
        '\\"secret\\": \\"',
        "password=",
        "eyJ",
        "eyJhbGciOiJI.",
        "gAAAA",
        "-----BEGIN PRIVATE KEY-----",
        "://a",
        "://",
        "Basic ",
        "<Cookie a=",
        "token': {",
        "\\",
        "'token': [",
        "Authorization: ",
        "Set-Cookie: {",
        "<password>",
        "/tokens/",
        "access: ",
    ],
)
def test_the_time_grows_with_the_length(unit: str) -> None:
    """A line of 1 MB takes seconds only where it is looked at again and again."""
    redactor = Redactor([CANARY])
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    redactor.redact_text(text)
    assert time.process_time() - began < 8
