"""The in-memory model of a guideline, the same for every schema version.

Everything is frozen: a loaded guideline never changes. The words are the
field's own: a *target* is built of *components*, a component lists
*capabilities* under a *status*, a capability is proved by *tests*, and a test
may be *flagged*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """Status of a capability in a component, strongest first."""

    REQUIRED = "required"
    ADVISORY = "advisory"
    DEPRECATED = "deprecated"
    REMOVED = "removed"


STRENGTH = {status: rank for rank, status in enumerate(Status)}
"""Rank of a status, 0 the strongest (RefStack results report: a capability
listed twice takes the strongest status)."""


class PolicyName(StrEnum):
    """Which rule turns outcomes into a verdict; each guideline names its own."""

    DEFCORE = "defcore"
    """Only a pass counts (DefCore 2016.01 procedure, RefStack results report)."""

    SCS = "scs"
    """No test may fail; a skip is allowed (SCS-0128)."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a test is run and reported but not counted."""

    code: str = ""
    """Reason code D400 to D406, or empty where the guideline gives none."""

    date: str = ""
    """The day the flag was set, YYYY-MM-DD, or empty."""

    references: tuple[str, ...] = ()
    """Links, bug numbers and commits named in the reason, in their order."""

    reason: str = ""
    """The reason in the words of the guideline file."""

    action: str = ""
    """What happens to the test next, quoted from the guideline file."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a capability."""

    name: str
    """Full dotted name, without attributes."""

    idempotent_id: str = ""
    """As published: with or without `id-`, maybe with attributes, maybe empty."""

    aliases: tuple[str, ...] = ()
    """Other names under which this capability accepts the test."""

    flag: Flag | None = None
    """Set when the test is flagged in this capability."""

    @property
    def uuid(self) -> str:
        """The bare idempotent id: no `id-` prefix, no attributes, lower case."""
        return bare_id(self.idempotent_id)


def bare_id(idempotent_id: str) -> str:
    """Return an idempotent id without prefix and attributes, in lower case."""
    return idempotent_id.split(",", 1)[0].strip().removeprefix("id-").lower()


@dataclass(frozen=True, slots=True)
class Capability:
    """Something a cloud can do, and the tests that prove it."""

    name: str
    tests: tuple[Test, ...]
    description: str = ""
    project: str = ""
    admin: bool = False
    """Whether the guideline says that it needs an administrator."""

    required_since: str = ""
    achievements: tuple[str, ...] = ()
    """Names of the scoring criteria that the capability meets."""


@dataclass(frozen=True, slots=True)
class CapabilityListing:
    """The capabilities that a component lists under one status, in file order."""

    status: Status
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a target, such as compute or storage."""

    name: str
    listings: tuple[CapabilityListing, ...]
    """In file order; a capability may stand under several statuses."""

    designated: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Status and the projects whose designated sections apply (schema 2.0)."""


@dataclass(frozen=True, slots=True)
class ComponentRef:
    """A reference of a target to a component, possibly in another guideline."""

    name: str
    source: str = ""
    """Address of the guideline that defines it; empty for this one."""

    @property
    def guideline_id(self) -> str:
        """The id of the guideline that `source` points at, or empty."""
        return self.source.rsplit("/", 1)[-1].removesuffix(".json")

    def is_foreign(self, guideline_id: str) -> bool:
        """Return whether another guideline than the one with this id defines it."""
        return bool(self.source) and self.guideline_id.casefold() != guideline_id.casefold()


@dataclass(frozen=True, slots=True)
class Target:
    """What a cloud can be checked for, such as platform or an add-on."""

    name: str
    """Short name as RefStack's addresses use it: platform, compute, object, dns."""

    title: str
    components: tuple[ComponentRef, ...]
    required_components: tuple[ComponentRef, ...] = ()
    """Components of other guidelines that an add-on builds on (not scored)."""

    description: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A designated section: code of a project that a product must or need not ship."""

    name: str
    designated: bool
    description: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DesignatedSections:
    """The designated sections of one project under one status."""

    project: str
    status: str
    """required, advisory, deprecated, removed or informational."""

    sections: tuple[Section, ...] = ()
    required: bool | None = None
    """The schema 1.x field `required`, where one is given."""

    guidance: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the tests come from."""

    name: str
    url: str
    reference: str
    """Git commit, tag or branch."""

    description: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A scoring criterion by which capabilities were chosen."""

    key: str
    weight: int
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Guideline:
    """A loaded guideline."""

    id: str
    """The id it is known by; the file name's where the file states a wrong one."""

    schema: str
    """Schema version it was written in: 1.2 to 1.6 or 2.0."""

    targets: tuple[Target, ...]
    components: Mapping[str, Component]
    capabilities: Mapping[str, Capability]
    stated_id: str = ""
    """The id that the file itself states."""

    status: str = ""
    """draft, advisory, approved or superseded; empty where there is none."""

    releases: tuple[str, ...] = ()
    """OpenStack releases that it covers."""

    target_approval: str = ""
    replaces: str = ""
    cutoff_score: int | None = None
    policy: PolicyName = PolicyName.DEFCORE
    source: str = ""
    criteria: tuple[Criterion, ...] = ()
    repositories: tuple[Repository, ...] = ()
    designated_sections: tuple[DesignatedSections, ...] = ()
    sha256: str = ""
    """Of the bytes that were loaded."""

    linked: Mapping[str, "Guideline"] = field(default_factory=dict)
    """Guidelines by id, as the references spell it, that targets take components from."""

    @property
    def known_to_refstack(self) -> bool:
        """Whether RefStack could answer for it: its server had only DefCore guidelines."""
        return self.policy is PolicyName.DEFCORE

    def folded_components(self) -> dict[str, Component]:
        """Return the components by their names without regard to the case of letters.

        Guidelines from 2020.11 on write `OS_powered_compute` in one place and
        `os_powered_compute` in another and mean the same; loading refuses two
        components that differ in nothing else.
        """
        return {name.casefold(): component for name, component in self.components.items()}


FLAG_CODES = {
    "D400": "The capability does not meet the scoring criteria.",
    "D401": "The test itself has a bug, which the project that keeps it has accepted.",
    "D402": "The service has a bug, which the project that keeps it has accepted.",
    "D403": "The test fails over something else that it tests and the guideline does not demand.",
    "D404": "None of the other reason codes fits.",
    "D405": "The test expects one way to implement the capability, and few clouds chose that way.",
    "D406": "The test was taken out of Tempest.",
}
