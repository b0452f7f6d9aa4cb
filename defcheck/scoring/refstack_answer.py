"""The answer that RefStack would have given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.models import STRENGTH, Capability, Guideline, Status, Target
from defcheck.guideline.selection import resolve_components


class UndefinedAnswerError(InputError):
    """RefStack has no sound answer: it crashed, or called an empty requirement a pass."""


@dataclass(frozen=True, slots=True)
class CapabilityCount:
    """RefStack's counts for one capability."""

    passed: int
    not_passed: int
    flagged_passed: int
    flagged_not_passed: int


@dataclass(frozen=True, slots=True)
class StatusCount:
    """RefStack's counts for all capabilities under one status."""

    capabilities: Mapping[str, CapabilityCount]

    @property
    def count(self) -> int:
        """Pairs of capability and test."""
        return sum(item.passed + item.not_passed for item in self.capabilities.values())

    @property
    def passed(self) -> int:
        """Pairs that passed."""
        return sum(item.passed for item in self.capabilities.values())

    @property
    def flagged_passed(self) -> int:
        """Pairs that passed and are flagged."""
        return sum(item.flagged_passed for item in self.capabilities.values())

    @property
    def flagged_not_passed(self) -> int:
        """Pairs that did not pass and are flagged."""
        return sum(item.flagged_not_passed for item in self.capabilities.values())


@dataclass(frozen=True, slots=True)
class RefStackAnswer:
    """RefStack's counts and its answer."""

    statuses: Mapping[Status, StatusCount]

    @property
    def required(self) -> StatusCount:
        """The counts of the required capabilities."""
        return self.statuses[Status.REQUIRED]

    @property
    def failed(self) -> int:
        """Required pairs that did not pass, flagged ones included."""
        return self.required.count - self.required.passed

    @property
    def flagged(self) -> int:
        """Required pairs that are flagged."""
        return self.required.flagged_passed + self.required.flagged_not_passed

    @property
    def counted(self) -> int:
        """Required pairs that are not flagged."""
        return self.required.count - self.flagged

    @property
    def counted_passed(self) -> int:
        """Required pairs that are not flagged and passed."""
        return self.required.passed - self.required.flagged_passed

    @property
    def percent(self) -> float:
        """Passed share of the required pairs, in percent."""
        return self.required.passed * 100 / self.required.count

    @property
    def counted_percent(self) -> float | None:
        """Passed share of the required pairs that are not flagged; None where all are."""
        return self.counted_passed * 100 / self.counted if self.counted else None

    @property
    def is_yes(self) -> bool:
        """Whether every required test that is not flagged passed."""
        return self.counted_passed == self.counted


def compute_refstack_answer(
    guideline: Guideline, target: Target, passed: Collection[str]
) -> RefStackAnswer:
    """Return RefStack's counts and answer for the names of passed tests.

    Raises `UndefinedAnswerError` where RefStack crashed (a listed capability that
    is not defined) or said yes to nothing (no required test).
    """
    passed = frozenset(passed)
    counts: dict[Status, dict[str, CapabilityCount]] = {status: {} for status in Status}
    for name, (status, capability) in _choose_statuses(guideline, target).items():
        counts[status][name] = _count_capability(capability, passed)
    found = RefStackAnswer({status: StatusCount(counts[status]) for status in Status})
    if not found.required.count:
        raise UndefinedAnswerError(
            f"Target {target.name} of guideline {guideline.id} requires no test.",
            "RefStack calls that a pass; defcheck gives no verdict on an empty requirement.",
        )
    return found


def _choose_statuses(guideline: Guideline, target: Target) -> dict[str, tuple[Status, Capability]]:
    """Return the status of each capability as RefStack's results report picks it.

    The strongest status wins; only where a target of schema 1.x is a component
    itself the one listed last does.
    """
    last_wins = guideline.schema < "2.0" and target.name in guideline.components
    found: dict[str, tuple[Status, Capability]] = {}
    for owner, component in resolve_components(guideline, target):
        for listing in component.listings:
            for name in listing.capabilities:
                if name not in owner.capabilities:
                    raise UndefinedAnswerError(
                        f"Component {component.name} of guideline {guideline.id} lists the "
                        f"{listing.status} capability {name}, which it does not define.",
                        "RefStack's page crashes on that; defcheck's own verdict does not need it.",
                    )
                known = found.get(name)
                if known is None or last_wins or STRENGTH[listing.status] < STRENGTH[known[0]]:
                    found[name] = (listing.status, owner.capabilities[name])
    return found


def _count_capability(capability: Capability, passed: frozenset[str]) -> CapabilityCount:
    counts = [0, 0, 0, 0]
    for test in capability.tests:
        missed = passed.isdisjoint((test.name, *test.aliases))
        counts[missed] += 1
        if test.flag is not None:
            counts[2 + missed] += 1
    return CapabilityCount(*counts)
