"""The outline of a guideline document, also of one that cannot be loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.guideline.lint.findings import Steps
from defcheck.guideline.loader import derive_short_name
from defcheck.guideline.models import ComponentRef, bare_id


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A name at a place."""

    name: str
    steps: Steps


@dataclass(frozen=True, slots=True)
class TestOutline:
    """A test as a capability requires it."""

    name: str
    steps: Steps
    uuid: str
    aliases: tuple[NamedPlace, ...]
    flagged: bool
    reason: str | None
    """Why it is flagged; None where the file gives none."""

    action: str = ""
    """What is to happen with the flagged test."""


@dataclass(frozen=True, slots=True)
class CapabilityOutline:
    """A capability and its tests."""

    name: str
    steps: Steps
    tests: tuple[TestOutline, ...]
    flagged: tuple[NamedPlace, ...]
    """Names that schema 1.2 lists as flagged."""

    project: NamedPlace | None
    achievements: tuple[NamedPlace, ...]


@dataclass(frozen=True, slots=True)
class ComponentOutline:
    """A component, with the capabilities and projects that it lists by status."""

    name: str
    steps: Steps
    capabilities: tuple[tuple[str, NamedPlace], ...]
    projects: tuple[tuple[str, NamedPlace], ...]


@dataclass(frozen=True, slots=True)
class TargetOutline:
    """A target and the components that it names."""

    title: str
    short: str
    steps: Steps
    components: tuple[tuple[ComponentRef, Steps], ...]
    required: tuple[tuple[ComponentRef, Steps], ...]
    """Components of other guidelines that an add-on builds on."""


@dataclass(frozen=True, slots=True)
class GuidelineOutline:
    """A whole guideline."""

    version: str
    id: NamedPlace
    status: str
    replaces: NamedPlace | None
    source: NamedPlace | None
    targets: tuple[TargetOutline, ...]
    components: tuple[ComponentOutline, ...]
    capabilities: tuple[CapabilityOutline, ...]
    criteria: frozenset[str]
    projects: dict[str, frozenset[str]]
    """Projects with designated sections, and the statuses they have them under."""


def build_outline(document: Any, version: str) -> GuidelineOutline:
    """Return the outline of a document of a schema version."""
    if version == "2.0":
        return _outline_schema2(_as_object(document))
    return _outline_schema1(_as_object(document))


def _outline_schema1(document: dict[str, Any]) -> GuidelineOutline:
    components = tuple(
        ComponentOutline(name, steps, tuple(_read_statuses(body, steps)), ())
        for name, steps, body in _read_entries(document, ("components",))
    )
    platform = [
        (ComponentRef(one.name), one.steps)
        for status, one in _read_statuses(_as_object(document.get("platform")), ("platform",))
        if status == "required"
    ]
    projects: dict[str, set[str]] = {}
    for status, _, body in _read_entries(document, ("designated-sections",)):
        for project in body:
            projects.setdefault(project, set()).add(status)
    return GuidelineOutline(
        version=str(document.get("schema")),
        id=_read_name(document, "id", ()) or NamedPlace("", ("id",)),
        status=_as_text(document.get("status")),
        replaces=_read_name(document, "replaces", ()),
        source=_read_name(document, "source", ()),
        targets=(
            TargetOutline("platform", "platform", ("platform",), tuple(platform), ()),
            *(
                TargetOutline(
                    one.name, one.name, one.steps, ((ComponentRef(one.name), one.steps),), ()
                )
                for one in components
            ),
        ),
        components=components,
        capabilities=tuple(_read_capabilities(document)),
        criteria=frozenset(_as_object(document.get("criteria"))),
        projects={name: frozenset(statuses) for name, statuses in projects.items()},
    )


