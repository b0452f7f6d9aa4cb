"""Fetching a file from servers that behave well and badly; all of them are real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from defcheck.errors import InputError, UnusableError
from defcheck.util.http import MAX_REDIRECTS, fetch_file, is_url, require_ca_file
from tests.webserver import GOOD, serving, write_certificate

SMALL = 1_000_000


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the proxies and authorities of whoever runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of a server without TLS."""
    with serving() as address:
        yield address


def get(url: str, seconds: float = 20) -> bytes:
    return fetch_file(url, max_bytes=SMALL, plain_http=True, seconds=seconds)


def test_what_is_an_address() -> None:
    assert is_url("https://x.org/a.json")
    assert is_url("HTTP://x.org")
    assert is_url("ftp://x.org/a")
    assert not is_url("a/https/b.json")
    assert not is_url("2022.11.json")


def test_a_file_is_fetched_also_after_a_redirect(server: str) -> None:
    assert get(f"{server}/good") == GOOD
    assert get(f"{server}/away") == GOOD


def test_plain_http_is_refused_before_anything_is_sent(server: str) -> None:
    with pytest.raises(InputError, match="not encrypted") as caught:
        fetch_file(f"{server}/good", max_bytes=SMALL)
    assert "--sha256" in caught.value.advice


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/nothing", InputError, "the server returned 404 Not Found"),
        ("/busy", UnusableError, "the server returned 503"),
        ("/loop", UnusableError, f"too many redirects (more than {MAX_REDIRECTS})"),
        ("/huge", InputError, "is larger than 0.953674 MiB"),
        ("/short", UnusableError, "cannot be fetched: "),
        ("/to?ftp://x.org/a", InputError, "unsupported URL scheme ftp"),
        ("/to?file:///etc/passwd", InputError, "is not a valid URL"),
        ("/to?https://u:p@x.org/", InputError, "a user name or a password"),
        ("/to?http://[bad/", UnusableError, "cannot be fetched"),
    ],
)
def test_misbehaving_server_is_an_error_in_one_line(
    server: str, path: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        get(f"{server}{path}")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(server: str) -> None:
    with pytest.raises(UnusableError, match=r"was not downloaded within 1 s"):
        get(f"{server}/drip", seconds=1)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https:///a", "is not a valid URL"),
        ("https://[::1/a", "is not a valid URL"),
        ("gopher://x.org/a", "unsupported URL scheme gopher"),
        ("https://user:secret@x.org/a", "a user name or a password"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        get(url)
    assert "secret" not in str(caught.value)


def test_refused_connection_is_an_error() -> None:
    with serving() as address:
        pass
    with pytest.raises(UnusableError, match="Connection refused"):
        get(f"{address}/good")


def test_passwords_of_netrc_stay_at_home(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert b"authorization" not in get(f"{server}/echo").lower()


def test_the_proxy_of_the_environment_is_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    # The server stands in for a proxy: it is asked for a whole address, which it has not.
    with pytest.raises(InputError, match="404"):
        get("http://guidelines.invalid/good")


def test_only_an_authority_that_is_known_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    with serving(certificate=certificate) as address:
        with pytest.raises(UnusableError, match=r"certificate of .* is not trusted") as caught:
            fetch_file(f"{address}/good", max_bytes=SMALL)
        assert "REQUESTS_CA_BUNDLE" in caught.value.advice
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetch_file(f"{address}/good", max_bytes=SMALL) == GOOD


def test_a_redirect_from_https_to_http_is_not_followed(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(certificate=certificate) as address:
        with pytest.raises(InputError, match="not encrypted"):
            fetch_file(f"{address}/to?{server}/good", max_bytes=SMALL)
        assert get(f"{address}/to?{server}/good") == GOOD


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        ("", "contains no certificate"),
        ("no PEM", "contains no certificate"),
    ],
)
def test_a_file_without_authorities_is_refused(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=problem) as caught:
        require_ca_file(path, "Name another.")
    assert caught.value.advice == "Name another."
