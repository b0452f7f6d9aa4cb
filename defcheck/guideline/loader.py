"""Load a guideline file of any schema into the model; only this module knows schemas."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline.fields import (
    JsonFields,
    read_capability,
    read_criteria,
    read_listings,
    read_sections,
)
from defcheck.guideline.models import (
    Component,
    ComponentRef,
    DesignatedSections,
    Guideline,
    PolicyName,
    Repository,
    Status,
    Target,
)
from defcheck.util import json_yaml
from defcheck.util.files import clip_text, read_bounded

TARGET_TITLES = {
    "platform": "OpenStack Powered Platform",
    "compute": "OpenStack Powered Compute",
    "object": "OpenStack Powered Storage",
}


def read_schema1(fields: JsonFields, guideline_id: str, sha256: str) -> Guideline:
    """Read a whole file; `guideline_id`, where given, overrides the stated id."""
    stated_id = fields.read_name("id")
    components = {
        name: Component(name, read_listings(body))
        for name, body in fields.read_sections("components")
    }
    return Guideline(
        id=guideline_id or stated_id,
        stated_id=stated_id,
        schema=fields.read_text("schema"),
        status=fields.read_text("status"),
        releases=fields.read_names("releases"),
        target_approval=fields.read_text("target_approval"),
        replaces=fields.read_text("replaces"),
        cutoff_score=fields.read_number("cutoff_score"),
        policy=PolicyName.DEFCORE,
        source=fields.read_text("source"),
        targets=_read_schema1_targets(fields),
        components=components,
        capabilities={
            name: read_capability(name, body) for name, body in fields.read_sections("capabilities")
        },
        criteria=read_criteria(fields),
        repositories=tuple(
            Repository(name, url=body.read_text("url"), reference=body.read_text("git-sha"))
            for name, body in fields.read_sections("test-repositories")
        ),
        designated_sections=_read_schema1_sections(fields),
        sha256=sha256,
    )


def _read_schema1_targets(fields: JsonFields) -> tuple[Target, ...]:
    """Platform is made of its required components; each component is a target too."""
    platform = fields.read_section("platform").read_names("required")
    targets = [Target("platform", TARGET_TITLES["platform"], tuple(map(ComponentRef, platform)))]
    for name in fields.read_section("components"):
        targets.append(Target(name, TARGET_TITLES.get(name, name), (ComponentRef(name),)))
    return tuple(targets)


def _read_schema1_sections(fields: JsonFields) -> tuple[DesignatedSections, ...]:
    return tuple(
        DesignatedSections(
            project=project,
            status=status,
            sections=read_sections(body),
            required=body.read_boolean("required") if "required" in body else None,
            guidance=body.read_text("guidance"),
            comment=body.read_text("comment"),
        )
        for status, projects in fields.read_sections("designated-sections")
        for project, body in ((name, projects.read_section(name)) for name in projects)
    )


SHORT_NAMES = {"openstack powered storage": "object"}
"""RefStack's addresses call the storage target `object`; the others follow a rule."""

ADD_ON_COMPONENT = re.compile(r"os_powered_(dns|orchestration|shared_file_system)", re.IGNORECASE)


def read_schema2(fields: JsonFields, guideline_id: str, sha256: str) -> Guideline:
    """Read a whole file; `guideline_id`, where given, overrides the stated id."""
    metadata = fields.read_section("metadata")
    scoring = metadata.read_section("scoring")
    approval = metadata.read_section("os_trademark_approval")
    stated_id = metadata.read_name("id")
    components = {
        name: Component(
            name,
            listings=read_listings(body.read_section("capabilities")),
            designated=tuple(
                (status, sections.read_names(status))
                for sections in (body.read_section("designated_sections"),)
                for status in sections
            ),
        )
        for name, body in fields.read_sections("components")
    }
    return Guideline(
        id=guideline_id or stated_id,
        stated_id=stated_id,
        schema=metadata.read_text("schema"),
        status=approval.read_text("status") or metadata.read_text("status"),
        releases=approval.read_names("releases"),
        target_approval=approval.read_text("target_approval"),
        replaces=approval.read_text("replaces"),
        cutoff_score=scoring.read_number("cutoff_score"),
        policy=_read_policy(metadata),
        source=metadata.read_text("source"),
        targets=_read_schema2_targets(fields, components),
        components=components,
        capabilities={
            name: read_capability(name, body) for name, body in fields.read_sections("capabilities")
        },
        criteria=read_criteria(scoring),
        repositories=tuple(
            Repository(
                name,
                url=body.read_text("repository"),
                reference=body.read_text("reference"),
                description=body.read_text("description"),
            )
            for name, body in fields.read_sections("test_repositories")
        ),
        designated_sections=_read_schema2_sections(fields),
        sha256=sha256,
    )


def derive_short_name(title: str) -> str:
    """Return the short name of a target: platform, compute, object, nfv-platform."""
    if title.lower() in SHORT_NAMES:
        return SHORT_NAMES[title.lower()]
    words = title.lower().removeprefix("openstack powered ").split()
    return "-".join(words)


