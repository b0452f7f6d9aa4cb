"""Each test of a verdict once, whatever capabilities list it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from defcheck.results.model import Outcome
from defcheck.scoring.counting import choose_worst, group_by_test
from defcheck.scoring.policy import Judgement

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A test as one capability lists it."""

    capability: str
    counted: bool
    advisory: bool
    """Demanded by an advisory capability, and not flagged."""

    test: Document

    @property
    def name(self) -> str:
        """The name that the guideline gives it."""
        return str(self.test["name"])

    @property
    def judgement(self) -> Judgement:
        """What it contributes to the verdict."""
        return Judgement(self.test["judgement"])

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return Outcome(self.test["outcome"])


def each_test(verdict: Document) -> dict[str, list[Listing]]:
    """Return the listings of each test by its name, in the order of the verdict."""
    return group_by_test(
        Listing(
            capability["name"],
            test["counted"],
            capability["status"] == "advisory" and not (test["flag"] or test["local_flag"]),
            test,
        )
        for capability in verdict["capabilities"]
        for test in capability["tests"]
    )


def binding(listings: Sequence[Listing]) -> list[Listing]:
    """Return those by which a test counts, else those that are advisory, else all."""
    return (
        [one for one in listings if one.counted]
        or [one for one in listings if one.advisory]
        or list(listings)
    )


def worst(listings: Sequence[Listing]) -> Document:
    """Return the test as it stands where it says most against the cloud."""
    return choose_worst(binding(listings)).test
