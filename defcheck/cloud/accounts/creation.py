"""Create projects, users and networks for Tempest once, not for every class."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts import accounts_file
from defcheck.cloud.accounts.admin import PARALLEL_PROJECTS, CloudAdmin, open_admin
from defcheck.cloud.accounts.removal import remove_accounts
from defcheck.cloud.accounts.resources import (
    AccountResourceKind,
    AccountsPlan,
    AccountsRecordWriter,
    PlannedProject,
    PlannedUser,
    plan_accounts,
    rank_user,
    record_path,
)
from defcheck.cloud.connection import Cloud
from defcheck.cloud.tempest_conf import new_prefix
from defcheck.errors import InputError, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.concurrency import map_in_threads
from defcheck.util.files import path_exists, write_private

SUBNETS = tuple(IPv4Network("10.100.0.0/16").subnets(new_prefix=28))
"""Networks of different projects do not overlap, should a cloud forbid that; as Tempest's."""


@dataclass(frozen=True, slots=True)
class CreatedAccounts:
    """What was made."""

    prefix: str
    projects: int
    users: int
    networks: int
    remarks: tuple[str, ...]


def create_accounts(
    cloud: Cloud,
    path: Path,
    workers: int,
    *,
    with_admin: bool = False,
    routed: bool = True,
    prefix: str = "",
    report: Callable[[str], None] = lambda _: None,
) -> CreatedAccounts:
    """Make the users for so many workers and write the accounts file at `path`.

    What is made is recorded beside it first, so that it can be removed however
    this ends. Names begin with `prefix`, by default a new one. Networks that are not
    `routed` lead nowhere, which is enough unless tests reach servers. Raises
    `InputError` where a file is in the way, `UnusableError` where the cloud
    refuses.
    """
    if path_exists(path):
        raise InputError(f"{path} exists already.", "Name another file with -o.")
    admin = open_admin(cloud)
    layout = plan_accounts(
        prefix or new_prefix(),
        workers,
        admin.roles,
        networked=admin.has_network,
        with_admin=with_admin,
        routed=routed,
    )
    journal = AccountsRecordWriter.begin_record(
        record_path(path), layout, cloud.name, cloud.auth_url
    )
    report(f"Making {len(layout.projects)} projects with the prefix {layout.prefix}")
    try:
        found = _create_projects(admin, layout, journal)
    except UnusableError:
        report("Removing what was made before that")
        if remove_accounts(cloud, path).kept:
            report(f"Some of it remains: `defcheck cloud accounts delete {path}` removes it")
        raise
    text = accounts_file.render_accounts_file(
        [entry for _, entry in sorted(found, key=lambda one: one[0])]
    )
    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.",
            f"`defcheck cloud accounts delete {path}` removes what was made.",
        ) from error
    journal.record_file_written(hashlib.sha256(text.encode()).hexdigest())
    return CreatedAccounts(
        prefix=layout.prefix,
        projects=len(layout.projects),
        users=len(found),
        networks=sum(project.networked for project in layout.projects),
        remarks=layout.remarks,
    )


RankedEntry = tuple[tuple[int, int], Mapping[str, Any]]
"""An entry of the accounts file, after its place."""


def _create_projects(
    admin: CloudAdmin, layout: AccountsPlan, journal: AccountsRecordWriter
) -> list[RankedEntry]:
    """Make everything, several projects at a time; the first error ends it."""
    entries = map_in_threads(
        lambda numbered: _create_project(admin, *numbered, layout.prefix, journal),
        enumerate(layout.projects),
        PARALLEL_PROJECTS,
    )
    return [entry for of_project in entries for entry in of_project]


def _create_project(
    admin: CloudAdmin,
    number: int,
    project: PlannedProject,
    prefix: str,
    journal: AccountsRecordWriter,
) -> Sequence[RankedEntry]:
    project_id = admin.create_project(project.name, prefix)
    journal.record_created(AccountResourceKind.PROJECT, project.name, project_id)
    found = [
        (
            (rank_user(user.listed), number),
            _create_user(admin, project, user, project_id, journal, prefix),
        )
        for user in project.users
    ]
    if project.networked:
        _create_network(admin, number, project, project_id, journal, prefix)
    return found


def _create_user(
    admin: CloudAdmin,
    project: PlannedProject,
    user: PlannedUser,
    project_id: str,
    journal: AccountsRecordWriter,
    prefix: str,
) -> Mapping[str, Any]:
    password = secrets.token_urlsafe(24)
    PROCESS_SECRETS.add_secrets(password)
    user_id = admin.create_user(user.name, password, prefix)
    journal.record_created(AccountResourceKind.USER, user.name, user_id)
    for role in user.granted:
        admin.grant_role(role, user_id, project_id)
    entry: dict[str, Any] = {
        "username": user.name,
        "password": password,
        "project_name": project.name,
        "domain_name": admin.domain_name,
        "user_domain_name": admin.domain_name,
        "project_domain_name": admin.domain_name,
        "roles": list(user.listed),
    }
    if project.networked:
        entry["resources"] = {"network": project.name_resource(AccountResourceKind.NETWORK)}
    return entry


def _create_network(
    admin: CloudAdmin,
    number: int,
    project: PlannedProject,
    project_id: str,
    journal: AccountsRecordWriter,
    prefix: str,
) -> None:
    """Make what Tempest's dynamic credentials have: a network, a subnet and a router to outside."""
    network = admin.create_network(
        project.name_resource(AccountResourceKind.NETWORK), project_id, prefix
    )
    journal.record_created(
        AccountResourceKind.NETWORK, project.name_resource(AccountResourceKind.NETWORK), network
    )
    cidr = str(SUBNETS[number % len(SUBNETS)])
    subnet = admin.create_subnet(
        project.name_resource(AccountResourceKind.SUBNET), project_id, network, cidr, prefix
    )
    journal.record_created(
        AccountResourceKind.SUBNET, project.name_resource(AccountResourceKind.SUBNET), subnet
    )
    if project.routed:
        router = admin.create_router(
            project.name_resource(AccountResourceKind.ROUTER), project_id, prefix
        )
        journal.record_created(
            AccountResourceKind.ROUTER, project.name_resource(AccountResourceKind.ROUTER), router
        )
        admin.connect_router(router, subnet)
