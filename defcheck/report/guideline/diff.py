"""What changed between two guidelines, JSON-ready."""

from typing import Any

from defcheck.guideline.editions.diff import CapabilityDiff, Diff, TargetDiff, TestChange
from defcheck.guideline.model import Flag, Guideline, Test

FORMAT = "defcheck guideline diff 1"
Document = dict[str, Any]


def describe(diff: Diff) -> Document:
    """Return all of it by the schema reports/schemas/diff-1.json."""
    return {
        "format": FORMAT,
        "before": _side(diff.before),
        "after": _side(diff.after),
        "empty": diff.empty,
        "targets_added": list(diff.targets_added),
        "targets_removed": list(diff.targets_removed),
        "releases_added": list(diff.releases_added),
        "releases_removed": list(diff.releases_removed),
        "capabilities_defined": list(diff.defined),
        "capabilities_undefined": list(diff.undefined),
        "targets": [_target(target) for target in diff.targets],
        "capabilities": [_capability(one) for one in diff.capabilities],
    }


def _side(guideline: Guideline) -> Document:
    return {
        "id": guideline.id,
        "schema": guideline.schema,
        "status": guideline.status,
        "policy": guideline.policy.value,
        "sha256": guideline.sha256,
    }


def _target(target: TargetDiff) -> Document:
    return {
        "name": target.name,
        "statuses": [
            {
                "capability": one.capability,
                "before": one.before and one.before.value,
                "after": one.after and one.after.value,
            }
            for one in target.statuses
        ],
        "counted_before": target.counted_before,
        "counted_after": target.counted_after,
        "counted": [
            {
                "test": one.name,
                "change": one.change.value,
                "why": one.why,
                "capabilities": list(one.capabilities),
                "former_name": one.former_name,
            }
            for one in target.counted
        ],
    }


def _capability(one: CapabilityDiff) -> Document:
    return {
        "name": one.name,
        "admin": one.admin,
        "tests_added": [_test(test) for test in one.added],
        "tests_removed": [_test(test) for test in one.removed],
        "tests_changed": [_change(change) for change in one.changed],
    }


def _test(test: Test) -> Document:
    return {
        "name": test.name,
        "idempotent_id": test.idempotent_id,
        "aliases": list(test.aliases),
        "flag": _flag(test.flag),
    }


def _flag(flag: Flag | None) -> Document | None:
    if flag is None:
        return None
    return {
        "code": flag.code,
        "date": flag.date,
        "references": list(flag.references),
        "reason": flag.reason,
    }


def _change(change: TestChange) -> Document:
    return {
        "before": _test(change.before),
        "after": _test(change.after),
        "renamed": change.renamed,
        "flagged": change.flagged,
        "unflagged": change.unflagged,
        "flag_changed": change.flag_changed,
        "id_changed": change.id_changed,
        "aliases_added": list(change.aliases_added),
        "aliases_removed": list(change.aliases_removed),
    }