def _outline_schema2(document: dict[str, Any]) -> GuidelineOutline:
    metadata = _as_object(document.get("metadata"))
    approval = _as_object(metadata.get("os_trademark_approval"))
    approval_steps = ("metadata", "os_trademark_approval")
    return GuidelineOutline(
        version="2.0",
        id=_read_name(metadata, "id", ("metadata",)) or NamedPlace("", ("metadata", "id")),
        status=_as_text(approval.get("status")) or _as_text(metadata.get("status")),
        replaces=_read_name(approval, "replaces", approval_steps),
        source=_read_name(metadata, "source", ("metadata",)),
        targets=tuple(
            TargetOutline(
                title,
                derive_short_name(title),
                steps,
                tuple(_read_references(body, steps, "components")),
                tuple(_read_references(body, steps, "required_platform_components")),
            )
            for key in ("platforms", "add-ons")
            for title, steps, body in _read_entries(document, (key,))
        ),
        components=tuple(
            ComponentOutline(
                name,
                steps,
                tuple(
                    _read_statuses(_as_object(body.get("capabilities")), (*steps, "capabilities"))
                ),
                tuple(
                    _read_statuses(
                        _as_object(body.get("designated_sections")), (*steps, "designated_sections")
                    )
                ),
            )
            for name, steps, body in _read_entries(document, ("components",))
        ),
        capabilities=tuple(_read_capabilities(document)),
        criteria=frozenset(_as_object(_as_object(metadata.get("scoring")).get("criteria"))),
        projects={
            project: frozenset(body)
            for project, _, body in _read_entries(document, ("designated_sections",))
        },
    )


def _read_capabilities(document: dict[str, Any]) -> Iterator[CapabilityOutline]:
    for name, steps, body in _read_entries(document, ("capabilities",)):
        achieved = "achievements" if "achievements" in body else "acheivements"
        yield CapabilityOutline(
            name,
            steps,
            tuple(_read_tests(body, steps)),
            tuple(_read_texts(body.get("flagged"), (*steps, "flagged"))),
            _read_name(body, "project", steps),
            tuple(_read_texts(body.get(achieved), (*steps, achieved))),
        )


def _read_tests(capability: dict[str, Any], steps: Steps) -> Iterator[TestOutline]:
    tests = capability.get("tests")
    if isinstance(tests, list):
        flagged = {one.name for one in _read_texts(capability.get("flagged"), ())}
        for one in _read_texts(tests, (*steps, "tests")):
            yield TestOutline(one.name, one.steps, "", (), one.name in flagged, None)
        return
    for name, place, body in _read_entries(capability, (*steps, "tests")):
        flag = _as_object(body.get("flagged"))
        yield TestOutline(
            name,
            place,
            bare_id(_as_text(body.get("idempotent_id"))),
            tuple(_read_texts(body.get("aliases"), (*place, "aliases"))),
            "flagged" in body,
            _as_text(flag.get("reason")) or None,
            _as_text(flag.get("action")),
        )


def _read_references(
    target: dict[str, Any], steps: Steps, key: str
) -> Iterator[tuple[ComponentRef, Steps]]:
    items = target.get(key)
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield ComponentRef(item["name"], _as_text(item.get("source"))), (*steps, key, number)


def _read_statuses(body: dict[str, Any], steps: Steps) -> Iterator[tuple[str, NamedPlace]]:
    for status, names in body.items():
        for one in _read_texts(names, (*steps, status)):
            yield status, one


def _read_entries(
    outer: dict[str, Any], steps: Steps
) -> Iterator[tuple[str, Steps, dict[str, Any]]]:
    """Yield name, place and body of the objects in the object that is the last step."""
    for name, body in _as_object(outer.get(str(steps[-1]))).items():
        if isinstance(body, dict):
            yield name, (*steps, name), body


def _read_name(body: dict[str, Any], key: str, steps: Steps) -> NamedPlace | None:
    return NamedPlace(body[key], (*steps, key)) if isinstance(body.get(key), str) else None


def _read_texts(value: Any, steps: Steps) -> Iterator[NamedPlace]:
    for number, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, str):
            yield NamedPlace(item, (*steps, number))


def _as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""
