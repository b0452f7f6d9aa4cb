"""Packages on disk: a folder that a vendor fills in, and the one file that it is sealed to."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError
from defcheck.files import clip, exists, read_bounded
from defcheck.report.clean import clean_line
from defcheck.submit import bundle, sshsig
from defcheck.submit.archive import BrokenArchiveError, NoArchiveError, pack, unpack
from defcheck.submit.package import content
from defcheck.submit.package.remarks import Remark, note, right, wrong

MAX_BYTES = bundle.MAX_BYTES + 64 * 1024 * 1024
ADVICE = "Name a folder that `defcheck package` made, or a file that `--seal` made of one."


@dataclass(frozen=True, slots=True)
class Found:
    """A package as it was read."""

    files: dict[str, bytes]
    remarks: tuple[Remark, ...]
    """What reading it said; with a wrong one the files may not be looked at."""

    sealed: bool


def write(path: Path, files: Mapping[str, bytes]) -> None:
    """Make a new folder with the files, whole or not at all, for its owner alone."""
    taken = InputError(f"{path} exists already.", "Name another folder, or move that one away.")
    if exists(path):
        raise taken
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:50]}."))
    except OSError as error:
        raise InputError(
            f"{clip(str(path))} cannot be made: {error.strerror}.", "Name a place that can."
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
                f"{clip(str(path))} cannot be written: {error.strerror}.", "Name a place that can."
            )
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read(path: Path, allowed: Path | None) -> Found:
    """Read a package; raise `InputError` where there is none.

    `allowed` names the signers whose sealed packages count; in a folder it is
    for the bundle, which whoever checks it looks at.
    """
    if exists(path) and path.is_dir():
        return _folder(path, allowed)
    return _file(read_bounded(path, "The package", MAX_BYTES, ADVICE), allowed)


def _folder(path: Path, allowed: Path | None) -> Found:
    files: dict[str, bytes] = {}
    remarks: list[Remark] = []
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", ADVICE) from error
    for entry in entries:
        name = clean_line(entry.name, 80)
        if entry.name not in content.KNOWN:
            remarks.append(note(name, "is no part of the package and was not looked at."))
        elif entry.is_symlink() or not entry.is_file():
            remarks.append(wrong(name, "is a link or no file at all."))
        else:
            files[entry.name] = read_bounded(entry, "The file", MAX_BYTES, ADVICE)
    if content.BUNDLE not in {entry.name for entry in entries}:
        raise InputError(f"{path} is no package: it has no {content.BUNDLE}.", ADVICE)
    if bundle.MANIFEST in files:  # a sealed one that somebody unpacked
        return Found(files, (*remarks, *_seal(files, allowed)), sealed=True)
    return Found(files, tuple(remarks), sealed=False)


def _file(data: bytes, allowed: Path | None) -> Found:
    try:
        files = unpack(data, content.KNOWN, content.FOLDER)
    except NoArchiveError as error:
        raise InputError("That is no package of defcheck's.", ADVICE) from error
    except BrokenArchiveError as error:
        text = f"The archive is not as defcheck packs it: {error}."
        return Found({}, (wrong("the file", text),), sealed=True)
    missing = sorted({content.BUNDLE, bundle.MANIFEST} - files.keys())
    if missing:
        return Found({}, (wrong("the file", f"lacks {', '.join(missing)}."),), sealed=True)
    return Found(files, _seal(files, allowed), sealed=True)


def _seal(files: Mapping[str, bytes], allowed: Path | None) -> tuple[Remark, ...]:
    """Return whether the files are those of the manifest, and who signed it."""
    if bundle.manifest(files) != files[bundle.MANIFEST]:
        text = "The files are not those of the manifest: somebody changed one of them."
        return (wrong(bundle.MANIFEST, text),)
    return _signature(files, allowed)


def _signature(files: Mapping[str, bytes], allowed: Path | None) -> tuple[Remark, ...]:
    name, signature = bundle.SIGNATURE, files.get(bundle.SIGNATURE)
    if signature is None:
        if allowed:
            return (wrong(name, "The package is not signed."),)
        return (note(name, "Not proved: who sealed the package, since it is not signed."),)
    try:
        signer = sshsig.check(
            files[bundle.MANIFEST], signature, allowed, namespace=content.NAMESPACE
        )
    except sshsig.BadSignatureError as error:
        return (wrong(name, f"The signature: {error}."),)
    if signer.principal:
        return (right(name, f"Signed by {signer.who}, with {signer.key}."),)
    return (
        right(name, f"Signed with {signer.key}."),
        note(name, "Not proved: whose key that is; see --allowed-signers."),
    )


def build(files: Mapping[str, bytes], signature: bytes = b"") -> bytes:
    """Return the one file of a package; the same files and signature give the same bytes."""
    more = {bundle.SIGNATURE: signature} if signature else {}
    whole = {**files, bundle.MANIFEST: bundle.manifest(files), **more}
    return pack(whole, content.FOLDER)
