"""RSA keys as RefStack knows them: read from a file, shown in public form, used to sign."""

import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defcheck.errors import InputError
from defcheck.files import clip, read_bounded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MAX_BYTES = 64 * 1024
TOLD_BITS = 2048
"""A shorter key can be broken, so that its owner is told."""

SELF_SIGNED = b"signature"
"""What RefStack wants signed when a key is registered: this very word."""

KINDS = (
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

Ask = Callable[[], str | None]
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

    def sign(self, data: bytes) -> str:
        """Return the RSASSA-PKCS1-v1_5 signature over the SHA-256 of `data`, in hex."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256()).hex()

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that sign a body."""
        return {"X-Signature": self.sign(body), "X-Public-Key": self.public}

    def self_signature(self) -> str:
        """Return what proves to RefStack, when the key is registered, that it is one's own."""
        return self.sign(SELF_SIGNED)


def load(path: Path, ask: Ask) -> SigningKey:
    """Read a private RSA key in PEM, PKCS#8 or OpenSSH form.

    `ask` is called where the key is encrypted. Raises `InputError` for what is
    no such key, `PassphraseError` where its passphrase is missing or wrong.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    data = read_bounded(path, "The key", MAX_BYTES, "Name the file with your private key.")
    key = _decode(data, path, ask)
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.lstrip("_").removesuffix("PrivateKey") or "another kind"
        raise InputError(f"The key {clip(str(path))} is of the kind {kind}, not RSA.", KINDS)
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return SigningKey(public.decode(), _warnings(path, key.key_size), key)


def _decode(data: bytes, path: Path, ask: Ask) -> Any:
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
        raise _no_key(data, path)
    try:
        return decode(data, None)
    except TypeError:
        passphrase = ask()  # it is encrypted
    except UnsupportedAlgorithm as error:
        raise _unsupported(path) from error
    except ValueError as error:
        raise InputError(f"The key {clip(str(path))} is damaged.", KINDS) from error
    if passphrase is None:
        raise PassphraseError(
            f"The key {clip(str(path))} is encrypted and there is no terminal to ask on.",
            "Give its passphrase in the environment variable DEFCHECK_KEY_PASSPHRASE.",
        )
    try:
        return decode(data, passphrase.encode())
    except UnsupportedAlgorithm as error:
        raise _unsupported(path) from error
    except (TypeError, ValueError) as error:
        raise PassphraseError(
            f"The key {clip(str(path))} does not open with that passphrase.",
            "Try again; `ssh-keygen -y -f KEY` tries it too.",
        ) from error


def _no_key(data: bytes, path: Path) -> InputError:
    """Return the error for a file without a private key that is known."""
    name = clip(str(path))
    if data.startswith(b"PuTTY-User-Key-File"):
        return InputError(
            f"The key {name} is in PuTTY's own form.",
            "Turn it into OpenSSH's with `puttygen KEY -O private-openssh -o NEW`.",
        )
    if data.startswith(_PUBLIC):
        return InputError(
            f"{name} is a public key.", "Name the private one, usually the same without .pub."
        )
    return InputError(f"{name} holds no private key.", KINDS)


def _unsupported(path: Path) -> InputError:
    return InputError(
        f"The key {clip(str(path))} is of a kind or encryption that is not known.", KINDS
    )


def _warnings(path: Path, bits: int) -> tuple[str, ...]:
    found = []
    with suppress(OSError):
        state = path.stat().st_mode
        mode = stat.S_IMODE(state)
        if mode & 0o077 and stat.S_ISREG(state):
            found.append(
                f"The key {clip(str(path))} can be used by others than you (mode {mode:04o}); "
                "chmod 600 it."
            )
    if bits < TOLD_BITS:
        found.append(f"The key {clip(str(path))} has {bits} bits; fewer than {TOLD_BITS} are weak.")
    return tuple(found)
