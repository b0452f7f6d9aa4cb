"""Delete what was created for an accounts file, and nothing else.

A resource is ours when its record has its id and it still has the name that it
was given; one whose id was never recorded, when it has its planned name and
the description that it was given. A project that still holds something, such
as a server or a container, is ours, but what is in it was created by tests: it
is listed, and kept with its users and network so that they can delete it.


A thing is ours when its record has its id and it still has the name that it was
given; one whose id was never recorded, when it has its planned name and the
description that it was given. A project in which something is left, such as a
server or a container, is ours, but what is in it was made by tests: it is
listed, and kept with its users and network so that they can remove it.

With that login nothing of another project can be seen, let alone taken for
what is in this one.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.accounts_file import Account, load_account_entries, parse_accounts
from defcheck.cloud.accounts.admin import (
    DEFAULT_GROUP,
    PARALLEL_PROJECTS,
    CloudAdmin,
    describe_origin,
    explain_refusals,
    open_admin,
)
from defcheck.cloud.accounts.credentials import open_account_session
from defcheck.cloud.accounts.resources import (
    AccountResource,
    AccountResourceKind,
    AccountsRecord,
    AccountsRecordWriter,
    read_accounts_record,
    record_path,
)
from defcheck.cloud.cleanup.collection import ListingScope
from defcheck.cloud.cleanup.ownership import CloudResource, OwnershipEvidence, ResourceKind
from defcheck.cloud.cleanup.services import OTHERS, ScannedService
from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import REFUSED_STATUSES, describe_failure, get_http_status
from defcheck.errors import InputError, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.concurrency import map_in_threads

REVOCATION_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class RemovedAccounts:
    """What became of the things in a record."""

    prefix: str
    removed: int
    gone: int
    """Were not there any more, or never made."""

    kept: tuple[str, ...]
    """Why something was kept, one line each; empty where all is gone."""


@dataclass(frozen=True, slots=True)
class _FoundResource:
    resource: AccountResource
    id: str


def remove_accounts(
    cloud: Cloud, path: Path, report: Callable[[str], None] = lambda _: None
) -> RemovedAccounts:
    """Remove what the record beside the accounts file at `path` lists.

    The accounts file goes too where it is as it was written. It can be done
    again at any time. Raises `InputError` where the record is of another cloud.
    """
    record = read_accounts_record(record_path(path))
    if record.auth_url != cloud.auth_url:
        raise InputError(
            f"{record_path(path)} is of a cloud at {record.auth_url}, "
            f"{cloud.name} is at {cloud.auth_url}.",
            f"The accounts were made with the cloud {record.cloud} of clouds.yaml.",
        )
    if record.removed:
        return RemovedAccounts(record.prefix, 0, len(record.resources), ())
    admin = open_admin(cloud)
    report(f"Removing what was made with the prefix {record.prefix}")
    outcomes = map_in_threads(
        lambda group: _try_group(admin, cloud, path, record, group),
        _group_by_project(record),
        PARALLEL_PROJECTS,
    )
    kept = tuple(line for one in outcomes for line in one.kept)
    if not kept:
        AccountsRecordWriter(record_path(path)).record_removal()
        _delete_accounts_file(path, record)
    return RemovedAccounts(
        record.prefix,
        sum(one.removed for one in outcomes),
        sum(one.gone for one in outcomes),
        kept,
    )


def _group_by_project(record: AccountsRecord) -> list[list[AccountResource]]:
    """Return the things of each project together, in the order of the plan."""
    groups: list[list[AccountResource]] = []
    for thing in record.resources:
        if thing.kind is AccountResourceKind.PROJECT:
            groups.append([])
        groups[-1].append(thing)
    return groups


def _try_group(
    admin: CloudAdmin,
    cloud: Cloud,
    path: Path,
    record: AccountsRecord,
    group: Sequence[AccountResource],
) -> RemovedAccounts:
    """Remove a project and what is in it; what the cloud does not answer keeps that alone.

    It is tried twice: the transport does not repeat a request that timed out.
    """
    with suppress(UnusableError):
        return _remove_group(admin, cloud, path, record, group)
    try:
        return _remove_group(admin, cloud, path, record, group)
    except UnusableError as error:
        name = group[0].name
        why = f"project {name}, or a part of it, may still be there: {error.message}"
        return RemovedAccounts(record.prefix, 0, 0, (why,))


def _remove_group(
    admin: CloudAdmin,
    cloud: Cloud,
    path: Path,
    record: AccountsRecord,
    group: Sequence[AccountResource],
) -> RemovedAccounts:
    kept: list[str] = []
    found: list[_FoundResource] = []
    missing = 0
    for thing in group:
        there = admin.find_resources(thing.kind, thing.name, thing.id)
        missing += not there
        for one in there:
            if _is_ours(one, thing, record.prefix):
                found.append(_FoundResource(thing, one.id))
            elif one.id == thing.id or not thing.id:
                kept.append(
                    f"{thing.kind.value} {one.id} is called {one.name}, not {thing.name}: "
                    "it is not touched"
                )
    project = next((one for one in found if one.resource.kind is AccountResourceKind.PROJECT), None)
    # Before the accounts file was written nobody had a password to make anything with.
    if project is not None and (record.sha256 or path.exists()):
        ours = {one.id for one in found}
        left = list_project_leftovers(
            project.id, ours, _find_project_user(admin, cloud, path, found), admin, cloud
        )
        if left:
            kept.append(f"project {project.resource.name} is kept: it holds {', '.join(left)}")
    if kept:
        return RemovedAccounts(record.prefix, 0, missing, tuple(kept))
    for kind in AccountResourceKind:
        for one in found:
            if one.resource.kind is kind:
                if kind is AccountResourceKind.ROUTER:
                    admin.disconnect_router(one.id)
                elif kind is AccountResourceKind.PROJECT:
                    admin.delete_default_group(one.id)
                admin.delete_resource(kind, one.id)
    return RemovedAccounts(record.prefix, len(group) - missing, missing, ())


def _is_ours(there: Any, thing: AccountResource, prefix: str) -> bool:
    """Tell whether a thing is what the record says, or what a lost answer created beside it."""
    named = there.name == thing.name and thing.name.startswith(f"{prefix}-")
    return named and (there.id == thing.id or there.description == describe_origin(prefix))


def _find_project_user(
    admin: CloudAdmin, cloud: Cloud, path: Path, found: Sequence[_FoundResource]
) -> Account | None:
    """Return a member of the project with a password, a new one where the file has none."""
    project = next(one for one in found if one.resource.kind is AccountResourceKind.PROJECT)
    member = next((one for one in found if one.resource.name.endswith("-member")), None)
    if member is None:
        return None
    if path.exists():
        for one in parse_accounts(load_account_entries(path)):
            if one.username == member.resource.name and one.project == project.resource.name:
                return one
    password = secrets.token_urlsafe(24)
    PROCESS_SECRETS.add_secrets(password)
    with explain_refusals("user", "used"):
        admin.connection.identity.update_user(member.id, password=password)
    # Keystone revokes every token of the second in which a password changes.
    time.sleep(REVOCATION_SECONDS)
    return Account(
        number=0,
        username=member.resource.name,
        password=password,
        project=project.resource.name,
        user_domain=admin.domain_name,
        project_domain=admin.domain_name,
        roles=frozenset(),
    )


def _delete_accounts_file(path: Path, record: AccountsRecord) -> None:
    """Delete the accounts file, whose passwords serve nobody now, unless it was changed."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256:
        path.unlink()


