"""Keys, servers and clients that the tests of handing in share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from defcheck.submission.refstack import authentication
from defcheck.submission.refstack.authentication import SessionCookie
from defcheck.submission.refstack.client import RefStackClient
from defcheck.submission.refstack.transport import RefStackServer
from tests.bundles import Files, Signers, make_files, make_signers
from tests.refstack import RefStack, refstack

Connect = Callable[..., RefStackClient]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the proxies and authorities of whoever runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def private() -> rsa.RSAPrivateKey:
    """Return an RSA key."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def key_file(private: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    """Return the key's file, readable by its owner alone."""
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return path


@pytest.fixture
def key(key_file: Path) -> authentication.SigningKey:
    """Return the key, ready to sign."""
    return authentication.load_signing_key(key_file, lambda: None)


@pytest.fixture
def server(key: authentication.SigningKey) -> Iterator[RefStack]:
    """Return a RefStack that knows the key, and a session of its owner."""
    with refstack(keys={key.public.split()[1]: "owner"}, sessions={"cookie": "owner"}) as state:
        yield state


@pytest.fixture
def slept() -> list[float]:
    """Return the seconds that were waited between tries."""
    return []


@pytest.fixture
def connect(slept: list[float]) -> Connect:
    """Return a function that makes a client which waits for nothing."""

    def make(
        url: str,
        session: str = "",
        cacert: Path | None = None,
        read_seconds: float = 20,
        total_seconds: float = 20,
    ) -> RefStackClient:
        RefStackServer.from_url(url, cacert)
        address = RefStackServer(url, cacert, read_seconds, total_seconds)
        return RefStackClient(address, SessionCookie(session) if session else None, slept.append)

    return make


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a run's bundle."""
    return make_files(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Signers:
    """Return keys; skip where OpenSSH is not installed."""
    return make_signers(tmp_path_factory.mktemp("keys"))
