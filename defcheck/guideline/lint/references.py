"""Lint rules for references to capabilities, components, projects and criteria."""

from collections.abc import Callable, Iterator

from defcheck.guideline.lint.findings import LintFinding, Severity, build_finding
from defcheck.guideline.lint.outline import (
    CapabilityOutline,
    ComponentOutline,
    GuidelineOutline,
    TargetOutline,
)
from defcheck.guideline.loader import ADD_ON_COMPONENT
from defcheck.guideline.models import ComponentRef, Guideline, Status
from defcheck.guideline.selection import find_foreign_component
from defcheck.util.files import clip_text

GuidelineFinder = Callable[[str], Guideline | None]
"""Returns the available guideline with an id; None if there is none."""

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def check_references(
    outline: GuidelineOutline, file_id: str, find_guideline: GuidelineFinder
) -> Iterator[LintFinding]:
    """Yield what is wrong with the references of a guideline whose file is called `file_id`."""
    yield from _check_identity(outline, file_id, find_guideline)
    yield from _check_components(outline)
    yield from _check_capabilities(outline)
    folded = {one.name.casefold(): one for one in outline.components}
    own_id = file_id or outline.id.name
    demanding = _find_counting_components(outline)
    for target in outline.targets:
        yield from _check_target(target, folded, own_id, find_guideline)
        if not _requires_counted_test(target, demanding, own_id, find_guideline):
            yield build_finding(
                WARNING if outline.status == "draft" else ERROR,
                "empty-target",
                target.steps,
                "has no counted test, so it cannot get a verdict",
            )
    yield from _check_unused_components(outline, own_id)
    yield from _check_name_clashes(outline)


def _check_identity(
    outline: GuidelineOutline, file_id: str, known: GuidelineFinder
) -> Iterator[LintFinding]:
    stated = outline.id
    if file_id and stated.name and stated.name.casefold() != file_id.casefold():
        yield build_finding(
            WARNING,
            "wrong-id",
            stated.steps,
            f"states the id {clip_text(stated.name)}, but the file is {clip_text(file_id)}",
        )
    source = outline.source
    if source and source.name.endswith(".json"):
        named = ComponentRef("", source.name).guideline_id
        if named.casefold() not in (file_id.casefold(), stated.name.casefold()):
            yield build_finding(
                WARNING,
                "wrong-source",
                source.steps,
                f"is the address of {clip_text(named)}, not of {clip_text(file_id or stated.name)}",
            )
    replaced = outline.replaces
    if replaced and replaced.name:
        if replaced.name.casefold() == (file_id or stated.name).casefold():
            yield build_finding(
                ERROR, "replaces-itself", replaced.steps, "names the guideline itself"
            )
        elif known(replaced.name) is None:
            yield build_finding(
                NOTE,
                "replaces-unknown",
                replaced.steps,
                f"names {clip_text(replaced.name)}, which is not available",
            )


def _check_components(outline: GuidelineOutline) -> Iterator[LintFinding]:
    defined = {one.name for one in outline.capabilities}
    for component in outline.components:
        seen: set[str] = set()
        for status, one in component.capabilities:
            if one.name not in defined:
                removed = status == Status.REMOVED
                yield build_finding(
                    WARNING if removed else ERROR,
                    "undefined-capability",
                    one.steps,
                    f"names {clip_text(one.name)}, which the file does not define",
                )
            if one.name in seen:
                yield build_finding(
                    WARNING,
                    "listed-twice",
                    one.steps,
                    f"names {clip_text(one.name)}, which the component lists elsewhere too; "
                    "the strongest status counts",
                )
            seen.add(one.name)
        for status, one in component.projects:
            statuses = outline.projects.get(one.name)
            if statuses is None:
                yield build_finding(
                    ERROR,
                    "undefined-project",
                    one.steps,
                    f"names {clip_text(one.name)}, which has no designated sections in the file",
                )
            elif status not in statuses:
                yield build_finding(
                    WARNING,
                    "section-status",
                    one.steps,
                    f"names {clip_text(one.name)}, whose designated sections in the file are "
                    f"{clip_text(', '.join(sorted(statuses)) or 'none')}, not {clip_text(status)}",
                )


