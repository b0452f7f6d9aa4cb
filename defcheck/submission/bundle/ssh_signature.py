"""Signatures in SSH's own format, made and checked by OpenSSH's ssh-keygen.

Anybody can check them without defcheck: `ssh-keygen -Y verify`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError, UnusableError
from defcheck.util.files import clip_text, path_exists, read_bounded
from defcheck.util.text import clean_line

NAMESPACE = "defcheck-bundle@v1"
"""What the signature of a bundle is for: one made for anything else does not count."""

MAX_ALLOWED_SIGNERS_BYTES = 1024 * 1024
"""Of a file of allowed signers, in bytes: some 10,000 keys."""

TIMEOUT_SECONDS = 120
"""For a passphrase to be typed or a hardware key to be touched."""


_WRONG_PASSPHRASE = b"incorrect passphrase"
"""ssh-keygen's words; without a terminal it takes what it is to sign for the passphrase."""


class BadSignatureError(Exception):
    """The signature is not of these bytes, or its key is not allowed; the words say which."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed."""

    key: str
    """Kind and fingerprint, as ssh-keygen prints them."""

    principal: str = ""
    """Who that is by the file of allowed signers; empty where none was given."""

    @property
    def described_principal(self) -> str:
        """Who that is in words: the file of allowed signers may name a pattern, and nobody."""
        return f"one of {self.principal}" if _is_pattern(self.principal) else self.principal


def sign_data(
    data: bytes, key: Path, passphrase: str | None = None, namespace: str = NAMESPACE
) -> bytes:
    """Return a signature by a private key, or by the agent's where `key` is a public one.

    ssh-keygen itself asks for the passphrase where none is given. Raises
    `InputError` where the key cannot sign.
    """
    if not (path_exists(key) and key.is_file()):
        raise InputError(f"There is no key {clip_text(str(key))}.", "Name your private key.")
    with _passphrase_environment(passphrase) as environment:
        done = _run_ssh_keygen(["-Y", "sign", "-n", namespace, "-f", str(key)], data, environment)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        if passphrase is None and _WRONG_PASSPHRASE in done.stderr:
            raise InputError(
                f"The key {clip_text(str(key))} is encrypted, and no passphrase opened it.",
                "Type it on a terminal, or give it in the environment variable "
                "DEFCHECK_KEY_PASSPHRASE.",
            )
        raise InputError(
            f"The key {clip_text(str(key))} cannot sign: {_describe_failure(done)}.",
            "ed25519, ecdsa and rsa keys can; for one in an agent name its public file. The "
            "passphrase is asked for, or read from DEFCHECK_KEY_PASSPHRASE.",
        )
    return done.stdout


def check_signature(
    data: bytes, signature: bytes, allowed_signers: Path | None, namespace: str = NAMESPACE
) -> Signer:
    """Return who signed; raise `BadSignatureError` where it does not hold.

    Without a file of allowed signers (ssh-keygen(1)) only the key is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "signature")
        file.write_bytes(signature)
        of = ["-n", namespace, "-s", str(file)]
        done = _run_ssh_keygen(["-Y", "check-novalidate", *of], data)
        if done.returncode:
            raise BadSignatureError(f"the signature does not hold: {_describe_failure(done)}")
        key = clean_line(done.stdout.decode(errors="replace")).rpartition(" with ")[2]
        if allowed_signers is None:
            return Signer(key)
        # A copy: what came through a pipe can be read once.
        lines = read_bounded(
            allowed_signers,
            "The file of allowed signers",
            MAX_ALLOWED_SIGNERS_BYTES,
            "Name a file as of ssh-keygen(1).",
        )
        copy = Path(folder, "allowed")
        copy.write_bytes(lines)
        for principal in _find_principals(file, lines, Path(folder, "line")):
            who = ["-f", str(copy), "-I", principal]
            if _run_ssh_keygen(["-Y", "verify", *who, *of], data).returncode == 0:
                return Signer(key, principal)
    raise BadSignatureError(f"{key} is not among the allowed signers")


def _find_principals(signature: Path, allowed: bytes, line: Path) -> Iterator[str]:
    """Yield whom the allowed signers name for a signature, each once: names before patterns.

    ssh-keygen finds those of the first line with the key, which may be for
    another namespace or a time that has passed, so that it is asked line by line.
    """
    found: dict[str, None] = {}
    for content in allowed.splitlines():
        if content.strip() and not content.lstrip().startswith(b"#"):
            line.write_bytes(content + b"\n")
            done = _run_ssh_keygen(
                ["-Y", "find-principals", "-s", str(signature), "-f", str(line)], b""
            )
            found |= dict.fromkeys(done.stdout.decode(errors="replace").splitlines())
    # `!name` is who is not meant; a name that does not show as it is would mislead.
    named = [name for name in found if name[:1] != "!" and clean_line(name) == name]
    yield from sorted(named, key=_is_pattern)


def _is_pattern(principal: str) -> bool:
    """Return whether a principal is a pattern that several names fit."""
    return any(letter in principal for letter in "*?")


@contextmanager
def _passphrase_environment(passphrase: str | None) -> Iterator[Mapping[str, str]]:
    """Yield an environment in which ssh-keygen finds the passphrase, or asks on the terminal."""
    if passphrase is None:
        yield {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
        return
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "askpass")
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$DEFCHECK_ASKED"\n')
        program.chmod(0o700)
        yield {
            **os.environ,
            "SSH_ASKPASS": str(program),
            "SSH_ASKPASS_REQUIRE": "force",
            "DEFCHECK_ASKED": passphrase,
        }


def _run_ssh_keygen(
    arguments: list[str], data: bytes, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UnusableError(
            "There is no ssh-keygen here, which makes and checks signatures.",
            "Install OpenSSH's client, version 8.2 or newer.",
        )
    try:
        return subprocess.run(
            [program, *arguments],
            input=data,
            capture_output=True,
            env=environment,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableError(
            f"ssh-keygen took longer than {TIMEOUT_SECONDS} s.", "Try again; is the agent at hand?"
        ) from error


def _describe_failure(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stderr or done.stdout).decode(errors="replace")
    lines = [line for line in said.splitlines() if not line.startswith("Signing data on")]
    return clean_line(" ".join(lines)).rstrip(".") or f"exit code {done.returncode}"
