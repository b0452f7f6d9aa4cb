"""Packages that are complete, half filled in, wrong, and tampered with."""

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.submission.bundle import archive as bundle
from defcheck.submission.bundle.archive import pack_archive, unpack_archive
from defcheck.submission.package import checks, model, storage
from defcheck.submission.package.model import PackageFindingKind
from defcheck.workflows.submission import make_bundle
from tests.evidence import make_run
from tests.unit.submission.package.runs import (
    Edit,
    Files,
    complete,
    compute_run,
    edit,
    package_of,
)


def said(files: Files, kind: PackageFindingKind, *, sealed: bool = False) -> list[str]:
    """Return what the check says of one kind, with the file's name before."""
    remarks = checks.check_package(files, None, sealed=sealed)
    return [f"{one.file}: {one.text}" for one in remarks if one.kind is kind]


def states(files: Files, *, sealed: bool = False) -> set[PackageFindingKind]:
    return {one.kind for one in checks.check_package(files, None, sealed=sealed)}


@pytest.mark.parametrize("fixture", ["passing", "failing", "scs"])
def test_filled_in_it_is_complete(fixture: str, request: pytest.FixtureRequest) -> None:
    files: Files = request.getfixturevalue(fixture)
    assert said(files, PackageFindingKind.OPEN)
    assert states(files) == {
        PackageFindingKind.OK,
        PackageFindingKind.OPEN,
        PackageFindingKind.NOTE,
    }
    assert states(complete(files)) == {PackageFindingKind.OK, PackageFindingKind.NOTE}


SYSTEM, SECTIONS, PROPERTIES, FLAGS, SCS = model.FORMS

OPEN: list[tuple[Edit, str]] = [
    (edit(SYSTEM, "organisation: .*", "organisation:"), "organisation is not filled in"),
    (edit(SYSTEM, "organisation: .*", 'organisation: "  "'), "organisation is not filled in"),
    (edit(SYSTEM, "^organisation: .*", ""), "organisation is not filled in"),
    (edit(SYSTEM, "  email: .*", ""), "contact: email is not filled in"),
    (edit(SYSTEM, "    back_end: .*", ""), "back_end is not filled in"),
    (edit(SECTIONS, "  - project: .swift(.|\n)*", ""), "projects lacks the project swift"),
    (edit(SECTIONS, ".proxy server.: true", ""), "sections lacks proxy server"),
    (edit(SECTIONS, "(.proxy server.:) true", r"\1"), "sections: proxy server is not filled in"),
    (edit(FLAGS, "request: true", "request:"), "request is not filled in"),
    (edit(FLAGS, "code: D401", "code:"), "code is not filled in"),
    (edit(FLAGS, "bug: .*", "bug:"), "bug is not filled in"),
    (edit(FLAGS, "action: .*", "action:"), "action is not filled in"),
    (lambda files: files.pop(SYSTEM), "system.yaml: is missing"),
    (lambda files: files.pop(FLAGS), "flag-requests.yaml: is missing"),
    (lambda files: files.pop("report.html"), "report.html: is missing"),
]


@pytest.mark.parametrize(("change", "words"), OPEN, ids=[words for _, words in OPEN])
def test_what_is_not_filled_in_is_named(failing: Files, change: Edit, words: str) -> None:
    files = complete(failing)
    change(files)
    assert states(files) == {
        PackageFindingKind.OK,
        PackageFindingKind.OPEN,
        PackageFindingKind.NOTE,
    }
    assert words in said(files, PackageFindingKind.OPEN)[0]


