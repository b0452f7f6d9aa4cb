"""JSON-ready documents about guidelines: contents, differences, lint findings."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from defcheck import __version__
from defcheck.guideline.catalog import PublishedOrigin
from defcheck.guideline.history.diff import CapabilityDiff, GuidelineDiff, TargetDiff, TestChange
from defcheck.guideline.lint.findings import (
    LintFinding,
    Severity,
    count_findings,
    export_findings,
    render_findings,
    summarise_findings,
)
from defcheck.guideline.models import (
    STRENGTH,
    Capability,
    Component,
    Flag,
    Guideline,
    Status,
    Target,
    Test,
)
from defcheck.guideline.selection import count_listed_tests, resolve_components, select_capabilities
from defcheck.report.models.guideline_overview import collect_facts

Document = dict[str, Any]


def build_guideline_document(
    guideline: Guideline, targets: Sequence[Target], origin: PublishedOrigin | None
) -> Document:
    """Return the facts of a guideline that a readable document is made from.

    A capability that several components list is told in full under the first
    one that lists it. With all targets, capabilities that no component lists
    come last.
    """
    told: dict[str, str] = {}
    parts = [
        _component_facts(guideline, owner, component, told)
        for owner, component in _list_components(guideline, targets)
    ]
    whole = len(targets) == len(guideline.targets)
    used = {part["name"] for part in parts if part["guideline"] == guideline.id}
    return {
        **collect_facts(guideline, origin),
        "source": guideline.source,
        "cutoff_score": guideline.cutoff_score,
        "criteria": [asdict(criterion) for criterion in guideline.criteria],
        "whole": whole,
        "targets": [_target_facts(guideline, target) for target in targets],
        "components": parts,
        "unlisted": [
            _capability_facts(guideline, capability, name)
            for name, capability in guideline.capabilities.items()
            if whole and name not in told
        ],
        "designated": _list_designated_sections(guideline, None if whole else used),
    }


def _list_components(
    guideline: Guideline, targets: Sequence[Target]
) -> list[tuple[Guideline, Component]]:
    """Return the components of the targets, each once."""
    found = {
        (owner.id, component.name): (owner, component)
        for target in targets
        for owner, component in resolve_components(guideline, target)
    }
    return list(found.values())


def _target_facts(guideline: Guideline, target: Target) -> Document:
    required = [
        item
        for item in select_capabilities(guideline, target).values()
        if item.status is Status.REQUIRED and item.capability.tests
    ]
    tests, flagged = count_listed_tests(required)
    return {
        "name": target.name,
        "title": target.title,
        "description": target.description,
        "components": [
            {"name": component.name, "key": _make_unique_key(guideline, owner, component.name)}
            for owner, component in resolve_components(guideline, target)
        ],
        "builds_on": [
            f"{reference.name} of {reference.guideline_id}"
            for reference in target.required_components
        ],
        "capabilities": len(required),
        "tests": tests,
        "counted": tests - flagged,
    }


def _make_unique_key(guideline: Guideline, owner: Guideline, name: str) -> str:
    """Return a name that is one of its kind, also beside those of other guidelines."""
    return name if owner is guideline else f"{owner.id}.{name}"


def _component_facts(
    guideline: Guideline, owner: Guideline, component: Component, described: dict[str, str]
) -> Document:
    return {
        "name": component.name,
        "key": _make_unique_key(guideline, owner, component.name),
        "guideline": owner.id,
        "designated": [
            {"status": status, "projects": list(projects)}
            for status, projects in component.designated
        ],
        "listings": [
            {
                "status": listing.status.value,
                "capabilities": [
                    _listing_facts(
                        owner, component, name, _make_unique_key(guideline, owner, name), described
                    )
                    for name in listing.capabilities
                ],
            }
            for listing in sorted(component.listings, key=lambda one: STRENGTH[one.status])
            if listing.capabilities
        ],
    }


def _listing_facts(
    owner: Guideline, component: Component, name: str, key: str, described: dict[str, str]
) -> Document:
    """Return a capability in full, or where it is told, or that it is not defined."""
    if name not in owner.capabilities:
        return {"name": name, "key": key, "told_under": None, "defined": False}
    if key in described:
        return {"name": name, "key": key, "told_under": described[key], "defined": True}
    described[key] = component.name
    return _capability_facts(owner, owner.capabilities[name], key)


def _capability_facts(owner: Guideline, capability: Capability, key: str) -> Document:
    weights = {criterion.key: criterion.weight for criterion in owner.criteria}
    known = [weights[key] for key in capability.achievements if key in weights]
    return {
        "name": capability.name,
        "key": key,
        "told_under": None,
        "defined": True,
        "description": capability.description,
        "project": capability.project,
        "admin": capability.admin,
        "required_since": capability.required_since,
        "achievements": list(capability.achievements),
        "score": sum(known) if known else None,
        "tests": [_test_facts(test) for test in capability.tests],
        "flagged": sum(test.flag is not None for test in capability.tests),
    }


def _test_facts(test: Test) -> Document:
    return {
        "name": test.name,
        "idempotent_id": test.idempotent_id,
        "aliases": list(test.aliases),
        "flag": asdict(test.flag) if test.flag else None,
    }


def _list_designated_sections(
    guideline: Guideline, components_used: set[str] | None
) -> list[Document]:
    """Return the designated sections, only the components' own where those say which."""
    named = {
        project
        for component in guideline.components.values()
        if components_used and component.name in components_used
        for _, projects in component.designated
        for project in projects
    }
    return [
        asdict(one) for one in guideline.designated_sections if not named or one.project in named
    ]


