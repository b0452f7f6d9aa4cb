"""What a guideline requires of a test and why, by reports/schemas/explanation-1.json."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from defcheck import __version__
from defcheck.guideline.history.editions import (
    Appearance,
    find_capability_appearances,
    find_test_appearances,
    list_standings,
)
from defcheck.guideline.matching import Subject, collect_accepted_names
from defcheck.guideline.models import Guideline, Target, Test
from defcheck.report.models.verdict_report import Document, flag_facts, test_facts
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.policy import ScoringOptions
from defcheck.scoring.verdict import TestVerdict, score_evidence

EXPLANATION_FORMAT = "defcheck explanation 1"


@dataclass(frozen=True, slots=True)
class ExplainedResults:
    """Results to explain, scored against one target."""

    source: str
    target: Target
    evidence: Evidence


def build_explanation_document(
    word: str,
    guideline: Guideline,
    subjects: Sequence[Subject],
    editions: Sequence[Guideline],
    terms: ScoringOptions,
    results: ExplainedResults | None = None,
) -> Document:
    """Build the explanation of the capability or test `word` of `guideline`.

    `editions` are the guidelines that its history covers.
    """
    tests = _judge_tests(guideline, terms, results) if results else {}
    return {
        "format": EXPLANATION_FORMAT,
        "defcheck": __version__,
        "name": word,
        "guideline": {"id": guideline.id, "status": guideline.status, "schema": guideline.schema},
        "run": _results_facts(results) if results else None,
        "capabilities": [
            _explain_capability(guideline, subject, editions, terms, results, tests)
            for subject in subjects
        ],
    }


def _results_facts(run: ExplainedResults) -> Document:
    return {
        "source": run.source,
        "format": run.evidence.format,
        "target": run.target.name,
        "tempest_known": run.evidence.knows_tempest,
        "problems": list(run.evidence.problems),
    }


Verdicts = dict[tuple[str, str], TestVerdict]


def _judge_tests(guideline: Guideline, terms: ScoringOptions, run: ExplainedResults) -> Verdicts:
    verdict = score_evidence(guideline, run.target, run.evidence, terms)
    return {(test.capability, test.test.name): test for test in verdict.tests}


def _explain_capability(
    guideline: Guideline,
    subject: Subject,
    editions: Sequence[Guideline],
    terms: ScoringOptions,
    run: ExplainedResults | None,
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
        "standings": [asdict(one) for one in list_standings(guideline, capability.name)],
        "history": (
            _capability_history(find_capability_appearances(capability.name, editions))
            if subject.whole
            else []
        ),
        "tests": [
            {
                "name": test.name,
                "idempotent_id": test.idempotent_id,
                "aliases": list(test.aliases),
                "flag": flag_facts(test.flag),
                "local_flags": [
                    {**asdict(flag), "state": state.value}
                    for flag, state in terms.list_local_flags(guideline.id)
                    if flag.covers(capability.name, test.name)
                ],
                "history": []
                if subject.whole
                else _test_history(find_test_appearances(test, editions)),
                "result": _explain_result(
                    guideline, test, run, verdicts.get((capability.name, test.name))
                ),
            }
            for test in subject.tests
        ],
    }


def _edition_facts(appearance: Appearance) -> Document:
    return {
        "guideline": appearance.guideline.id,
        "guideline_status": appearance.guideline.status,
        "standings": [asdict(standing) for standing in appearance.standings],
    }


def _capability_history(appearances: Sequence[Appearance]) -> list[Document]:
    return [
        {
            **_edition_facts(one),
            "tests": len(one.capability.tests),
            "flagged": sum(test.flag is not None for test in one.capability.tests),
        }
        for one in appearances
    ]


def _test_history(appearances: Sequence[Appearance]) -> list[Document]:
    return [
        {
            **_edition_facts(one),
            "capability": one.capability.name,
            "name": one.test.name,
            "flag": flag_facts(one.test.flag),
        }
        for one in appearances
        if one.test is not None
    ]


def _explain_result(
    guideline: Guideline, test: Test, run: ExplainedResults | None, verdict: TestVerdict | None
) -> Document | None:
    """Return the result of a test; None without a run, or if the target lacks the test."""
    if run is None or verdict is None:
        return None
    resolution = run.evidence.resolve_test(test, collect_accepted_names(guideline))
    return {
        **test_facts(verdict),
        "siblings": list(resolution.siblings),
        "events": [one.event.name for one in verdict.attempts if one.event is not None],
    }
