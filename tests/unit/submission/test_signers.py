"""Who signed is what ssh-keygen says, whatever the file of allowed signers holds."""

import base64
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from defcheck.errors import InputError
from defcheck.submission.bundle import ssh_signature
from defcheck.submission.bundle.ssh_signature import NAMESPACE, BadSignatureError
from tests.bundles import KEYGEN, generate

DATA = b"0000  run.json\n"
NAMES = ("me@x", "git@x", "old@x", "alice@x", "bob@x", "eve@x", "me you@x")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with keys, and a certificate for one of them by another one."""
    made = tmp_path_factory.mktemp("signers")
    for name, kind in (("key", "ed25519"), ("other", "ed25519"), ("ca", "ed25519"), ("rsa", "rsa")):
        generate(made / name, kind)
    certify: list[str | Path] = [
        "-q",
        "-s",
        made / "ca",
        "-I",
        "id",
        "-n",
        "alice@x,bob@x",
        "-V",
        "-1d:+1d",
    ]
    subprocess.run([KEYGEN, *certify, made / "key.pub"], check=True)
    return made


def signature(folder: Path, key: str, namespace: str = NAMESPACE) -> bytes:
    return ssh_signature.sign_data(DATA, folder / key, namespace=namespace)


def accepted(folder: Path, allowed: Path, signed: bytes) -> set[str]:
    """Return those of the names for whom plain ssh-keygen finds the signature good."""
    file = folder / "signature"
    file.write_bytes(signed)
    of: list[str | Path] = ["-n", NAMESPACE, "-s", file, "-f", allowed]
    return {
        name
        for name in NAMES
        if not subprocess.run(
            [KEYGEN, "-Y", "verify", "-I", name, *of], input=DATA, capture_output=True, check=False
        ).returncode
    }


def line(words: str, key: str = "key") -> Callable[[Path], str]:
    """Return what makes a line of allowed signers."""
    return lambda folder: f"{words} {(folder / f'{key}.pub').read_text()}"


KEY = ("key", NAMESPACE)
CERTIFICATE = ("key-cert.pub", NAMESPACE)


@pytest.mark.parametrize(
    ("signed", "lines", "principal"),
    [
        (KEY, [line("me@x")], "me@x"),
        (KEY, [line("me@x,git@x")], "me@x"),
        (KEY, [line('"me you@x"')], "me you@x"),
        (KEY, [line("  me@x")], "me@x"),
        (KEY, [lambda _: "nonsense\n", line("me@x")], "me@x"),
        (KEY, [line('git@x namespaces="git"'), line("me@x")], "me@x"),
        (KEY, [line('git@x namespaces="git"'), line(f'me@x namespaces="{NAMESPACE}"')], "me@x"),
        (KEY, [line('old@x valid-before="20200101"'), line("me@x")], "me@x"),
        (KEY, [line("*@x"), line("me@x")], "me@x"),
        (KEY, [line("*@x")], "*@x"),
        (KEY, [line("!eve@x,*@x")], "*@x"),
        (CERTIFICATE, [line("*@x cert-authority", "ca")], "alice@x"),
        (CERTIFICATE, [line("bob@x cert-authority", "ca")], "bob@x"),
        (("rsa", NAMESPACE), [line("me@x", "rsa")], "me@x"),
        (KEY, [], None),
        (KEY, [line("# me@x")], None),
        (KEY, [line("me@x", "other")], None),
        (KEY, [line('me@x namespaces="git,file"')], None),
        (KEY, [line('me@x valid-before="20200101"')], None),
        (KEY, [line('me@x valid-after="20990101"')], None),
        (KEY, [line("me@x cert-authority")], None),
        (KEY, [line("me@x unheard-of")], None),
        (KEY, [line("\N{ZERO WIDTH NO-BREAK SPACE}me@x")], None),
        (CERTIFICATE, [line("me@x")], None),
        (CERTIFICATE, [line("*@x", "ca")], None),
        (CERTIFICATE, [line("eve@x cert-authority", "ca")], None),
        (CERTIFICATE, [line("*@x cert-authority", "other")], None),
        (("key", "git"), [line("me@x")], None),
    ],
)
def test_allowed_signers(
    folder: Path,
    signed: tuple[str, str],
    lines: list[Callable[[Path], str]],
    principal: str | None,
) -> None:
    allowed = folder / "allowed"
    allowed.write_text("".join(one(folder) for one in lines))
    made = signature(folder, *signed)
    names = accepted(folder, allowed, made)
    if principal is None:
        assert names == set()
        with pytest.raises(BadSignatureError, match=r"not among the allowed|ssh-keygen reports"):
            ssh_signature.check_signature(DATA, made, allowed)
        return
    signer = ssh_signature.check_signature(DATA, made, allowed)
    assert signer.principal == principal
    assert signer.described_principal == (
        principal if principal in names else f"one of {principal}"
    )
    assert names


def test_no_signature_by_sha_1(folder: Path) -> None:
    """It is whole and of the right key, but of a kind that OpenSSH does not take."""
    key = load_ssh_private_key((folder / "rsa").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    public = base64.b64decode((folder / "rsa.pub").read_text().split()[1])
    allowed = folder / "allowed"
    allowed.write_text(line("me@x", "rsa")(folder))
    for name, algorithm, holds in (
        (b"rsa-sha2-512", hashes.SHA512(), True),
        (b"ssh-rsa", hashes.SHA1(), False),  # noqa: S303
    ):
        parts = (NAMESPACE.encode(), b"", b"sha512")
        digest = hashes.Hash(hashes.SHA512())
        digest.update(DATA)
        to_sign = b"SSHSIG" + b"".join(map(text, (*parts, digest.finalize())))
        raw = key.sign(to_sign, padding.PKCS1v15(), algorithm)
        blob = b"SSHSIG" + struct.pack(">I", 1)
        blob += b"".join(map(text, (public, *parts, text(name) + text(raw))))
        begin, end = (f"-----{word} SSH SIGNATURE-----\n".encode() for word in ("BEGIN", "END"))
        made = begin + base64.encodebytes(blob) + end
        assert bool(accepted(folder, allowed, made)) is holds
        if holds:
            assert ssh_signature.check_signature(DATA, made, allowed).principal == "me@x"
        else:
            with pytest.raises(BadSignatureError, match="ssh-keygen reports"):
                ssh_signature.check_signature(DATA, made, allowed)


def text(data: bytes) -> bytes:
    """Return bytes as SSH writes them, after their length."""
    return struct.pack(">I", len(data)) + data


def test_a_signature_of_another_manifest(folder: Path) -> None:
    with pytest.raises(BadSignatureError, match="ssh-keygen reports"):
        ssh_signature.check_signature(DATA + b"\n", signature(folder, "key"), None)


def test_a_file_of_allowed_signers_without_an_end(folder: Path) -> None:
    with pytest.raises(InputError, match="is larger than"):
        ssh_signature.check_signature(DATA, signature(folder, "key"), Path("/dev/zero"))


def test_allowed_signers_through_a_pipe(folder: Path) -> None:
    """As a shell's `<(…)` hands them over: readable once, and by this process alone."""
    read, write = os.pipe()
    os.write(write, line("me@x")(folder).encode())
    os.close(write)
    try:
        signer = ssh_signature.check_signature(
            DATA, signature(folder, "key"), Path(f"/dev/fd/{read}")
        )
    finally:
        os.close(read)
    assert signer.principal == "me@x"


def test_an_encrypted_key_without_a_terminal(folder: Path) -> None:
    """Asked in a session of its own, since ssh-keygen looks for the terminal itself."""
    generate(folder / "locked", "ed25519", "a passphrase")
    ask = (
        "import sys; from pathlib import Path; from defcheck.submission.bundle import ssh_signature"
    )
    sign = (
        f"{ask}\ntry: ssh_signature.sign_data(b'x', Path(sys.argv[1]))\n"
        "except Exception as e: print(e.message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", sign, folder / "locked"],
        capture_output=True,
        check=True,
        start_new_session=True,
        text=True,
        timeout=60,
    )
    assert (
        done.stdout
        == f"The key {folder / 'locked'} is encrypted, and its passphrase is missing or wrong.\n"
    )


@pytest.mark.parametrize("name", ["k" * 300, "no-key"])
def test_no_key_at_a_place(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be accessed|does not exist"):
        ssh_signature.sign_data(DATA, folder / name)
