"""Authenticate to RefStack: by a session, or by a registered key."""

import base64
import json
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from defcheck.errors import InputError
from defcheck.util.files import clip_text, read_bounded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


PASSPHRASE_VARIABLE = "DEFCHECK_KEY_PASSPHRASE"
"""The environment variable that holds the passphrase of a signing key."""


MAX_BYTES = 64 * 1024
MIN_STRONG_BITS = 2048
"""A shorter key can be broken, so defcheck warns."""

SELF_SIGNED_TEXT = b"signature"
"""The literal text that RefStack requires to be signed when a key is registered."""

KEY_ADVICE = (
    "RefStack needs an RSA key in PEM, PKCS#8 or OpenSSH format; "
    "`ssh-keygen -t rsa -b 3072 -f FILE` creates one."
)
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_PEM = (
    b"-----BEGIN RSA PRIVATE KEY-----",
    b"-----BEGIN PRIVATE KEY-----",
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
    b"-----BEGIN EC PRIVATE KEY-----",
    b"-----BEGIN DSA PRIVATE KEY-----",
)
_PUBLIC = (
    b"ssh-",
    b"ecdsa-",
    b"sk-",
    b"-----BEGIN PUBLIC",
    b"-----BEGIN RSA PUBLIC",
    b"---- BEGIN",
)

AskPassphrase = Callable[[], str | None]
"""Returns the passphrase of a key; None if it is not set and there is no terminal."""


class PassphraseError(InputError):
    """The passphrase of a key is missing or wrong; another try may help."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that signs uploads."""

    public: str
    """`ssh-rsa AAAA…` without a comment, as RefStack requires."""

    warnings: tuple[str, ...]
    """Warnings for its owner."""

    _key: "RSAPrivateKey" = field(repr=False)

    def sign_data(self, data: bytes) -> str:
        """Return the RSASSA-PKCS1-v1_5 signature over the SHA-256 of `data`, in hex."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256()).hex()

    def signature_headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that sign a body."""
        return {"X-Signature": self.sign_data(body), "X-Public-Key": self.public}

    def self_signature(self) -> str:
        """Return the signature that proves the ownership of a key when it is registered."""
        return self.sign_data(SELF_SIGNED_TEXT)


def load_signing_key(path: Path, ask_passphrase: AskPassphrase) -> SigningKey:
    """Read a private RSA key in PEM, PKCS#8 or OpenSSH format.

    `ask_passphrase` is called if the key is encrypted. Raises `InputError` if the file is not
    such a key, `PassphraseError` if its passphrase is missing or wrong.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    data = read_bounded(path, "The key", MAX_BYTES, "Give the file with your private key.")
    key = _decode_key(data, path, ask_passphrase)
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.lstrip("_").removesuffix("PrivateKey") or "unknown"
        raise InputError(
            f"The key {clip_text(str(path))} has the type {kind}, not RSA.", KEY_ADVICE
        )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return SigningKey(public.decode(), _find_warnings(path, key.key_size), key)


def _decode_key(data: bytes, path: Path, ask: AskPassphrase) -> Any:
    """Return the key object of any type, decrypted if necessary."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    decode: Callable[[bytes, bytes | None], Any]
    if _OPENSSH in data:
        decode = load_ssh_private_key
    elif any(mark in data for mark in _PEM):
        decode = load_pem_private_key
    else:
        raise _missing_key_error(data, path)
    try:
        return decode(data, None)
    except TypeError:
        passphrase = ask()  # it is encrypted
    except UnsupportedAlgorithm as error:
        raise _unsupported_key_error(path) from error
    except ValueError as error:
        raise InputError(f"The key {clip_text(str(path))} is damaged.", KEY_ADVICE) from error
    if passphrase is None:
        raise PassphraseError(
            f"The key {clip_text(str(path))} is encrypted, and there is no terminal to prompt for "
            "its passphrase.",
            "Set the environment variable DEFCHECK_KEY_PASSPHRASE.",
        )
    try:
        return decode(data, passphrase.encode())
    except UnsupportedAlgorithm as error:
        raise _unsupported_key_error(path) from error
    except (TypeError, ValueError) as error:
        raise PassphraseError(
            f"Wrong passphrase for the key {clip_text(str(path))}.",
            "Try again. `ssh-keygen -y -f KEY` also checks it.",
        ) from error


def _missing_key_error(data: bytes, path: Path) -> InputError:
    """Return the error for a file without a recognised private key."""
    name = clip_text(str(path))
    if data.startswith(b"PuTTY-User-Key-File"):
        return InputError(
            f"The key {name} is in PuTTY's own format.",
            "Convert it with `puttygen KEY -O private-openssh -o NEW`.",
        )
    if data.startswith(_PUBLIC):
        return InputError(
            f"{name} is a public key.", "Give the private key, usually the same name without .pub."
        )
    return InputError(f"{name} does not contain a private key.", KEY_ADVICE)


