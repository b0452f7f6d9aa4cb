"""Resources of a cloud, and the evidence that a run created them.

A resource is the run's own when

- its name begins with the run's prefix and a hyphen, or
- the run noted that its own request created it: by the id that the cloud gave it,
  or, where ids are chosen by who asks, by id and name, or
- it is in a project or domain, or a user's, that is the run's own, or
- it has no name and depends on a resource of the run's: a port of its server, a
  floating IP on such a port, a snapshot of its volume.

What was created before the run began is never its own, whatever its name says.

openstacksdk's `project_cleanup` cannot do this (as read in 4.22, openstack/cloud/
openstackcloud.py and the `_service_cleanup` of each service):

- It empties the project of one login. Its filters compare fields of one resource,
  and its callback sees one resource and what was chosen before, in whatever order
  the services run: not who owns the project, nor the server behind a port. So it
  deletes what other people have in a shared project, or misses what has no name.
- It has no volume types, flavors and key pairs, and nothing of Keystone: users,
  projects, groups, roles and domains of a run would stay.
- It logs the error of a service and goes on. A service that could not be listed
  looks like one with nothing left; here that is a visibility gap, which is reported.
- Its dry run yields resources without a reason. `defcheck cleanup` shows the evidence for
  each, looks again at what it deletes, and waits until it is gone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from defcheck.cloud.tempest_conf import TempestConfiguration, is_prefix
from defcheck.errors import InputError


class ResourceKind(StrEnum):
    """Kinds of things, in the order in which they can be deleted."""

    SERVER = "server"
    FLOATING_IP = "floating ip"
    ROUTER_INTERFACE = "router interface"
    ROUTER = "router"
    PORT = "port"
    SUBNET = "subnet"
    NETWORK = "network"
    SECURITY_GROUP = "security group"
    BACKUP = "volume backup"
    SNAPSHOT = "volume snapshot"
    VOLUME = "volume"
    VOLUME_TYPE = "volume type"
    IMAGE = "image"
    CONTAINER = "container"
    KEYPAIR = "key pair"
    SERVER_GROUP = "server group"
    FLAVOR = "flavor"
    GROUP = "group"
    USER = "user"
    PROJECT = "project"
    ROLE = "role"
    DOMAIN = "domain"


DELETION_ORDER = {kind: number for number, kind in enumerate(ResourceKind)}


class Relation(StrEnum):
    """How a thing depends on another one."""

    PROJECT = "in the project"
    DOMAIN = "in the domain"
    USER = "of the user"
    NETWORK = "in the network"
    DEVICE = "a port of"
    PORT = "on the port"
    VOLUME = "of the volume"
    SERVER = "attached to the server"


OWNING_RELATIONS = (Relation.PROJECT, Relation.DOMAIN, Relation.USER)
"""Who owns another thing owns it whatever it is called."""

PART_RELATIONS = {(ResourceKind.SUBNET, Relation.NETWORK)}
"""What is a part of another thing whatever it is called."""


@dataclass(frozen=True, slots=True)
class CloudResource:
    """One thing in a cloud, as its service tells of it."""

    kind: ResourceKind
    id: str
    """Unique in its kind: a uuid, else a name with what it is a name in."""

    name: str
    project: str = ""
    """Id of its project, empty where it has none or that is not told."""

    created_at: datetime | None = None
    """None where the service does not tell."""

    relations: Mapping[Relation, str] = field(default_factory=dict)
    """Ids of what it depends on."""

    detail: str = ""
    """What deleting it takes besides its id, such as the router of an interface."""


@dataclass(frozen=True, slots=True)
class VisibilityGap:
    """Part of a collection that could not be seen: what one project has."""

    project: str
    """Id of the project."""

    error: Exception


@dataclass(frozen=True, slots=True)
class OwnershipEvidence:
    """By what a run knows its own."""

    prefix: str
    """As `prefix.new` makes them, or empty: names then prove nothing."""

    started_at: datetime
    ended_at: datetime | None
    """When the run ended, None where it was killed."""

    interrupted: bool
    """Whether it did not come to its own end, so that its last notes may be missing."""

    created: Mapping[str, str]
    """Ids of what the run noted as made, with their names; for key pairs the
    name stands for the id, for containers the account with it: `AUTH_x/name`."""

    emptied_accounts: frozenset[str] = frozenset()
    """Accounts of Swift in which the run deleted every container that it had noted."""

    test_classes: frozenset[str] = frozenset()
    """Names of the test classes of the run."""

    projects: frozenset[str] = frozenset()
    """Ids of the projects of the run's users, where these existed before."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing of a run's, and why it is."""

    resource: CloudResource
    reason: str


@dataclass(frozen=True, slots=True)
class LeftoverFindings:
    """What was found in a cloud after a run."""

    owned: tuple[Leftover, ...] = ()
    """In the order in which they can be deleted."""

    unproven: tuple[Leftover, ...] = ()
    """What may be the run's, but nothing proves it: never deleted."""

    unseen: tuple[str, ...] = ()
    """What could not be looked at, and why, as sentences."""


