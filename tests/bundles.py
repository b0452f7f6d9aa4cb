"""Bundles of a recorded run, keys that sign them, and what their check says."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from defcheck.report.formats import registry
from defcheck.submission.bundle import archive, ssh_signature
from defcheck.submission.bundle.checks import score_run_directory
from defcheck.submission.bundle.verification import Proof, VerificationFinding, verify_bundle
from tests.evidence import make_run

KEYGEN = shutil.which("ssh-keygen") or ""

Files = dict[str, bytes]
Tamper = Callable[[Files], None]


def files_of(run: Path) -> Files:
    """Return the files of a bundle of a run, with nothing taken out."""
    verdict = registry.render_json(score_run_directory(run)).encode()
    return {**archive.read_evidence(run), archive.VERDICT: verdict}


def make_files(folder: Path) -> Files:
    """Return the files of the bundle of a recorded run that passes."""
    return files_of(make_run(folder / "run"))


@dataclass(frozen=True)
class Signers:
    """Somebody who is trusted, and somebody who is not."""

    known: Path
    stranger: Path
    allowed: Path


def make_signers(folder: Path) -> Signers:
    """Return keys; skip where OpenSSH is not installed."""
    for name in ("known", "stranger"):
        generate(folder / name, "ed25519")
    return Signers(folder / "known", folder / "stranger", allow(folder, "known"))


def generate(path: Path, kind: str, passphrase: str = "") -> None:
    if not KEYGEN:
        pytest.skip("there is no ssh-keygen here")
    made = ["-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run([KEYGEN, *made], check=True)


def allow(folder: Path, name: str) -> Path:
    allowed = folder / f"allowed-{name}"
    allowed.write_text(f"me@example.org {(folder / f'{name}.pub').read_text()}")
    return allowed


def signed(files: Files, key: Path) -> bytes:
    return archive.build_bundle(files, ssh_signature.sign_data(archive.render_manifest(files), key))


def wrongs(findings: list[VerificationFinding]) -> list[str]:
    return [finding.text for finding in findings if finding.proof is Proof.WRONG]


def check(data: bytes, allowed: Path | None = None) -> list[str]:
    """Return what is wrong with a bundle."""
    return wrongs(verify_bundle(data, allowed))