def _unsupported_key_error(path: Path) -> InputError:
    return InputError(
        f"The key {clip_text(str(path))} has an unsupported type or encryption.", KEY_ADVICE
    )


def _find_warnings(path: Path, bits: int) -> tuple[str, ...]:
    found = []
    with suppress(OSError):
        state = path.stat().st_mode
        mode = stat.S_IMODE(state)
        if mode & 0o077 and stat.S_ISREG(state):
            found.append(
                f"The key {clip_text(str(path))} is accessible to other users (mode {mode:04o}); "
                "run chmod 600 on it."
            )
    if bits < MIN_STRONG_BITS:
        found.append(
            f"The key {clip_text(str(path))} has {bits} bits; "
            f"fewer than {MIN_STRONG_BITS} are weak."
        )
    return tuple(found)


SESSION_VARIABLE = "DEFCHECK_REFSTACK_SESSION"
OPENID_VARIABLE = "DEFCHECK_REFSTACK_OPENID"

LOGIN_ADVICE = (
    f"Log in to the server with a browser and set {SESSION_VARIABLE} to its cookie `refstack`, "
    f"or use a registered key: --sign KEY, and your OpenID in {OPENID_VARIABLE}."
)

TOKEN_SECONDS = 600
"""Lifetime of a token in seconds; RefStack tolerates clocks 42 s off (JWT_VALIDATION_LEEWAY)."""

MAX_OPENID = 128
"""Length of the column in RefStack's database."""

_COOKIE = re.compile(r"(?:^|[;:\s])refstack=([^;\s]*)")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
"""The characters of a cookie's value (RFC 6265)."""


class Authentication(Protocol):
    """Identifies the user to a server."""

    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        ...

    @property
    def title(self) -> str:
        """The phrase for it after "does not accept"."""
        ...

    @property
    def advice(self) -> str:
        """What to do if a server does not accept it."""
        ...


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The session of a logged-in browser: RefStack's cookie `refstack`."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _VALUE.fullmatch(self.value):
            raise InputError(
                f"{SESSION_VARIABLE} is not the value of a cookie.",
                "Copy the value of the cookie `refstack` from a logged-in browser.",
            )

    @classmethod
    def parse_cookie(cls, text: str) -> "SessionCookie":
        """Return the session in a cookie's bare value, `refstack=VALUE` or a Cookie header."""
        found = _COOKIE.search(text)
        return cls(found[1] if found else text.strip())

    def headers(self) -> dict[str, str]:
        """Return the Cookie header."""
        return {"Cookie": f"refstack={self.value}"}

    @property
    def title(self) -> str:
        """The phrase for it after "does not accept"."""
        return f"the session in {SESSION_VARIABLE}: it expired or belongs to another server"

    @property
    def advice(self) -> str:
        """What to do if a server does not accept it."""
        return f"{LOGIN_ADVICE} Unset {SESSION_VARIABLE} to see public results."


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A JSON Web Token, signed with a key that the user registered on the server."""

    key: SigningKey
    openid: str
    """The user's OpenID, exactly as the server's profile page shows it."""

    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not self.openid.isprintable() or not 0 < len(self.openid) <= MAX_OPENID:
            raise InputError(
                f"{self.openid[:MAX_OPENID]!r} is not an OpenID.",
                "Copy the OpenID from your profile on the server to --openid or "
                f"{OPENID_VARIABLE}.",
            )

    def headers(self) -> dict[str, str]:
        """Return the Authorization header, with a new token.

        RS256 (RFC 7518) is the same signature as that of uploads. RefStack
        (decode_token) requires `user_openid` and `exp`. There is no `iat`, because
        RefStack rejects one in the future, if this machine's clock is ahead.
        """
        claims = {"user_openid": self.openid, "exp": int(self.clock()) + TOKEN_SECONDS}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims]
        signed = b".".join(_encode_base64url(json.dumps(part).encode()) for part in parts)
        token = b".".join((signed, _encode_base64url(bytes.fromhex(self.key.sign_data(signed)))))
        return {"Authorization": f"Bearer {token.decode()}"}

    @property
    def title(self) -> str:
        """The phrase for it after "does not accept"."""
        return "the token signed with this key"

    @property
    def advice(self) -> str:
        """What to do if a server does not accept it."""
        return (
            f"Check that this key is registered there for {self.openid}, that the profile page "
            "shows exactly this OpenID, and that the clock of this machine is right."
        )


def _encode_base64url(data: bytes) -> bytes:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")