PREFIX_OPTION = "resource_name_prefix"
"""In [DEFAULT] of tempest.conf, by default `tempest`; a Tempest that is too old passes it over."""


def apply_prefix(
    configuration: TempestConfiguration, prefix: str
) -> tuple[TempestConfiguration, str]:
    """Return the configuration with the prefix, and the prefix.

    Where a tempest.conf of the user's sets another one that stays; it is no
    proof, since other runs may have it too, so that the prefix is then empty.
    Empty it may also be given, for a run that began without one.
    """
    general = configuration.sections.get("DEFAULT", {})
    if not prefix or general.get(PREFIX_OPTION, "tempest") != "tempest":
        return configuration, ""
    sections = {**configuration.sections, "DEFAULT": {**general, PREFIX_OPTION: prefix}}
    return replace(configuration, sections=sections), prefix


CLOCK_SKEW = timedelta(minutes=5)
"""How far the cloud's clock may be from ours."""

GENERATED_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id that a service made up; others may be names, or numbers that a test chose."""

TEMPEST_NAME = re.compile(r"tempest-(?P<owner>\w+)-\d+(-.*)?")
NOVA_SNAPSHOT = "snapshot for "
"""How Nova names the volume snapshots of a server's image."""


def classify_resources(
    resources: Iterable[CloudResource], evidence: OwnershipEvidence
) -> LeftoverFindings:
    """Return which of the things are the run's own, and which may be.

    Raises `InputError` where the claim could prove nothing.
    """
    require_evidence(evidence)
    everything = list({(thing.kind, thing.id): thing for thing in resources}.values())
    timely = [thing for thing in everything if not _predates_run(thing, evidence)]
    ours: dict[str, Leftover] = {}
    for thing in timely:
        why = (
            match_name(thing, evidence)
            or _match_log(thing, evidence)
            or _match_project_user(thing, evidence)
        )
        if why:
            ours[thing.id] = Leftover(thing, why)
    while True:
        more = {
            thing.id: Leftover(thing, why)
            for thing in timely
            if thing.id not in ours and (why := _match_relation(thing, ours, evidence))
        }
        if not more:
            break
        ours |= more
    unproven = [
        Leftover(thing, why)
        for thing in everything
        if thing.id not in ours and (why := _describe_suspicion(thing, evidence))
    ]
    return LeftoverFindings(
        tuple(_sort_for_deletion(ours.values())), tuple(_sort_for_deletion(unproven))
    )


def require_evidence(evidence: OwnershipEvidence) -> None:
    """Raise `InputError` where neither a prefix nor a note could prove anything."""
    if evidence.prefix and not is_prefix(evidence.prefix):
        raise InputError(
            f"The prefix {evidence.prefix[:40]!r} is not one that defcheck makes.",
            "Names that begin with it prove nothing; nothing was looked for.",
        )
    if not evidence.prefix and not evidence.created:
        raise InputError(
            "The run has no prefix and no notes of what it made: nothing can be proved its own.",
            "It was made by an older defcheck, or its tempest.conf sets resource_name_prefix "
            "and it made nothing. Look for leftovers by hand.",
        )


