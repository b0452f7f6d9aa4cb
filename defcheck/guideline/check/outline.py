"""What stands where in a guideline document, for documents that may not load.

Whatever has the wrong kind is passed over here: its schema tells of that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.guideline.check.finding import Steps
from defcheck.guideline.model import ComponentRef, bare_id
from defcheck.guideline.schema2 import short_name


@dataclass(frozen=True, slots=True)
class Named:
    """A name at a place."""

    name: str
    steps: Steps


@dataclass(frozen=True, slots=True)
class TestOutline:
    """A test as a capability demands it."""

    name: str
    steps: Steps
    uuid: str
    aliases: tuple[Named, ...]
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
    flagged: tuple[Named, ...]
    """Names that schema 1.2 lists as flagged."""

    project: Named | None
    achievements: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class ComponentOutline:
    """A component, with the capabilities and projects that it lists by status."""

    name: str
    steps: Steps
    capabilities: tuple[tuple[str, Named], ...]
    projects: tuple[tuple[str, Named], ...]


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
class Outline:
    """A whole guideline."""

    version: str
    id: Named
    status: str
    replaces: Named | None
    source: Named | None
    targets: tuple[TargetOutline, ...]
    components: tuple[ComponentOutline, ...]
    capabilities: tuple[CapabilityOutline, ...]
    criteria: frozenset[str]
    projects: dict[str, frozenset[str]]
    """Projects with designated sections, and the statuses they have them under."""


def outline(document: Any, version: str) -> Outline:
    """Return the outline of a document of a schema version."""
    if version == "2.0":
        return _outline2(_table(document))
    return _outline1(_table(document))


def _outline1(document: dict[str, Any]) -> Outline:
    components = tuple(
        ComponentOutline(name, steps, tuple(_statuses(body, steps)), ())
        for name, steps, body in _entries(document, ("components",))
    )
    platform = [
        (ComponentRef(one.name), one.steps)
        for status, one in _statuses(_table(document.get("platform")), ("platform",))
        if status == "required"
    ]
    projects: dict[str, set[str]] = {}
    for status, _, body in _entries(document, ("designated-sections",)):
        for project in body:
            projects.setdefault(project, set()).add(status)
    return Outline(
        version=str(document.get("schema")),
        id=_named(document, "id", ()) or Named("", ("id",)),
        status=_text(document.get("status")),
        replaces=_named(document, "replaces", ()),
        source=_named(document, "source", ()),
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
        capabilities=tuple(_capabilities(document)),
        criteria=frozenset(_table(document.get("criteria"))),
        projects={name: frozenset(statuses) for name, statuses in projects.items()},
    )


def _outline2(document: dict[str, Any]) -> Outline:
    metadata = _table(document.get("metadata"))
    approval = _table(metadata.get("os_trademark_approval"))
    approval_steps = ("metadata", "os_trademark_approval")
    return Outline(
        version="2.0",
        id=_named(metadata, "id", ("metadata",)) or Named("", ("metadata", "id")),
        status=_text(approval.get("status")) or _text(metadata.get("status")),
        replaces=_named(approval, "replaces", approval_steps),
        source=_named(metadata, "source", ("metadata",)),
        targets=tuple(
            TargetOutline(
                title,
                short_name(title),
                steps,
                tuple(_references(body, steps, "components")),
                tuple(_references(body, steps, "required_platform_components")),
            )
            for key in ("platforms", "add-ons")
            for title, steps, body in _entries(document, (key,))
        ),
        components=tuple(
            ComponentOutline(
                name,
                steps,
                tuple(_statuses(_table(body.get("capabilities")), (*steps, "capabilities"))),
                tuple(
                    _statuses(
                        _table(body.get("designated_sections")), (*steps, "designated_sections")
                    )
                ),
            )
            for name, steps, body in _entries(document, ("components",))
        ),
        capabilities=tuple(_capabilities(document)),
        criteria=frozenset(_table(_table(metadata.get("scoring")).get("criteria"))),
        projects={
            project: frozenset(body)
            for project, _, body in _entries(document, ("designated_sections",))
        },
    )


def _capabilities(document: dict[str, Any]) -> Iterator[CapabilityOutline]:
    for name, steps, body in _entries(document, ("capabilities",)):
        achieved = "achievements" if "achievements" in body else "acheivements"
        yield CapabilityOutline(
            name,
            steps,
            tuple(_tests(body, steps)),
            tuple(_texts(body.get("flagged"), (*steps, "flagged"))),
            _named(body, "project", steps),
            tuple(_texts(body.get(achieved), (*steps, achieved))),
        )


def _tests(capability: dict[str, Any], steps: Steps) -> Iterator[TestOutline]:
    tests = capability.get("tests")
    if isinstance(tests, list):
        flagged = {one.name for one in _texts(capability.get("flagged"), ())}
        for one in _texts(tests, (*steps, "tests")):
            yield TestOutline(one.name, one.steps, "", (), one.name in flagged, None)
        return
    for name, place, body in _entries(capability, (*steps, "tests")):
        flag = _table(body.get("flagged"))
        yield TestOutline(
            name,
            place,
            bare_id(_text(body.get("idempotent_id"))),
            tuple(_texts(body.get("aliases"), (*place, "aliases"))),
            "flagged" in body,
            _text(flag.get("reason")) or None,
            _text(flag.get("action")),
        )


def _references(
    target: dict[str, Any], steps: Steps, key: str
) -> Iterator[tuple[ComponentRef, Steps]]:
    items = target.get(key)
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield ComponentRef(item["name"], _text(item.get("source"))), (*steps, key, number)


def _statuses(body: dict[str, Any], steps: Steps) -> Iterator[tuple[str, Named]]:
    for status, names in body.items():
        for one in _texts(names, (*steps, status)):
            yield status, one


def _entries(outer: dict[str, Any], steps: Steps) -> Iterator[tuple[str, Steps, dict[str, Any]]]:
    """Yield name, place and body of the objects in the object that is the last step."""
    for name, body in _table(outer.get(str(steps[-1]))).items():
        if isinstance(body, dict):
            yield name, (*steps, name), body


def _named(body: dict[str, Any], key: str, steps: Steps) -> Named | None:
    return Named(body[key], (*steps, key)) if isinstance(body.get(key), str) else None


def _texts(value: Any, steps: Steps) -> Iterator[Named]:
    for number, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, str):
            yield Named(item, (*steps, number))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