WRONG: list[tuple[Edit, str]] = [
    (
        edit(SYSTEM, "^organisation", "owner: me\norganisation"),
        "the form has the unrecognised field owner",
    ),
    (edit(SYSTEM, "  email: .*", "  email: me"), "contact.email is"),
    (edit(SYSTEM, "^  kind: .*", "  kind: cloud"), "it must be one of: public cloud"),
    (edit(SYSTEM, "nodes: .*", "nodes: many"), "hardware.nodes must be a whole number"),
    (edit(SYSTEM, "nodes: .*", "nodes: 0"), "hardware.nodes is 0"),
    (edit(SYSTEM, "openstack_release: .*", "openstack_release: 2026.1"), "put it in quotes"),
    (edit(SYSTEM, "cloud: .*", "cloud: better"), 'run.cloud is "better", but the bundle says "c"'),
    (edit(SYSTEM, "description 1", "description 2"), "format is"),
    (edit(SECTIONS, "in_use: true", "in_use: often"), "in_use must be true or false"),
    (edit(SECTIONS, ".slo.: true", '"slow": true'), 'has "slow", but the guideline does not'),
    (edit(SECTIONS, ".slo.: true", '"slo": false'), "in_use is true, but false for slo"),
    (edit(SECTIONS, "swift", "nova"), "has the project nova, but the bundle does not"),
    (edit(SECTIONS, "os_powered_storage", "x"), 'the bundle says ["os_powered_storage"]'),
    (edit(PROPERTIES, "s: false", "s: true"), "name at least one request"),
    (edit(PROPERTIES, '"2020.06"', '"2018.02"'), 'guideline is "2018.02", but the bundle says'),
    (edit(PROPERTIES, "sha256: .*", "sha256: " + "0" * 64), "results_sha256 is"),
    (edit(FLAGS, "code: D401", "code: D407"), "it must be one of: D400"),
    (edit(FLAGS, "date: .*", "date: 2026-02-31"), "not a valid date"),
    (edit(FLAGS, "date: .*", "date: today"), "Write a day as 2026-02-28"),
    (edit(FLAGS, "bug: .*", "bug: many"), "Write its address"),
    (edit(FLAGS, "outcome: .failed.", "outcome: skipped"), 'the bundle says "failed"'),
    (
        edit(FLAGS, "  - test: ..*", '  - test: "a.C.test_x"'),
        "has the test a.C.test_x, but the bundle",
    ),
    (edit("report.html", "FAIL", "PASS"), "report.html: is not what defcheck generates"),
    (edit("report.html", "Unofficial", "Official"), "report.html: is not what defcheck generates"),
    (edit("README.txt", "FAIL", "PASS"), "README.txt: is not what defcheck generates"),
    (lambda files: files.update({SCS: b"{}"}), f"{SCS}: does not belong"),
    (lambda files: files.update({model.GUIDELINE_FLAGS: b"{}"}), "does not belong"),
    (lambda files: files.update({model.BUNDLE: b"x" * 999}), "bundle.tar: Not a defcheck bundle"),
]


@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_impossible_form_entry_is_wrong(failing: Files, change: Edit, words: str) -> None:
    files = complete(failing)
    change(files)
    assert words in " ".join(said(files, PackageFindingKind.WRONG))


def test_the_bundle_of_another_run_contradicts_everything(passing: Files, failing: Files) -> None:
    files = {**complete(failing), model.BUNDLE: passing[model.BUNDLE]}
    wrong = said(files, PackageFindingKind.WRONG)
    for name in ("report.html", "README.txt", SYSTEM, SECTIONS, PROPERTIES, FLAGS):
        assert any(words.startswith(name) for words in wrong), name


@pytest.mark.parametrize("name", ["report.html", "README.txt", SYSTEM, SECTIONS, PROPERTIES])
def test_a_file_of_another_run_s_package(passing: Files, failing: Files, name: str) -> None:
    files = {**complete(failing), name: complete(passing)[name]}
    assert [words for words in said(files, PackageFindingKind.WRONG) if words.startswith(name)]


def test_an_edited_bundle_stops_the_check_of_what_hangs_on_it(failing: Files) -> None:
    files = complete(failing)
    files[model.BUNDLE] = files[model.BUNDLE].replace(b'"failed"', b'"passed"', 1)
    (words,) = said(files, PackageFindingKind.WRONG)
    assert words.startswith("bundle.tar: The files do not match the manifest")


def test_an_edited_bundle_with_a_new_manifest(failing: Files) -> None:
    files = complete(failing)
    inside = unpack_archive(files[model.BUNDLE], bundle.BUNDLE_FILES)
    document = json.loads(inside["verdict.json"])
    document["verdict"] = "pass"
    inside["verdict.json"] = json.dumps(document).encode()
    files[model.BUNDLE] = bundle.build_bundle(inside)
    assert "gives another verdict" in said(files, PackageFindingKind.WRONG)[0]


@pytest.mark.parametrize("lie", [True, False])
def test_a_package_of_another_version_is_held_to_its_headline(failing: Files, lie: bool) -> None:
    files = complete(failing)
    inside = unpack_archive(files[model.BUNDLE], bundle.BUNDLE_FILES)
    inside["verdict.json"] = re.sub(
        rb'"defcheck": "[^"]+"', b'"defcheck": "99"', inside["verdict.json"], count=1
    )
    files[model.BUNDLE] = bundle.build_bundle(inside)
    files["report.html"] += b"<!-- another version writes it otherwise -->\n"
    if lie:
        files["report.html"] = files["report.html"].replace(b" FAIL<", b" PASS<")
    wrong, notes = said(files, PackageFindingKind.WRONG), said(files, PackageFindingKind.NOTE)
    assert bool(wrong) == lie
    assert any("Not proved: defcheck 99 wrote it" in words for words in notes) != lie


