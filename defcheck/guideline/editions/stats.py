"""How capabilities, tests and flags grew and shrank over the editions of a guideline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import linear_regression

from defcheck.guideline.editions.counting import is_counted
from defcheck.guideline.editions.lineage import approved, statuses
from defcheck.guideline.model import Guideline, Status
from defcheck.guideline.select import by_status, find_target

DEFAULT_TARGETS = {"guideline": "platform"}
"""The target that is shown where none is named; the other lineages have one only."""


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one edition for one target."""

    edition: str
    status: str
    """Of the edition: approved, superseded or draft."""

    capabilities: tuple[tuple[Status, int], ...]
    """Number of capabilities by status, each under its strongest."""

    tests: int
    """Pairs of a required capability and one of its tests, as RefStack counted."""

    flagged: int
    """Pairs whose test is flagged."""

    counted_names: int
    """Counted tests, each once in however many capabilities it stands."""

    @property
    def counted(self) -> int:
        """Pairs that a verdict depends on."""
        return self.tests - self.flagged

    @property
    def share(self) -> float | None:
        """Flagged pairs in percent of all; None where there is no test."""
        return 100 * self.flagged / self.tests if self.tests else None


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether the flags shrank, over the editions that have tests."""

    first: Row
    last: Row
    highest: Row
    """The first edition with the highest share."""

    slope: float
    """Change of the share in percentage points per edition, by least squares."""


def tabulate(guidelines: Iterable[Guideline], target: str) -> tuple[Row, ...]:
    """Return the numbers of each edition, drafts only where nothing was approved.

    `target` names the target, empty for the only one.
    """
    every = tuple(guidelines)
    return tuple(_row(guideline, target) for guideline in approved(every) or every)


def _row(guideline: Guideline, name: str) -> Row:
    target = find_target(guideline, name)
    listed = Counter(statuses(guideline, [target.name]).values())
    required = [
        (item, test)
        for item in by_status(guideline, target).values()
        if item.status is Status.REQUIRED
        for test in item.capability.tests
    ]
    counted = [test.name for item, test in required if is_counted(item, test)]
    return Row(
        edition=guideline.id,
        status=guideline.status,
        capabilities=tuple((status, listed[status]) for status in Status),
        tests=len(required),
        flagged=len(required) - len(counted),
        counted_names=len(set(counted)),
    )


def trend(rows: Sequence[Row]) -> Trend | None:
    """Return how the share of flagged tests went, None with less than two editions."""
    shares = [(row, row.share) for row in rows if row.share is not None]
    if len(shares) < 2:
        return None
    values = [share for _, share in shares]
    return Trend(
        first=shares[0][0],
        last=shares[-1][0],
        highest=shares[values.index(max(values))][0],
        slope=linear_regression(range(len(values)), values).slope,
    )
