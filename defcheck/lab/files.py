"""Files and folders that only their owner may read."""

import os
import tempfile
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make `folder`, and the folders above it, readable by their owner only.

    Folders that exist already above it stay as they are.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600, whole or not at all."""
    make_private_folder(path.parent)
    # mkstemp makes the file 0600 from the first moment on, whatever the umask.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def last_lines(path: Path, count: int = 15) -> str:
    """Return the last lines of a log, indented, or a note that there are none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (nothing was logged)"
