"""Bundles: the same bytes for the same run, and each kind of tampering noticed."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.cli.evidence import score_evidence
from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.report import json_report
from defcheck.results.sources import read_bytes
from defcheck.runner.record import Record
from defcheck.submit import bundle, sshsig
from defcheck.submit.archive import FOLDER, pack
from defcheck.submit.verify import Finding, Proof, verify
from tests.evidence import make_run
from tests.unit.recordings import raw

KEYGEN = shutil.which("ssh-keygen") or ""
VERIFY = (KEYGEN, "-Y", "verify", "-n", "defcheck-bundle@v1")

Files = dict[str, bytes]
Tamper = Callable[[Files], None]


def evidence_of(run: Path) -> Files:
    """Return the files of a bundle of a run, with nothing taken out."""
    verdict = json_report.render(score_evidence(run)).encode()
    return {**bundle.gather(run), bundle.VERDICT: verdict}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a run's bundle."""
    run = make_run(tmp_path_factory.mktemp("runs") / "run")
    return evidence_of(run)


@dataclass(frozen=True)
class Signers:
    """Somebody who is trusted, and somebody who is not."""

    known: Path
    stranger: Path
    allowed: Path


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Signers:
    """Return keys; skip where OpenSSH is not installed."""
    folder = tmp_path_factory.mktemp("keys")
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
    return bundle.build(files, sshsig.sign(bundle.manifest(files), key))


def wrongs(findings: list[Finding]) -> list[str]:
    return [finding.text for finding in findings if finding.proof is Proof.WRONG]


def check(data: bytes, allowed: Path | None = None) -> list[str]:
    """Return what is wrong with a bundle."""
    return wrongs(verify(data, allowed, score_evidence))


def test_a_bundle_holds_what_it_says(files: Files) -> None:
    findings = verify(bundle.build(files), None, score_evidence)
    assert wrongs(findings) == []
    texts = [finding.text for finding in findings if finding.proof is Proof.PROVED]
    assert any("openstack/interop at" in text for text in texts)
    assert any("gives the same: pass, OpenStack Powered Storage" in text for text in texts)
    open_ones = [finding.text for finding in findings if finding.proof is Proof.OPEN]
    assert any("not signed" in text for text in open_ones)
    assert any("against the named cloud" in text for text in open_ones)


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, files: Files) -> None:
    run = make_run(tmp_path / "elsewhere")
    (run / "results.subunit").touch()
    again = evidence_of(run)
    assert bundle.build(again) == bundle.build(files)


def test_the_manifest_is_sha256sum_s(files: Files, tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.build(files))) as tar:
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
        sshsig.sign(b"x", tmp_path / "key", "wrong")
    manifest = bundle.manifest(files)
    signature = sshsig.sign(manifest, tmp_path / "key", "a passphrase")
    allowed = allow(tmp_path, "key")
    assert check(bundle.build(files, signature), allowed) == []
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
    texts = [one.text for one in verify(data, signers.allowed, score_evidence)]
    assert any(
        text.startswith("Signed by me@example.org, with ED25519 key SHA256:") for text in texts
    )
    texts = [one.text for one in verify(data, None, score_evidence)]
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


def edit_verdict(files: Files) -> None:
    files["verdict.json"] = files["verdict.json"].replace(b'"passed"', b'"failed"', 1)


def edit_essence(files: Files) -> None:
    document = json.loads(files["verdict.json"])
    document["defcheck"] = "99"
    document["counts"]["counted"]["passed"] += 1
    files["verdict.json"] = json.dumps(document).encode()


def edit_words(files: Files) -> None:
    document = json.loads(files["verdict.json"])
    document["why"] += " Splendid."
    files["verdict.json"] = json.dumps(document).encode()


def no_verdict(files: Files) -> None:
    files["verdict.json"] = b"{"


def edit_result(files: Files) -> None:
    files["results.subunit"] = files["results.subunit"].replace(b"Quotas", b"Qu0tas", 1)


def record_of(files: Files) -> dict[str, object]:
    document: dict[str, object] = json.loads(files["run.json"])
    return document


def edit_record(files: Files, /, **changes: object) -> None:
    files["run.json"] = json.dumps({**record_of(files), **changes}).encode()


def with_results(files: Files, results: bytes) -> None:
    files["results.subunit"] = results
    edit_record(files, results_sha256=hashlib.sha256(results).hexdigest())


def swap_guideline(files: Files) -> None:
    files["guideline.json"] = catalog.load_with_bytes("2018.02")[1]


def weaken_guideline(files: Files) -> None:
    document = json.loads(files["guideline.json"])
    capability = next(iter(document["capabilities"].values()))
    capability["tests"].popitem()
    files["guideline.json"] = json.dumps(document).encode()
    guideline = {"id": "2020.06", "schema": "2.0"}
    sha256 = hashlib.sha256(files["guideline.json"]).hexdigest()
    edit_record(files, guideline={**guideline, "sha256": sha256})


