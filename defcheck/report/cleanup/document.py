"""What `defcheck cleanup` found and did, as one JSON-ready document.

Its schema is reports/schemas/cleanup-1.json.
"""

from collections.abc import Iterable

from defcheck import __version__
from defcheck.cloud.leftovers.model import Findings
from defcheck.cloud.leftovers.removal import Outcome
from defcheck.report.document import Document
from defcheck.runner.aftermath import leftover_facts
from defcheck.runner.record import Record

FORMAT = "defcheck cleanup 1"


def build(
    record: Record, run: str, findings: Findings, outcomes: Iterable[Outcome] | None, at: str
) -> Document:
    """Return the document; `outcomes` is None where nothing was to be deleted.

    What was not come to, since deleting was interrupted, remains. `at` is the
    time of day in ISO 8601.
    """
    done = {(one.leftover.thing.kind, one.leftover.thing.id): one for one in outcomes or ()}
    ours = []
    for leftover in findings.ours:
        outcome = done.get((leftover.thing.kind, leftover.thing.id))
        state = "found" if outcomes is None else "remains"
        if outcome is not None and outcome.removed:
            state = "removed"
        reason = outcome.reason if outcome else ""
        ours.append({**leftover_facts(leftover), "state": state, "reason": reason})
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "at": at,
        "run": run,
        "prefix": record.prefix,
        "cloud": record.cloud,
        "deleted": outcomes is not None,
        "ours": ours,
        "unproven": [leftover_facts(one) for one in findings.unproven],
        "unseen": list(findings.unseen),
    }


def is_clean(document: Document) -> bool:
    """Return whether nothing of the run's remains, as far as all could be seen."""
    left = [one for one in document["ours"] if one["state"] != "removed"]
    return not left and not document["unseen"]
