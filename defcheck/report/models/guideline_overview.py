"""The overview of a guideline: its facts, targets and numbers, as a document and as text."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from defcheck.guideline.catalog import PublishedOrigin
from defcheck.guideline.models import Guideline, Status, Target
from defcheck.guideline.selection import ListedCapability, count_listed_tests, select_capabilities


def describe_guideline(
    guideline: Guideline, targets: Sequence[Target], origin: PublishedOrigin | None
) -> dict[str, Any]:
    """Return the facts of a guideline and of some of its targets, JSON-ready."""
    return {
        **collect_facts(guideline, origin),
        "targets": [_describe_target(guideline, target) for target in targets],
    }


def collect_facts(guideline: Guideline, origin: PublishedOrigin | None) -> dict[str, Any]:
    """Return what a guideline says of itself as a whole, JSON-ready."""
    return {
        "id": guideline.id,
        "stated_id": guideline.stated_id,
        "schema": guideline.schema,
        "status": guideline.status,
        "policy": guideline.policy.value,
        "releases": list(guideline.releases),
        "target_approval": guideline.target_approval,
        "replaces": guideline.replaces,
        "repositories": [asdict(repository) for repository in guideline.repositories],
        "sha256": guideline.sha256,
        "origin": asdict(origin) if origin else None,
    }


def _describe_target(guideline: Guideline, target: Target) -> dict[str, Any]:
    listed = select_capabilities(guideline, target).values()
    return {
        "name": target.name,
        "title": target.title,
        "components": [reference.name for reference in target.components],
        "builds_on": [
            f"{reference.name} of {reference.guideline_id}"
            for reference in target.required_components
        ],
        "capabilities": [
            {
                "name": item.capability.name,
                "status": item.status.value,
                "description": item.capability.description,
                "admin": item.capability.admin,
                "tests": len(item.capability.tests),
                "flagged": sum(test.flag is not None for test in item.capability.tests),
            }
            for item in listed
        ],
        "counts": {
            status.value: _count_capabilities([item for item in listed if item.status is status])
            for status in Status
        },
    }


def _count_capabilities(listed: Sequence[ListedCapability]) -> dict[str, int]:
    """Return how many capabilities there are, and how many different tests they have."""
    tests, flagged = count_listed_tests(listed)
    return {"capabilities": len(listed), "tests": tests, "flagged": flagged}


def render_overview(document: dict[str, Any]) -> str:
    """Return the description as lines for a terminal."""
    lines = [
        f"Guideline {document['id']}, {document['status'] or 'no status'}, "
        f"schema {document['schema']}"
    ]
    if document["stated_id"] != document["id"]:
        lines.append(f"  the file itself states the id {document['stated_id']}")
    facts = {
        "policy": document["policy"],
        "releases": ", ".join(document["releases"]),
        "approval": document["target_approval"],
        "replaces": document["replaces"],
        "tests from": ", ".join(
            f"{item['url']} at {item['reference']}" for item in document["repositories"]
        ),
        "sha256": document["sha256"],
    }
    if document["origin"]:
        origin = document["origin"]
        facts["published"] = f"{origin['repository']}, {origin['path']} at {origin['commit']}"
    lines += [f"  {name:11} {value}" for name, value in facts.items() if value]
    for target in document["targets"]:
        lines += ["", *_render_target(target)]
    return "\n".join(lines) + "\n"


def _render_target(target: dict[str, Any]) -> list[str]:
    capabilities = target["capabilities"]
    lines = [f"Target {target['name']}: {target['title']} ({', '.join(target['components'])})"]
    lines += [f"  builds on {name}" for name in target["builds_on"]]
    width = max((len(item["name"]) for item in capabilities), default=0)
    for status in Status:
        counts = target["counts"][status.value]
        if not counts["capabilities"]:
            continue
        lines.append(
            f"  {status.value}: {counts['capabilities']} capabilities, {counts['tests']} tests, "
            f"{counts['flagged']} flagged"
        )
        for item in (one for one in capabilities if one["status"] == status.value):
            flags = f", {item['flagged']} flagged" if item["flagged"] else ""
            admin = ", needs an administrator" if item["admin"] else ""
            lines.append(
                f"    {item['name']:{width}}  {item['tests']:3} tests{flags}{admin}  "
                f"{item['description']}"
            )
    return lines
