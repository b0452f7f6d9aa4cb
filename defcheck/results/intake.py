"""Open a source of results: unpacked, as often as needed, hashed, and within bounds."""

import gzip
import hashlib
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from defcheck.errors import InputError
from defcheck.results.interface import KINDS

MAX_BYTES = 1024 * 1024 * 1024
"""Packed or unpacked, more than any run writes: a platform run has 5 MB."""

HEAD = 64 * 1024
"""Bytes from which it is told what a source is."""

CHUNK = 128 * 1024
PIECE = 16 * 1024
"""Bytes unpacked at a time: so many are lost where the packed ones are damaged."""

IN_MEMORY = 1024 * 1024
"""Bytes of standard input kept in memory; more go to a temporary file."""

PACKED = b"\x1f\x8b"


class _Hashed:
    """A file that is read from its beginning, with the hash of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


class Unpacked:
    """The content of a file, unpacked where it is gzipped."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        file.seek(0)
        packed = file.read(len(PACKED)) == PACKED
        self._raw = _Hashed(file)
        self._gzip = gzip.GzipFile(fileobj=cast(BinaryIO, self._raw), mode="rb") if packed else None
        self._where = where
        self._size = 0
        self.damage = ""
        """What is wrong with the packing."""

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
            raise unreadable(self._where, error) from error
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise too_large(self._where)
        return data

    def finish(self) -> str:
        """Read the rest, for what is wrong with it; return the sha256 of the file as it is."""
        while self.read1(CHUNK):
            pass
        while self._raw.read(CHUNK):
            pass
        return self._raw.sha256.hexdigest()


class Source:
    """A regular file, or what came on standard input."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._file = file
        self.where = where
        """What to call it in messages."""

        self.damage = ""
        """What is wrong with the packing of what was read last."""

        self.sha256 = ""
        """Of the bytes that were read last, as they were given."""

    def head(self) -> bytes:
        """Return its first bytes, without blanks and a byte order mark before them."""
        head = b""
        with self.reading(whole=False) as stream:
            while len(head) < HEAD and (chunk := stream.read1(HEAD)):
                head += chunk
        self.damage = stream.damage
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()

    @contextmanager
    def reading(self, *, whole: bool = True) -> Iterator[Unpacked]:
        """Read from the beginning; in the end, where `whole`, up to the end of the file."""
        stream = Unpacked(self._file, self.where)
        yield stream
        if whole:
            self.sha256 = stream.finish()
            self.damage = stream.damage


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open a regular file; raise `InputError` for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        file = os.fdopen(descriptor, "rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise InputError(
                f"{path} is no regular file.",
                f"To read a pipe, pass it on standard input: defcheck score - < {path}",
            )
        if state.st_size > MAX_BYTES:
            raise too_large(path)
        yield Source(file, path)


@contextmanager
def standard_input() -> Iterator[Source]:
    """Take standard input to its end, so that it can be read more than once."""
    where = "standard input"
    if sys.stdin is None:
        raise InputError("Standard input is closed.", KINDS)
    try:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
            size = 0
            while chunk := sys.stdin.buffer.read(CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise too_large(where)
                copy.write(chunk)
            yield Source(cast(BinaryIO, copy), where)
    except OSError as error:
        raise unreadable(where, error) from error


def too_large(where: str) -> InputError:
    """Return the error for more than any run writes."""
    return InputError(
        f"{where} holds more than {MAX_BYTES // 2**20:,} MiB.", "Give the results of one run."
    )


def unreadable(where: str, error: Exception) -> InputError:
    """Return the error for what the system does not let be read."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return InputError(f"{where} cannot be read: {why}.", KINDS)
