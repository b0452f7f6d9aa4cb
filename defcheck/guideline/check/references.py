"""Do the names in a guideline name something: capabilities, components, projects, criteria."""

from collections.abc import Callable, Iterator

from defcheck.files import clip
from defcheck.guideline.check.finding import Finding, Severity, finding
from defcheck.guideline.check.outline import (
    CapabilityOutline,
    ComponentOutline,
    Outline,
    TargetOutline,
)
from defcheck.guideline.model import ComponentRef, Guideline, Status
from defcheck.guideline.schema2 import ADD_ON_COMPONENT
from defcheck.guideline.select import foreign_component

Known = Callable[[str], Guideline | None]
"""Returns the guideline at hand that has an id, None where there is none."""

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def check_references(outline: Outline, file_id: str, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with the references of a guideline whose file is called `file_id`."""
    yield from _identity(outline, file_id, known)
    yield from _components(outline)
    yield from _capabilities(outline)
    folded = {one.name.casefold(): one for one in outline.components}
    own_id = file_id or outline.id.name
    demanding = _demanding(outline)
    for target in outline.targets:
        yield from _target(target, folded, own_id, known)
        if not _demands(target, demanding, own_id, known):
            yield finding(
                WARNING if outline.status == "draft" else ERROR,
                "empty-target",
                target.steps,
                "requires no test that counts, so that no verdict can be given on it",
            )
    yield from _unused(outline, own_id)
    yield from _clashes(outline)


def _identity(outline: Outline, file_id: str, known: Known) -> Iterator[Finding]:
    stated = outline.id
    if file_id and stated.name and stated.name.casefold() != file_id.casefold():
        yield finding(
            WARNING,
            "wrong-id",
            stated.steps,
            f"states the id {clip(stated.name)}, but the file is {clip(file_id)}",
        )
    source = outline.source
    if source and source.name.endswith(".json"):
        named = ComponentRef("", source.name).guideline_id
        if named.casefold() not in (file_id.casefold(), stated.name.casefold()):
            yield finding(
                WARNING,
                "wrong-source",
                source.steps,
                f"is the address of {clip(named)}, not of {clip(file_id or stated.name)}",
            )
    replaced = outline.replaces
    if replaced and replaced.name:
        if replaced.name.casefold() == (file_id or stated.name).casefold():
            yield finding(ERROR, "replaces-itself", replaced.steps, "names the guideline itself")
        elif known(replaced.name) is None:
            yield finding(
                NOTE,
                "replaces-unknown",
                replaced.steps,
                f"names {clip(replaced.name)}, which is not at hand",
            )


def _components(outline: Outline) -> Iterator[Finding]:
    defined = {one.name for one in outline.capabilities}
    for component in outline.components:
        seen: set[str] = set()
        for status, one in component.capabilities:
            if one.name not in defined:
                removed = status == Status.REMOVED
                yield finding(
                    WARNING if removed else ERROR,
                    "undefined-capability",
                    one.steps,
                    f"names {clip(one.name)}, which the file does not define",
                )
            if one.name in seen:
                yield finding(
                    WARNING,
                    "listed-twice",
                    one.steps,
                    f"names {clip(one.name)}, which the component lists elsewhere too; "
                    "the strongest status counts",
                )
            seen.add(one.name)
        for status, one in component.projects:
            statuses = outline.projects.get(one.name)
            if statuses is None:
                yield finding(
                    ERROR,
                    "undefined-project",
                    one.steps,
                    f"names {clip(one.name)}, which has no designated sections in the file",
                )
            elif status not in statuses:
                yield finding(
                    WARNING,
                    "section-status",
                    one.steps,
                    f"names {clip(one.name)}, whose designated sections in the file are "
                    f"{clip(', '.join(sorted(statuses)) or 'none')}, not {clip(status)}",
                )


def _capabilities(outline: Outline) -> Iterator[Finding]:
    listed: dict[str, set[str]] = {}
    for component in outline.components:
        for status, one in component.capabilities:
            listed.setdefault(one.name, set()).add(status)
    for capability in outline.capabilities:
        statuses = listed.get(capability.name, set())
        if not statuses:
            yield finding(
                WARNING, "unlisted-capability", capability.steps, "is listed by no component"
            )
        yield from _proof(capability, statuses)
        for one in capability.achievements:
            if one.name not in outline.criteria:
                yield finding(
                    WARNING,
                    "unknown-criterion",
                    one.steps,
                    f"names {clip(one.name) or 'nothing'}, which is not among the criteria",
                )
        project = capability.project
        if project and outline.projects and project.name not in outline.projects:
            yield finding(
                WARNING,
                "unknown-project",
                project.steps,
                f"names {clip(project.name) or 'nothing'}, "
                "which has no designated sections in the file",
            )


def _proof(capability: CapabilityOutline, statuses: set[str]) -> Iterator[Finding]:
    required = Status.REQUIRED in statuses
    subject = "is required, but" if required else "is not required and"
    if not capability.tests:
        gone = statuses == {Status.REMOVED}
        yield finding(
            NOTE if gone else WARNING,
            "no-tests",
            capability.steps,
            "is removed and has no test" if gone else f"{subject} has no test",
        )
    elif required and all(test.flagged for test in capability.tests):
        yield finding(
            WARNING, "all-flagged", capability.steps, "is required, but all its tests are flagged"
        )


def _target(
    target: TargetOutline, folded: dict[str, ComponentOutline], own_id: str, known: Known
) -> Iterator[Finding]:
    for reference, steps in (*target.components, *target.required):
        shown = clip(reference.name)
        if not reference.is_foreign(own_id):
            component = folded.get(reference.name.casefold())
            if component is None:
                yield finding(
                    ERROR,
                    "undefined-component",
                    steps,
                    f"names the component {shown}, which the file does not define",
                )
            elif component.name != reference.name:
                yield finding(
                    WARNING,
                    "letter-case",
                    steps,
                    f"names the component {shown}, which is defined as {clip(component.name)}",
                )
            continue
        guideline = known(reference.guideline_id)
        if guideline is None:
            source = clip(reference.guideline_id) or "(none named)"
            yield finding(
                WARNING,
                "source-unknown",
                steps,
                f"takes {shown} from guideline {source}, which is not at hand",
            )
        elif foreign_component(guideline.folded_components(), reference.name) is None:
            yield finding(
                ERROR,
                "undefined-component",
                steps,
                f"takes {shown} from guideline {guideline.id}, which has no such component",
            )


def _demanding(outline: Outline) -> dict[str, bool]:
    """Return the components by folded name, and whether each requires a test that counts."""
    counted = {
        one.name for one in outline.capabilities if any(not test.flagged for test in one.tests)
    }
    return {
        component.name.casefold(): any(
            status == Status.REQUIRED and one.name in counted
            for status, one in component.capabilities
        )
        for component in outline.components
    }


def _demands(target: TargetOutline, demanding: dict[str, bool], own_id: str, known: Known) -> bool:
    """Return whether a target requires a test that counts; what is not known may do so."""
    for reference, _ in target.components:
        if not reference.is_foreign(own_id):
            if demanding.get(reference.name.casefold(), True):
                return True
            continue
        guideline = known(reference.guideline_id)
        foreign = guideline and foreign_component(guideline.folded_components(), reference.name)
        if not guideline or not foreign or _requires(guideline, foreign.name):
            return True
    return False


def _requires(guideline: Guideline, component: str) -> bool:
    return any(
        test.flag is None
        for listing in guideline.components[component].listings
        if listing.status is Status.REQUIRED
        for name in listing.capabilities
        for test in guideline.capabilities[name].tests
    )


def _unused(outline: Outline, own_id: str) -> Iterator[Finding]:
    used = {
        reference.name.casefold()
        for target in outline.targets
        for reference, _ in target.components
        if not reference.is_foreign(own_id)
    }
    for component in outline.components:
        name = component.name
        if name.casefold() not in used and not ADD_ON_COMPONENT.fullmatch(name):
            yield finding(WARNING, "unused-component", component.steps, "is named by no target")


def _clashes(outline: Outline) -> Iterator[Finding]:
    for kind, named in (
        ("component", [(one.name, one.steps) for one in outline.components]),
        ("target", [(one.short, one.steps) for one in outline.targets]),
    ):
        seen: set[str] = set()
        for name, steps in named:
            if name.casefold() in seen:
                yield finding(
                    ERROR,
                    f"{kind}-clash",
                    steps,
                    f"has the name of another {kind}, apart from the case of letters",
                )
            seen.add(name.casefold())