def add_a_pass(files: Files) -> None:
    """Append the pass of a test that was not planned."""
    other = raw("inherited.subunit")
    assert read_bytes(other, "x").events
    with_results(files, files["results.subunit"] + other)


def remove_a_failure(files: Files) -> None:
    """Take away results that the verdict was made of."""
    whole = raw("storage.subunit")
    with_results(files, whole[: whole.rindex(b"test_object_temp_url")])


def swap_inventory(files: Files) -> None:
    files["inventory.txt"] += b"a.C.test_x\n"


def lose_inventory(files: Files) -> None:
    files["inventory.txt"] = b"a.C.test_x\n"
    edit_record(files, inventory_sha256=hashlib.sha256(files["inventory.txt"]).hexdigest())


CONSISTENT = [
    (edit_verdict, "gives another verdict or other reasons: pass"),
    (edit_essence, "The verdict is by defcheck 99; scoring the results again with"),
    (edit_words, "gives another verdict or other reasons"),
    (no_verdict, "verdict.json is not JSON"),
    (edit_result, "results.subunit is not what the run wrote"),
    (swap_guideline, "guideline.json is not what the run's record names"),
    (weaken_guideline, "guideline.json is not the published guideline 2020.06"),
    (add_a_pass, "not of the tests that were planned"),
    (remove_a_failure, "gives another verdict or other reasons: incomplete"),
    (swap_inventory, "inventory.txt is not what the run's record names"),
    (lose_inventory, "not of the tests that were planned"),
    (lambda files: edit_record(files, workers=1), "2 tests ran at once, with 1 workers"),
    (lambda files: edit_record(files, started="2026-11-25T04:00:40+00:00"), "before the run began"),
    (lambda files: edit_record(files, finished="2026-11-25T04:00:20+00:00"), "after it ended"),
    (lambda files: edit_record(files, finished="2026-11-25T03:00:00+00:00"), "before it began"),
    (lambda files: edit_record(files, finished="2999-11-25T03:00:00+00:00"), "in the future"),
    (lambda files: edit_record(files, finished="yesterday"), "not said when the run began"),
    (lambda files: edit_record(files, tempest_files=["edited tempest/test.py"]), "edited tempest"),
    (lambda files: edit_record(files, tempest="48.0.0"), "gives another verdict or other reasons"),
    (lambda files: edit_record(files, results_sha256=""), "the run did not end"),
    (lambda files: edit_record(files, state="interrupted"), "gives another verdict"),
    (lambda files: edit_record(files, format="defcheck run 9"), "not the record of a run"),
]
"""What somebody who packs and signs anew can do, and what shows all the same."""


@pytest.mark.parametrize(("tamper", "words"), CONSISTENT, ids=[words for _, words in CONSISTENT])
def test_tampering(
    files: Files, signers: Signers, tamper: Tamper, words: str, tmp_path: Path
) -> None:
    edited = dict(files)
    tamper(edited)
    assert edited != files
    # Packed anew, all sums right, and even signed by somebody who is trusted.
    found = check(signed(edited, signers.known), signers.allowed)
    assert any(words in text for text in found), found
    assert not any(str(tmp_path.parent) in text or "/tmp" in text for text in found)  # noqa: S108
    # With the sums and the signature of before.
    signature = sshsig.sign(bundle.manifest(files), signers.known)
    manifest = {bundle.MANIFEST: bundle.manifest(files), bundle.SIGNATURE: signature}
    assert "not those of the manifest" in check(pack({**edited, **manifest}))[0]
    # With new sums and the signature of before.
    assert "the signature does not hold" in check(bundle.build(edited, signature))[0]
    # Signed by somebody else, or not at all.
    assert "not among the allowed" in check(signed(edited, signers.stranger), signers.allowed)[0]
    assert check(bundle.build(edited), signers.allowed)[0] == "The bundle is not signed."


JUNK = (None, True, -1, 1.5, "", "x", [], [None], {}, {"a": []}, [[]])


@pytest.mark.parametrize("name", sorted(field.name for field in fields(Record)))
def test_a_record_of_nonsense_is_told_in_words(files: Files, name: str) -> None:
    for junk in JUNK:
        edited = dict(files)
        edit_record(edited, **{name: junk})
        found = verify(bundle.build(edited), None, score_evidence)
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
    data = pack({**files, bundle.MANIFEST: bundle.manifest(files), bundle.SIGNATURE: signature})
    for allowed in (None, signers.allowed):
        assert "the signature does not hold" in check(data, allowed)[0]


