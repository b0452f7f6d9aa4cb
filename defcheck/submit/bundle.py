"""The evidence of a run as one file: what is in it and the list of its sums."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from defcheck.errors import InputError
from defcheck.files import clip, read_bounded
from defcheck.results.sources import RAW_RESULTS, RUN_RECORD
from defcheck.runner.directory import GUIDELINE, INVENTORY
from defcheck.submit.archive import pack

VERDICT = "verdict.json"
CONFIGURATION = "tempest.conf"
EVIDENCE = (RUN_RECORD, RAW_RESULTS, GUIDELINE, INVENTORY, CONFIGURATION)
"""Files of a run directory that are packed."""

MANIFEST = "manifest"
"""The sha256 of every other file, as `sha256sum -c` reads it."""

SIGNATURE = "manifest.sig"
FILES = frozenset({*EVIDENCE, VERDICT, MANIFEST, SIGNATURE})
MAX_BYTES = 512 * 1024 * 1024
"""Of all files together: a platform run has 10 MB."""


def gather(run: Path) -> dict[str, bytes]:
    """Return the evidence in a run directory; raise `InputError` where a file lacks."""
    files = {}
    for name in EVIDENCE:
        files[name] = read_bounded(
            run / name, "The file", MAX_BYTES, "Name a run directory with all its files."
        )
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(
            f"The files of {clip(str(run))} hold more than {MAX_BYTES // 2**20} MiB.",
            "No run of one Tempest writes so much.",
        )
    return files


def manifest(files: Mapping[str, bytes]) -> bytes:
    """Return the list of the sums of all files but itself and its signature."""
    lines = [
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n"
        for name in sorted(files)
        if name not in (MANIFEST, SIGNATURE)
    ]
    return "".join(lines).encode()


def build(files: Mapping[str, bytes], signature: bytes = b"") -> bytes:
    """Return the bundle; the same files and signature give the same bytes."""
    more = {SIGNATURE: signature} if signature else {}
    return pack({**files, MANIFEST: manifest(files), **more})
