"""The rules that turn outcomes into a verdict; each guideline names its own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from defcheck.guideline.model import PolicyName
from defcheck.results.model import Outcome
from defcheck.scoring.reruns import RULES, Reruns


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
    """The rule in a sentence or two, printed in every report."""

    allowed: frozenset[Outcome]
    """Outcomes that do not stand against a pass."""

    counts_flagged: bool = False
    """Whether flagged tests count like the others."""

    reruns: Reruns = Reruns.WORST
    changes: tuple[str, ...] = ()
    """Options of the user's that made it differ from the guideline's own policy."""

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

    def strict(self) -> "Policy":
        """Return the policy under which flagged tests count too."""
        return self._changed("strict", "Flagged tests count too.", counts_flagged=True)

    def without_skips(self) -> "Policy":
        """Return the policy under which no skip stands for a pass; the first change of all."""
        changed = replace(self, rule=EVERY_PASS)
        return changed._changed("forbid-skips", "", allowed=self.allowed - {Outcome.SKIPPED})

    def with_reruns(self, reruns: Reruns) -> "Policy":
        """Return the policy with another rule for tests that were run more than once."""
        if reruns is self.reruns:
            return self
        return self._changed(f"reruns {reruns}", RULES[reruns], reruns=reruns)

    def _changed(self, change: str, rule: str, **fields: object) -> "Policy":
        return replace(
            self,
            rule=f"{self.rule} {rule}".strip(),
            changes=(*self.changes, change),
            **fields,  # type: ignore[arg-type]
        )


FAILURES = frozenset({Outcome.FAILED, Outcome.FIXTURE_ERROR})
EVERY_PASS = "Every demanded test must pass; a skip is not a pass."

POLICIES: Mapping[PolicyName, Policy] = {
    PolicyName.DEFCORE: Policy(
        name=PolicyName.DEFCORE,
        title="DefCore",
        rule=EVERY_PASS,
        allowed=frozenset({Outcome.PASSED}),
    ),
    PolicyName.SCS: Policy(
        name=PolicyName.SCS,
        title="SCS-0128",
        rule="No demanded test may fail; a skip is allowed and listed.",
        allowed=frozenset({Outcome.PASSED, Outcome.SKIPPED}),
    ),
}
