"""The evidence bundle: its files, its manifest, and the archive that holds them."""

import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from defcheck.errors import InputError
from defcheck.results.loader import RAW_RESULTS, RUN_RECORD
from defcheck.runner.run_directory import GUIDELINE, INVENTORY
from defcheck.util.files import clip_text, read_bounded

BUNDLE_FOLDER = "defcheck-bundle/"
"""The folder that contains all files, so that unpacking by hand keeps them together."""

_BLOCK = 512
_MAGIC = slice(257, 265)
_USTAR = b"ustar\x0000"
_SIZE = re.compile(rb"([0-7]{11})\0")


class NotAnArchiveError(Exception):
    """It is not a POSIX archive."""


class BrokenArchiveError(Exception):
    """The archive is not one that defcheck wrote; the message says why."""


def pack_archive(files: Mapping[str, bytes], folder: str = BUNDLE_FOLDER) -> bytes:
    """Return a plain POSIX (ustar) archive of the files, by name, without times or owners."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(folder + name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return archive.getvalue()


def unpack_archive(
    data: bytes, known_names: frozenset[str], folder: str = BUNDLE_FOLDER
) -> dict[str, bytes]:
    """Return the files of an archive, which must all be in one folder and have `known_names`.

    Hostile archives can mislead Python's tarfile. This reads only names and sizes,
    and rejects every archive that differs by a byte from what defcheck writes for
    the same files. Raises `NotAnArchiveError` and `BrokenArchiveError`.
    """
    if data[_MAGIC] != _USTAR:
        raise NotAnArchiveError
    files: dict[str, bytes] = {}
    position = 0
    while header := data[position : position + _BLOCK].rstrip(b"\0"):
        name = _read_name(header.ljust(_BLOCK, b"\0"), known_names, folder)
        if name in files:
            raise BrokenArchiveError(f"it contains {name} twice")
        size = _SIZE.fullmatch(header[124:136])
        begin = position + _BLOCK
        end = begin + int(size[1], 8) if size else len(data) + 1
        if end > len(data):
            raise BrokenArchiveError("it is truncated or damaged")
        files[name] = data[begin:end]
        position = -(-end // _BLOCK) * _BLOCK
    if pack_archive(files, folder) != data:
        raise BrokenArchiveError("it contains more than its files, or another program packed it")
    return files


def _read_name(header: bytes, known: frozenset[str], folder: str) -> str:
    """Return a file's name without the folder; raise for an unexpected name or type."""
    full = header[:100].rstrip(b"\0").decode("utf-8", "replace")
    if header[_MAGIC] != _USTAR or header[156:157] != tarfile.REGTYPE:
        raise BrokenArchiveError(f"{full[:80]!r} is a link or another special file")
    name = full.removeprefix(folder)
    if not full.startswith(folder) or name not in known:
        raise BrokenArchiveError(f"{full[:80]!r} is not an expected file")
    return name


VERDICT = "verdict.json"
CONFIGURATION = "tempest.conf"
EVIDENCE_FILES = (RUN_RECORD, RAW_RESULTS, GUIDELINE, INVENTORY, CONFIGURATION)
"""Files of a run directory that are packed."""

MANIFEST = "manifest"
"""The sha256 of every other file, in the format of `sha256sum -c`."""

SIGNATURE = "manifest.sig"
BUNDLE_FILES = frozenset({*EVIDENCE_FILES, VERDICT, MANIFEST, SIGNATURE})
MAX_BYTES = 512 * 1024 * 1024
"""Limit of all files together, in bytes: a platform run has 10 MB."""


def read_evidence(run: Path) -> dict[str, bytes]:
    """Return the evidence in a run directory; raise `InputError` if a file is missing."""
    files = {}
    for name in EVIDENCE_FILES:
        files[name] = read_bounded(
            run / name, "The file", MAX_BYTES, "Give a run directory with all its files."
        )
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(
            f"The files of {clip_text(str(run))} are larger than {MAX_BYTES // 2**20} MiB.",
            "A run of one Tempest never writes this much.",
        )
    return files


def render_manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the checksums of all files except itself and its signature."""
    lines = [
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n"
        for name in sorted(files)
        if name not in (MANIFEST, SIGNATURE)
    ]
    return "".join(lines).encode()


def build_bundle(files: Mapping[str, bytes], signature: bytes = b"") -> bytes:
    """Return the bundle; the same files and signature give the same bytes."""
    more = {SIGNATURE: signature} if signature else {}
    return pack_archive({**files, MANIFEST: render_manifest(files), **more})
