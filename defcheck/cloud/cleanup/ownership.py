"""Resources of a cloud, and the evidence that a run created them.

A resource is the run's own when

- its name begins with the run's prefix and a hyphen, or
- the run noted that its own request created it: by the id that the cloud gave it,
  or, if the client chooses the id, by id and name, or
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
    """Kinds of resources, in the order of deletion."""

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
    """How a resource depends on another."""

    PROJECT = "in the project"
    DOMAIN = "in the domain"
    USER = "of the user"
    NETWORK = "in the network"
    DEVICE = "a port of"
    PORT = "on the port"
    VOLUME = "of the volume"
    SERVER = "attached to the server"


OWNING_RELATIONS = (Relation.PROJECT, Relation.DOMAIN, Relation.USER)
"""Relations to an owner: what an owner of the run's has is the run's, whatever its name."""

PART_RELATIONS = {(ResourceKind.SUBNET, Relation.NETWORK)}
"""Relations to a whole: a part of a resource of the run's is the run's, whatever its name."""


@dataclass(frozen=True, slots=True)
class CloudResource:
    """One resource in a cloud, as its service describes it."""

    kind: ResourceKind
    id: str
    """Unique within its kind: a uuid, else a name qualified by its namespace."""

    name: str
    project: str = ""
    """Id of its project, empty if it has none or the service does not tell."""

    created_at: datetime | None = None
    """None if the service does not tell."""

    relations: Mapping[Relation, str] = field(default_factory=dict)
    """Ids of what it depends on."""

    detail: str = ""
    """What else is needed to delete it, such as the router of an interface."""


@dataclass(frozen=True, slots=True)
class VisibilityGap:
    """Part of a collection that could not be seen: the resources of one project."""

    project: str
    """Id of the project."""

    error: Exception


@dataclass(frozen=True, slots=True)
class OwnershipEvidence:
    """The evidence of what a run created."""

    prefix: str
    """As `new_prefix` returns it, or empty if names prove nothing."""

    started_at: datetime
    ended_at: datetime | None
    """When the run ended, None if it was killed."""

    interrupted: bool
    """Whether the run was cut off, so that its last log entries may be missing."""

    created: Mapping[str, str]
    """Ids that the run logged as created, with their names; for key pairs the
    name is the id, for containers it is account and name: `AUTH_x/name`."""

    emptied_accounts: frozenset[str] = frozenset()
    """Swift accounts in which the run deleted every container that it had logged."""

    test_classes: frozenset[str] = frozenset()
    """Names of the run's test classes."""

    projects: frozenset[str] = frozenset()
    """Ids of the projects of the run's users if these existed before the run."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource that belongs to a run, and the reason."""

    resource: CloudResource
    reason: str


@dataclass(frozen=True, slots=True)
class LeftoverFindings:
    """What was found in a cloud after a run."""

    owned: tuple[Leftover, ...] = ()
    """In the order in which they can be deleted."""

    unproven: tuple[Leftover, ...] = ()
    """What may belong to the run without proof: never deleted."""

    unseen: tuple[str, ...] = ()
    """What could not be seen, and why, as sentences."""


PREFIX_OPTION = "resource_name_prefix"
"""In [DEFAULT] of tempest.conf, by default `tempest`; an old Tempest ignores it."""


def apply_prefix(
    configuration: TempestConfiguration, prefix: str
) -> tuple[TempestConfiguration, str]:
    """Return the configuration with the prefix, and the prefix.

    A prefix in the user's tempest.conf stays. It proves nothing, since other runs
    may have it too, so the returned prefix is then empty. It may also be given
    as empty, for a run that started without one.
    """
    general = configuration.sections.get("DEFAULT", {})
    if not prefix or general.get(PREFIX_OPTION, "tempest") != "tempest":
        return configuration, ""
    sections = {**configuration.sections, "DEFAULT": {**general, PREFIX_OPTION: prefix}}
    return replace(configuration, sections=sections), prefix


CLOCK_SKEW = timedelta(minutes=5)
"""How much the cloud's clock may differ from this machine's."""

GENERATED_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id that a service generated; others may be names, or numbers that a test chose."""

TEMPEST_NAME = re.compile(r"tempest-(?P<owner>\w+)-\d+(-.*)?")
NOVA_SNAPSHOT = "snapshot for "
"""How Nova names the volume snapshots of a server's image."""


