"""Create and check signatures in SSH's own format with OpenSSH's ssh-keygen.

Anyone can check them without defcheck: `ssh-keygen -Y verify`.
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
"""Namespace of a bundle's signature: a signature for another namespace does not count."""

MAX_ALLOWED_SIGNERS_BYTES = 1024 * 1024
"""Limit of a file of allowed signers, in bytes: about 10,000 keys."""

TIMEOUT_SECONDS = 120
"""Time to type a passphrase or touch a hardware key."""


_WRONG_PASSPHRASE = b"incorrect passphrase"
"""ssh-keygen's message; without a terminal it reads the data to sign as the passphrase."""


class BadSignatureError(Exception):
    """The signature does not match these bytes, or its key is not allowed."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed."""

    key: str
    """Kind and fingerprint, as ssh-keygen prints them."""

    principal: str = ""
    """The name in the file of allowed signers; empty without that file."""

    @property
    def described_principal(self) -> str:
        """The signer for messages: the file of allowed signers may only have a pattern."""
        return f"one of {self.principal}" if _is_pattern(self.principal) else self.principal


def sign_data(
    data: bytes, key: Path, passphrase: str | None = None, namespace: str = NAMESPACE
) -> bytes:
    """Return a signature by a private key, or by the agent if `key` is a public one.

    ssh-keygen itself prompts for the passphrase if none is given. Raises
    `InputError` if the key cannot sign.
    """
    if not (path_exists(key) and key.is_file()):
        raise InputError(f"The key {clip_text(str(key))} does not exist.", "Give your private key.")
    with _passphrase_environment(passphrase) as environment:
        done = _run_ssh_keygen(["-Y", "sign", "-n", namespace, "-f", str(key)], data, environment)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        if passphrase is None and _WRONG_PASSPHRASE in done.stderr:
            raise InputError(
                f"The key {clip_text(str(key))} is encrypted, and its passphrase is missing or "
                "wrong.",
                "Type it in a terminal, or set the environment variable DEFCHECK_KEY_PASSPHRASE.",
            )
        raise InputError(
            f"The key {clip_text(str(key))} cannot sign: {_describe_failure(done)}.",
            "Use an ed25519, ecdsa or rsa key; for a key in an agent give its public file. The "
            "passphrase is read from DEFCHECK_KEY_PASSPHRASE or from a prompt.",
        )
    return done.stdout


def check_signature(
    data: bytes, signature: bytes, allowed_signers: Path | None, namespace: str = NAMESPACE
) -> Signer:
    """Return who signed; raise `BadSignatureError` if the signature is invalid.

    Without a file of allowed signers (ssh-keygen(1)) the result only has the key.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "signature")
        file.write_bytes(signature)
        of = ["-n", namespace, "-s", str(file)]
        done = _run_ssh_keygen(["-Y", "check-novalidate", *of], data)
        if done.returncode:
            raise BadSignatureError(f"ssh-keygen reports: {_describe_failure(done)}")
        key = clean_line(done.stdout.decode(errors="replace")).rpartition(" with ")[2]
        if allowed_signers is None:
            return Signer(key)
        # A copy, because a pipe can only be read once.
        lines = read_bounded(
            allowed_signers,
            "The file of allowed signers",
            MAX_ALLOWED_SIGNERS_BYTES,
            "Give a file in the format of ssh-keygen(1).",
        )
        copy = Path(folder, "allowed")
        copy.write_bytes(lines)
        for principal in _find_principals(file, lines, Path(folder, "line")):
            who = ["-f", str(copy), "-I", principal]
            if _run_ssh_keygen(["-Y", "verify", *who, *of], data).returncode == 0:
                return Signer(key, principal)
    raise BadSignatureError(f"{key} is not among the allowed signers")


def _find_principals(signature: Path, allowed: bytes, line: Path) -> Iterator[str]:
    """Yield the allowed signers of a signature, each once: names before patterns.

    ssh-keygen only finds those of the first line with the key, and that line may be
    for another namespace or may have expired, so each line is checked separately.
    """
    found: dict[str, None] = {}
    for content in allowed.splitlines():
        if content.strip() and not content.lstrip().startswith(b"#"):
            line.write_bytes(content + b"\n")
            done = _run_ssh_keygen(
                ["-Y", "find-principals", "-s", str(signature), "-f", str(line)], b""
            )
            found |= dict.fromkeys(done.stdout.decode(errors="replace").splitlines())
    # `!name` excludes a name; a name with invisible characters would mislead.
    named = [name for name in found if name[:1] != "!" and clean_line(name) == name]
    yield from sorted(named, key=_is_pattern)


def _is_pattern(principal: str) -> bool:
    """Return whether a principal is a pattern that matches several names."""
    return any(letter in principal for letter in "*?")


@contextmanager
def _passphrase_environment(passphrase: str | None) -> Iterator[Mapping[str, str]]:
    """Yield an environment in which ssh-keygen finds the passphrase, or prompts for it."""
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
            "ssh-keygen is not installed; defcheck needs it to sign and to check signatures.",
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
            f"ssh-keygen took longer than {TIMEOUT_SECONDS} s.", "Check the agent, and try again."
        ) from error


def _describe_failure(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stderr or done.stdout).decode(errors="replace")
    lines = [line for line in said.splitlines() if not line.startswith("Signing data on")]
    return clean_line(" ".join(lines)).rstrip(".") or f"exit code {done.returncode}"
