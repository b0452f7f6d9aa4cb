"""Find the results of a run in a repository of stestr, or of testr before it."""

from pathlib import Path

from defcheck.errors import InputError
from defcheck.results.interface import KINDS

FOLDERS = (".stestr", ".testrepository")
NEXT = "next-stream"
"""The file with the number of the run that comes next."""


def repository_in(folder: Path) -> Path | None:
    """Return the repository that `folder` is or holds, None where there is none."""
    for repository in (folder, *(folder / name for name in FOLDERS)):
        if (repository / NEXT).is_file():
            return repository
    return None


def stream_of(repository: Path, run: int | None) -> Path:
    """Return the stream of the run with that number, of the latest one for None."""
    runs = {int(path.name) for path in repository.iterdir() if _is_number(path.name)}
    if not runs:
        raise InputError(f"The stestr repository {repository} holds no run.", KINDS)
    latest = max(runs)
    at_hand = ", ".join(map(str, sorted(runs)[-10:]))
    if run is None and _next(repository) > latest + 1:
        raise InputError(
            f"The latest run in {repository}, {_next(repository) - 1}, is not there any more.",
            f"Name one of its runs with --stestr-run: {at_hand}.",
        )
    if run is not None and run not in runs:
        raise InputError(
            f"The stestr repository {repository} has no run {run}.",
            f"Name one of its runs with --stestr-run: {at_hand}.",
        )
    return repository / str(latest if run is None else run)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name


def _next(repository: Path) -> int:
    text = (repository / NEXT).read_bytes()[:20].decode("ascii", "replace").strip()
    return int(text) if text.isascii() and text.isdigit() else 0
