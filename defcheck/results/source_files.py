"""Open a source of results (file, standard input, stestr), unpacked and within bounds."""

import gzip
import hashlib
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from defcheck.errors import InputError
from defcheck.results.readers.interface import SOURCE_ADVICE

MAX_BYTES = 1024 * 1024 * 1024
"""More than any run writes, compressed or not: a platform run has 5 MB."""

HEAD_SIZE = 64 * 1024
"""Bytes from the beginning that identify the format."""

CHUNK = 128 * 1024
PIECE = 16 * 1024
"""Bytes unpacked at a time: so many are lost where the packed ones are damaged."""

IN_MEMORY = 1024 * 1024
"""Bytes of standard input kept in memory; more go to a temporary file."""

GZIP_MAGIC = b"\x1f\x8b"


class _HashedFile:
    """A file that is read from its beginning, with the hash of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


class UnpackedStream:
    """The content of a file, unpacked where it is gzipped."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        file.seek(0)
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        self._raw = _HashedFile(file)
        self._gzip = gzip.GzipFile(fileobj=cast(BinaryIO, self._raw), mode="rb") if packed else None
        self._where = where
        self._size = 0
        self.damage = ""
        """Damage of the gzip data; empty if there is none."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none only at the end or where the packing is damaged."""
        if self.damage:
            return b""
        try:
            data = self._gzip.read1(min(size, PIECE)) if self._gzip else self._raw.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            self.damage = str(error)
            return b""
        except OSError as error:
            raise build_unreadable_error(self._where, error) from error
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise build_too_large_error(self._where)
        return data

    def read_rest(self) -> str:
        """Read the rest, for what is wrong with it; return the sha256 of the file as it is."""
        while self.read1(CHUNK):
            pass
        while self._raw.read(CHUNK):
            pass
        return self._raw.sha256.hexdigest()


class ResultSource:
    """A regular file, or what came on standard input."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self.where = where
        """What to call it in messages."""

        self.damage = ""
        """Damage of the gzip data read last; empty if there is none."""

        self.sha256 = ""
        """Of the bytes that were read last, as they were given."""

    def read_head(self) -> bytes:
        """Return its first bytes, without blanks and a byte order mark before them."""
        head = b""
        with self.open_stream(whole=False) as stream:
            while len(head) < HEAD_SIZE and (chunk := stream.read1(HEAD_SIZE)):
                head += chunk
        self.damage = stream.damage
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()

    @contextmanager
    def open_stream(self, *, whole: bool = True) -> Iterator[UnpackedStream]:
        """Read from the beginning; in the end, where `whole`, up to the end of the file."""
        stream = UnpackedStream(self._file, self.where)
        yield stream
        if whole:
            self.sha256 = stream.read_rest()
            self.damage = stream.damage


@contextmanager
def open_file(path: str) -> Iterator[ResultSource]:
    """Open a regular file; raise `InputError` for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        file = os.fdopen(descriptor, "rb")
    except (OSError, ValueError) as error:
        raise build_unreadable_error(path, error) from error
    with file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise InputError(
                f"{path} is not a regular file.",
                f"To read a pipe, pass it on standard input: defcheck score - < {path}",
            )
        if state.st_size > MAX_BYTES:
            raise build_too_large_error(path)
        yield ResultSource(file, path)


@contextmanager
def open_standard_input() -> Iterator[ResultSource]:
    """Take standard input to its end, so that it can be read more than once."""
    where = "standard input"
    if sys.stdin is None:
        raise InputError("Standard input is closed.", SOURCE_ADVICE)
    try:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
            size = 0
            while chunk := sys.stdin.buffer.read(CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise build_too_large_error(where)
                copy.write(chunk)
            yield ResultSource(cast(BinaryIO, copy), where)
    except OSError as error:
        raise build_unreadable_error(where, error) from error


def build_too_large_error(where: str) -> InputError:
    """Return the error for more than any run writes."""
    return InputError(
        f"{where} is larger than {MAX_BYTES // 2**20:,} MiB.", "Give the results of one run."
    )


def build_unreadable_error(where: str, error: Exception) -> InputError:
    """Return the error for a source that the system cannot read."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return InputError(f"{where} cannot be read: {why}.", SOURCE_ADVICE)


FOLDERS = (".stestr", ".testrepository")
NEXT_STREAM = "next-stream"
"""The file with the number of the run that comes next."""


def find_repository(folder: Path) -> Path | None:
    """Return the repository that `folder` is or holds, None where there is none."""
    for repository in (folder, *(folder / name for name in FOLDERS)):
        if (repository / NEXT_STREAM).is_file():
            return repository
    return None


def find_stream(repository: Path, run: int | None) -> Path:
    """Return the stream of the run with that number, of the latest one for None."""
    runs = {int(path.name) for path in repository.iterdir() if _is_number(path.name)}
    if not runs:
        raise InputError(f"The stestr repository {repository} contains no run.", SOURCE_ADVICE)
    latest = max(runs)
    at_hand = ", ".join(map(str, sorted(runs)[-10:]))
    if run is None and _read_next_number(repository) > latest + 1:
        raise InputError(
            f"The latest run in {repository}, {_read_next_number(repository) - 1}, "
            "no longer exists.",
            f"Choose one of its runs with --stestr-run: {at_hand}.",
        )
    if run is not None and run not in runs:
        raise InputError(
            f"The stestr repository {repository} has no run {run}.",
            f"Choose one of its runs with --stestr-run: {at_hand}.",
        )
    return repository / str(latest if run is None else run)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name


def _read_next_number(repository: Path) -> int:
    text = (repository / NEXT_STREAM).read_bytes()[:20].decode("ascii", "replace").strip()
    return int(text) if text.isascii() and text.isdigit() else 0