def classify_resources(
    resources: Iterable[CloudResource], evidence: OwnershipEvidence
) -> LeftoverFindings:
    """Return which of the resources belong to the run, and which may.

    Raises `InputError` if the evidence could prove nothing.
    """
    require_evidence(evidence)
    everything = list({(resource.kind, resource.id): resource for resource in resources}.values())
    timely = [resource for resource in everything if not _predates_run(resource, evidence)]
    ours: dict[str, Leftover] = {}
    for resource in timely:
        why = (
            match_name(resource, evidence)
            or _match_log(resource, evidence)
            or _match_project_user(resource, evidence)
        )
        if why:
            ours[resource.id] = Leftover(resource, why)
    while True:
        more = {
            resource.id: Leftover(resource, why)
            for resource in timely
            if resource.id not in ours and (why := _match_relation(resource, ours, evidence))
        }
        if not more:
            break
        ours |= more
    unproven = [
        Leftover(resource, why)
        for resource in everything
        if resource.id not in ours and (why := _describe_suspicion(resource, evidence))
    ]
    return LeftoverFindings(
        tuple(_sort_for_deletion(ours.values())), tuple(_sort_for_deletion(unproven))
    )


def require_evidence(evidence: OwnershipEvidence) -> None:
    """Raise `InputError` if neither a prefix nor a log entry could prove anything."""
    if evidence.prefix and not is_prefix(evidence.prefix):
        raise InputError(
            f"The prefix {evidence.prefix[:40]!r} was not created by defcheck.",
            "Names that begin with it prove nothing. Name a run directory that was not edited.",
        )
    if not evidence.prefix and not evidence.created:
        raise InputError(
            "The run has neither a prefix nor a log of created resources, so no resource can be "
            "proved to belong to it.",
            "An older defcheck ran it, or its tempest.conf sets resource_name_prefix and it "
            "created nothing. Search for leftovers by hand.",
        )


def match_name(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return why a resource's own name proves that it belongs to the run, empty if it does not."""
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
    return "the run logged that it created it"


def _match_project_user(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return why a user belongs to the run: it is named after a project that the run logged.

    Tempest names the users of its dynamic credentials like their project; a worker
    that is killed in between has created such a user and logged only its project.
    """
    if resource.kind is not ResourceKind.USER:
        return ""
    found = re.match(r"(tempest-\w+-\d+)-project", resource.name)
    return (
        f"it is named after the project {found[1]}, which the run created"
        if found and found[1] in evidence.created.values()
        else ""
    )


def _match_relation(
    resource: CloudResource, owned: dict[str, Leftover], evidence: OwnershipEvidence
) -> str:
    """Return which resource of the run's a resource depends on, which makes it the run's too."""
    for bond, other in resource.relations.items():
        if bond in OWNING_RELATIONS and other in evidence.created:
            return f"it is {bond} {evidence.created[other] or other}, which the run created"
        if bond in OWNING_RELATIONS and other in owned:
            return f"it is {bond} {owned[other].resource.name}, which belongs to the run"
    if resource.relations.get(Relation.DEVICE) not in (None, *owned):
        return ""  # it has another owner, whatever it is attached to
    for bond, other in resource.relations.items():
        part = (
            (resource.kind, bond) in PART_RELATIONS
            or not resource.name
            or _is_owned_snapshot(resource, evidence)
        )
        if other in owned and part:
            return f"it is {bond} {owned[other].resource.name or other}, which belongs to the run"
    return ""


def _is_owned_snapshot(resource: CloudResource, evidence: OwnershipEvidence) -> bool:
    return bool(evidence.prefix) and resource.name.startswith(f"{NOVA_SNAPSHOT}{evidence.prefix}-")


def _predates_run(resource: CloudResource, evidence: OwnershipEvidence) -> bool:
    return (
        resource.created_at is not None and resource.created_at < evidence.started_at - CLOCK_SKEW
    )


def _describe_suspicion(resource: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return why a resource may belong to the run without proof, empty if it cannot."""
    if match_name(resource, evidence):
        return "its name begins with the prefix, but it was created before the run"
    called = TEMPEST_NAME.fullmatch(resource.name)
    if resource.kind in (ResourceKind.PROJECT, ResourceKind.USER, ResourceKind.DOMAIN):
        # Keystone has no creation times: require a class of the run, or any Tempest would match.
        cut_off = called and evidence.interrupted and called["owner"] in evidence.test_classes
        return "its name is one that Tempest gives in a class of the run" if cut_off else ""
    if resource.project not in evidence.projects or resource.created_at is None:
        return ""
    during = evidence.started_at - CLOCK_SKEW <= resource.created_at and (
        evidence.ended_at is None or resource.created_at <= evidence.ended_at + CLOCK_SKEW
    )
    if during and (not resource.name or resource.name.startswith("tempest-")):
        return "it was created during the run in a project of the run's users"
    return ""


def _sort_for_deletion(leftovers: Iterable[Leftover]) -> Sequence[Leftover]:
    return sorted(
        leftovers,
        key=lambda one: (DELETION_ORDER[one.resource.kind], one.resource.name, one.resource.id),
    )