def _read_policy(metadata: JsonFields) -> PolicyName:
    name = metadata.read_text("policy") or PolicyName.DEFCORE
    if name not in PolicyName.__members__.values():
        raise metadata.build_type_error("policy", " or ".join(PolicyName), name)
    return PolicyName(name)


def _read_schema2_targets(fields: JsonFields, components: Iterable[str]) -> tuple[Target, ...]:
    targets: list[Target] = []
    for key in ("platforms", "add-ons"):
        for title, body in fields.read_sections(key):
            references = _read_references(body, "components")
            targets.append(
                Target(
                    name=(key == "add-ons" and _add_on_name(references))
                    or derive_short_name(title),
                    title=title,
                    components=references,
                    required_components=_read_references(body, "required_platform_components"),
                    description=body.read_text("description"),
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


def _read_references(fields: JsonFields, key: str) -> tuple[ComponentRef, ...]:
    return tuple(
        ComponentRef(ref.read_name("name"), ref.read_name("source"))
        for ref in fields.read_items(key)
    )


def _read_schema2_sections(fields: JsonFields) -> tuple[DesignatedSections, ...]:
    return tuple(
        DesignatedSections(
            project=project,
            status=status,
            sections=read_sections(body),
            guidance=body.read_text("guidance"),
            comment=body.read_text("comment"),
        )
        for project, statuses in fields.read_sections("designated_sections")
        for status, body in ((name, statuses.read_section(name)) for name in statuses)
    )


SCHEMA_READERS: dict[str, Callable[[JsonFields, str, str], Guideline]] = {
    "1.2": read_schema1,
    "1.3": read_schema1,
    "1.4": read_schema1,
    "1.5": read_schema1,
    "1.6": read_schema1,
    "2.0": read_schema2,
}
MAX_BYTES = 32 * 1024 * 1024
"""A guideline with 100,000 tests has 14 MiB."""


def load_guideline_file(path: Path, guideline_id: str = "") -> Guideline:
    """Load the guideline file at `path`.

    `guideline_id` overrides the id that the file states. Raises `InputError`
    when the file cannot be read or is no guideline.
    """
    return load_guideline_bytes(read_guideline_file(path), str(path), guideline_id)


def read_guideline_file(path: Path) -> bytes:
    """Return the bytes of a guideline file; raise `InputError` where that is impossible."""
    return read_bounded(
        path,
        "The guideline file",
        MAX_BYTES,
        "Give the id of a guideline (see `defcheck guideline list`), or a readable file; the "
        "largest published guideline has 0.2 MiB.",
    )


def load_guideline_bytes(data: bytes, where: str, guideline_id: str = "") -> Guideline:
    """Load a guideline from `data`; `where` names it in errors."""
    try:
        text = decode_json(data)
        document = json.loads(text, object_pairs_hook=json_yaml.refuse_duplicate_keys)
        json_yaml.refuse_half_characters(text, document)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is not JSON: {error}.", "A guideline is one JSON object in UTF-8."
        ) from error
    fields = JsonFields.from_document(document, where)
    metadata = fields.read_section("metadata") if "metadata" in fields else fields
    schema = metadata.read_text("schema")
    if schema not in SCHEMA_READERS:
        known = ", ".join(SCHEMA_READERS)
        raise InputError(
            f"{where} states the schema version {clip_text(schema) or 'none'}, which is not known.",
            f"Known are {known}.",
        )
    guideline = SCHEMA_READERS[schema](fields, guideline_id, hashlib.sha256(data).hexdigest())
    _refuse_ambiguous_names(guideline, where)
    _refuse_dangling_references(guideline, where)
    return guideline


def decode_json(data: bytes) -> str:
    """Return JSON as text; raise `ValueError` where it is none in any encoding of Unicode.

    Left to itself the library lets halves of surrogate pairs pass.
    """
    return data.decode(json.detect_encoding(data))


def _refuse_ambiguous_names(guideline: Guideline, where: str) -> None:
    """Refuse names that could mean two components or two targets."""
    for kind, names in (
        ("components", guideline.components),
        ("targets", [target.name for target in guideline.targets]),
    ):
        twice = json_yaml.find_first_repeated(name.casefold() for name in names)
        if twice is not None:
            raise InputError(
                f"{where}: two {kind} are called {twice}, apart from the case of letters.",
                "Give one of them another name.",
            )


def _refuse_dangling_references(guideline: Guideline, where: str) -> None:
    """Refuse references to nothing, except to capabilities that were removed.

    Published guidelines (2018.02, next) list removed capabilities that they no
    longer define; nothing is demanded of those, so nothing is lost.
    """
    for component in guideline.components.values():
        for listing in component.listings:
            for name in listing.capabilities:
                if name not in guideline.capabilities and listing.status is not Status.REMOVED:
                    raise InputError(
                        f"{where}: component {component.name} lists the {listing.status} "
                        f"capability {name}, which the file does not define.",
                        "Define it under `capabilities` or take it out of the component.",
                    )
    folded = guideline.folded_components()
    for target in guideline.targets:
        for reference in target.components:
            if not reference.is_foreign(guideline.id) and reference.name.casefold() not in folded:
                raise InputError(
                    f"{where}: target {target.title} names the component {reference.name}, "
                    "which the file does not define.",
                    "Define it under `components`, or give its `source`.",
                )
