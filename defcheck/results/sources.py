"""Read results from whatever a user names."""

import io
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError
from defcheck.results import detect, intake, stestr
from defcheck.results.interface import KINDS
from defcheck.results.model import ResultSet

RUN_RECORD = "run.json"
RAW_RESULTS = "results.subunit"


@dataclass(frozen=True, slots=True)
class Reading:
    """Results with the evidence that they were read from."""

    results: ResultSet
    where: str
    """The path of the file, or `standard input`."""

    sha256: str
    """Of the bytes as they were given, packed or not."""


def read(source: str) -> ResultSet:
    """Read results from a path, or from standard input where `source` is `-`.

    Raises `InputError` when there is nothing to read or no test in it.
    """
    return read_source(source).results


def read_source(source: str, stestr_run: int | None = None) -> Reading:
    """Read results as `read` does; of a stestr repository the run of that number."""
    if source != "-":
        opening = intake.opened(_file_of(source, stestr_run))
    elif stestr_run is None:
        opening = intake.standard_input()
    else:
        raise _no_repository("standard input")
    with opening as opened:
        return Reading(detect.read(opened), opened.where, opened.sha256)


def read_bytes(data: bytes, where: str) -> ResultSet:
    """Read results from bytes; `where` names them in errors."""
    return detect.read(intake.Source(io.BytesIO(data), where))


def _file_of(source: str, run: int | None) -> str:
    """Return the file with the results: of a folder, the one in it."""
    path = Path(source)
    try:
        if not path.is_dir():
            if run is not None:
                raise _no_repository(source)
            return source
        if (path / RUN_RECORD).exists() or (path / RAW_RESULTS).exists():
            if run is not None:
                raise _no_repository(source)
            return str(path / RAW_RESULTS)
        repository = stestr.repository_in(path)
        if repository is not None:
            return str(stestr.stream_of(repository, run))
    except (OSError, ValueError) as error:
        raise intake.unreadable(source, error) from error
    raise InputError(f"{source} is neither a run directory nor a stestr repository.", KINDS)


def _no_repository(source: str) -> InputError:
    return InputError(
        f"{source} is no stestr repository.", "Leave --stestr-run out, or name a repository."
    )
