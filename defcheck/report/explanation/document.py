"""What a guideline demands by a capability or test, since when, and what came of it in a run.

The document's schema is reports/schemas/explanation-1.json.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from defcheck import __version__
from defcheck.guideline.editions.history import Appearance, of_capability, of_test, standings
from defcheck.guideline.lookup import Subject
from defcheck.guideline.matching import claims
from defcheck.guideline.model import Guideline, Target, Test
from defcheck.report.document import Document, flag_facts, test_facts
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.terms import Terms
from defcheck.scoring.verdict import TestVerdict, judge

FORMAT = "defcheck explanation 1"


@dataclass(frozen=True, slots=True)
class Run:
    """Results to explain, held against one target."""

    source: str
    target: Target
    evidence: Evidence


def build(
    word: str,
    guideline: Guideline,
    subjects: Sequence[Subject],
    editions: Sequence[Guideline],
    terms: Terms,
    run: Run | None = None,
) -> Document:
    """Return the document for what `word` means in `guideline`.

    `editions` are the guidelines to look through for its history.
    """
    tests = _verdicts(guideline, terms, run) if run else {}
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "name": word,
        "guideline": {"id": guideline.id, "status": guideline.status, "schema": guideline.schema},
        "run": _run(run) if run else None,
        "capabilities": [
            _capability(guideline, subject, editions, terms, run, tests) for subject in subjects
        ],
    }


def _run(run: Run) -> Document:
    return {
        "source": run.source,
        "format": run.evidence.format,
        "target": run.target.name,
        "tempest_known": run.evidence.knows_tempest,
        "problems": list(run.evidence.problems),
    }


Verdicts = dict[tuple[str, str], TestVerdict]


def _verdicts(guideline: Guideline, terms: Terms, run: Run) -> Verdicts:
    verdict = judge(guideline, run.target, run.evidence, terms)
    return {(test.capability, test.test.name): test for test in verdict.tests}


def _capability(
    guideline: Guideline,
    subject: Subject,
    editions: Sequence[Guideline],
    terms: Terms,
    run: Run | None,
    verdicts: Verdicts,
) -> Document:
    capability = subject.capability
    return {
        "name": capability.name,
        "description": capability.description,
        "project": capability.project,
        "admin": capability.admin,
        "achievements": list(capability.achievements),
        "whole": subject.whole,
        "standings": [asdict(one) for one in standings(guideline, capability.name)],
        "history": (
            _capability_history(of_capability(capability.name, editions)) if subject.whole else []
        ),
        "tests": [
            {
                "name": test.name,
                "idempotent_id": test.idempotent_id,
                "aliases": list(test.aliases),
                "flag": flag_facts(test.flag),
                "local_flags": [
                    {**asdict(flag), "state": state.value}
                    for flag, state in terms.local_flags(guideline.id)
                    if flag.covers(capability.name, test.name)
                ],
                "history": [] if subject.whole else _test_history(of_test(test, editions)),
                "result": _result(guideline, test, run, verdicts.get((capability.name, test.name))),
            }
            for test in subject.tests
        ],
    }


def _edition(one: Appearance) -> Document:
    return {
        "guideline": one.guideline.id,
        "guideline_status": one.guideline.status,
        "standings": [asdict(standing) for standing in one.standings],
    }


def _capability_history(appearances: Sequence[Appearance]) -> list[Document]:
    return [
        {
            **_edition(one),
            "tests": len(one.capability.tests),
            "flagged": sum(test.flag is not None for test in one.capability.tests),
        }
        for one in appearances
    ]


def _test_history(appearances: Sequence[Appearance]) -> list[Document]:
    return [
        {
            **_edition(one),
            "capability": one.capability.name,
            "name": one.test.name,
            "flag": flag_facts(one.test.flag),
        }
        for one in appearances
        if one.test is not None
    ]


def _result(
    guideline: Guideline, test: Test, run: Run | None, verdict: TestVerdict | None
) -> Document | None:
    """Return what became of a test, None without a run or where the target has it not."""
    if run is None or verdict is None:
        return None
    resolution = run.evidence.resolve(test, claims(guideline))
    return {
        **test_facts(verdict),
        "siblings": list(resolution.siblings),
        "events": [one.event.name for one in verdict.attempts if one.event is not None],
    }
