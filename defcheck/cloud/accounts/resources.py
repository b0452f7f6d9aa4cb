"""The projects, users and networks of an accounts file: planned, and recorded when created.

The record is next to the accounts file, one JSON object a line. The first line
names the cloud and the plan, and is on disk before anything is created; then a line
with name and id follows for each resource as soon as it is created.
What was created without its line is found by its planned name, which nothing
else has.
"""

import json
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.accounts_file import (
    ADMIN_ROLE,
    MEMBER_ROLE,
    OPERATOR_ROLE,
    PROJECTS_PER_WORKER,
    READER_ROLE,
    RESELLER_ROLE,
)
from defcheck.errors import InputError, UnusableError
from defcheck.util.files import path_exists, write_private

MEMBER_ROLE_NAMES = (MEMBER_ROLE, "Member", "_member_")
"""Names that the role of plain members has had; Tempest reads only the label in its file."""


class AccountResourceKind(StrEnum):
    """What is created, in the order in which it is deleted."""

    ROUTER = "router"
    SUBNET = "subnet"
    NETWORK = "network"
    USER = "user"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class PlannedUser:
    """A user to create in a project."""

    name: str
    granted: tuple[str, ...]
    """The roles that it gets."""

    listed: tuple[str, ...]
    """The roles that the accounts file lists, by which Tempest selects it."""


@dataclass(frozen=True, slots=True)
class PlannedProject:
    """A project to create, with its users and perhaps a network of its own."""

    name: str
    users: tuple[PlannedUser, ...]
    networked: bool
    routed: bool = True
    """Whether its network, if any, has a router to outside, which uses an address there."""

    def name_resource(self, kind: AccountResourceKind) -> str:
        """Return the name of its router, subnet or network."""
        return f"{self.name}-{kind.value}"

    @property
    def planned_resources(self) -> tuple[tuple[AccountResourceKind, str], ...]:
        """Kind and name of everything to create for it."""
        nets = (AccountResourceKind.NETWORK, AccountResourceKind.SUBNET) if self.networked else ()
        routers = (AccountResourceKind.ROUTER,) if self.networked and self.routed else ()
        return (
            (AccountResourceKind.PROJECT, self.name),
            *((AccountResourceKind.USER, user.name) for user in self.users),
            *((kind, self.name_resource(kind)) for kind in (*nets, *routers)),
        )


@dataclass(frozen=True, slots=True)
class AccountsPlan:
    """Everything to create, under one prefix."""

    prefix: str
    """Every name begins with it and a hyphen; nothing else in a cloud does."""

    projects: tuple[PlannedProject, ...]
    remarks: tuple[str, ...]
    """Roles that this cloud lacks, and what that means."""


def plan_accounts(
    prefix: str,
    workers: int,
    roles: Collection[str],
    *,
    networked: bool,
    with_admin: bool,
    routed: bool = True,
) -> AccountsPlan:
    """Plan the users for this many workers in a cloud that has these `roles`.

    Each worker gets two projects, each with a member and a reader: what a class of
    Tempest uses at a time. With `with_admin` each gets one more project, with an
    administrator and a ResellerAdmin of Swift.

    Raises `UnusableError` if the cloud has no role for members.
    """
    member = next((role for role in MEMBER_ROLE_NAMES if role in roles), None)
    if member is None:
        raise UnusableError(
            "This cloud has no role member, which Tempest's users need.",
            "Create it with `openstack role create member`; the cloud's policy must use it.",
        )
    remarks = []
    operator = (OPERATOR_ROLE,) if OPERATOR_ROLE in roles else ()
    if READER_ROLE not in roles:
        remarks.append("This cloud has no role reader: classes that need a reader will fail")
    if with_admin and RESELLER_ROLE not in roles:
        remarks.append(f"This cloud has no role {RESELLER_ROLE}: tests that need it are skipped")
    projects = []
    for number in range(1, PROJECTS_PER_WORKER * workers + 1):
        name = f"{prefix}-{number}"
        # Tempest looks for the role member, whatever the cloud calls it.
        users = [PlannedUser(f"{name}-member", (member, *operator), (MEMBER_ROLE, *operator))]
        if READER_ROLE in roles:
            users.append(PlannedUser(f"{name}-reader", (READER_ROLE,), (READER_ROLE,)))
        projects.append(PlannedProject(name, tuple(users), networked, routed))
    for number in range(1, workers + 1) if with_admin else ():
        name = f"{prefix}-admin-{number}"
        users = []
        if RESELLER_ROLE in roles:
            users.append(PlannedUser(f"{name}-reseller", (RESELLER_ROLE,), (RESELLER_ROLE,)))
        users.append(PlannedUser(f"{name}-admin", (ADMIN_ROLE,), (ADMIN_ROLE,)))
        projects.append(PlannedProject(name, tuple(users), False))
    return AccountsPlan(prefix, tuple(projects), tuple(remarks))


