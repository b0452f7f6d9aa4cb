"""The verdict that is evidence: by the guideline's own policy, whatever the folder is called."""

from pathlib import Path

from defcheck.report.document import Document


def score_evidence(run: Path) -> Document:
    """Score a run directory without any option."""
    from defcheck.cli.documents import score_one
    from defcheck.results.sources import RAW_RESULTS

    document = score_one(str(run))
    return {**document, "results": {**document["results"], "source": RAW_RESULTS}}
