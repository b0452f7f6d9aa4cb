"""Submission packages on disk: the folder that a vendor fills in, and the sealed file."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError
from defcheck.submission.bundle import archive, ssh_signature
from defcheck.submission.bundle.archive import (
    BrokenArchiveError,
    NotAnArchiveError,
    pack_archive,
    unpack_archive,
)
from defcheck.submission.package import model
from defcheck.submission.package.model import (
    PackageFinding,
    note_finding,
    ok_finding,
    wrong_finding,
)
from defcheck.util.files import clip_text, path_exists, read_bounded
from defcheck.util.text import clean_line

MAX_BYTES = archive.MAX_BYTES + 64 * 1024 * 1024
SOURCE_ADVICE = "Give a folder that `defcheck package` created, or a file that `--seal` wrote."


@dataclass(frozen=True, slots=True)
class LoadedPackage:
    """A package as it was read."""

    files: dict[str, bytes]
    remarks: tuple[PackageFinding, ...]
    """Findings from reading it; after a wrong one the files must not be used."""

    sealed: bool


def write_package(path: Path, files: Mapping[str, bytes]) -> None:
    """Create a folder with the files atomically; only its owner can read it."""
    taken = InputError(f"{path} exists already.", "Name another folder, or move that one away.")
    if path_exists(path):
        raise taken
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:50]}."))
    except OSError as error:
        raise InputError(
            f"{clip_text(str(path))} cannot be created: {error.strerror}.",
            "Choose a writable path.",
        ) from error
    try:
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        os.rename(temporary, path)
    except OSError as error:
        raise (
            taken
            if path.exists()
            else InputError(
                f"{clip_text(str(path))} cannot be written: {error.strerror}.",
                "Choose a writable path.",
            )
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_package(path: Path, allowed_signers: Path | None) -> LoadedPackage:
    """Read a package; raise `InputError` if the path is not one.

    `allowed_signers` has the trusted signers of sealed packages; for a folder it
    applies to the bundle, which the caller checks.
    """
    if path_exists(path) and path.is_dir():
        return _read_folder(path, allowed_signers)
    return _read_sealed_file(
        read_bounded(path, "The package", MAX_BYTES, SOURCE_ADVICE), allowed_signers
    )


def _read_folder(path: Path, allowed_signers: Path | None) -> LoadedPackage:
    files: dict[str, bytes] = {}
    remarks: list[PackageFinding] = []
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", SOURCE_ADVICE) from error
    for entry in entries:
        name = clean_line(entry.name, 80)
        if entry.name not in model.KNOWN_FILES:
            remarks.append(note_finding(name, "is not part of the package and was not checked."))
        elif entry.is_symlink() or not entry.is_file():
            remarks.append(wrong_finding(name, "is a link or not a regular file."))
        else:
            files[entry.name] = read_bounded(entry, "The file", MAX_BYTES, SOURCE_ADVICE)
    if model.BUNDLE not in {entry.name for entry in entries}:
        raise InputError(f"{path} is not a package: it has no {model.BUNDLE}.", SOURCE_ADVICE)
    if archive.MANIFEST in files:  # a sealed package that was unpacked
        return LoadedPackage(
            files, (*remarks, *_check_manifest(files, allowed_signers)), sealed=True
        )
    return LoadedPackage(files, tuple(remarks), sealed=False)


def _read_sealed_file(data: bytes, allowed_signers: Path | None) -> LoadedPackage:
    try:
        files = unpack_archive(data, model.KNOWN_FILES, model.PACKAGE_FOLDER)
    except NotAnArchiveError as error:
        raise InputError("Not a defcheck package.", SOURCE_ADVICE) from error
    except BrokenArchiveError as error:
        text = f"The archive is not as defcheck packs it: {error}."
        return LoadedPackage({}, (wrong_finding("the file", text),), sealed=True)
    missing = sorted({model.BUNDLE, archive.MANIFEST} - files.keys())
    if missing:
        return LoadedPackage(
            {}, (wrong_finding("the file", f"lacks {', '.join(missing)}."),), sealed=True
        )
    return LoadedPackage(files, _check_manifest(files, allowed_signers), sealed=True)


def _check_manifest(
    files: Mapping[str, bytes], allowed_signers: Path | None
) -> tuple[PackageFinding, ...]:
    """Return findings on whether the files match the manifest, and on who signed it."""
    if archive.render_manifest(files) != files[archive.MANIFEST]:
        text = "The files do not match the manifest: at least one was changed."
        return (wrong_finding(archive.MANIFEST, text),)
    return _check_package_signature(files, allowed_signers)


def _check_package_signature(
    files: Mapping[str, bytes], allowed_signers: Path | None
) -> tuple[PackageFinding, ...]:
    name, signature = archive.SIGNATURE, files.get(archive.SIGNATURE)
    if signature is None:
        if allowed_signers:
            return (wrong_finding(name, "The package is not signed."),)
        return (
            note_finding(name, "Not proved: who sealed the package, because it is not signed."),
        )
    try:
        signer = ssh_signature.check_signature(
            files[archive.MANIFEST], signature, allowed_signers, namespace=model.PACKAGE_NAMESPACE
        )
    except ssh_signature.BadSignatureError as error:
        return (wrong_finding(name, f"Invalid signature: {error}."),)
    if signer.principal:
        return (ok_finding(name, f"Signed by {signer.described_principal}, with {signer.key}."),)
    return (
        ok_finding(name, f"Signed with {signer.key}."),
        note_finding(name, "Not proved: whose key that is; see --allowed-signers."),
    )


def build_sealed_package(files: Mapping[str, bytes], signature: bytes = b"") -> bytes:
    """Return the one file of a package; the same files and signature give the same bytes."""
    more = {archive.SIGNATURE: signature} if signature else {}
    whole = {**files, archive.MANIFEST: archive.render_manifest(files), **more}
    return pack_archive(whole, model.PACKAGE_FOLDER)