def test_a_signature_for_something_else(files: Files, signers: Signers) -> None:
    manifest = bundle.manifest(files)
    done = subprocess.run(
        [KEYGEN, "-Y", "sign", "-n", "file", "-f", signers.known],
        input=manifest,
        capture_output=True,
        check=True,
    )
    assert "does not hold" in check(bundle.build(files, done.stdout), signers.allowed)[0]


def entry(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


def with_entry(files: Files, made: tarfile.TarInfo, content: bytes = b"") -> bytes:
    archive = io.BytesIO(bundle.build(files))
    with tarfile.open(fileobj=archive, mode="a:", format=tarfile.USTAR_FORMAT) as tar:
        made.size = len(content)
        tar.addfile(made, io.BytesIO(content))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (entry("../evil"), "does not belong"),
        (entry(f"{FOLDER}../evil"), "does not belong"),
        (entry("/etc/evil"), "does not belong"),
        (entry(f"{FOLDER}more"), "does not belong"),
        (entry("manifest"), "does not belong"),
        (entry(f"{FOLDER}run.json"), "twice"),
        (entry(f"{FOLDER}x", tarfile.SYMTYPE, linkname="/etc/passwd"), "a link"),
        (entry(f"{FOLDER}x", tarfile.LNKTYPE, linkname=f"{FOLDER}run.json"), "a link"),
        (entry(f"{FOLDER}manifest.sig", tarfile.SYMTYPE, linkname="/dev/zero"), "a link"),
        (entry(f"{FOLDER}x", tarfile.DIRTYPE), "a link or another special file"),
        (entry(f"{FOLDER}x", tarfile.CHRTYPE), "a link or another special file"),
        (entry(f"{FOLDER}x", tarfile.FIFOTYPE), "a link or another special file"),
        (entry(f"{FOLDER}manifest.sig", mtime=1), "packed by something else"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.name} {value.type}",
)
def test_what_has_no_place_in_the_archive(files: Files, made: tarfile.TarInfo, words: str) -> None:
    assert words in check(with_entry(files, made))[0]


def test_bytes_after_the_end(files: Files) -> None:
    assert "more than its files" in check(bundle.build(files) + b"\x00" * 512)[0]
    assert "more than its files" in check(bundle.build(files) + b"hidden")[0]


@pytest.mark.parametrize("name", sorted(bundle.FILES - {bundle.SIGNATURE}))
def test_a_file_that_lacks(files: Files, name: str) -> None:
    whole = {**files, bundle.MANIFEST: bundle.manifest(files)}
    del whole[name]
    assert check(pack(whole)) == [f"The bundle lacks {name}."]


@pytest.mark.parametrize(
    ("size", "kind"), [(2**33 - 1, tarfile.REGTYPE), (2**40, tarfile.REGTYPE), (0, b"S")]
)
def test_a_bomb(files: Files, size: int, kind: bytes) -> None:
    """A size that nothing stands behind, and a sparse file of a terabyte."""
    header = bytearray(entry(f"{FOLDER}manifest.sig", kind, size=size).tobuf(tarfile.GNU_FORMAT))
    if kind == b"S":
        header[483:495] = b"%011o\0" % 2**32
        header[148:156] = b"%06o\0 " % (sum(header) - sum(header[148:156]) + 8 * 32)
    data = bundle.build(files)
    end = len(data.rstrip(b"\0")) + 511 & ~511
    assert check(data[:end] + bytes(header))[0].startswith("The archive is not as defcheck packs")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_bundle_that_is_cut_off(files: Files, part: float) -> None:
    data = bundle.build(files)
    assert "The archive is not as" in check(data[: int(len(data) * part)])[0]


@given(st.data())
def test_any_byte_that_is_changed_is_noticed(files: Files, data: st.DataObject) -> None:
    whole = bytearray(bundle.build(files))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        found = check(bytes(whole))
    except InputError:
        assert 257 <= place < 265
    else:
        assert found[0].startswith(("The archive", "The files are not", "The bundle lacks"))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x1f\x8b" + b"x" * 600, b"PK\x03\x04" * 200])
def test_what_is_no_bundle(data: bytes) -> None:
    with pytest.raises(InputError, match="no bundle"):
        verify(data, None, score_evidence)


def test_a_guideline_of_one_s_own_is_told(tmp_path: Path) -> None:
    own = json.loads(catalog.load_with_bytes("2020.06")[1])
    own["metadata"]["id"] = "own-2026"
    data = json.dumps(own).encode()
    guideline = {"id": "own-2026", "sha256": hashlib.sha256(data).hexdigest(), "schema": "2.0"}
    run = make_run(tmp_path / "run", guideline=guideline)
    (run / "guideline.json").write_bytes(data)
    made = evidence_of(run)
    findings = verify(bundle.build(made), None, score_evidence)
    assert wrongs(findings) == []
    assert any("does not carry it" in one.text for one in findings if one.proof is Proof.OPEN)