ROLE_ORDER = (MEMBER_ROLE, READER_ROLE, RESELLER_ROLE, ADMIN_ROLE)


def rank_user(listed: Collection[str]) -> int:
    """Return the sort key of a user in the accounts file: members first, then readers."""
    return next(place for place, role in enumerate(ROLE_ORDER) if role in listed)


RECORD_FORMAT = "defcheck accounts 1"
RECORD_SUFFIX = ".made"


@dataclass(frozen=True, slots=True)
class AccountResource:
    """A resource that was created, or may have been if its id is empty."""

    kind: AccountResourceKind
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class AccountsRecord:
    """The content of a record."""

    prefix: str
    cloud: str
    """The cloud's name in clouds.yaml."""

    auth_url: str
    resources: tuple[AccountResource, ...]
    """Everything that was created or may have been, in the order of the plan."""

    sha256: str
    """Of the accounts file as it was written, empty if it never was."""

    removed: bool
    """Whether all resources have been deleted."""


def record_path(accounts_file: Path) -> Path:
    """Return the path of an accounts file's record."""
    return accounts_file.with_name(accounts_file.name + RECORD_SUFFIX)


class AccountsRecordWriter:
    """Writes a record; several threads may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def begin_record(
        cls, path: Path, plan: AccountsPlan, cloud: str, auth_url: str
    ) -> "AccountsRecordWriter":
        """Write a new record's first line; replace a record whose resources are all gone."""
        if path_exists(path):
            if not read_accounts_record(path).removed:
                raise InputError(
                    f"{path} is the record of accounts that still exist.",
                    "Delete them with `defcheck cloud accounts delete`, or choose another file.",
                )
            path.unlink()
        planned = [list(one) for project in plan.projects for one in project.planned_resources]
        first = {
            "format": RECORD_FORMAT,
            "prefix": plan.prefix,
            "cloud": cloud,
            "auth_url": auth_url,
            "planned": planned,
        }
        try:
            write_private(path, json.dumps(first) + "\n")
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}.", "Choose another path with -o."
            ) from error
        return cls(path)

    def record_created(self, kind: AccountResourceKind, name: str, resource_id: str) -> None:
        """Record a created resource, synced to disk before the next one is created."""
        self._append_line(made=kind.value, name=name, id=resource_id)

    def record_file_written(self, sha256: str) -> None:
        """Record that the accounts file was written."""
        self._append_line(written=sha256)

    def record_removal(self) -> None:
        """Record that all resources are gone."""
        self._append_line(removed=True)

    def _append_line(self, **words: Any) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(words) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_accounts_record(path: Path) -> AccountsRecord:
    """Read a record; raise `InputError` if it is invalid or damaged before its last line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(
            f"Cannot read {path}, the record of what was created: {why}.",
            "`delete` needs it next to the accounts file to prove what defcheck created.",
        ) from error
    try:
        # Ignore a line that was cut off: the planned name finds its resource.
        notes = [json.loads(line) for line in lines[:-1]]
        first = notes[0]
        if (
            first["format"] != RECORD_FORMAT
            or first["planned"][0][0] != AccountResourceKind.PROJECT
        ):
            raise ValueError("another format")
        ids = {(note["made"], note["name"]): note["id"] for note in notes if "made" in note}
        return AccountsRecord(
            prefix=first["prefix"],
            cloud=first["cloud"],
            auth_url=first["auth_url"],
            resources=tuple(
                AccountResource(AccountResourceKind(kind), name, ids.get((kind, name), ""))
                for kind, name in first["planned"]
            ),
            sha256=next((note["written"] for note in notes if "written" in note), ""),
            removed=any("removed" in note for note in notes),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path} is not an accounts record that this version of defcheck can read.",
            "Name the accounts file that `defcheck cloud accounts create` wrote.",
        ) from error
