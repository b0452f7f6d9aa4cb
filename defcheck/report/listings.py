"""Each test of a verdict once, whatever capabilities list it.

Capabilities may list one test with aliases of their own, so that it is found
for one and not for another. Then what says most against it tells, among the
capabilities for which it counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from defcheck.report.document import Document
from defcheck.results.model import SEVERITY, Outcome
from defcheck.scoring.policy import Judgement

WORST_FIRST = (Judgement.FAIL, Judgement.INCOMPLETE, Judgement.PASS)


@dataclass(frozen=True, slots=True)
class Listing:
    """A test as one capability lists it."""

    capability: str
    counted: bool
    advisory: bool
    """Demanded by an advisory capability, and not flagged."""

    test: Document


def each_test(verdict: Document) -> dict[str, list[Listing]]:
    """Return the listings of each test by its name, in the order of the verdict."""
    found: dict[str, list[Listing]] = {}
    for capability in verdict["capabilities"]:
        for test in capability["tests"]:
            flagged = bool(test["flag"] or test["local_flag"])
            advisory = capability["status"] == "advisory" and not flagged
            listing = Listing(capability["name"], test["counted"], advisory, test)
            found.setdefault(test["name"], []).append(listing)
    return found


def binding(listings: Sequence[Listing]) -> list[Listing]:
    """Return those by which a test counts, else those that are advisory, else all."""
    return (
        [one for one in listings if one.counted]
        or [one for one in listings if one.advisory]
        or list(listings)
    )


def worst(listings: Sequence[Listing]) -> Document:
    """Return the test as it stands where it says most against the cloud."""
    return min(binding(listings), key=_against).test


def _against(listing: Listing) -> tuple[int, int]:
    test = listing.test
    return WORST_FIRST.index(test["judgement"]), SEVERITY.index(Outcome(test["outcome"]))
