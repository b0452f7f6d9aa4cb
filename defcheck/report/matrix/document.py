"""The matrix of guidelines and targets as one JSON-ready document.

Its schema is reports/schemas/matrix-1.json.
"""

from collections.abc import Sequence
from dataclasses import asdict

from defcheck import __version__
from defcheck.report.document import Document, refstack_answer
from defcheck.scoring.counting import choose_worst, count_tests, group_by_test
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import Cell, Outlook, Step, outlooks
from defcheck.scoring.terms import Terms
from defcheck.scoring.verdict import TestVerdict

FORMAT = "defcheck matrix 1"


def build(
    cells: Sequence[Cell], evidence: Evidence, terms: Terms, *, source: str, results_sha256: str
) -> Document:
    """Return the document for the verdicts on results from `source`."""
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "results": {"source": source, "format": evidence.format, "sha256": results_sha256},
        "changes": list(terms.changes),
        "problems": list(evidence.problems),
        "verdicts": [_cell(cell) for cell in cells],
        "outlooks": [_outlook(outlook) for outlook in outlooks(cells)],
    }


def _cell(cell: Cell) -> Document:
    verdict = cell.verdict
    return {
        "guideline": cell.guideline.id,
        "status": cell.guideline.status,
        "policy": cell.guideline.policy.value,
        "target": {"name": cell.target.name, "title": cell.target.title},
        "verdict": verdict.judgement.value if verdict else None,
        "without_overlay": (
            verdict.without_overlay.value if verdict and verdict.without_overlay else None
        ),
        "error": cell.error,
        "counted": asdict(count_tests(verdict.counted)) if verdict else None,
        "ran": cell.ran,
        "refstack": refstack_answer(verdict.refstack) if verdict else None,
    }


def _outlook(outlook: Outlook) -> Document:
    return {
        "target": outlook.target,
        "passed": outlook.passed or None,
        "steps": [_step(step) for step in outlook.steps],
    }


def _step(step: Step) -> Document:
    return {
        "guideline": step.cell.guideline.id,
        "status": step.cell.guideline.status,
        "ran": step.cell.ran,
        "counted": count_tests(step.cell.verdict.counted).total if step.cell.verdict else 0,
        "required": _gaps(step.required),
        "advisory": _gaps(step.advisory),
    }


def _gaps(lacking: Sequence[TestVerdict]) -> list[Document]:
    return [_gap(listings) for listings in group_by_test(lacking).values()]


def _gap(listings: Sequence[TestVerdict]) -> Document:
    test = choose_worst(listings)
    return {
        "capabilities": [one.capability for one in listings],
        "test": test.name,
        "outcome": test.outcome.value,
        "judgement": test.judgement.value,
        "reason": test.reason,
    }
