"""Read guideline files of schemas 1.2 to 1.6 (2015.03 to 2017.09)."""

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

TITLES = {
    "platform": "OpenStack Powered Platform",
    "compute": "OpenStack Powered Compute",
    "object": "OpenStack Powered Storage",
}


def read(fields: Fields, guideline_id: str, sha256: str) -> Guideline:
    """Read a whole file; `guideline_id`, where given, overrides the stated id."""
    stated_id = fields.name("id")
    components = {
        name: Component(name, read_listings(body)) for name, body in fields.sections("components")
    }
    return Guideline(
        id=guideline_id or stated_id,
        stated_id=stated_id,
        schema=fields.text("schema"),
        status=fields.text("status"),
        releases=fields.names("releases"),
        target_approval=fields.text("target_approval"),
        replaces=fields.text("replaces"),
        cutoff_score=fields.number("cutoff_score"),
        policy=PolicyName.DEFCORE,
        source=fields.text("source"),
        targets=_targets(fields),
        components=components,
        capabilities={
            name: read_capability(name, body) for name, body in fields.sections("capabilities")
        },
        criteria=read_criteria(fields),
        repositories=tuple(
            Repository(name, url=body.text("url"), reference=body.text("git-sha"))
            for name, body in fields.sections("test-repositories")
        ),
        designated_sections=_designated(fields),
        sha256=sha256,
    )


def _targets(fields: Fields) -> tuple[Target, ...]:
    """Platform is made of its required components; each component is a target too."""
    platform = fields.section("platform").names("required")
    targets = [Target("platform", TITLES["platform"], tuple(map(ComponentRef, platform)))]
    for name in fields.section("components"):
        targets.append(Target(name, TITLES.get(name, name), (ComponentRef(name),)))
    return tuple(targets)


def _designated(fields: Fields) -> tuple[DesignatedSections, ...]:
    return tuple(
        DesignatedSections(
            project=project,
            status=status,
            sections=read_sections(body),
            required=body.truth("required") if "required" in body else None,
            guidance=body.text("guidance"),
            comment=body.text("comment"),
        )
        for status, projects in fields.sections("designated-sections")
        for project, body in ((name, projects.section(name)) for name in projects)
    )
