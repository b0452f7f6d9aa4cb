"""What a run may leave behind in a cloud, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
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


ORDER = {kind: number for number, kind in enumerate(Kind)}


class Bond(StrEnum):
    """How a thing depends on another one."""

    PROJECT = "in the project"
    DOMAIN = "in the domain"
    USER = "of the user"
    NETWORK = "in the network"
    DEVICE = "a port of"
    PORT = "on the port"
    VOLUME = "of the volume"
    SERVER = "attached to the server"


WHOLE = (Bond.PROJECT, Bond.DOMAIN, Bond.USER)
"""Who owns another thing owns it whatever it is called."""

PARTS = {(Kind.SUBNET, Bond.NETWORK)}
"""What is a part of another thing whatever it is called."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a cloud, as its service tells of it."""

    kind: Kind
    id: str
    """Unique in its kind: a uuid, else a name with what it is a name in."""

    name: str
    project: str = ""
    """Id of its project, empty where it has none or that is not told."""

    created: datetime | None = None
    """None where the service does not tell."""

    bonds: Mapping[Bond, str] = field(default_factory=dict)
    """Ids of what it depends on."""

    detail: str = ""
    """What deleting it takes besides its id, such as the router of an interface."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Part of a collection that could not be seen: what one project has."""

    project: str
    """Id of the project."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Claim:
    """By what a run knows its own."""

    prefix: str
    """As `prefix.new` makes them, or empty: names then prove nothing."""

    began: datetime
    ended: datetime | None
    """When the run ended, None where it was killed."""

    cut: bool
    """Whether it did not come to its own end, so that its last notes may be missing."""

    made: Mapping[str, str]
    """Ids of what the run noted as made, with their names; for key pairs the
    name stands for the id, for containers the account with it: `AUTH_x/name`."""

    emptied: frozenset[str] = frozenset()
    """Accounts of Swift in which the run deleted every container that it had noted."""

    classes: frozenset[str] = frozenset()
    """Names of the test classes of the run."""

    projects: frozenset[str] = frozenset()
    """Ids of the projects of the run's users, where these existed before."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing of a run's, and why it is."""

    thing: Thing
    why: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a cloud after a run."""

    ours: tuple[Leftover, ...] = ()
    """In the order in which they can be deleted."""

    unproven: tuple[Leftover, ...] = ()
    """What may be the run's, but nothing proves it: never deleted."""

    unseen: tuple[str, ...] = ()
    """What could not be looked at, and why, as sentences."""
