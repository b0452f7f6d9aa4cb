"""Make projects, users and networks for Tempest once, in place of new ones for every class."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts import entries
from defcheck.cloud.accounts.api import AT_A_TIME, Admin, open_admin
from defcheck.cloud.accounts.layout import Kind, Layout, Project, User, lay_out, rank
from defcheck.cloud.accounts.record import Journal, record_path
from defcheck.cloud.accounts.remove import remove
from defcheck.cloud.connection import Cloud
from defcheck.cloud.prefix import new
from defcheck.errors import InputError, UnusableError
from defcheck.files import exists, write_private
from defcheck.secrecy import PROCESS

SUBNETS = tuple(IPv4Network("10.100.0.0/16").subnets(new_prefix=28))
"""Networks of different projects do not overlap, should a cloud forbid that; as Tempest's."""


@dataclass(frozen=True, slots=True)
class Created:
    """What was made."""

    prefix: str
    projects: int
    users: int
    networks: int
    remarks: tuple[str, ...]


def create(
    cloud: Cloud,
    path: Path,
    workers: int,
    *,
    with_admin: bool = False,
    routed: bool = True,
    prefix: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> Created:
    """Make the users for so many workers and write the accounts file at `path`.

    What is made is recorded beside it first, so that it can be removed however
    this ends. Names begin with `prefix`, by default a new one. Networks that are not
    `routed` lead nowhere, which is enough unless tests reach servers. Raises
    `InputError` where a file is in the way, `UnusableError` where the cloud
    refuses.
    """
    if exists(path):
        raise InputError(f"{path} exists already.", "Name another file with -o.")
    admin = open_admin(cloud)
    layout = lay_out(
        prefix or new(),
        workers,
        admin.roles,
        networked=admin.has_network,
        with_admin=with_admin,
        routed=routed,
    )
    journal = Journal.begin(record_path(path), layout, cloud.name, cloud.auth_url)
    say(f"Making {len(layout.projects)} projects with the prefix {layout.prefix}")
    try:
        found = _make_all(admin, layout, journal)
    except UnusableError:
        say("Removing what was made before that")
        if remove(cloud, path).kept:
            say(f"Some of it remains: `defcheck cloud accounts delete {path}` removes it")
        raise
    text = entries.render([entry for _, entry in sorted(found, key=lambda one: one[0])])
    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.",
            f"`defcheck cloud accounts delete {path}` removes what was made.",
        ) from error
    journal.written(hashlib.sha256(text.encode()).hexdigest())
    return Created(
        prefix=layout.prefix,
        projects=len(layout.projects),
        users=len(found),
        networks=sum(project.networked for project in layout.projects),
        remarks=layout.remarks,
    )


Entry = tuple[tuple[int, int], Mapping[str, Any]]
"""An entry of the accounts file, after its place."""


def _make_all(admin: Admin, layout: Layout, journal: Journal) -> list[Entry]:
    """Make everything, several projects at a time; the first error ends it."""
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        making = [
            pool.submit(_make, admin, number, project, layout.prefix, journal)
            for number, project in enumerate(layout.projects)
        ]
        return [entry for one in making for entry in one.result()]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _make(
    admin: Admin, number: int, project: Project, prefix: str, journal: Journal
) -> Sequence[Entry]:
    project_id = admin.make_project(project.name, prefix)
    journal.made(Kind.PROJECT, project.name, project_id)
    found = [
        ((rank(user.listed), number), _make_user(admin, project, user, project_id, journal, prefix))
        for user in project.users
    ]
    if project.networked:
        _make_network(admin, number, project, project_id, journal, prefix)
    return found


def _make_user(
    admin: Admin, project: Project, user: User, project_id: str, journal: Journal, prefix: str
) -> Mapping[str, Any]:
    password = secrets.token_urlsafe(24)
    PROCESS.learn(password)
    user_id = admin.make_user(user.name, password, prefix)
    journal.made(Kind.USER, user.name, user_id)
    for role in user.granted:
        admin.grant(role, user_id, project_id)
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
        entry["resources"] = {"network": project.named(Kind.NETWORK)}
    return entry


def _make_network(
    admin: Admin, number: int, project: Project, project_id: str, journal: Journal, prefix: str
) -> None:
    """Make what Tempest's dynamic credentials have: a network, a subnet and a router to outside."""
    network = admin.make_network(project.named(Kind.NETWORK), project_id, prefix)
    journal.made(Kind.NETWORK, project.named(Kind.NETWORK), network)
    cidr = str(SUBNETS[number % len(SUBNETS)])
    subnet = admin.make_subnet(project.named(Kind.SUBNET), project_id, network, cidr, prefix)
    journal.made(Kind.SUBNET, project.named(Kind.SUBNET), subnet)
    if project.routed:
        router = admin.make_router(project.named(Kind.ROUTER), project_id, prefix)
        journal.made(Kind.ROUTER, project.named(Kind.ROUTER), router)
        admin.plug(router, subnet)
