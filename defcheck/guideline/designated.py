"""Which designated sections a target demands: code that a product has to ship and run."""

from dataclasses import dataclass

from defcheck.guideline.model import Component, DesignatedSections, Guideline, Status, Target
from defcheck.guideline.select import components


@dataclass(frozen=True, slots=True)
class Demanded:
    """The designated sections of a project, and the components that demand them."""

    sections: DesignatedSections
    components: tuple[str, ...]


def demanded(guideline: Guideline, target: Target) -> list[Demanded]:
    """Return the projects whose designated sections a target requires, in the order of components.

    From schema 2.0 on a component names them; before, they are enforced for the
    projects that have required capabilities (DefCore 2017A process, D3).
    """
    found: dict[str, Demanded] = {}
    for owner, component in components(guideline, target):
        named = _projects(owner, component)
        for one in owner.designated_sections:
            if one.project not in named or one.status != Status.REQUIRED:
                continue
            known = found.get(one.project)
            before = known.components if known else ()
            found[one.project] = Demanded(one, (*before, component.name))
    return list(found.values())


def _projects(guideline: Guideline, component: Component) -> set[str]:
    """Return the projects whose designated sections a component requires."""
    if component.designated:
        return {
            name
            for status, projects in component.designated
            if status == Status.REQUIRED
            for name in projects
        }
    return {
        guideline.capabilities[name].project
        for listing in component.listings
        if listing.status is Status.REQUIRED
        for name in listing.capabilities
        if name in guideline.capabilities
    }
