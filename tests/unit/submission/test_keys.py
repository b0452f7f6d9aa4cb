"""Private keys of every form and kind, and what they sign."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from defcheck.errors import InputError
from defcheck.submission.refstack.authentication import PassphraseError, load_signing_key

FORMS = [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8, PrivateFormat.OpenSSH]


def write(path: Path, key: Any, form: PrivateFormat, passphrase: bytes = b"") -> Path:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    path.touch(0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, form, locked))
    return path


def nobody() -> str | None:
    return None


def never() -> str:
    raise AssertionError("nobody is to be asked")


@pytest.mark.parametrize("form", FORMS)
def test_private_key_in_every_format_signs(
    private: rsa.RSAPrivateKey, form: PrivateFormat, tmp_path: Path
) -> None:
    key = load_signing_key(write(tmp_path / "key", private, form), never)
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    assert key.public == public.decode()
    assert key.warnings == ()
    private.public_key().verify(
        bytes.fromhex(key.sign_data(b"body")), b"body", padding.PKCS1v15(), hashes.SHA256()
    )
    assert key.signature_headers(b"b") == {
        "X-Signature": key.sign_data(b"b"),
        "X-Public-Key": key.public,
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_form_with_a_passphrase(
    private: rsa.RSAPrivateKey, form: PrivateFormat, tmp_path: Path
) -> None:
    path = write(tmp_path / "key", private, form, "geheim ü".encode())
    assert load_signing_key(path, lambda: "geheim ü").sign_data(b"x")
    with pytest.raises(PassphraseError, match="Wrong passphrase") as caught:
        load_signing_key(path, lambda: "wrong-word")
    assert "wrong-word" not in str(caught.value)
    with pytest.raises(PassphraseError, match="no terminal") as caught:
        load_signing_key(path, nobody)
    assert "DEFCHECK_KEY_PASSPHRASE" in caught.value.advice


def test_keys_of_ssh_keygen(tmp_path: Path) -> None:
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("there is no ssh-keygen here")
    for form in ([], ["-m", "PEM"], ["-m", "PKCS8"]):
        for word in ("", "secret"):
            path = tmp_path / f"key{''.join(form)}{word}"
            made = ["-q", "-t", "rsa", "-b", "2048", "-C", "a comment", "-N", word, *form]
            subprocess.run([program, *made, "-f", path], check=True)
            key = load_signing_key(path, (lambda: "secret") if word else never)
            kept = Path(f"{path}.pub").read_text().split()
            assert key.public.split() == kept[:2]
            assert key.warnings == ()


@pytest.mark.parametrize(
    ("make", "form", "kind"),
    [
        (ed25519.Ed25519PrivateKey.generate, PrivateFormat.OpenSSH, "Ed25519"),
        (ed25519.Ed25519PrivateKey.generate, PrivateFormat.PKCS8, "Ed25519"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), PrivateFormat.OpenSSH, "EC"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), PrivateFormat.TraditionalOpenSSL, "EC"),
        (lambda: dsa.generate_private_key(2048), PrivateFormat.TraditionalOpenSSL, "DSA"),
    ],
)
def test_other_kinds_are_refused_by_name(
    make: Any, form: PrivateFormat, kind: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "key", make(), form)
    with pytest.raises(InputError, match=f"has the type {kind}\\w*, not RSA") as caught:
        load_signing_key(path, never)
    assert "ssh-keygen -t rsa" in caught.value.advice


@pytest.mark.parametrize(
    ("content", "words", "advice"),
    [
        (b"ssh-rsa AAAA me", "is a public key", ".pub"),
        (b"ssh-ed25519 AAAA me", "is a public key", ".pub"),
        (b"-----BEGIN PUBLIC KEY-----\nAA==\n", "is a public key", "private"),
        (b"PuTTY-User-Key-File-3: ssh-rsa\n", "PuTTY's own form", "puttygen"),
        (b"", "does not contain a private key", "RSA"),
        (b"hello", "does not contain a private key", "RSA"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "damaged", ""),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END", "damaged", ""),
        (b"-----BEGIN RSA PRIVATE KEY-----\n", "damaged", ""),
        (b"x" * 70000, "is larger than", ""),
    ],
)
def test_what_is_no_private_key(content: bytes, words: str, advice: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_signing_key(path, never)
    assert words in caught.value.message
    assert advice in caught.value.advice


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_signing_key(tmp_path / "key", never)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, 0), (0o400, 0), (0o644, 1), (0o640, 1)])
def test_a_key_that_others_can_read_is_warned_of(key_file: Path, mode: int, warned: int) -> None:
    key_file.chmod(mode)
    warnings = load_signing_key(key_file, never).warnings
    assert len(warnings) == warned
    assert all(f"mode {mode:04o}" in warning and "chmod 600" in warning for warning in warnings)


def test_a_short_key_is_warned_of(tmp_path: Path) -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505
    key = load_signing_key(write(tmp_path / "key", short, PrivateFormat.PKCS8), never)
    assert "1024 bits" in key.warnings[0]


def test_a_key_shows_nothing_secret(key_file: Path) -> None:
    key = load_signing_key(key_file, never)
    secret = key_file.read_text().splitlines()[1]
    assert secret not in repr(key)
    assert "_key" not in repr(key)