DIFF_FORMAT = "defcheck guideline diff 1"
DiffDocument = dict[str, Any]


def build_diff_document(diff: GuidelineDiff) -> DiffDocument:
    """Return all of it by the schema reports/schemas/diff-1.json."""
    return {
        "format": DIFF_FORMAT,
        "before": _diff_side(diff.before),
        "after": _diff_side(diff.after),
        "empty": diff.is_empty,
        "targets_added": list(diff.targets_added),
        "targets_removed": list(diff.targets_removed),
        "releases_added": list(diff.releases_added),
        "releases_removed": list(diff.releases_removed),
        "capabilities_defined": list(diff.defined),
        "capabilities_undefined": list(diff.undefined),
        "targets": [_diff_target(target) for target in diff.targets],
        "capabilities": [_diff_capability(one) for one in diff.capabilities],
    }


def _diff_side(guideline: Guideline) -> DiffDocument:
    return {
        "id": guideline.id,
        "schema": guideline.schema,
        "status": guideline.status,
        "policy": guideline.policy.value,
        "sha256": guideline.sha256,
    }


def _diff_target(target: TargetDiff) -> DiffDocument:
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


def _diff_capability(capability: CapabilityDiff) -> DiffDocument:
    return {
        "name": capability.name,
        "admin": capability.admin,
        "tests_added": [_diff_test(test) for test in capability.added],
        "tests_removed": [_diff_test(test) for test in capability.removed],
        "tests_changed": [_diff_test_change(change) for change in capability.changed],
    }


def _diff_test(test: Test) -> DiffDocument:
    return {
        "name": test.name,
        "idempotent_id": test.idempotent_id,
        "aliases": list(test.aliases),
        "flag": _diff_flag(test.flag),
    }


def _diff_flag(flag: Flag | None) -> DiffDocument | None:
    if flag is None:
        return None
    return {
        "code": flag.code,
        "date": flag.date,
        "references": list(flag.references),
        "reason": flag.reason,
    }


def _diff_test_change(change: TestChange) -> DiffDocument:
    return {
        "before": _diff_test(change.before),
        "after": _diff_test(change.after),
        "renamed": change.is_renamed,
        "flagged": change.is_newly_flagged,
        "unflagged": change.is_unflagged,
        "flag_changed": change.flag_changed,
        "id_changed": change.id_changed,
        "aliases_added": list(change.aliases_added),
        "aliases_removed": list(change.aliases_removed),
    }


CHECK_FORMAT = "defcheck check 1"
"""Its schema is reports/schemas/check-1.json."""


@dataclass(frozen=True, slots=True)
class CheckedGuideline:
    """One guideline file and what was found in it."""

    name: str
    """As the user named it."""

    data: bytes
    findings: tuple[LintFinding, ...]

    def has_problems(self, *, strict: bool) -> bool:
        """Return whether there is an error; where it is strict, or a warning."""
        wrong = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(one.severity in wrong for one in self.findings)


def build_check_document(
    checked: Sequence[CheckedGuideline], unreadable: Sequence[tuple[str, str]], *, strict: bool
) -> dict[str, Any]:
    """Return everything JSON-ready; `unreadable` pairs names with what is wrong."""
    return {
        "format": CHECK_FORMAT,
        "defcheck": __version__,
        "strict": strict,
        "files": [
            {
                "name": one.name,
                "sha256": hashlib.sha256(one.data).hexdigest(),
                "good": not one.has_problems(strict=strict),
                "errors": count_findings(one.findings, Severity.ERROR),
                "warnings": count_findings(one.findings, Severity.WARNING),
                "notes": count_findings(one.findings, Severity.NOTE),
                "findings": export_findings(one.findings),
            }
            for one in checked
        ],
        "unreadable": [{"name": name, "message": message} for name, message in unreadable],
    }


def format_check_lines(checked: Sequence[CheckedGuideline]) -> Iterator[str]:
    """Yield lines for a terminal: each file with its summary, then its findings."""
    for one in checked:
        yield f"{one.name}: {summarise_findings(one.findings)}"
        yield from render_findings(one.findings)
