"""The projects, users and networks that are to be made: names and roles, decided before."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from defcheck.cloud.accounts.entries import (
    ADMIN_ROLE,
    MEMBER_ROLE,
    OPERATOR_ROLE,
    READER_ROLE,
    RESELLER_ROLE,
)
from defcheck.cloud.accounts.rules import PROJECTS_A_WORKER
from defcheck.errors import UnusableError

MEMBERS = (MEMBER_ROLE, "Member", "_member_")
"""Names that the role of plain members has had; Tempest reads only the label in its file."""


class Kind(StrEnum):
    """What is made, in the order in which it is removed."""

    ROUTER = "router"
    SUBNET = "subnet"
    NETWORK = "network"
    USER = "user"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class User:
    """A user to be made in a project."""

    name: str
    granted: tuple[str, ...]
    """The roles that it is given."""

    listed: tuple[str, ...]
    """The roles under which Tempest finds it in the accounts file."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project to be made, with its users and perhaps a network of its own."""

    name: str
    users: tuple[User, ...]
    networked: bool
    routed: bool = True
    """Whether its network, if any, leads to the outside; that takes an address there."""

    def named(self, kind: Kind) -> str:
        """Return the name of its router, subnet or network."""
        return f"{self.name}-{kind.value}"

    @property
    def planned(self) -> tuple[tuple[Kind, str], ...]:
        """Kind and name of everything that is to be made for it."""
        nets = (Kind.NETWORK, Kind.SUBNET) if self.networked else ()
        routers = (Kind.ROUTER,) if self.networked and self.routed else ()
        return (
            (Kind.PROJECT, self.name),
            *((Kind.USER, user.name) for user in self.users),
            *((kind, self.named(kind)) for kind in (*nets, *routers)),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is to be made, under one prefix."""

    prefix: str
    """Every name begins with it and a hyphen; nothing else in a cloud has it."""

    projects: tuple[Project, ...]
    remarks: tuple[str, ...]
    """What this cloud has no role for."""


def lay_out(
    prefix: str,
    workers: int,
    roles: Collection[str],
    *,
    networked: bool,
    with_admin: bool,
    routed: bool = True,
) -> Layout:
    """Lay out the users for so many workers in a cloud that has these `roles`.

    Two projects a worker, in each a member and a reader: what a class of
    Tempest takes at a time. With `with_admin` a project more for each worker,
    with an administrator and a ResellerAdmin of Swift.

    Raises `UnusableError` where the cloud has no role for members.
    """
    member = next((role for role in MEMBERS if role in roles), None)
    if member is None:
        raise UnusableError(
            "This cloud has no role member, which Tempest's users need.",
            "Make it with `openstack role create member`, or let the cloud's policy know it.",
        )
    remarks = []
    operator = (OPERATOR_ROLE,) if OPERATOR_ROLE in roles else ()
    if READER_ROLE not in roles:
        remarks.append("This cloud has no role reader: classes that ask for a reader will fail")
    if with_admin and RESELLER_ROLE not in roles:
        remarks.append(f"This cloud has no role {RESELLER_ROLE}: tests that need it are skipped")
    projects = []
    for number in range(1, PROJECTS_A_WORKER * workers + 1):
        name = f"{prefix}-{number}"
        # A member by another name is listed as member, which is what Tempest looks for.
        users = [User(f"{name}-member", (member, *operator), (MEMBER_ROLE, *operator))]
        if READER_ROLE in roles:
            users.append(User(f"{name}-reader", (READER_ROLE,), (READER_ROLE,)))
        projects.append(Project(name, tuple(users), networked, routed))
    for number in range(1, workers + 1) if with_admin else ():
        name = f"{prefix}-admin-{number}"
        users = []
        if RESELLER_ROLE in roles:
            users.append(User(f"{name}-reseller", (RESELLER_ROLE,), (RESELLER_ROLE,)))
        users.append(User(f"{name}-admin", (ADMIN_ROLE,), (ADMIN_ROLE,)))
        projects.append(Project(name, tuple(users), False))
    return Layout(prefix, tuple(projects), tuple(remarks))


RANKS = (MEMBER_ROLE, READER_ROLE, RESELLER_ROLE, ADMIN_ROLE)


def rank(listed: Collection[str]) -> int:
    """Return where a user stands in the accounts file: members first, then readers."""
    return next(place for place, role in enumerate(RANKS) if role in listed)
