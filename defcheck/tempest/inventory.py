"""A list of the tests of some Tempest, read from a file."""

from pathlib import Path

from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.tempest.workspace import TEST_NAME

MAX_BYTES = 64 * 1024 * 1024


def read_inventory(path: Path) -> tuple[str, ...]:
    """Return the full names of tests that stand in a file, one a line.

    Raises `InputError` where the file cannot be read, or a line is no test's
    name: a list of something else would make every test seem gone.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"The inventory {clip(str(path))} cannot be read: {error.strerror}.",
            "Make one with `stestr list` or `tempest run --list-tests`.",
        ) from error
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The inventory {path} is larger than {MAX_BYTES // 2**20} MiB.",
            "A Tempest's has less than 1 MiB.",
        )
    names = []
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        name = line.strip()
        if not name:
            continue
        if not TEST_NAME.fullmatch(name):
            raise InputError(
                f"Line {number} of {path} is no test's name: {clip(name)!r}.",
                "One full name stands in each line, such as a.b.Class.test_x[id-…,smoke].",
            )
        names.append(name)
    if not names:
        raise InputError(
            f"The inventory {path} names no test.", "One full name stands in each line."
        )
    return tuple(names)
