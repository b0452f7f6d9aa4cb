"""Read the files that the guidelines are built from, and write the built ones."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from defcheck.errors import InputError

GUIDELINES = Path(__file__).resolve().parents[1]
"""The folder that the built files go to."""

Json = dict[str, Any]


def read_json(path: Path) -> Json:
    """Return the JSON object in a file."""
    try:
        value = json.loads(read_bytes(path))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} holds no JSON object.")
    return value


def read_bytes(path: Path) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def dump(document: Json) -> bytes:
    """Return a document as it is written: order kept, two spaces, a newline at the end."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hex."""
    return hashlib.sha256(data).hexdigest()


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write all files, each under a temporary name first, or leave the folder as it was."""
    staged: list[tuple[Path, Path]] = []
    try:
        for path, data in files.items():
            temporary = folder / f"{path}.tmp"
            temporary.parent.mkdir(parents=True, exist_ok=True)
            staged.append((temporary, folder / path))
            temporary.write_bytes(data)
        for temporary, target in staged:
            os.replace(temporary, target)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
