"""The installed command packs a run's evidence and checks it again."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.evidence import make_run

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/verification-1.json").read_bytes()
)


def as_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the document that was written, which follows its schema."""
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run directory."""
    return make_run(tmp_path / "run")


def test_packed_and_checked(defcheck: Run, refused: Refused, run: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.tar"
    done = defcheck("bundle", run, "-o", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Wrote {file}: pass\n")
    refused(defcheck("bundle", run, "-o", file), 2, "exists already")
    second = tmp_path / "again.tar"
    defcheck("bundle", run, "-o", second)
    assert second.read_bytes() == file.read_bytes()
    done = defcheck("verify", file)
    assert done.returncode == 0
    assert done.stdout.endswith(f"{file} is consistent.\n")
    assert "not proved  Who created the bundle: it is not signed.\n" in done.stdout
    file.write_bytes(file.read_bytes().replace(b'"passed"', b'"failed"', 1))
    done = defcheck("verify", file)
    assert (done.returncode, done.stderr) == (1, "")
    assert "WRONG       The files do not match the manifest" in done.stdout
    refused(defcheck("verify", run / "run.json"), 2, "defcheck bundle")
    refused(defcheck("verify", tmp_path / "none.tar"), 2, "cannot be read")


def test_signed(
    defcheck: Run, refused: Refused, environment: dict[str, str], run: Path, tmp_path: Path
) -> None:
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("there is no ssh-keygen here")
    key, file = tmp_path / "key", tmp_path / "run.tar"
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "secret", "-f", key], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"me@example.org {Path(f'{key}.pub').read_text()}")
    signed = ("bundle", run, "-o", file, "--sign", key)
    environment["DEFCHECK_KEY_PASSPHRASE"] = "wrong"
    refused(defcheck(*signed), 2, "cannot sign")
    assert not file.exists()
    environment["DEFCHECK_KEY_PASSPHRASE"] = "secret"
    assert defcheck(*signed).returncode == 0
    assert key.read_bytes() not in file.read_bytes()
    done = defcheck("verify", file, "--allowed-signers", allowed)
    assert done.returncode == 0
    assert "Signed by me@example.org, with ED25519 key SHA256:" in done.stdout
    signer = as_json(defcheck("verify", file, "--allowed-signers", allowed, "-f", "json"))["signer"]
    assert signer["principal"] == "me@example.org"
    assert signer["key"].startswith("ED25519 key SHA256:")
    assert as_json(defcheck("verify", file, "-f", "json"))["signer"]["principal"] == ""
    allowed.write_text("")
    assert defcheck("verify", file, "--allowed-signers", allowed).returncode == 1


def test_a_run_that_would_not_stand_a_check_is_not_packed(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    file = tmp_path / "run.tar"
    late = make_run(tmp_path / "late", started="2026-11-25T04:00:40+00:00")
    refused(
        defcheck("bundle", late, "-o", file),
        2,
        "would not pass `defcheck verify`",
        "before the run",
    )
    edited = make_run(tmp_path / "edited")
    (edited / "results.subunit").write_bytes(b"")
    refused(defcheck("bundle", edited, "-o", file), 2, "The results were edited after the run")
    bare = make_run(tmp_path / "bare")
    (bare / "tempest.conf").unlink()
    refused(defcheck("bundle", bare, "-o", file), 2, "tempest.conf cannot be read")
    refused(
        defcheck("bundle", tmp_path / "none", "-o", file),
        2,
        "none/run.json cannot be read",
        "a run directory",
    )
    assert not file.exists()


def test_a_verdict_that_is_no_pass_is_evidence_too(defcheck: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.tar"
    done = defcheck("bundle", make_run(tmp_path / "cut", state="interrupted"), "-o", file)
    assert (done.returncode, done.stderr) == (0, f"Wrote {file}: incomplete\n")
    assert defcheck("verify", file).returncode == 0


def test_what_is_proved_wrong_and_open_for_programs(
    defcheck: Run, refused: Refused, run: Path, tmp_path: Path
) -> None:
    file = tmp_path / "run.tar"
    assert defcheck("bundle", run, "-o", file).returncode == 0
    done = defcheck("verify", file, "-f", "json")
    document = as_json(done)
    assert (done.returncode, done.stderr, document["consistent"]) == (0, "", True)
    assert document["file"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [one["check"] for one in document["proved"]] == [
        "manifest",
        "results",
        "guideline",
        "tests",
        "times",
        "verdict",
    ]
    assert [one["check"] for one in document["not_proved"]] == ["signature", "tests", "cloud"]
    assert (document["wrong"], document["signer"]) == ([], None)
    allowed = tmp_path / "allowed"
    allowed.write_text("")
    unsigned = defcheck("verify", file, "-f", "json", "--allowed-signers", allowed)
    assert unsigned.returncode == 1
    assert [one["check"] for one in as_json(unsigned)["wrong"]] == ["signature"]
    file.write_bytes(file.read_bytes().replace(b'"passed"', b'"failed"', 1))
    done = defcheck("verify", file, "-f", "json")
    assert (done.returncode, as_json(done)["wrong"][0]["check"]) == (1, "manifest")
    file.write_bytes(file.read_bytes()[:2000])
    done = defcheck("verify", file, "-f", "json")
    assert (done.returncode, as_json(done)["wrong"][0]["check"]) == (1, "archive")
    refused(defcheck("verify", run / "run.json", "-f", "json"), 2, "defcheck bundle")


def test_the_same_bytes_wherever_and_by_whomever(
    defcheck: Run, environment: dict[str, str], run: Path, tmp_path: Path
) -> None:
    made = set()
    for number, changed in enumerate(
        [
            {"PYTHONHASHSEED": "0", "TZ": "Asia/Tokyo"},
            {"PYTHONHASHSEED": "77", "TZ": "America/Caracas", "COLUMNS": "40"},
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"},
            {"LC_ALL": "tr_TR.UTF-8", "SOURCE_DATE_EPOCH": "1", "HOME": "/nonexistent"},
        ]
    ):
        file = tmp_path / f"{number}.tar"
        environment.update(changed)
        before = os.umask(0o077 if number % 2 else 0o002)
        try:
            assert defcheck("bundle", run, "-o", file).returncode == 0
        finally:
            os.umask(before)
        made.add(file.read_bytes())
    assert len(made) == 1


def test_files_that_no_run_wrote_end_in_words(
    defcheck: Run, refused: Refused, run: Path, tmp_path: Path
) -> None:
    for name, content, words in (
        ("run.json", b"[" * 200_000, "is not a run record"),
        ("run.json", b'{"format": "defcheck run 1", "format": 1}', "is not a run record"),
        ("inventory.txt", b"\xff", "its sha256 differs"),
    ):
        before = (run / name).read_bytes()
        (run / name).write_bytes(content)
        refused(defcheck("bundle", run, "-o", tmp_path / "run.tar"), 2, words)
        refused(defcheck("score", run), 2, words)
        (run / name).write_bytes(before)
    refused(defcheck("verify", "/dev/zero"), 2, "is larger than 512 MiB")


def test_a_signer_whom_a_pattern_fits_is_not_named_by_it(defcheck: Run, run: Path) -> None:
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("there is no ssh-keygen here")
    key, file, allowed = run.parent / "key", run.parent / "run.tar", run.parent / "allowed"
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    assert defcheck("bundle", run, "-o", file, "--sign", key).returncode == 0
    allowed.write_text(f"*@example.org {Path(f'{key}.pub').read_text()}")
    done = defcheck("verify", file, "--allowed-signers", allowed)
    assert done.returncode == 0
    assert "Signed by one of *@example.org, with ED25519 key SHA256:" in done.stdout


def loud_run(path: Path) -> Path:
    """Make a run with addresses, names and secrets in its files."""
    cloud = {
        "name": "acme-east",
        "auth_url": "https://api.acme.example:5000/v3",
        "region": "r",
        "cpid": "of-the-run",
    }
    run = make_run(path, cloud=cloud)
    (run / "tempest.conf").write_text(
        "[identity]\nuri_v3 = https://api.acme.example:5000/v3\n"
        "[auth]\nadmin_password = C4nary-7Kq9xZ\nadmin_project_name = acme-prod\n"
        "[network]\nfloating = 203.0.113.7\nlocal = 127.0.0.1\n"
    )
    return run


def test_addresses_and_names_get_others(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    run = loud_run(tmp_path / "run")
    plain, other = tmp_path / "plain.tar", tmp_path / "other.tar"
    assert defcheck("bundle", run, "-o", plain).returncode == 0
    assert b"C4nary" not in plain.read_bytes()
    assert b"203.0.113.7" in plain.read_bytes()
    done = defcheck("bundle", run, "-o", other, "--redact", "addresses,names")
    assert (done.returncode, done.stderr) == (0, f"Wrote {other}: pass\n")
    data = other.read_bytes()
    for gone in (b"C4nary", b"203.0.113.7", b"acme"):
        assert gone not in data
    for kept in (b"https://host-1:5000/v3", b"= project-1", b"= address-1", b"= 127.0.0.1"):
        assert kept in data
    assert data.count(b"https://host-1:5000/v3") >= 3
    done = defcheck("verify", other, "-f", "json")
    assert done.returncode == 0
    said = [one["text"] for one in as_json(done)["not_proved"] if one["check"] == "redaction"]
    assert len(said) == 1
    assert "IP addresses and host names; names of hosts, projects" in said[0]
    assert "that was replaced" in said[0]
    refused(
        defcheck("bundle", run, "-o", tmp_path / "x.tar", "--redact", "addresses,ages"),
        2,
        "--redact has no kind ages.",
        "Available: addresses, names.",
    )
    assert not (tmp_path / "x.tar").exists()


def test_reports_with_other_names_have_the_same_verdict(defcheck: Run, tmp_path: Path) -> None:
    run = loud_run(tmp_path / "run")
    plain, other = (
        json.loads(defcheck("score", run, "-f", "json", *more).stdout)
        for more in ((), ("--redact", "addresses,names"))
    )
    assert (other["run"]["cloud"]["name"], other["run"]["cloud"]["auth_url"]) == (
        "cloud-1",
        "https://host-1:5000/v3",
    )
    assert "acme" not in json.dumps(other)
    for document in (plain, other):
        del document["run"]["cloud"], document["reproduce"]
    assert plain == other
    for command in (("report", run), ("compare", run, run, "-l", "a", "-l", "b"), ("gate", run)):
        for form in ("text", "json", "markdown"):
            done = defcheck(*command, "-f", form, "--redact", "names")
            assert done.returncode == 0, done.stderr
            assert "acme" not in done.stdout
    done = defcheck("report", run, "--redact", "names", "-f", f"html:{tmp_path}/report.html")
    assert done.returncode == 0
    assert "acme" not in (tmp_path / "report.html").read_text()


def test_a_package_with_other_names(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    run, package = loud_run(tmp_path / "run"), tmp_path / "package"
    done = defcheck("package", run, "-o", package, "--redact", "names,addresses")
    assert done.returncode == 0, done.stderr
    for path in package.iterdir():
        data = path.read_bytes()
        assert not any(word in data for word in (b"acme", b"203.0.113.7", b"C4nary")), path
    refused(
        defcheck("package", "--check", package, "--redact", "names"),
        2,
        "only applies to a new package",
    )
