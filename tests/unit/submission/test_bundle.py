"""Bundles: the same bytes for the same run, and each kind of tampering noticed."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.runner.record import FIELDS
from defcheck.submission.bundle import archive as bundle
from defcheck.submission.bundle import ssh_signature
from defcheck.submission.bundle.archive import BUNDLE_FOLDER, pack_archive
from defcheck.submission.bundle.verification import Proof, verify_bundle
from defcheck.workflows.submission import make_bundle
from tests.bundles import (
    KEYGEN,
    Files,
    Signers,
    allow,
    check,
    files_of,
    generate,
    signed,
    wrongs,
)
from tests.evidence import make_run
from tests.unit.submission.tampering import edit_record, record_of

VERIFY = (KEYGEN, "-Y", "verify", "-n", "defcheck-bundle@v1")


def test_a_bundle_holds_what_it_says(files: Files) -> None:
    findings = verify_bundle(bundle.build_bundle(files), None)
    assert wrongs(findings) == []
    texts = [finding.text for finding in findings if finding.proof is Proof.PROVED]
    assert any("openstack/interop at" in text for text in texts)
    assert any("gives the same verdict: pass, OpenStack Powered Storage" in text for text in texts)
    open_ones = [finding.text for finding in findings if finding.proof is Proof.OPEN]
    assert any("not signed" in text for text in open_ones)
    assert any("against the named cloud" in text for text in open_ones)


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, files: Files) -> None:
    run = make_run(tmp_path / "elsewhere")
    (run / "results.subunit").touch()
    again = files_of(run)
    assert bundle.build_bundle(again) == bundle.build_bundle(files)


def test_the_manifest_is_sha256sum_s(files: Files, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.build_bundle(files))) as tar:
        tar.extractall(tmp_path, filter="data")
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("there is no sha256sum here")
    done = subprocess.run(
        [program, "--strict", "-c", "manifest"],
        cwd=tmp_path / "defcheck-bundle",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": OK\n") == len(files)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_every_kind_of_key_signs_and_ssh_keygen_verifies(
    files: Files, kind: str, tmp_path: Path
) -> None:
    generate(tmp_path / "key", kind, "a passphrase")
    with pytest.raises(InputError, match="cannot sign"):
        ssh_signature.sign_data(b"x", tmp_path / "key", "wrong")
    manifest = bundle.render_manifest(files)
    signature = ssh_signature.sign_data(manifest, tmp_path / "key", "a passphrase")
    allowed = allow(tmp_path, "key")
    assert check(bundle.build_bundle(files, signature), allowed) == []
    (tmp_path / "sig").write_bytes(signature)
    done = subprocess.run(
        [*VERIFY, "-f", allowed, "-I", "me@example.org", "-s", tmp_path / "sig"],
        input=manifest,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_who_signed_is_told(files: Files, signers: Signers) -> None:
    data = signed(files, signers.known)
    texts = [one.text for one in verify_bundle(data, signers.allowed)]
    assert any(
        text.startswith("Signed by me@example.org, with ED25519 key SHA256:") for text in texts
    )
    texts = [one.text for one in verify_bundle(data, None)]
    assert any("--allowed-signers" in text for text in texts)


def test_an_agent_signs(files: Files, signers: Signers, tmp_path: Path) -> None:
    program, add = shutil.which("ssh-agent"), shutil.which("ssh-add")
    if program is None or add is None:
        pytest.skip("there is no ssh-agent here")
    socket = tmp_path / "agent"
    agent = subprocess.Popen([program, "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    monkeypatch = pytest.MonkeyPatch()
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        for _ in range(100):
            if subprocess.run([add, "-q", signers.known], check=False).returncode == 0:
                break
        public = shutil.copy(f"{signers.known}.pub", tmp_path / "only.pub")
        assert check(signed(files, Path(public)), signers.allowed) == []
    finally:
        monkeypatch.undo()
        agent.terminate()
        agent.wait()


JUNK: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], [None], {}, {"a": []}, [[]])


@pytest.mark.parametrize("name", sorted((*FIELDS, "format")))
def test_a_record_of_nonsense_is_told_in_words(files: Files, name: str) -> None:
    for junk in JUNK:
        edited = dict(files)
        edit_record(edited, **{name: junk})
        found = verify_bundle(bundle.build_bundle(edited), None)
        assert all(finding.text for finding in found)
        same = junk == record_of(files)[name] or (name == "withheld" and junk == {})
        if name not in UNSEEN and not same:
            assert wrongs(found), junk


UNSEEN = {"statuses", "tempest_files", "runner_code", "tempest_name", "files", "second_account"}
"""What a verdict does not show."""


@pytest.mark.parametrize(
    "signature",
    [b"", b"hello", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"],
)
def test_what_is_no_signature(files: Files, signers: Signers, signature: bytes) -> None:
    data = pack_archive(
        {**files, bundle.MANIFEST: bundle.render_manifest(files), bundle.SIGNATURE: signature}
    )
    for allowed in (None, signers.allowed):
        assert "Invalid signature" in check(data, allowed)[0]


def test_a_signature_for_something_else(files: Files, signers: Signers) -> None:
    manifest = bundle.render_manifest(files)
    done = subprocess.run(
        [KEYGEN, "-Y", "sign", "-n", "file", "-f", signers.known],
        input=manifest,
        capture_output=True,
        check=True,
    )
    assert (
        "ssh-keygen reports" in check(bundle.build_bundle(files, done.stdout), signers.allowed)[0]
    )


def entry(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


def with_entry(files: Files, made: tarfile.TarInfo, content: bytes = b"") -> bytes:
    archive = io.BytesIO(bundle.build_bundle(files))
    with tarfile.open(fileobj=archive, mode="a:", format=tarfile.USTAR_FORMAT) as tar:
        made.size = len(content)
        tar.addfile(made, io.BytesIO(content))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (entry("../evil"), "is not an expected file"),
        (entry(f"{BUNDLE_FOLDER}../evil"), "is not an expected file"),
        (entry("/etc/evil"), "is not an expected file"),
        (entry(f"{BUNDLE_FOLDER}more"), "is not an expected file"),
        (entry("manifest"), "is not an expected file"),
        (entry(f"{BUNDLE_FOLDER}run.json"), "twice"),
        (entry(f"{BUNDLE_FOLDER}x", tarfile.SYMTYPE, linkname="/etc/passwd"), "a link"),
        (
            entry(f"{BUNDLE_FOLDER}x", tarfile.LNKTYPE, linkname=f"{BUNDLE_FOLDER}run.json"),
            "a link",
        ),
        (entry(f"{BUNDLE_FOLDER}manifest.sig", tarfile.SYMTYPE, linkname="/dev/zero"), "a link"),
        (entry(f"{BUNDLE_FOLDER}x", tarfile.DIRTYPE), "a link or another special file"),
        (entry(f"{BUNDLE_FOLDER}x", tarfile.CHRTYPE), "a link or another special file"),
        (entry(f"{BUNDLE_FOLDER}x", tarfile.FIFOTYPE), "a link or another special file"),
        (entry(f"{BUNDLE_FOLDER}manifest.sig", mtime=1), "another program packed it"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.name} {value.type}",
)
def test_what_has_no_place_in_the_archive(files: Files, made: tarfile.TarInfo, words: str) -> None:
    assert words in check(with_entry(files, made))[0]


def test_bytes_after_the_end(files: Files) -> None:
    assert "more than its files" in check(bundle.build_bundle(files) + b"\x00" * 512)[0]
    assert "more than its files" in check(bundle.build_bundle(files) + b"hidden")[0]


@pytest.mark.parametrize("name", sorted(bundle.BUNDLE_FILES - {bundle.SIGNATURE}))
def test_bundle_with_a_missing_file_is_wrong(files: Files, name: str) -> None:
    whole = {**files, bundle.MANIFEST: bundle.render_manifest(files)}
    del whole[name]
    assert check(pack_archive(whole)) == [f"The bundle lacks {name}."]


@pytest.mark.parametrize(
    ("size", "kind"), [(2**33 - 1, tarfile.REGTYPE), (2**40, tarfile.REGTYPE), (0, b"S")]
)
def test_a_bomb(files: Files, size: int, kind: bytes) -> None:
    """A size that nothing stands behind, and a sparse file of a terabyte."""
    header = bytearray(
        entry(f"{BUNDLE_FOLDER}manifest.sig", kind, size=size).tobuf(tarfile.GNU_FORMAT)
    )
    if kind == b"S":
        header[483:495] = b"%011o\0" % 2**32
        header[148:156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * 32)
    data = bundle.build_bundle(files)
    end = len(data.rstrip(b"\0")) + 511 & ~511
    assert check(data[:end] + bytes(header))[0].startswith("The archive is not as defcheck packs")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_bundle_that_is_cut_off(files: Files, part: float) -> None:
    data = bundle.build_bundle(files)
    assert "The archive is not as" in check(data[: int(len(data) * part)])[0]


@given(st.data())
def test_any_byte_that_is_changed_is_noticed(files: Files, data: st.DataObject) -> None:
    whole = bytearray(bundle.build_bundle(files))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        found = check(bytes(whole))
    except InputError:
        assert 257 <= place < 265
    else:
        assert found[0].startswith(("The archive", "The files do not match", "The bundle lacks"))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x1f\x8b" + b"x" * 600, b"PK\x03\x04" * 200])
def test_what_is_no_bundle(data: bytes) -> None:
    with pytest.raises(InputError, match="defcheck bundle"):
        verify_bundle(data, None)


def test_a_guideline_of_one_s_own_is_told(tmp_path: Path) -> None:
    own = json.loads(catalog.load_with_bytes("2020.06")[1])
    own["metadata"]["id"] = "own-2026"
    data = json.dumps(own).encode()
    guideline = {"id": "own-2026", "sha256": hashlib.sha256(data).hexdigest(), "schema": "2.0"}
    run = make_run(tmp_path / "run", guideline=guideline)
    (run / "guideline.json").write_bytes(data)
    made = files_of(run)
    findings = verify_bundle(bundle.build_bundle(made), None)
    assert wrongs(findings) == []
    assert any("does not include it" in one.text for one in findings if one.proof is Proof.OPEN)


def test_a_run_that_was_killed_is_refused_for_what_it_is(tmp_path: Path) -> None:
    """Also where secrets are taken out of it, which gives its results a new sum."""
    run = make_run(tmp_path / "run", state="running", finished="", results_sha256="")
    (run / "tempest.conf").write_text("[identity]\npassword = Zq8-secret-word\n")
    with pytest.raises(InputError, match="did not finish"):
        make_bundle(run, None)


def test_bundle_that_could_not_be_verified_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run")
    data, _ = make_bundle(run, None)
    monkeypatch.setattr(bundle, "MAX_BYTES", len(data))
    assert make_bundle(run, None)[0] == data
    monkeypatch.setattr(bundle, "MAX_BYTES", len(data) - 1)
    with pytest.raises(InputError, match="`verify` rejects"):
        make_bundle(run, None)
