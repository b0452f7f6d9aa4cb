"""Find out what a source of results is, by its content, and read it."""

import gzip
import io
import json
import sys
import zlib
from pathlib import Path

from defcheck.errors import InputError
from defcheck.results import refstack, subunit
from defcheck.results.model import ResultSet

RUN_RECORD = "run.json"
RAW_RESULTS = "results.subunit"
MAX_BYTES = 1024 * 1024 * 1024
"""More than any run writes: a platform run has 5 MB."""

KINDS = (
    "Give a run directory, a subunit stream (version 1 or 2), a stestr repository, "
    "a RefStack JSON file, or - for standard input."
)


def read(source: str) -> ResultSet:
    """Read results from a path, or from standard input where `source` is `-`.

    Raises `InputError` when there is nothing to read or no test in it.
    """
    return read_bytes(*load(source))


def load(source: str) -> tuple[bytes, str]:
    """Return the bytes of a source as they stand, and what to call it in messages."""
    if source == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    path = Path(source)
    try:
        if path.is_dir():
            path = _file_in(path)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1), str(path)
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.", KINDS) from error


def read_bytes(data: bytes, where: str) -> ResultSet:
    """Read results from bytes, also gzipped ones; `where` names them in errors."""
    if data.startswith(b"\x1f\x8b"):
        data = _unzip(data, where)
    if len(data) > MAX_BYTES:
        raise InputError(f"{where} holds more than {MAX_BYTES // 2**30} GiB.", KINDS)
    if not data.strip():
        raise InputError(f"{where} is empty.", KINDS)
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return _not_empty(refstack.read(json.loads(data), where), where)
        except (ValueError, RecursionError) as error:
            # Text before a stream may begin like JSON.
            found = subunit.read(data)
            if not found.events:
                raise InputError(f"{where} looks like JSON and is not: {error}.", KINDS) from error
            return found
    return _not_empty(subunit.read(data), where)


def _not_empty(found: ResultSet, where: str) -> ResultSet:
    if not found.events:
        raise InputError(f"{where} holds no test result.", KINDS)
    return found


def _file_in(folder: Path) -> Path:
    """Return the file with the results in a run directory or a stestr repository."""
    if (folder / RUN_RECORD).exists() or (folder / RAW_RESULTS).exists():
        return folder / RAW_RESULTS
    for repository in (folder, folder / ".stestr"):
        if (repository / "next-stream").exists():
            runs = [int(path.name) for path in repository.iterdir() if path.name.isdigit()]
            if not runs:
                raise InputError(f"The stestr repository {repository} holds no run.", KINDS)
            return repository / str(max(runs))
    raise InputError(f"{folder} is neither a run directory nor a stestr repository.", KINDS)


def _unzip(data: bytes, where: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{where} is damaged: {error}.", "Unpack it with gzip to see what is left of it."
        ) from error
