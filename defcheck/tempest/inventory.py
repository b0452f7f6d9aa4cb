"""A list of the tests of some Tempest, read from a file."""

from pathlib import Path

from defcheck.errors import InputError
from defcheck.files import clip, read_bounded
from defcheck.tempest.workspace import TEST_NAME

MAX_BYTES = 64 * 1024 * 1024


def read_inventory(path: Path) -> tuple[str, ...]:
    """Return the full names of tests that stand in a file, one a line.

    Raises `InputError` where the file cannot be read, or a line is no test's
    name: a list of something else would make every test seem gone.
    """
    advice = "Make one with `stestr list` or `tempest run --list-tests`; it has less than 1 MiB."
    data = read_bounded(path, "The inventory", MAX_BYTES, advice)
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
