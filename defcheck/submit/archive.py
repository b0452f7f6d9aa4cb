"""One archive with the same bytes for the same files, read back without trust."""

import io
import re
import tarfile
from collections.abc import Mapping

FOLDER = "defcheck-bundle/"
"""Everything lies in it, so that unpacking by hand litters nothing."""

_BLOCK = 512
_MAGIC = slice(257, 265)
_USTAR = b"ustar\x0000"
_SIZE = re.compile(rb"([0-7]{11})\0")


class NoArchiveError(Exception):
    """It is no POSIX archive at all."""


class BrokenArchiveError(Exception):
    """The archive is not one that `pack` makes; the words say how."""


def pack(files: Mapping[str, bytes], folder: str = FOLDER) -> bytes:
    """Return a plain POSIX (ustar) archive of the files, by name, without times or owners."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(folder + name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return archive.getvalue()


def unpack(data: bytes, known: frozenset[str], folder: str = FOLDER) -> dict[str, bytes]:
    """Return the files of an archive, all of them in one folder and with `known` names.

    Python's tarfile can be led astray by hostile archives. Here only names and
    sizes are read, and what `pack` does not make of the files to the byte is
    refused, whatever it is. Raises `NoArchiveError` and `BrokenArchiveError`.
    """
    if data[_MAGIC] != _USTAR:
        raise NoArchiveError
    files: dict[str, bytes] = {}
    position = 0
    while header := data[position : position + _BLOCK].rstrip(b"\0"):
        name = _name(header.ljust(_BLOCK, b"\0"), known, folder)
        if name in files:
            raise BrokenArchiveError(f"{name} is in it twice")
        size = _SIZE.fullmatch(header[124:136])
        begin = position + _BLOCK
        end = begin + int(size[1], 8) if size else len(data) + 1
        if end > len(data):
            raise BrokenArchiveError("it is cut off, or damaged")
        files[name] = data[begin:end]
        position = -(-end // _BLOCK) * _BLOCK
    if pack(files, folder) != data:
        raise BrokenArchiveError("it holds more than its files, or was packed by something else")
    return files


def _name(header: bytes, known: frozenset[str], folder: str) -> str:
    """Return a file's name without the folder; raise where nothing of that name or kind belongs."""
    full = header[:100].rstrip(b"\0").decode("utf-8", "replace")
    if header[_MAGIC] != _USTAR or header[156:157] != tarfile.REGTYPE:
        raise BrokenArchiveError(f"{full[:80]!r} is a link or another special file")
    name = full.removeprefix(folder)
    if not full.startswith(folder) or name not in known:
        raise BrokenArchiveError(f"{full[:80]!r} does not belong in it")
    return name
