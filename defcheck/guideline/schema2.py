"""Read guideline files of schema 2.0 (2018.02 on, add-ons, verticals, SCS)."""

import re
from collections.abc import Iterable

from defcheck.guideline.common import (
    read_capability,
    read_criteria,
    read_listings,
    read_sections,
)
from defcheck.guideline.fields import Fields
from defcheck.guideline.model import (
    Component,
    ComponentRef,
    DesignatedSections,
    Guideline,
    PolicyName,
    Repository,
    Target,
)

SHORT_NAMES = {"openstack powered storage": "object"}
"""RefStack's addresses call the storage target `object`; the others follow a rule."""

ADD_ON_COMPONENT = re.compile(r"os_powered_(dns|orchestration|shared_file_system)", re.IGNORECASE)


def read(fields: Fields, guideline_id: str, sha256: str) -> Guideline:
    """Read a whole file; `guideline_id`, where given, overrides the stated id."""
    metadata = fields.section("metadata")
    scoring = metadata.section("scoring")
    approval = metadata.section("os_trademark_approval")
    stated_id = metadata.name("id")
    components = {
        name: Component(
            name,
            listings=read_listings(body.section("capabilities")),
            designated=tuple(
                (status, sections.names(status))
                for sections in (body.section("designated_sections"),)
                for status in sections
            ),
        )
        for name, body in fields.sections("components")
    }
    return Guideline(
        id=guideline_id or stated_id,
        stated_id=stated_id,
        schema=metadata.text("schema"),
        status=approval.text("status") or metadata.text("status"),
        releases=approval.names("releases"),
        target_approval=approval.text("target_approval"),
        replaces=approval.text("replaces"),
        cutoff_score=scoring.number("cutoff_score"),
        policy=_policy(metadata),
        source=metadata.text("source"),
        targets=_targets(fields, components),
        components=components,
        capabilities={
            name: read_capability(name, body) for name, body in fields.sections("capabilities")
        },
        criteria=read_criteria(scoring),
        repositories=tuple(
            Repository(
                name,
                url=body.text("repository"),
                reference=body.text("reference"),
                description=body.text("description"),
            )
            for name, body in fields.sections("test_repositories")
        ),
        designated_sections=_designated(fields),
        sha256=sha256,
    )


def short_name(title: str) -> str:
    """Return the short name of a target: platform, compute, object, nfv-platform."""
    if title.lower() in SHORT_NAMES:
        return SHORT_NAMES[title.lower()]
    words = title.lower().removeprefix("openstack powered ").split()
    return "-".join(words)


def _policy(metadata: Fields) -> PolicyName:
    name = metadata.text("policy") or PolicyName.DEFCORE
    if name not in PolicyName.__members__.values():
        raise metadata.wrong("policy", " or ".join(PolicyName), name)
    return PolicyName(name)


def _targets(fields: Fields, components: Iterable[str]) -> tuple[Target, ...]:
    targets: list[Target] = []
    for key in ("platforms", "add-ons"):
        for title, body in fields.sections(key):
            references = _references(body, "components")
            targets.append(
                Target(
                    name=(key == "add-ons" and _add_on_name(references)) or short_name(title),
                    title=title,
                    components=references,
                    required_components=_references(body, "required_platform_components"),
                    description=body.text("description"),
                )
            )
    # RefStack scores an add-on by the name of its component alone, whatever
    # the file's `add-ons` say.
    for component in components:
        alone = (ComponentRef(component),)
        name = _add_on_name(alone)
        if name and name not in (target.name for target in targets):
            targets.append(Target(name, name, alone))
    return tuple(targets)


def _add_on_name(references: tuple[ComponentRef, ...]) -> str:
    """Return RefStack's name for a target that is one add-on's component alone, or nothing."""
    if len(references) != 1 or references[0].source:
        return ""
    add_on = ADD_ON_COMPONENT.fullmatch(references[0].name)
    return add_on[1].lower() if add_on else ""


def _references(fields: Fields, key: str) -> tuple[ComponentRef, ...]:
    return tuple(ComponentRef(ref.name("name"), ref.name("source")) for ref in fields.items(key))


def _designated(fields: Fields) -> tuple[DesignatedSections, ...]:
    return tuple(
        DesignatedSections(
            project=project,
            status=status,
            sections=read_sections(body),
            guidance=body.text("guidance"),
            comment=body.text("comment"),
        )
        for project, statuses in fields.sections("designated_sections")
        for status, body in ((name, statuses.section(name)) for name in statuses)
    )
