"""Read files within limits; write them whole or not at all."""

import os
import tempfile
from pathlib import Path
from typing import Literal

from defcheck.errors import InputError


def path_exists(path: Path) -> bool:
    """Return whether there is something at `path`; raise `InputError` where that is hidden."""
    try:
        return path.exists()
    except OSError as error:
        raise InputError(
            f"{clip_text(str(path))} cannot be looked at: {error.strerror}.", "Name another place."
        ) from error


def clip_text(text: str, length: int = 120) -> str:
    """Return `text`, cut where it is very long."""
    return text if len(text) <= length else text[:length] + "…"


def read_bounded(path: Path, what: str, limit: int, advice: str) -> bytes:
    """Return the bytes of a file, `most` at the most.

    Raises `InputError` where it cannot be read or is larger; `what` names it
    there, as in "The overlay", and `advice` says what to do.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise InputError(
            f"{what} {clip_text(str(path))} cannot be read: {error.strerror}.", advice
        ) from error
    if len(data) > limit:
        raise InputError(
            f"{what} {clip_text(str(path))} is larger than {limit // 2**20} MiB.", advice
        )
    return data


def find_user_folder(kind: Literal["data", "state", "cache"], variable: str, name: str) -> Path:
    """Return a folder of the user's, which need not exist.

    It is what the environment variable `variable` names, else `name` in
    defcheck's folder of that kind by the XDG Base Directory Specification: below
    `$XDG_DATA_HOME`, for instance, unless that is unset or relative.
    """
    if chosen := os.environ.get(variable):
        return Path(chosen).expanduser().absolute()
    from platformdirs.unix import Unix

    return Path(getattr(Unix("defcheck"), f"user_{kind}_dir"), name)


def write_atomic(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write `content` to `path` so that a reader sees the old file or the whole new one.

    `mode` says who may do what with the file, as far as the umask allows.
    """
    temporary = _write_beside(path, content, mode)
    try:
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink()
        raise


def _write_beside(path: Path, content: str | bytes, mode: int = 0o666) -> Path:
    """Write a complete temporary file next to `path` and return it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, mode & ~umask)
    except BaseException:
        os.unlink(name)
        raise
    return Path(name)


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, and leave none where that fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file that a user named; raise `InputError` where it exists or cannot be made."""
    try:
        temporary = _write_beside(path, content)
        try:
            os.link(temporary, path)
        finally:
            temporary.unlink()
    except FileExistsError as error:
        raise InputError(
            f"{path} exists already.", "Name another file, or move that one away."
        ) from error
    except OSError as error:
        raise InputError(
            f"{clip_text(str(path))} cannot be written: {error.strerror}.", "Name a place that can."
        ) from error
