"""Each kind of tampering is noticed, and the docs tell what the answer is."""

import re
from pathlib import Path

import pytest

from defcheck.report.formats import registry
from defcheck.submission.bundle import archive, ssh_signature
from defcheck.submission.bundle.archive import pack_archive
from defcheck.submission.bundle.checks import score_run_directory
from defcheck.submission.bundle.verification import Proof, VerificationCheck, verify_bundle
from tests.bundles import Files, Signers, check, files_of, signed, wrongs
from tests.evidence import make_run
from tests.unit.shared import ROOT
from tests.unit.submission.tampering import (
    TAMPERINGS,
    Tampering,
    other_version,
    planned,
    with_results,
)

DOCS = ROOT / "docs/explanation/evidence.md"


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=[one.what for one in TAMPERINGS])
def test_tampering(files: Files, signers: Signers, tampering: Tampering, tmp_path: Path) -> None:
    edited = dict(files)
    tampering.tamper(edited)
    assert edited != files
    # Packed anew, all sums right, and even signed by somebody who is trusted.
    found = check(signed(edited, signers.known), signers.allowed)
    assert any(tampering.answer in text for text in found), found
    assert not any(str(tmp_path.parent) in text or "/tmp" in text for text in found)  # noqa: S108
    # With the sums and the signature of before.
    signature = ssh_signature.sign_data(archive.render_manifest(files), signers.known)
    manifest = {archive.MANIFEST: archive.render_manifest(files), archive.SIGNATURE: signature}
    assert "do not match the manifest" in check(pack_archive({**edited, **manifest}))[0]
    # With new sums and the signature of before.
    assert "Invalid signature" in check(archive.build_bundle(edited, signature))[0]
    # Signed by somebody else, or not at all.
    assert "not among the allowed" in check(signed(edited, signers.stranger), signers.allowed)[0]
    assert check(archive.build_bundle(edited), signers.allowed)[0] == "The bundle is not signed."


def test_the_docs_have_the_table() -> None:
    rows = [f"| {one.what} | …{one.answer.strip()}… |" for one in TAMPERINGS]
    section = DOCS.read_text(encoding="utf-8").partition("| changed | answer |\n|---|---|\n")[2]
    assert re.match(r"(\|.*\n)*", section)[0].splitlines() == rows  # type: ignore[index]


def rescored(files: Files, folder: Path) -> Files:
    """Return files with the verdict that follows from them."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {**files, "verdict.json": registry.render_json(score_run_directory(folder)).encode()}


def open_ones(files: Files) -> dict[VerificationCheck, list[str]]:
    """Return what is not proved of a bundle in which nothing is wrong."""
    findings = verify_bundle(archive.build_bundle(files), None)
    assert wrongs(findings) == []
    found: dict[VerificationCheck, list[str]] = {}
    for finding in findings:
        if finding.proof is Proof.OPEN:
            found.setdefault(finding.check, []).append(finding.text)
    return found


def test_the_words_of_another_version_are_not_proved(files: Files) -> None:
    edited = dict(files)
    other_version(edited, why="Everything is splendid.")
    assert VerificationCheck.VERDICT not in open_ones(files)
    (text,) = open_ones(edited)[VerificationCheck.VERDICT]
    assert text.startswith("The rest of verdict.json, such as reasons and causes: defcheck 0.0.1")


def test_planned_tests_without_a_result_are_told(files: Files, tmp_path: Path) -> None:
    edited = dict(files)
    whole = edited["results.subunit"]
    with_results(edited, whole[: whole.rindex(b"\xb3", 0, whole.rindex(b"test_object_temp_url"))])
    edited = rescored(edited, tmp_path / "cut")
    texts = open_ones(edited)[VerificationCheck.TESTS]
    assert any(f" of {len(planned(files))} planned tests, such as" in text for text in texts)
    assert len(open_ones(files)[VerificationCheck.TESTS]) == 1


def test_a_run_that_was_resumed_and_repeated_stands_a_check(tmp_path: Path) -> None:
    whole = files_of(make_run(tmp_path / "whole"))
    name = planned(whole)[0]
    size = len(whole["results.subunit"])
    at = {"at": "2026-11-25T04:01:04+00:00", "offset": size, "again": [], "cut": "", "workers": 2}
    run = make_run(
        tmp_path / "run", resumed=[at], reruns=[{"round": 1, "tests": [name], "offset": size}]
    )
    assert check(archive.build_bundle(files_of(run))) == []