def test_properties_that_tempest_found_cannot_be_denied(tmp_path: Path) -> None:
    text = "Traceback\nInvalidHTTPResponseBody: Additional properties are not allowed ('x' was)"
    run = compute_run(tmp_path / "run", "2020.06", "compute", traceback=text)
    files = complete(package_of(run))
    (words,) = said(files, PackageFindingKind.WRONG)
    assert "additional_properties is false, but 1 tests in the bundle failed because of" in words
    edit(PROPERTIES, "s: false", "s: true")(files)
    edit(
        PROPERTIES,
        r"^apis: \[\]",
        "apis:\n  - project: nova\n    api_version: '2.1'\n    request: GET /flavors/detail\n"
        "    properties: [x]\n    purpose: none",
    )(files)
    assert said(files, PackageFindingKind.WRONG) == []
    assert f"{PROPERTIES}: API responses have additional properties." in said(
        files, PackageFindingKind.NOTE
    )


def test_designated_code_that_is_not_in_use_is_told(passing: Files) -> None:
    files = complete(passing)
    edit(SECTIONS, "in_use: true", "in_use: false")(files)
    assert any(
        "keystone: designated code is not in use" in one
        for one in said(files, PackageFindingKind.NOTE)
    )
    assert states(files) == {PackageFindingKind.OK, PackageFindingKind.NOTE}


def test_what_is_no_yaml_is_told_with_its_place(passing: Files) -> None:
    files = complete(passing)
    edit(SYSTEM, "organisation: .*", "organisation: Example: Clouds")(files)
    with pytest.raises(InputError, match=r"system.yaml is not valid YAML: .* line \d+, column \d+"):
        checks.check_package(files, None)
    files[SYSTEM] = b"a: &a [1]\nb: *a\n"
    with pytest.raises(InputError, match=r"system.yaml has YAML aliases"):
        checks.check_package(files, None)
    files[SYSTEM] = b"\xff"
    with pytest.raises(InputError, match=r"system.yaml is not valid YAML"):
        checks.check_package(files, None)


@pytest.mark.parametrize("text", ["", "[]", "1", "hello", "run: 1", "services: {}", "run: []"])
@pytest.mark.parametrize("name", [SYSTEM, SECTIONS, PROPERTIES, FLAGS])
def test_a_form_of_something_else_is_never_complete(failing: Files, name: str, text: str) -> None:
    files = {**complete(failing), name: text.encode()}
    assert states(files) & {PackageFindingKind.OPEN, PackageFindingKind.WRONG}


def sealed(files: Files) -> Files:
    return checks.complete_files(complete(files))


def test_a_sealed_package_has_the_same_bytes_and_stands_its_check(
    failing: Files, tmp_path: Path
) -> None:
    data = storage.build_sealed_package(sealed(failing))
    assert storage.build_sealed_package(sealed(dict(reversed(failing.items())))) == data
    path = tmp_path / "package.tar"
    path.write_bytes(data)
    found = storage.read_package(path, None)
    assert found.sealed
    assert states(found.files, sealed=True) == {PackageFindingKind.OK, PackageFindingKind.NOTE}
    assert model.GUIDELINE_FLAGS in found.files
    with tarfile.open(path) as tar:
        assert set(tar.getnames()) == {model.PACKAGE_FOLDER + name for name in found.files}


def test_flags_that_do_not_follow_from_the_requests(failing: Files) -> None:
    files = sealed(failing)
    for changed in (files[model.GUIDELINE_FLAGS].replace(b"D401", b"D400"), None):
        edited = {**files, model.GUIDELINE_FLAGS: changed} if changed else dict(files)
        if changed is None:
            del edited[model.GUIDELINE_FLAGS]
        assert said(edited, PackageFindingKind.WRONG, sealed=True) == [
            f"{model.GUIDELINE_FLAGS}: does not match {FLAGS}."
        ]


def read_sealed(tmp_path: Path, data: bytes) -> str:
    """Return what is wrong with a sealed package before its files are looked at."""
    path = tmp_path / "package.tar"
    path.write_bytes(data)
    return " ".join(
        one.text
        for one in storage.read_package(path, None).remarks
        if one.kind is PackageFindingKind.WRONG
    )