IGNORED_KINDS = {
    ResourceKind.ROUTER_INTERFACE,
    ResourceKind.KEYPAIR,
    ResourceKind.FLAVOR,
    ResourceKind.VOLUME_TYPE,
}
"""Parts of what was made with the project, and what is in no project."""

UNOWNED_CLAIM = OwnershipEvidence(
    "", datetime.min.replace(tzinfo=UTC), ended_at=None, interrupted=False, created={}
)
"""Everything in the project is looked for, whoever made it."""


def list_project_leftovers(
    project_id: str, ours: Collection[str], user: Account | None, admin: CloudAdmin, cloud: Cloud
) -> list[str]:
    """Return what is in a project beside what was made with it, such as "2 servers: a, b".

    A project without a member, an administrator's, is looked at for networks alone.
    """
    if user is None:
        services: tuple[ScannedService, ...] = tuple(one for one in OTHERS if one.name == "network")
        connection = admin.connection
    else:
        from defcheck.cloud.session import open_connection

        services = OTHERS
        session = open_account_session(user, cloud)
        session.log_in()
        connection = open_connection(session, cloud.endpoint_filter)
    there = [service for service in services if service.types & cloud.services]
    return [
        words
        for service in there
        for words in _list_service_leftovers(service, connection, project_id, ours)
    ]


def _list_service_leftovers(
    service: ScannedService, connection: Any, project_id: str, ours: Collection[str]
) -> Iterator[str]:
    scope = ListingScope(connection, admin=False, evidence=UNOWNED_CLAIM)
    for collection in service.collections:
        kind = collection.kind
        if kind in IGNORED_KINDS:
            continue
        try:
            names = [
                thing.name or thing.detail or thing.id
                for thing in collection.list_resources(scope)
                if isinstance(thing, CloudResource)
                and thing.project in ("", project_id)
                and thing.id not in ours
                and not _is_default_group(thing)
            ]
        except Exception as error:  # whatever it is, it was not seen
            # What a user may not even list it has not made.
            if get_http_status(error) not in REFUSED_STATUSES:
                why = describe_failure(error) or "an answer of unexpected form"
                yield f"{kind.value}s that could not be seen ({why})"
            continue
        if names:
            shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            yield f"{len(names)} {kind.value}{'s' * (len(names) > 1)}: {shown}"


def _is_default_group(thing: CloudResource) -> bool:
    """Tell whether Neutron makes this in every project."""
    return thing.kind is ResourceKind.SECURITY_GROUP and thing.name == DEFAULT_GROUP
