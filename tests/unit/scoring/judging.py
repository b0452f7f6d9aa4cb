"""Score a few events against a guideline in one call."""

from collections.abc import Collection, Iterable, Sequence

from defcheck.guideline.matching import TempestTest, parse_test_name
from defcheck.guideline.models import Guideline
from defcheck.results.models import Event
from defcheck.scoring.policy import DEFAULT_OPTIONS, Judgement, ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.shared import results

PASS, FAIL, INCOMPLETE = Judgement.PASS, Judgement.FAIL, Judgement.INCOMPLETE


def tempest(*names: str) -> tuple[TempestTest, ...]:
    """Return the tests of a Tempest by their full names."""
    return tuple(parse_test_name(name) for name in names)


def judge(
    guideline: Guideline,
    *events: Event,
    inventory: Collection[TempestTest] = (),
    problems: Sequence[str] = (),
    passes_only: bool = False,
    terms: ScoringOptions = DEFAULT_OPTIONS,
) -> Verdict:
    """Score events against the guideline's only target."""
    found = results(*events, problems=problems, passes_only=passes_only)
    return score_results(guideline, guideline.targets[0], found, inventory, terms)


def outcomes(verdict: Verdict) -> dict[str, str]:
    """Return the outcome of each test by its name."""
    return {test.test.name: test.outcome.value for test in verdict.tests}


def matches(verdict: Verdict) -> Iterable[str]:
    """Return how each test was found, in file order."""
    return [test.match.value for test in verdict.tests]
