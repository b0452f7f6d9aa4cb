"""What a user asks for beside the guideline's own policy."""

from dataclasses import dataclass

from defcheck.guideline.model import PolicyName
from defcheck.guideline.overlay import NO_OVERLAY, FlagState, LocalFlag, Overlay
from defcheck.scoring.policy import POLICIES, Policy
from defcheck.scoring.reruns import Reruns


@dataclass(frozen=True, slots=True)
class Terms:
    """Options of a verdict; by default the guideline's policy and nothing else."""

    strict: bool = False
    """Count flagged tests too, whoever flagged them."""

    forbid_skips: bool = False
    """Let no skip stand for a pass, whatever the policy allows."""

    reruns: Reruns = Reruns.WORST
    overlay: Overlay = NO_OVERLAY
    day: str = ""
    """The day for which local flags are in force or not, YYYY-MM-DD; without one none is."""

    def policy(self, name: PolicyName) -> Policy:
        """Return a guideline's policy with the changes that are asked for."""
        policy = POLICIES[name]
        if self.forbid_skips:
            policy = policy.without_skips()
        if self.strict:
            policy = policy.strict()
        return policy.with_reruns(self.reruns)

    @property
    def changes(self) -> tuple[str, ...]:
        """The options that change a guideline's own policy."""
        return self.policy(PolicyName.DEFCORE).changes

    def local_flags(self, guideline_id: str) -> tuple[tuple[LocalFlag, FlagState], ...]:
        """Return the local flags for a guideline, each with its state on the day."""
        return tuple(
            (flag, flag.state(self.day)) for flag in self.overlay.flags if flag.is_for(guideline_id)
        )


PLAIN = Terms()
"""The guideline's own policy and nothing else."""
