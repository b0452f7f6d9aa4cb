"""The rules that turn outcomes into a verdict, and the options that change them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from defcheck.guideline.models import PolicyName
from defcheck.guideline.overlay import NO_OVERLAY, FlagState, LocalFlag, Overlay
from defcheck.results.models import Outcome
from defcheck.scoring.evidence import RULE_SENTENCES, RerunRule


class Judgement(StrEnum):
    """The verdict on a target, and what a single test contributes to it."""

    PASS = "pass"
    FAIL = "fail"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Policy:
    """How outcomes of counted tests become a verdict."""

    name: PolicyName
    title: str
    rule: str
    """The rule in a sentence or two, printed in every report."""

    allowed: frozenset[Outcome]
    """Outcomes that do not block a pass."""

    counts_flagged: bool = False
    """Whether flagged tests count like the others."""

    reruns: RerunRule = RerunRule.WORST
    changes: tuple[str, ...] = ()
    """Options that changed the guideline's own policy."""

    def judge_test(self, outcome: Outcome) -> Judgement:
        """Return what one counted test contributes to the verdict."""
        if outcome in FAILURES:
            return Judgement.FAIL
        return Judgement.PASS if outcome in self.allowed else Judgement.INCOMPLETE

    def judge_outcomes(self, outcomes: Collection[Outcome]) -> Judgement:
        """Return the verdict on the outcomes of all counted tests.

        An empty requirement, or no passed test, is never a pass.
        """
        judgements = {self.judge_test(outcome) for outcome in outcomes}
        if Judgement.FAIL in judgements:
            return Judgement.FAIL
        if judgements == {Judgement.PASS} and Outcome.PASSED in outcomes:
            return Judgement.PASS
        return Judgement.INCOMPLETE

    def with_flagged(self) -> "Policy":
        """Return the policy under which flagged tests count too."""
        return self._with_change("strict", "Flagged tests count too.", counts_flagged=True)

    def without_skips(self) -> "Policy":
        """Return the policy that forbids skips; apply it before any other change."""
        changed = replace(self, rule=EVERY_PASS)
        return changed._with_change("forbid-skips", "", allowed=self.allowed - {Outcome.SKIPPED})

    def with_reruns(self, reruns: RerunRule) -> "Policy":
        """Return the policy with another rule for tests that ran more than once."""
        if reruns is self.reruns:
            return self
        return self._with_change(f"reruns {reruns}", RULE_SENTENCES[reruns], reruns=reruns)

    def _with_change(self, change: str, rule: str, **fields: object) -> "Policy":
        return replace(
            self,
            rule=f"{self.rule} {rule}".strip(),
            changes=(*self.changes, change),
            **fields,  # type: ignore[arg-type]
        )


FAILURES = frozenset({Outcome.FAILED, Outcome.FIXTURE_ERROR})
EVERY_PASS = "Every counted test must pass; a skip is not a pass."

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
        rule="No counted test may fail; a skip is allowed and listed.",
        allowed=frozenset({Outcome.PASSED, Outcome.SKIPPED}),
    ),
}


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """Options of a verdict; by default the guideline's policy and nothing else."""

    strict: bool = False
    """Count flagged tests too, those of the guideline and of the overlay."""

    forbid_skips: bool = False
    """Never accept a skip, whatever the policy allows."""

    reruns: RerunRule = RerunRule.WORST
    overlay: Overlay = NO_OVERLAY
    day: str = ""
    """The day for which local flags are in force or not, YYYY-MM-DD; without one none is."""

    def build_policy(self, name: PolicyName) -> Policy:
        """Return a guideline's policy with the changes that are asked for."""
        policy = POLICIES[name]
        if self.forbid_skips:
            policy = policy.without_skips()
        if self.strict:
            policy = policy.with_flagged()
        return policy.with_reruns(self.reruns)

    @property
    def changes(self) -> tuple[str, ...]:
        """The options that change a guideline's own policy."""
        return self.build_policy(PolicyName.DEFCORE).changes

    def list_local_flags(self, guideline_id: str) -> tuple[tuple[LocalFlag, FlagState], ...]:
        """Return the local flags for a guideline, each with its state on the day."""
        return tuple(
            (flag, flag.state_on(self.day))
            for flag in self.overlay.flags
            if flag.is_for(guideline_id)
        )

    def list_active_flags(self, guideline_id: str) -> tuple[LocalFlag, ...]:
        """Return the local flags for a guideline that are in force on the day."""
        flags = self.list_local_flags(guideline_id)
        return tuple(flag for flag, state in flags if state is FlagState.ACTIVE)


DEFAULT_OPTIONS = ScoringOptions()
"""The guideline's own policy and nothing else."""