def match_name(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return why a thing's own name makes it the run's, empty where it does not."""
    begins = evidence.prefix and resource.name.startswith(f"{evidence.prefix}-")
    return f"its name begins with {evidence.prefix}-" if begins else ""


def _match_log(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    name = evidence.created.get(
        resource.name if resource.kind is ResourceKind.KEYPAIR else resource.id
    )
    if name is None or not (
        GENERATED_ID.fullmatch(resource.id) or (name and name == resource.name)
    ):
        return ""
    return "the run noted that it made it"


def _match_project_user(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return whether a user is named after a project that the run noted.

    Tempest names the users of its dynamic credentials so; a worker that is
    killed in between has made such a user and noted only its project.
    """
    if resource.kind is not ResourceKind.USER:
        return ""
    found = re.match(r"(tempest-\w+-\d+)-project", resource.name)
    return (
        f"it is named after the project {found[1]}, which the run made"
        if found and found[1] in evidence.created.values()
        else ""
    )


def _match_relation(
    resource: CloudResource, owned: dict[str, Leftover], evidence: OwnershipEvidence
) -> str:
    """Return on which thing of the run's a thing depends so that it must be its own too."""
    for bond, other in resource.relations.items():
        if bond in OWNING_RELATIONS and other in evidence.created:
            return f"it is {bond} {evidence.created[other] or other}, which the run made"
        if bond in OWNING_RELATIONS and other in owned:
            return f"it is {bond} {owned[other].resource.name}, which is the run's"
    if resource.relations.get(Relation.DEVICE) not in (None, *owned):
        return ""  # it serves somebody else, wherever it is plugged in
    for bond, other in resource.relations.items():
        part = (
            (resource.kind, bond) in PART_RELATIONS
            or not resource.name
            or _is_owned_snapshot(resource, evidence)
        )
        if other in owned and part:
            return f"it is {bond} {owned[other].resource.name or other}, which is the run's"
    return ""


def _is_owned_snapshot(resource: CloudResource, evidence: OwnershipEvidence) -> bool:
    return bool(evidence.prefix) and resource.name.startswith(f"{NOVA_SNAPSHOT}{evidence.prefix}-")


def _predates_run(resource: CloudResource, evidence: OwnershipEvidence) -> bool:
    return (
        resource.created_at is not None and resource.created_at < evidence.started_at - CLOCK_SKEW
    )


def _describe_suspicion(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return why a thing may be the run's although nothing proves it, empty where it may not."""
    if match_name(resource, evidence):
        return "its name begins with the prefix, but it was made before the run"
    called = TEMPEST_NAME.fullmatch(resource.name)
    if resource.kind in (ResourceKind.PROJECT, ResourceKind.USER, ResourceKind.DOMAIN):
        # Keystone tells no times: without the run's own classes every Tempest's would be here.
        cut_off = called and evidence.interrupted and called["owner"] in evidence.test_classes
        return "Tempest names them so in a class of the run" if cut_off else ""
    if resource.project not in evidence.projects or resource.created_at is None:
        return ""
    during = evidence.started_at - CLOCK_SKEW <= resource.created_at and (
        evidence.ended_at is None or resource.created_at <= evidence.ended_at + CLOCK_SKEW
    )
    if during and (not resource.name or resource.name.startswith("tempest-")):
        return "it was made during the run in a project of the run's users"
    return ""


def _sort_for_deletion(leftovers: Iterable[Leftover]) -> Sequence[Leftover]:
    return sorted(
        leftovers,
        key=lambda one: (DELETION_ORDER[one.resource.kind], one.resource.name, one.resource.id),
    )
