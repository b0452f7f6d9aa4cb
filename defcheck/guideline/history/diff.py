"""What changed from one guideline to another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.history.editions import collect_statuses
from defcheck.guideline.history.stats import (
    CountedChange,
    compare_counted_tests,
    pair_renamed_tests,
)
from defcheck.guideline.models import Capability, Guideline, Status, Test
from defcheck.guideline.selection import find_target, list_capabilities


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A capability whose status in a target changed."""

    capability: str
    before: Status | None
    """None where the older guideline's target does not list it."""

    after: Status | None
    """None where the newer guideline's target does not list it."""


@dataclass(frozen=True, slots=True)
class TargetDiff:
    """What changed in a target; one that a guideline lacks counts as empty."""

    name: str
    """Its short name, or both with a colon between where two names were given."""

    statuses: tuple[StatusChange, ...]
    counted_before: int
    """Number of tests, each name once, that were required and not flagged."""

    counted_after: int
    counted: tuple[CountedChange, ...]
    """The tests whose counting or counted name changed."""


@dataclass(frozen=True, slots=True)
class TestChange:
    """A test that a capability lists differently in the two guidelines."""

    before: Test
    after: Test

    @property
    def is_renamed(self) -> bool:
        """Whether its name changed."""
        return self.before.name != self.after.name

    @property
    def is_newly_flagged(self) -> bool:
        """Whether it is flagged now and was not."""
        return self.before.flag is None and self.after.flag is not None

    @property
    def is_unflagged(self) -> bool:
        """Whether it was flagged and is not any more."""
        return self.before.flag is not None and self.after.flag is None

    @property
    def flag_changed(self) -> bool:
        """Whether it is flagged in both with another code, date or reference."""
        before, after = self.before.flag, self.after.flag
        return (
            before is not None
            and after is not None
            and (before.code, before.date, before.references)
            != (after.code, after.date, after.references)
        )

    @property
    def aliases_added(self) -> tuple[str, ...]:
        """Aliases that only the newer guideline has."""
        return tuple(name for name in self.after.aliases if name not in self.before.aliases)

    @property
    def aliases_removed(self) -> tuple[str, ...]:
        """Aliases that only the older guideline has."""
        return tuple(name for name in self.before.aliases if name not in self.after.aliases)

    @property
    def id_changed(self) -> bool:
        """Whether the idempotent id is another; schema 1.2 had none, which is no change."""
        return bool(self.before.uuid) and self.before.uuid != self.after.uuid


@dataclass(frozen=True, slots=True)
class CapabilityDiff:
    """What changed in a capability that both guidelines define."""

    name: str
    added: tuple[Test, ...]
    removed: tuple[Test, ...]
    changed: tuple[TestChange, ...]
    admin: bool | None
    """The new admin mark where it changed, else None."""


@dataclass(frozen=True, slots=True)
class GuidelineDiff:
    """Everything that changed from `before` to `after`."""

    before: Guideline
    after: Guideline
    targets_added: tuple[str, ...]
    targets_removed: tuple[str, ...]
    releases_added: tuple[str, ...]
    releases_removed: tuple[str, ...]
    defined: tuple[str, ...]
    """Capabilities that only the newer guideline defines."""

    undefined: tuple[str, ...]
    """Capabilities that only the older guideline defines."""

    targets: tuple[TargetDiff, ...]
    """Every compared target, changed or not."""

    capabilities: tuple[CapabilityDiff, ...]
    """Only those that changed."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed in the compared targets."""
        return self.before.policy is self.after.policy and not (
            self.targets_added
            or self.targets_removed
            or self.releases_added
            or self.releases_removed
            or self.defined
            or self.undefined
            or self.capabilities
            or any(target.statuses or target.counted for target in self.targets)
        )