def test_a_form_that_was_edited_after_the_seal(passing: Files, tmp_path: Path) -> None:
    data = storage.build_sealed_package(sealed(passing))
    assert not read_sealed(tmp_path, data)
    edited = data.replace(b"Example Clouds", b"Another Clouds"[:14])
    assert "do not match the manifest" in read_sealed(tmp_path, edited)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("../evil", tarfile.REGTYPE, "is not an expected file"),
        (f"{model.PACKAGE_FOLDER}../evil", tarfile.REGTYPE, "is not an expected file"),
        ("/etc/evil", tarfile.REGTYPE, "is not an expected file"),
        (f"{model.PACKAGE_FOLDER}more.pdf", tarfile.REGTYPE, "is not an expected file"),
        (f"{model.PACKAGE_FOLDER}system.yaml", tarfile.REGTYPE, "twice"),
        (f"{model.PACKAGE_FOLDER}scs-report.yaml", tarfile.SYMTYPE, "a link"),
        (f"{model.PACKAGE_FOLDER}scs-report.yaml", tarfile.LNKTYPE, "a link"),
        (
            f"{model.PACKAGE_FOLDER}manifest.sig",
            tarfile.DIRTYPE,
            "a link or another special file",
        ),
    ],
)
def test_what_has_no_place_in_a_sealed_package(
    passing: Files, tmp_path: Path, name: str, kind: bytes, words: str
) -> None:
    archive = io.BytesIO(storage.build_sealed_package(sealed(passing)))
    with tarfile.open(fileobj=archive, mode="a:", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd" if kind != tarfile.REGTYPE else ""
        tar.addfile(entry)
    assert words in read_sealed(tmp_path, archive.getvalue())


def test_a_sealed_package_that_is_cut_off_or_lacks_a_file(passing: Files, tmp_path: Path) -> None:
    data = storage.build_sealed_package(sealed(passing))
    assert "not as defcheck packs it" in read_sealed(tmp_path, data[: len(data) // 2])
    assert "more than its files" in read_sealed(tmp_path, data + b"hidden")
    assert "lacks manifest" in read_sealed(
        tmp_path, pack_archive(sealed(passing), model.PACKAGE_FOLDER)
    )
    with pytest.raises(InputError, match="defcheck package"):
        read_sealed(tmp_path, b"hello")
    with pytest.raises(InputError, match="defcheck package"):
        read_sealed(tmp_path, b"")


def test_a_bundle_is_no_package(passing: Files, tmp_path: Path) -> None:
    assert "is not an expected file" in read_sealed(tmp_path, passing[model.BUNDLE])


def test_a_folder_with_links_and_other_things(passing: Files, tmp_path: Path) -> None:
    folder, secret = tmp_path / "package", tmp_path / "secret"
    storage.write_package(folder, complete(passing))
    assert folder.stat().st_mode & 0o777 == 0o700
    secret.write_text("x")
    (folder / "system.yaml~").write_text("an editor's copy")
    (folder / "pictures").mkdir()
    found = storage.read_package(folder, None)
    assert {one.file for one in found.remarks} == {"system.yaml~", "pictures"}
    assert {one.kind for one in found.remarks} == {PackageFindingKind.NOTE}
    assert found.files == complete(passing)
    (folder / "system.yaml").unlink()
    (folder / "system.yaml").symlink_to(secret)
    found = storage.read_package(folder, None)
    assert "system.yaml" not in found.files
    assert [
        "a link" in one.text for one in found.remarks if one.kind is PackageFindingKind.WRONG
    ] == [True]
    (folder / "system.yaml").unlink()
    (folder / "system.yaml").mkdir()
    assert [
        one.file
        for one in storage.read_package(folder, None).remarks
        if one.kind is PackageFindingKind.WRONG
    ] == ["system.yaml"]


def test_a_folder_that_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a package: it has no bundle.tar"):
        storage.read_package(tmp_path, None)
    with pytest.raises(InputError, match="cannot be read"):
        storage.read_package(tmp_path / "none", None)


def test_nothing_is_overwritten_or_left_half_written(passing: Files, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "package"
    storage.write_package(folder, passing)
    with pytest.raises(InputError, match="exists already"):
        storage.write_package(folder, passing)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="exists already"):
        storage.write_package(tmp_path / "empty", passing)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be"):
        storage.write_package(tmp_path / "file" / "package", passing)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name.startswith(".")) == []


def test_a_run_s_own_signature_is_in_its_bundle(tmp_path: Path) -> None:
    data, document = make_bundle(make_run(tmp_path / "run"), None)
    assert document["verdict"] == "pass"
    assert bundle.SIGNATURE not in unpack_archive(data, bundle.BUNDLE_FILES)


def test_package_path_that_cannot_be_looked_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be accessed"):
        storage.read_package(tmp_path / ("p" * 300), None)
