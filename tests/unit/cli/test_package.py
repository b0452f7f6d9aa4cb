"""The installed command makes a package of a run, checks it, and seals it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.evidence import inventory_names, make_run, make_run_of
from tests.packages import edit, fill
from tests.unit.recordings import raw
from tests.unit.results.streams import ran, v2

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]
SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/package-check-1.json"
VERIFY = ("ssh-keygen", "-Y", "verify", "-n", "defcheck-package@v1")

LIST_FLAVORS = "tempest.api.compute.flavors.test_flavors.FlavorsV2TestJSON.test_list_flavors"


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """Return a run directory in which two of the storage tests failed."""
    return make_run_of(tmp_path / "run", raw("quotas-fail.subunit"), "2020.06", "object")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return an SSH key, beside a file `allowed` of its owner."""
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("there is no ssh-keygen here")
    path = tmp_path / "key"
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    public = Path(f"{path}.pub").read_text()
    (tmp_path / "allowed").write_text(f"me@example.org {public}")
    return path


def lines(done: subprocess.CompletedProcess[str], kind: str) -> list[str]:
    """Return what a check said of one kind."""
    return [line for line in done.stdout.splitlines() if line.startswith(f"{kind} ")]


def test_made_filled_in_checked_and_sealed(
    defcheck: Run, refused: Refused, failing: Path, tmp_path: Path
) -> None:
    folder, file = tmp_path / "package", tmp_path / "package.tar"
    done = defcheck("package", failing, "-o", folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        f"Wrote {folder}: fail",
        "Fill in system.yaml, designated-sections.yaml, additional-properties.yaml, "
        "flag-requests.yaml in it.",
        f"Then: defcheck package --check {folder}",
    ]
    assert folder.stat().st_mode & 0o777 == 0o700
    refused(defcheck("package", failing, "-o", folder), 2, "exists already")
    refused(defcheck("package", folder, "-o", file), 2, "is already a package", "--check")
    assert defcheck("verify", folder / "bundle.tar").returncode == 0

    blank = defcheck("package", "--check", folder)
    assert (blank.returncode, blank.stderr) == (3, "")
    assert "open   system.yaml: contact: name, email are not filled in.\n" in blank.stdout
    assert blank.stdout.splitlines()[-1].startswith(f"{folder} is not complete: ")
    assert lines(blank, "WRONG") == []
    assert "flags: request is not filled in for 55 entries, such as tempest." in blank.stdout
    assert len([line for line in lines(blank, "open") if " flag-requests.yaml: " in line]) == 1
    early = defcheck("package", "--seal", folder, "-o", file)
    assert (early.returncode, early.stderr) == (3, "Nothing was written.\n")
    assert not file.exists()

    fill(folder)
    done = defcheck("package", "--check", folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[-1] == f"{folder} is complete."
    assert "If all were granted, the verdict would be pass." in done.stdout

    sealed = defcheck("package", "--seal", folder, "-o", file)
    assert (sealed.returncode, sealed.stdout) == (0, done.stdout)
    assert sealed.stderr == f"Wrote {file}\n"
    refused(defcheck("package", "--seal", folder, "-o", file), 2, "exists already")
    second = tmp_path / "again.tar"
    defcheck("package", "--seal", folder, "-o", second)
    assert second.read_bytes() == file.read_bytes()
    done = defcheck("package", "--check", file)
    assert done.returncode == 0, done.stdout
    assert "ok     guideline-flags.json: matches flag-requests.yaml.\n" in done.stdout
    assert "Not proved: who sealed the package" in done.stdout


def test_tampered_with(defcheck: Run, failing: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "package", tmp_path / "package.tar"
    other = tmp_path / "other"
    defcheck("package", failing, "-o", folder)
    defcheck("package", make_run(tmp_path / "pass"), "-o", other)
    fill(folder)
    assert defcheck("package", "--seal", folder, "-o", file).returncode == 0

    file.write_bytes(file.read_bytes().replace(b"Example Clouds", b"Exemple Clouds"))
    done = defcheck("package", "--check", file)
    assert (done.returncode, done.stderr) == (1, "")
    assert "WRONG  manifest: The files do not match the manifest" in done.stdout

    edit(folder / "report.html", " FAIL<", " PASS<")
    edit(folder / "flag-requests.yaml", "code: D401", "code: D999")
    edit(folder / "system.yaml", "^organisation: .*", "organisation:")
    done = defcheck("package", "--check", folder)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in lines(done, "WRONG")] == [
        "WRONG  report.html",
        "WRONG  flag-requests.yaml",
    ]
    assert done.stdout.splitlines()[-1] == f"{folder} is not correct: 2 wrong, 1 open."
    assert defcheck("package", "--seal", folder, "-o", tmp_path / "x.tar").returncode == 1
    assert not (tmp_path / "x.tar").exists()

    shutil.copy(other / "bundle.tar", folder / "bundle.tar")
    swapped = defcheck("package", "--check", folder)
    assert swapped.returncode == 1
    assert 'the bundle says "' in swapped.stdout
    (folder / "bundle.tar").unlink()
    (folder / "bundle.tar").symlink_to(other / "bundle.tar")
    linked = defcheck("package", "--check", folder)
    assert linked.returncode == 1
    assert lines(linked, "WRONG") == ["WRONG  bundle.tar: is a link or not a regular file."]


def test_signed(
    defcheck: Run, environment: dict[str, str], key: Path, failing: Path, tmp_path: Path
) -> None:
    folder, file, allowed = tmp_path / "package", tmp_path / "package.tar", tmp_path / "allowed"
    assert defcheck("package", failing, "-o", folder, "--sign", key).returncode == 0
    fill(folder)
    done = defcheck("package", "--check", folder, "--allowed-signers", allowed)
    assert done.returncode == 0, done.stdout
    assert defcheck("package", "--seal", folder, "-o", file, "--sign", key).returncode == 0
    done = defcheck("package", "--check", file, "--allowed-signers", allowed)
    assert done.returncode == 0, done.stdout
    assert "ok     manifest.sig: Signed by me@example.org, with ED25519 key SHA256:" in done.stdout

    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(file, unpacked, "tar", filter="data")
    checked = subprocess.run(
        [*VERIFY, "-f", allowed, "-I", "me@example.org", "-s", "manifest.sig"],
        cwd=unpacked / "defcheck-package",
        input=(unpacked / "defcheck-package/manifest").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    folded = unpacked / "defcheck-package"
    done = defcheck("package", "--check", folded, "--allowed-signers", allowed)
    assert done.returncode == 0, done.stdout
    edit(folded / "system.yaml", "Example Clouds", "Other Clouds")
    done = defcheck("package", "--check", folded)
    assert lines(done, "WRONG") == [
        "WRONG  manifest: The files do not match the manifest: at least one was changed."
    ]

    unsigned = tmp_path / "unsigned.tar"
    assert defcheck("package", "--seal", folder, "-o", unsigned).returncode == 0
    done = defcheck("package", "--check", unsigned, "--allowed-signers", allowed)
    assert (done.returncode, lines(done, "WRONG")) == (
        1,
        ["WRONG  manifest.sig: The package is not signed."],
    )
    allowed.write_text("")
    for package in (folder, file):
        done = defcheck("package", "--check", package, "--allowed-signers", allowed)
        assert done.returncode == 1
        assert "is not among the allowed signers" in done.stdout


def test_for_scs_with_the_report_for_the_monitor(defcheck: Run, tmp_path: Path) -> None:
    (name,) = inventory_names(LIST_FLAVORS)
    run = make_run_of(tmp_path / "run", v2(*ran(name)), "scs-0128", "scs-iaas")
    folder = tmp_path / "package"
    done = defcheck("package", run, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "Fill in system.yaml, scs-report.yaml in it.\n" in done.stderr
    assert "scs-report.yaml: The monitor publishes it" in done.stderr
    redacted = defcheck("package", run, "-o", tmp_path / "redacted", "--redact", "names")
    assert (redacted.returncode, "Everybody" in redacted.stderr) == (0, False)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt",
        "bundle.tar",
        "report.html",
        "scs-report.yaml",
        "system.yaml",
    ]
    fill(folder)
    checked = defcheck("package", "--check", folder)
    assert checked.returncode == 0
    assert "note   scs-report.yaml: The monitor publishes it" in checked.stdout
    edit(folder / "scs-report.yaml", "^      rc: 3", "      rc: 0")
    done = defcheck("package", "--check", folder)
    assert (done.returncode, len(lines(done, "WRONG"))) == (1, 1)
    assert "rc is 0, but the bundle says 3." in done.stdout
    edit(folder / "scs-report.yaml", "^      rc: 0", "      rc: 3")
    edit(folder / "scs-report.yaml", "^  (tempest.*):\n    result: 1", r"  \1:\n    result: -1")
    assert defcheck("package", "--check", folder).returncode == 1


def test_refused(defcheck: Run, refused: Refused, failing: Path, tmp_path: Path) -> None:
    (name,) = inventory_names(LIST_FLAVORS)
    stream = v2(*ran(name, "fail", traceback="Traceback\nNo: no"))
    hopeless = make_run_of(tmp_path / "hopeless", stream, "2020.06", "compute")
    folder = tmp_path / "package"
    refused(defcheck("package", hopeless, "-o", folder), 2, "No test of the run passed")
    refused(defcheck("package", tmp_path / "none", "-o", folder), 2, "run.json cannot be read")
    refused(defcheck("package", failing), 2, "No output path given")
    refused(defcheck("package", "--check", failing), 2, "is not a package: it has no bundle.tar")
    refused(defcheck("package", "--check", failing / "run.json"), 2, "defcheck package")
    refused(defcheck("package", "--check", tmp_path / "none"), 2, "cannot be read")
    refused(defcheck("package", "--check", failing, "-o", folder), 2, "--check writes nothing")
    refused(defcheck("package", "--seal", failing / "run.json", "-o", folder), 2, "is not a folder")
    refused(
        defcheck("package", "--seal", "--check", failing, "-o", folder), 2, "--seal checks first"
    )
    assert not folder.exists()
    (failing / "results.subunit").write_bytes(b"")
    refused(defcheck("package", failing, "-o", folder), 2, "The results were edited after the run")
    assert not folder.exists()


def test_a_form_that_is_no_yaml(
    defcheck: Run, refused: Refused, failing: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "package"
    defcheck("package", failing, "-o", folder)
    edit(folder / "system.yaml", "^organisation:", "organisation: a: b")
    refused(defcheck("package", "--check", folder), 2, "system.yaml is not valid YAML", "line ")


def test_the_check_as_json_follows_its_schema(
    defcheck: Run, refused: Refused, failing: Path, tmp_path: Path
) -> None:
    schema = Draft202012Validator(json.loads(SCHEMA.read_bytes()))
    folder, file = tmp_path / "package", tmp_path / "package.tar"

    def checked(place: Path, code: int) -> dict[str, Any]:
        done = defcheck("package", "--check", place, "-f", "json")
        assert (done.returncode, done.stderr) == (code, "")
        document: dict[str, Any] = json.loads(done.stdout)
        schema.validate(document)
        assert document["package"] == {"name": str(place), "sealed": place is file}
        return document

    defcheck("package", failing, "-o", folder)
    blank = checked(folder, 3)
    assert (blank["state"], blank["wrong"]) == ("open", 0)
    assert blank["open"] == sum(one["fields"] for one in blank["remarks"] if one["kind"] == "open")
    fill(folder)
    assert checked(folder, 0)["state"] == "complete"
    defcheck("package", "--seal", folder, "-o", file)
    assert checked(file, 0)["state"] == "complete"
    (folder / "report.html").write_text("<title>PASS</title>")
    spoiled = checked(folder, 1)
    assert spoiled["state"] == "wrong"
    assert [one["file"] for one in spoiled["remarks"] if one["kind"] == "wrong"] == ["report.html"]
    refused(
        defcheck("package", "--seal", folder, "-o", "x", "-f", "json"),
        2,
        "-f only applies to --check",
    )
