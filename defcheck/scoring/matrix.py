"""Score one set of results against many guidelines, with the gap to the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.models import Guideline, Status, Target
from defcheck.results.models import Outcome
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.policy import DEFAULT_OPTIONS, Judgement, ScoringOptions
from defcheck.scoring.verdict import TestVerdict, Verdict, score_evidence

DRAFTS = ("draft", "advisory")
"""Statuses of guidelines that are not in force yet."""

NEVER_RAN = (Outcome.NOT_RUN, Outcome.ABSENT)


@dataclass(frozen=True, slots=True, eq=False)
class MatrixCell:
    """One target of one guideline, and the verdict on it."""

    guideline: Guideline
    target: Target
    verdict: Verdict | None
    """None if the target requires nothing or cannot be scored."""

    error: str = ""
    """Why there is no verdict."""

    @property
    def passed(self) -> bool:
        """Whether the verdict is pass."""
        return self.verdict is not None and self.verdict.judgement is Judgement.PASS

    @property
    def ran(self) -> int:
        """How many different counted tests the results contain."""
        counted = self.verdict.counted_tests if self.verdict else ()
        return len({test.name for test in counted if test.outcome not in NEVER_RAN})


@dataclass(frozen=True, slots=True)
class OutlookStep:
    """A later guideline, and what is missing for it."""

    cell: MatrixCell
    required: tuple[TestVerdict, ...]
    """Counted tests that block a pass, once for each capability that requires them."""

    advisory: tuple[TestVerdict, ...]
    """Tests of advisory capabilities without a pass, once for each: they may become required."""


@dataclass(frozen=True, slots=True)
class TargetOutlook:
    """Outlook of a cloud for one target."""

    target: str
    passed: str
    """Id of the newest guideline that it passes, empty where there is none."""

    steps: tuple[OutlookStep, ...]
    """The guideline after that one, the newest, and the drafts, in order."""


def score_matrix(
    guidelines: Iterable[Guideline],
    evidence: Evidence,
    options: ScoringOptions = DEFAULT_OPTIONS,
    target: str = "",
) -> tuple[MatrixCell, ...]:
    """Judge every target of the guidelines, or the one with the short name `target`."""
    return tuple(
        _score_cell(guideline, one, evidence, options)
        for guideline in guidelines
        for one in guideline.targets
        if target in ("", one.name)
    )


def _score_cell(
    guideline: Guideline, target: Target, evidence: Evidence, options: ScoringOptions
) -> MatrixCell:
    try:
        return MatrixCell(guideline, target, score_evidence(guideline, target, evidence, options))
    except InputError as error:
        return MatrixCell(guideline, target, None, error.message)


def build_outlooks(cells: Sequence[MatrixCell]) -> tuple[TargetOutlook, ...]:
    """Return the outlook of each target; `cells` are in the order of the editions."""
    names = dict.fromkeys(cell.target.name for cell in cells)
    return tuple(
        _build_outlook([cell for cell in cells if cell.target.name == name]) for name in names
    )


def _build_outlook(lineage: Sequence[MatrixCell]) -> TargetOutlook:
    scored = [cell for cell in lineage if cell.verdict is not None]
    editions = [cell for cell in scored if cell.guideline.status not in DRAFTS]
    drafts = [cell for cell in scored if cell.guideline.status in DRAFTS]
    passed = next((cell for cell in reversed(editions) if cell.passed), None)
    later = editions[editions.index(passed) + 1 :] if passed else editions[-1:]
    ahead = [*dict.fromkeys((*later[:1], *later[-1:])), *drafts]
    return TargetOutlook(
        target=lineage[0].target.name,
        passed=passed.guideline.id if passed else "",
        steps=tuple(_build_step(cell, cell.verdict) for cell in ahead if cell.verdict),
    )


def _build_step(cell: MatrixCell, verdict: Verdict) -> OutlookStep:
    def select_without_pass(tests: Iterable[TestVerdict]) -> tuple[TestVerdict, ...]:
        return tuple(test for test in tests if test.judgement is not Judgement.PASS)

    advisory = (
        test for test in verdict.tests if test.status is Status.ADVISORY and not test.set_aside
    )
    return OutlookStep(
        cell, select_without_pass(verdict.counted_tests), select_without_pass(advisory)
    )