def compare_guidelines(
    before: Guideline, after: Guideline, target: str = "", new_target: str = ""
) -> GuidelineDiff:
    """Return what changed, in all targets or in the one called `target`.

    Targets are compared by their short names, whatever the components are
    called; `new_target` names the newer guideline's target if it is another
    one. Raises `InputError` if neither guideline has the target.
    """
    pairs = _pair_targets(before, after, target, new_target or target)
    was = _collect_capabilities(before, [old for old, _ in pairs if old])
    now = _collect_capabilities(after, [new for _, new in pairs if new])
    if not target:
        was, now = {**before.capabilities, **was}, {**after.capabilities, **now}
    return GuidelineDiff(
        before=before,
        after=after,
        targets_added=tuple(new for old, new in pairs if not old),
        targets_removed=tuple(old for old, new in pairs if not new),
        releases_added=tuple(one for one in after.releases if one not in before.releases),
        releases_removed=tuple(one for one in before.releases if one not in after.releases),
        defined=tuple(name for name in now if name not in was),
        undefined=tuple(name for name in was if name not in now),
        targets=tuple(_compare_target(before, after, old, new) for old, new in pairs),
        capabilities=tuple(
            found
            for name in was
            if name in now and (found := _compare_capability(was[name], now[name]))
        ),
    )


def _pair_targets(
    before: Guideline, after: Guideline, target: str, becomes: str
) -> list[tuple[str, str]]:
    """Return the names of targets to compare, an empty one where a guideline lacks it."""
    if not target:
        old = [one.name for one in before.targets]
        new = [one.name for one in after.targets]
        return [
            (name if name in old else "", name if name in new else "")
            for name in dict.fromkeys((*old, *new))
        ]
    if target != becomes:
        return [(find_target(before, target).name, find_target(after, becomes).name)]
    names = (_find_target_name(before, target), _find_target_name(after, target))
    if names == ("", ""):
        known = dict.fromkeys(one.name for one in (*before.targets, *after.targets))
        raise InputError(
            f"Neither {before.id} nor {after.id} has a target {target}.",
            f"Available: {', '.join(known)}.",
        )
    return [names]


def _find_target_name(guideline: Guideline, wanted: str) -> str:
    try:
        return find_target(guideline, wanted).name
    except InputError:
        return ""


def _collect_capabilities(guideline: Guideline, targets: Iterable[str]) -> dict[str, Capability]:
    """Return the definitions that some targets list, also those of other guidelines."""
    return {
        item.capability.name: item.capability
        for name in targets
        for item in list_capabilities(guideline, find_target(guideline, name))
    }


def _compare_target(before: Guideline, after: Guideline, old: str, new: str) -> TargetDiff:
    was: Mapping[str, Status] = collect_statuses(before, [old]) if old else {}
    now: Mapping[str, Status] = collect_statuses(after, [new]) if new else {}
    counted_before, counted_after, changes = compare_counted_tests(before, old, after, new)
    return TargetDiff(
        name=f"{old}:{new}" if old and new and old != new else new or old,
        statuses=tuple(
            StatusChange(capability, was.get(capability), now.get(capability))
            for capability in dict.fromkeys((*was, *now))
            if was.get(capability) is not now.get(capability)
        ),
        counted_before=counted_before,
        counted_after=counted_after,
        counted=changes,
    )


def _compare_capability(before: Capability, after: Capability) -> CapabilityDiff | None:
    """Return what changed; None if nothing did."""
    was = {test.name: test for test in before.tests}
    now = {test.name: test for test in after.tests}
    gone = [test for test in before.tests if test.name not in now]
    come = [test for test in after.tests if test.name not in was]
    renamed = pair_renamed_tests(gone, come)
    pairs = {name: name for name in was if name in now} | renamed
    changes = (TestChange(was[name], now[pairs[name]]) for name in was if name in pairs)
    found = CapabilityDiff(
        name=after.name,
        added=tuple(test for test in come if test.name not in renamed.values()),
        removed=tuple(test for test in gone if test.name not in renamed),
        changed=tuple(change for change in changes if _has_changes(change)),
        admin=after.admin if after.admin is not before.admin else None,
    )
    if found.added or found.removed or found.changed or found.admin is not None:
        return found
    return None


def _has_changes(change: TestChange) -> bool:
    return bool(
        change.is_renamed
        or change.is_newly_flagged
        or change.is_unflagged
        or change.flag_changed
        or change.aliases_added
        or change.aliases_removed
        or change.id_changed
    )
