"""Delete what was created for an accounts file, and nothing else.

A resource is ours when its record has its id and it still has the name that it
was given; one whose id was never recorded, when it has its planned name and
the description that it was given. A project that still holds something, such
as a server or a container, is ours, but what is in it was created by tests: it
is listed, and kept with its users and network so that they can delete it.
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
    """The resources of a record: deleted, already gone, or kept."""

    prefix: str
    removed: int
    gone: int
    """Already gone, or never created."""

    kept: tuple[str, ...]
    """Why resources were kept, one line each; empty if all are gone."""


@dataclass(frozen=True, slots=True)
class _FoundResource:
    resource: AccountResource
    id: str


def remove_accounts(
    cloud: Cloud, path: Path, report: Callable[[str], None] = lambda _: None
) -> RemovedAccounts:
    """Delete what the record next to the accounts file at `path` lists.

    The accounts file is deleted too unless it was edited. Repeating this is safe.
    Raises `InputError` if the record is of another cloud.
    """
    record = read_accounts_record(record_path(path))
    if record.auth_url != cloud.auth_url:
        raise InputError(
            f"{record_path(path)} belongs to a cloud at {record.auth_url}, but "
            f"{cloud.name} is at {cloud.auth_url}.",
            f"The accounts were created with cloud {record.cloud} of clouds.yaml.",
        )
    if record.removed:
        return RemovedAccounts(record.prefix, 0, len(record.resources), ())
    admin = open_admin(cloud)
    report(f"Deleting what was created with the prefix {record.prefix}")
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
    """Return the resources grouped by project, in the order of the plan."""
    groups: list[list[AccountResource]] = []
    for resource in record.resources:
        if resource.kind is AccountResourceKind.PROJECT:
            groups.append([])
        groups[-1].append(resource)
    return groups


def _try_group(
    admin: CloudAdmin,
    cloud: Cloud,
    path: Path,
    record: AccountsRecord,
    group: Sequence[AccountResource],
) -> RemovedAccounts:
    """Delete a project and what is in it; a missing answer keeps this project only.

    It tries twice, since the session does not repeat a request that timed out.
    """
    with suppress(UnusableError):
        return _remove_group(admin, cloud, path, record, group)
    try:
        return _remove_group(admin, cloud, path, record, group)
    except UnusableError as error:
        name = group[0].name
        why = f"project {name}, or part of it, may still exist: {error.message}"
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
    for resource in group:
        there = admin.find_resources(resource.kind, resource.name, resource.id)
        missing += not there
        for one in there:
            if _is_ours(one, resource, record.prefix):
                found.append(_FoundResource(resource, one.id))
            elif one.id == resource.id or not resource.id:
                kept.append(
                    f"{resource.kind.value} {one.id} is named {one.name}, not {resource.name}: "
                    "it was not deleted"
                )
    project = next((one for one in found if one.resource.kind is AccountResourceKind.PROJECT), None)
    # Until the accounts file is written nobody has a password to create anything with.
    if project is not None and (record.sha256 or path.exists()):
        ours = {one.id for one in found}
        left = list_project_leftovers(
            project.id, ours, _find_project_user(admin, cloud, path, found), admin, cloud
        )
        if left:
            kept.append(f"project {project.resource.name} contains {', '.join(left)}")
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


def _is_ours(there: Any, resource: AccountResource, prefix: str) -> bool:
    """Return whether a resource is the recorded one, or a request without an answer created it."""
    named = there.name == resource.name and resource.name.startswith(f"{prefix}-")
    return named and (there.id == resource.id or there.description == describe_origin(prefix))


def _find_project_user(
    admin: CloudAdmin, cloud: Cloud, path: Path, found: Sequence[_FoundResource]
) -> Account | None:
    """Return a member of the project with a password, a new one if the file has none."""
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
    """Delete the accounts file, whose passwords are useless now, unless it was edited."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256:
        path.unlink()


IGNORED_KINDS = {
    ResourceKind.ROUTER_INTERFACE,
    ResourceKind.KEYPAIR,
    ResourceKind.FLAVOR,
    ResourceKind.VOLUME_TYPE,
}
"""What was created together with the project, and kinds that are in no project."""

UNOWNED_CLAIM = OwnershipEvidence(
    "", datetime.min.replace(tzinfo=UTC), ended_at=None, interrupted=False, created={}
)
"""Search everything in the project, whoever created it."""


def list_project_leftovers(
    project_id: str, ours: Collection[str], user: Account | None, admin: CloudAdmin, cloud: Cloud
) -> list[str]:
    """Return what is in a project besides what was created with it, such as "2 servers: a, b".

    In a project without a member, an administrator's, only networks are searched.
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
                resource.name or resource.detail or resource.id
                for resource in collection.list_resources(scope)
                if isinstance(resource, CloudResource)
                and resource.project in ("", project_id)
                and resource.id not in ours
                and not _is_default_group(resource)
            ]
        except Exception as error:  # any error means that nothing was seen
            # A user cannot have created what it may not even list.
            if get_http_status(error) not in REFUSED_STATUSES:
                why = describe_failure(error) or "an unexpected answer"
                yield f"{kind.value}s that could not be listed ({why})"
            continue
        if names:
            shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            yield f"{len(names)} {kind.value}{'s' * (len(names) > 1)}: {shown}"


def _is_default_group(resource: CloudResource) -> bool:
    """Return whether Neutron creates this in every project."""
    return resource.kind is ResourceKind.SECURITY_GROUP and resource.name == DEFAULT_GROUP
