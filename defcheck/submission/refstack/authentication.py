"""Authenticate to RefStack: by a session, or by a registered key that signs."""

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
"""A shorter key can be broken, so that its owner is told."""

SELF_SIGNED_TEXT = b"signature"
"""What RefStack wants signed when a key is registered: this very word."""

KEY_ADVICE = (
    "RefStack takes RSA keys; `ssh-keygen -t rsa -b 3072 -f FILE` makes one. "
    "It may be in PEM, PKCS#8 or OpenSSH form."
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
"""Asks for the passphrase of a key; None where there is none and nobody to ask."""


class PassphraseError(InputError):
    """The passphrase of a key is missing or wrong; another try may help."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that signs uploads."""

    public: str
    """`ssh-rsa AAAA…` without a comment, as RefStack wants it."""

    warnings: tuple[str, ...]
    """What its owner should know of it."""

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
        """Return what proves to RefStack, when the key is registered, that it is one's own."""
        return self.sign_data(SELF_SIGNED_TEXT)


def load_signing_key(path: Path, ask_passphrase: AskPassphrase) -> SigningKey:
    """Read a private RSA key in PEM, PKCS#8 or OpenSSH form.

    `ask` is called where the key is encrypted. Raises `InputError` for what is
    no such key, `PassphraseError` where its passphrase is missing or wrong.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    data = read_bounded(path, "The key", MAX_BYTES, "Name the file with your private key.")
    key = _decode_key(data, path, ask_passphrase)
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.lstrip("_").removesuffix("PrivateKey") or "another kind"
        raise InputError(
            f"The key {clip_text(str(path))} is of the kind {kind}, not RSA.", KEY_ADVICE
        )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return SigningKey(public.decode(), _find_warnings(path, key.key_size), key)


def _decode_key(data: bytes, path: Path, ask: AskPassphrase) -> Any:
    """Return the key object, of whatever kind, with its passphrase where it has one."""
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
            f"The key {clip_text(str(path))} is encrypted and there is no terminal to ask on.",
            "Give its passphrase in the environment variable DEFCHECK_KEY_PASSPHRASE.",
        )
    try:
        return decode(data, passphrase.encode())
    except UnsupportedAlgorithm as error:
        raise _unsupported_key_error(path) from error
    except (TypeError, ValueError) as error:
        raise PassphraseError(
            f"The key {clip_text(str(path))} does not open with that passphrase.",
            "Try again; `ssh-keygen -y -f KEY` tries it too.",
        ) from error


def _missing_key_error(data: bytes, path: Path) -> InputError:
    """Return the error for a file without a private key that is known."""
    name = clip_text(str(path))
    if data.startswith(b"PuTTY-User-Key-File"):
        return InputError(
            f"The key {name} is in PuTTY's own form.",
            "Turn it into OpenSSH's with `puttygen KEY -O private-openssh -o NEW`.",
        )
    if data.startswith(_PUBLIC):
        return InputError(
            f"{name} is a public key.", "Name the private one, usually the same without .pub."
        )
    return InputError(f"{name} holds no private key.", KEY_ADVICE)


def _unsupported_key_error(path: Path) -> InputError:
    return InputError(
        f"The key {clip_text(str(path))} is of a kind or encryption that is not known.", KEY_ADVICE
    )


def _find_warnings(path: Path, bits: int) -> tuple[str, ...]:
    found = []
    with suppress(OSError):
        state = path.stat().st_mode
        mode = stat.S_IMODE(state)
        if mode & 0o077 and stat.S_ISREG(state):
            found.append(
                f"The key {clip_text(str(path))} can be used by others than you (mode {mode:04o}); "
                "chmod 600 it."
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
    f"Log in to the server with a browser and give its cookie `refstack` in {SESSION_VARIABLE}, "
    f"or use a registered key: --sign KEY, and your OpenID in {OPENID_VARIABLE}."
)

TOKEN_SECONDS = 600
"""How long a token is valid; RefStack allows the clocks 42 seconds more (JWT_VALIDATION_LEEWAY)."""

MAX_OPENID = 128
"""What the column of RefStack's database holds."""

_COOKIE = re.compile(r"(?:^|[;:\s])refstack=([^;\s]*)")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
"""What RFC 6265 lets a cookie's value consist of."""


class Authentication(Protocol):
    """Proves to a server who asks."""

    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        ...

    @property
    def title(self) -> str:
        """What it is, after "does not accept"."""
        ...

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        ...


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The session of a browser that is logged in: RefStack's cookie `refstack`."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _VALUE.fullmatch(self.value):
            raise InputError(
                f"The session in {SESSION_VARIABLE} is not the value of a cookie.",
                "Copy the value of the cookie `refstack` from a browser that is logged in.",
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
        """What it is, after "does not accept"."""
        return f"the session in {SESSION_VARIABLE}: it has ended, or is another server's"

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        return f"{LOGIN_ADVICE} Unset {SESSION_VARIABLE} to see what is public."


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A JSON Web Token that a key signs which the user registered on the server."""

    key: SigningKey
    openid: str
    """The user's OpenID, to the letter as the server's profile page shows it."""

    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not self.openid.isprintable() or not 0 < len(self.openid) <= MAX_OPENID:
            raise InputError(
                f"{self.openid[:MAX_OPENID]!r} is not an OpenID.",
                f"Copy the OpenID from your profile on the server: --openid, or {OPENID_VARIABLE}.",
            )

    def headers(self) -> dict[str, str]:
        """Return the Authorization header, with a new token.

        RS256 (RFC 7518) is the signature that the key makes of uploads. RefStack
        (decode_token) requires `user_openid` and `exp`. There is no `iat`, which
        would be refused where this machine's clock is ahead.
        """
        claims = {"user_openid": self.openid, "exp": int(self.clock()) + TOKEN_SECONDS}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims]
        signed = b".".join(_encode_base64url(json.dumps(part).encode()) for part in parts)
        token = b".".join((signed, _encode_base64url(bytes.fromhex(self.key.sign_data(signed)))))
        return {"Authorization": f"Bearer {token.decode()}"}

    @property
    def title(self) -> str:
        """What it is, after "does not accept"."""
        return "the token that the key signed"

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        return (
            f"Check that this key is registered there for {self.openid}, that the profile page "
            "shows this very OpenID, and that the clock of this machine is right."
        )


def _encode_base64url(data: bytes) -> bytes:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")
