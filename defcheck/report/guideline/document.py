"""Everything that a guideline says of some targets, in the order of a document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from defcheck.guideline.catalog import Origin
from defcheck.guideline.model import (
    STRENGTH,
    Capability,
    Component,
    Guideline,
    Status,
    Target,
    Test,
)
from defcheck.guideline.overview import facts
from defcheck.guideline.select import by_status, components, count_listed

Document = dict[str, Any]


def build(guideline: Guideline, targets: Sequence[Target], origin: Origin | None) -> Document:
    """Return the facts of a guideline that a readable document is made from.

    A capability that several components list is told in full under the first
    one that lists it. With all targets, capabilities that no component lists
    come last.
    """
    told: dict[str, str] = {}
    parts = [
        _component(guideline, owner, component, told)
        for owner, component in _components_of(guideline, targets)
    ]
    whole = len(targets) == len(guideline.targets)
    used = {part["name"] for part in parts if part["guideline"] == guideline.id}
    return {
        **facts(guideline, origin),
        "source": guideline.source,
        "cutoff_score": guideline.cutoff_score,
        "criteria": [asdict(criterion) for criterion in guideline.criteria],
        "whole": whole,
        "targets": [_target(guideline, target) for target in targets],
        "components": parts,
        "unlisted": [
            _capability(guideline, capability, name)
            for name, capability in guideline.capabilities.items()
            if whole and name not in told
        ],
        "designated": _designated(guideline, None if whole else used),
    }


def _components_of(
    guideline: Guideline, targets: Sequence[Target]
) -> list[tuple[Guideline, Component]]:
    """Return the components of the targets, each once."""
    found = {
        (owner.id, component.name): (owner, component)
        for target in targets
        for owner, component in components(guideline, target)
    }
    return list(found.values())


def _target(guideline: Guideline, target: Target) -> Document:
    required = [
        item
        for item in by_status(guideline, target).values()
        if item.status is Status.REQUIRED and item.capability.tests
    ]
    tests, flagged = count_listed(required)
    return {
        "name": target.name,
        "title": target.title,
        "description": target.description,
        "components": [
            {"name": component.name, "key": _key(guideline, owner, component.name)}
            for owner, component in components(guideline, target)
        ],
        "builds_on": [
            f"{reference.name} of {reference.guideline_id}"
            for reference in target.required_components
        ],
        "capabilities": len(required),
        "tests": tests,
        "counted": tests - flagged,
    }


def _key(guideline: Guideline, owner: Guideline, name: str) -> str:
    """Return a name that is one of its kind, also beside those of other guidelines."""
    return name if owner is guideline else f"{owner.id}.{name}"


def _component(
    guideline: Guideline, owner: Guideline, component: Component, told: dict[str, str]
) -> Document:
    return {
        "name": component.name,
        "key": _key(guideline, owner, component.name),
        "guideline": owner.id,
        "designated": [
            {"status": status, "projects": list(projects)}
            for status, projects in component.designated
        ],
        "listings": [
            {
                "status": listing.status.value,
                "capabilities": [
                    _listed(owner, component, name, _key(guideline, owner, name), told)
                    for name in listing.capabilities
                ],
            }
            for listing in sorted(component.listings, key=lambda one: STRENGTH[one.status])
            if listing.capabilities
        ],
    }


def _listed(
    owner: Guideline, component: Component, name: str, key: str, told: dict[str, str]
) -> Document:
    """Return a capability in full, or where it is told, or that it is not defined."""
    if name not in owner.capabilities:
        return {"name": name, "key": key, "told_under": None, "defined": False}
    if key in told:
        return {"name": name, "key": key, "told_under": told[key], "defined": True}
    told[key] = component.name
    return _capability(owner, owner.capabilities[name], key)


def _capability(owner: Guideline, capability: Capability, key: str) -> Document:
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
        "tests": [_test(test) for test in capability.tests],
        "flagged": sum(test.flag is not None for test in capability.tests),
    }


def _test(test: Test) -> Document:
    return {
        "name": test.name,
        "idempotent_id": test.idempotent_id,
        "aliases": list(test.aliases),
        "flag": asdict(test.flag) if test.flag else None,
    }


def _designated(guideline: Guideline, components_used: set[str] | None) -> list[Document]:
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
