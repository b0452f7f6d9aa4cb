"""What the service of the tests is told to run, and in which order."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

FORESEE = "foresee"
"""The key of the other order: to tell which of some tests, by class, will not run."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run."""

    groups: list[tuple[str, list[str]]]
    """Class names with the ids of their tests, in the order in which they begin."""

    workers: int
    class_seconds: float
    """How long a class may take."""

    results: str
    """The file to which packets are appended."""

    log: str
    """The file for what tests print and the service complains of."""

    secrets: list[str] = field(default_factory=list)
    """Values that are to be written nowhere."""

    def line(self) -> bytes:
        """Return it as a line for the service."""
        return json.dumps(asdict(self)).encode() + b"\n"


def longest_first(
    tests: Iterable[str], owners: Mapping[str, str], seconds: Mapping[str, float]
) -> list[tuple[str, list[str]]]:
    """Return the tests by class, the class that is expected to take longest first.

    `owners` has the class of each test, `seconds` how long classes took. A
    class that is not among them is taken to be as fast, for each of its tests,
    as the known ones together are.
    """
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(owners[test], []).append(test)
    known = [name for name in groups if name in seconds]
    tests_of_known = sum(len(groups[name]) for name in known)
    each = sum(seconds[name] for name in known) / tests_of_known if known else 1.0
    expected = {name: seconds.get(name, each * len(ids)) for name, ids in groups.items()}
    return sorted(groups.items(), key=lambda group: -expected[group[0]])
