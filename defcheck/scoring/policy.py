"""The rules that turn outcomes into a verdict; each guideline names its own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from defcheck.guideline.model import PolicyName
from defcheck.results.model import Outcome


class Judgement(StrEnum):
    """The verdict on a target, and what a single test contributes to it."""

    PASS = "pass"
    FAIL = "fail"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which outcomes of demanded tests count as what."""

    name: PolicyName
    title: str
    rule: str
    """The rule in a sentence, printed in every report."""

    allowed: frozenset[Outcome]
    """Outcomes that do not stand against a pass."""

    def judge_test(self, outcome: Outcome) -> Judgement:
        """Return what one demanded test contributes."""
        if outcome in FAILURES:
            return Judgement.FAIL
        return Judgement.PASS if outcome in self.allowed else Judgement.INCOMPLETE

    def judge(self, outcomes: Collection[Outcome]) -> Judgement:
        """Return the verdict on the outcomes of all demanded tests.

        Nothing demanded, or nothing passed, is never a pass.
        """
        judgements = {self.judge_test(outcome) for outcome in outcomes}
        if Judgement.FAIL in judgements:
            return Judgement.FAIL
        if judgements == {Judgement.PASS} and Outcome.PASSED in outcomes:
            return Judgement.PASS
        return Judgement.INCOMPLETE


FAILURES = frozenset({Outcome.FAILED, Outcome.FIXTURE_ERROR})

POLICIES: Mapping[PolicyName, Policy] = {
    PolicyName.DEFCORE: Policy(
        name=PolicyName.DEFCORE,
        title="DefCore",
        rule="Every demanded test must pass; a skip is not a pass.",
        allowed=frozenset({Outcome.PASSED}),
    ),
    PolicyName.SCS: Policy(
        name=PolicyName.SCS,
        title="SCS-0128",
        rule="No demanded test may fail; a skip is allowed and listed.",
        allowed=frozenset({Outcome.PASSED, Outcome.SKIPPED}),
    ),
}