def _check_capabilities(outline: GuidelineOutline) -> Iterator[LintFinding]:
    listed: dict[str, set[str]] = {}
    for component in outline.components:
        for status, one in component.capabilities:
            listed.setdefault(one.name, set()).add(status)
    for capability in outline.capabilities:
        statuses = listed.get(capability.name, set())
        if not statuses:
            yield build_finding(
                WARNING, "unlisted-capability", capability.steps, "is listed by no component"
            )
        yield from _check_proof(capability, statuses)
        for one in capability.achievements:
            if one.name not in outline.criteria:
                yield build_finding(
                    WARNING,
                    "unknown-criterion",
                    one.steps,
                    f"names {clip_text(one.name) or 'nothing'}, which is not among the criteria",
                )
        project = capability.project
        if project and outline.projects and project.name not in outline.projects:
            yield build_finding(
                WARNING,
                "unknown-project",
                project.steps,
                f"names {clip_text(project.name) or 'nothing'}, "
                "which has no designated sections in the file",
            )


def _check_proof(capability: CapabilityOutline, statuses: set[str]) -> Iterator[LintFinding]:
    required = Status.REQUIRED in statuses
    subject = "is required, but" if required else "is not required and"
    if not capability.tests:
        gone = statuses == {Status.REMOVED}
        yield build_finding(
            NOTE if gone else WARNING,
            "no-tests",
            capability.steps,
            "is removed and has no test" if gone else f"{subject} has no test",
        )
    elif required and all(test.flagged for test in capability.tests):
        yield build_finding(
            WARNING, "all-flagged", capability.steps, "is required, but all its tests are flagged"
        )


def _check_target(
    target: TargetOutline, folded: dict[str, ComponentOutline], own_id: str, known: GuidelineFinder
) -> Iterator[LintFinding]:
    for reference, steps in (*target.components, *target.required):
        shown = clip_text(reference.name)
        if not reference.is_foreign(own_id):
            component = folded.get(reference.name.casefold())
            if component is None:
                yield build_finding(
                    ERROR,
                    "undefined-component",
                    steps,
                    f"names the component {shown}, which the file does not define",
                )
            elif component.name != reference.name:
                yield build_finding(
                    WARNING,
                    "letter-case",
                    steps,
                    f"names the component {shown}, which is defined as {clip_text(component.name)}",
                )
            continue
        guideline = known(reference.guideline_id)
        if guideline is None:
            source = clip_text(reference.guideline_id) or "(none named)"
            yield build_finding(
                WARNING,
                "source-unknown",
                steps,
                f"takes {shown} from guideline {source}, which is not available",
            )
        elif find_foreign_component(guideline.folded_components(), reference.name) is None:
            yield build_finding(
                ERROR,
                "undefined-component",
                steps,
                f"takes {shown} from guideline {guideline.id}, which has no such component",
            )


def _find_counting_components(outline: GuidelineOutline) -> dict[str, bool]:
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


def _requires_counted_test(
    target: TargetOutline, demanding: dict[str, bool], own_id: str, known: GuidelineFinder
) -> bool:
    """Return whether a target requires a test that counts; what is not known may do so."""
    for reference, _ in target.components:
        if not reference.is_foreign(own_id):
            if demanding.get(reference.name.casefold(), True):
                return True
            continue
        guideline = known(reference.guideline_id)
        foreign = guideline and find_foreign_component(
            guideline.folded_components(), reference.name
        )
        if not guideline or not foreign or _has_counted_test(guideline, foreign.name):
            return True
    return False


def _has_counted_test(guideline: Guideline, component: str) -> bool:
    return any(
        test.flag is None
        for listing in guideline.components[component].listings
        if listing.status is Status.REQUIRED
        for name in listing.capabilities
        for test in guideline.capabilities[name].tests
    )


def _check_unused_components(outline: GuidelineOutline, own_id: str) -> Iterator[LintFinding]:
    used = {
        reference.name.casefold()
        for target in outline.targets
        for reference, _ in target.components
        if not reference.is_foreign(own_id)
    }
    for component in outline.components:
        name = component.name
        if name.casefold() not in used and not ADD_ON_COMPONENT.fullmatch(name):
            yield build_finding(
                WARNING, "unused-component", component.steps, "is named by no target"
            )


def _check_name_clashes(outline: GuidelineOutline) -> Iterator[LintFinding]:
    for kind, named in (
        ("component", [(one.name, one.steps) for one in outline.components]),
        ("target", [(one.short, one.steps) for one in outline.targets]),
    ):
        seen: set[str] = set()
        for name, steps in named:
            if name.casefold() in seen:
                yield build_finding(
                    ERROR,
                    f"{kind}-clash",
                    steps,
                    f"has the name of another {kind}, ignoring case",
                )
            seen.add(name.casefold())
