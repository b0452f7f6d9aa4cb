"""Scan for leftovers of a run: as each of its users, in every service, within a time limit.

An administrator without the role ResellerAdmin is refused at other accounts of
Swift. The run's own users are then given new passwords, to log in as them: they
are the run's, and are deleted next.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from defcheck.cloud.cleanup.collection import ListingScope, ResourceCollection, read_response
from defcheck.cloud.cleanup.object_storage import NotAddressableError
from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    LeftoverFindings,
    OwnershipEvidence,
    ResourceKind,
    VisibilityGap,
    classify_resources,
    require_evidence,
)
from defcheck.cloud.cleanup.services import IDENTITY, OBJECT_STORAGE, OTHERS, ScannedService
from defcheck.cloud.endpoint_filter import read_endpoint_filter
from defcheck.cloud.failures import REFUSED_STATUSES, describe_failure, get_http_status
from defcheck.cloud.tempest_conf import NamedCredentials
from defcheck.errors import UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.concurrency import DeadlineError, run_until_deadline

REVOKED_SECONDS = 1.5
"""Keystone revokes every token of the second in which a password changes."""


def list_run_user_logins(
    admin: Any, owners: Iterable[CloudResource], projects: frozenset[str]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield a login for each of the run's users in those projects.

    `admin` is an administrator's connection, `owners` are the run's own projects and users.
    """
    things = list(owners)
    for project in things:
        if project.kind is ResourceKind.PROJECT and project.id in projects:
            for user in things:
                if user.kind is ResourceKind.USER and user.name.startswith(f"{project.name}-"):
                    yield (
                        f"{user.name} in {project.name}",
                        partial(_connect_with_new_password, admin, user, project),
                    )


def _connect_with_new_password(admin: Any, user: CloudResource, project: CloudResource) -> Any:
    """Give a user a new password and return a connection as that user."""
    from keystoneauth1.identity.generic import Password

    from defcheck.cloud.session import CloudSession, open_connection

    password = secrets.token_urlsafe(24)
    PROCESS_SECRETS.add_secrets(password)
    change = {"user": {"password": password}}
    read_response(admin.identity.patch(f"/users/{user.id}", json=change))
    time.sleep(REVOKED_SECONDS)
    own = admin.session
    auth = Password(
        auth_url=own.auth.auth_url, user_id=user.id, password=password, project_id=project.id
    )
    session = CloudSession(auth=auth, verify=own.verify, cert=own.cert, timeout=own.timeout)
    return open_connection(session, read_endpoint_filter(admin.config, "The administrator's login"))


THREADS = 6


@dataclass(frozen=True, slots=True)
class ScanLogin:
    """One login that worked."""

    name: str
    connection: Any
    admin: bool
    services: frozenset[str]
    """Types in its catalogue."""

    project: str
    """Id of its project."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What was found, and as whom each thing can be reached."""

    findings: LeftoverFindings
    logins: dict[tuple[ResourceKind, str], ScanLogin]

    complete: bool
    """Whether everything could be looked at, but for what single projects have."""

    hidden_projects: frozenset[str] = frozenset()
    """Ids of projects of which not everything could be seen."""


def scan_leftovers(
    logins: Sequence[NamedCredentials],
    evidence: OwnershipEvidence,
    time_limit: float,
    *,
    are_run_users: bool,
    as_run_users: bool = False,
) -> ScanResult:
    """Look as each login, and judge what is seen; it takes `seconds` at the most.

    With `adopting` also as the run's own users, who get new passwords for that,
    where an administrator may not see what their projects hold. `pool` tells
    that the logins are the run's own users, so that what is in their projects
    without proof is worth a word. Raises `InputError` where the claim could
    prove nothing, `UnusableError` where no login works.
    """
    require_evidence(evidence)
    deadline = time.monotonic() + time_limit
    tasks = [partial(_log_in, name, connect) for name, connect in logins]
    tried = run_until_deadline(tasks, deadline, THREADS)
    visits = [visit for visit in tried if isinstance(visit, ScanLogin)]
    unseen = [
        f"What {name} has could not be seen: {describe_error(visit)}"
        for (name, _), visit in zip(logins, tried, strict=True)
        if isinstance(visit, Exception)
    ]
    if not visits:
        raise UnusableError(
            f"The cloud cannot be looked at: {unseen[0] if unseen else 'nobody can log in'}",
            "Check the login, the network and that Keystone runs; then try again.",
        )
    if are_run_users:
        evidence = replace(evidence, projects=frozenset(visit.project for visit in visits))
    views = _scan_services(visits, (IDENTITY,), ListingScope(None, False, evidence), deadline)
    owners = [one.resource for one in classify_resources(_list_resources(views), evidence).owned]
    scope = ListingScope(
        None,
        False,
        evidence,
        projects=frozenset(one.id for one in owners if one.kind is ResourceKind.PROJECT),
        users=frozenset(one.id for one in owners if one.kind is ResourceKind.USER),
    )
    views += _scan_services(visits, OTHERS, scope, deadline)
    hidden = frozenset(
        gap.project
        for _, gap in _find_gaps(views)
        if get_http_status(gap.error) in REFUSED_STATUSES
    )
    admin = next((visit for visit in visits if visit.admin), None)
    if as_run_users and hidden and admin is not None:
        tasks = [
            partial(_log_in, *one) for one in list_run_user_logins(admin.connection, owners, hidden)
        ]
        adopted = [
            one
            for one in run_until_deadline(tasks, deadline, THREADS)
            if isinstance(one, ScanLogin)
        ]
        views += _scan_services(adopted, (OBJECT_STORAGE,), scope, deadline)
    reached: dict[tuple[ResourceKind, str], ScanLogin] = {}
    for view in views:
        for thing in view.resources:
            reached.setdefault((thing.kind, thing.id), view.visit)
    unseen += _describe_unseen(views)
    names = {one.id: one.name for one in owners if one.kind is ResourceKind.PROJECT}
    users = [one.name for one in owners if one.kind is ResourceKind.USER]
    inhabited = {
        project
        for project, name in names.items()
        if any(user.startswith(f"{name}-") for user in users)
    }
    placed = all(user.startswith(tuple(f"{name}-" for name in names.values())) for user in users)
    # Who deletes a project's users has seen before that nothing is in it.
    over = names.keys() - inhabited if placed else frozenset[str]()
    gaps = [
        one
        for one in _find_gaps(views)
        if one[1].project not in over or _is_noted(one[1], evidence)
    ]
    adoptable = set() if as_run_users else inhabited
    findings = classify_resources(_list_resources(views), evidence)
    told = (*unseen, *(_describe_gap(kind, gap, names, adoptable) for kind, gap in gaps))
    return ScanResult(
        replace(findings, unseen=tuple(dict.fromkeys(told))),
        reached,
        complete=not unseen,
        hidden_projects=frozenset(gap.project for _, gap in gaps),
    )


@dataclass(frozen=True, slots=True)
class CollectionView:
    """What one login saw of one collection."""

    visit: ScanLogin
    collection: ResourceCollection
    resources: tuple[CloudResource, ...] = ()
    gaps: tuple[VisibilityGap, ...] = ()
    error: Exception | None = None


def _scan_services(
    logins: Sequence[ScanLogin],
    services: Sequence[ScannedService],
    scope: ListingScope,
    deadline: float,
) -> list[CollectionView]:
    """Look as each login into each collection of the services that the cloud has."""
    wanted = [
        (visit, collection)
        for visit in logins
        for service in services
        if service.types & visit.services
        for collection in service.collections
    ]
    tasks = [
        partial(
            _list_collection,
            collection,
            replace(scope, connection=visit.connection, admin=visit.admin),
        )
        for visit, collection in wanted
    ]
    return [
        CollectionView(visit, collection, error=found)
        if isinstance(found, Exception)
        else CollectionView(visit, collection, *found)
        for (visit, collection), found in zip(
            wanted, run_until_deadline(tasks, deadline, THREADS), strict=True
        )
    ]


def _list_collection(
    collection: ResourceCollection, scope: ListingScope
) -> tuple[tuple[CloudResource, ...], tuple[VisibilityGap, ...]]:
    found = list(collection.list_resources(scope))
    return (
        tuple(one for one in found if isinstance(one, CloudResource)),
        tuple(one for one in found if isinstance(one, VisibilityGap)),
    )


def _list_resources(views: Iterable[CollectionView]) -> list[CloudResource]:
    return [thing for view in views for thing in view.resources]


def _find_seen_by_users(views: Sequence[CollectionView]) -> set[tuple[str, ResourceKind]]:
    """Return what of each project one of its users saw: what one may look at, all have."""
    return {
        (view.visit.project, view.collection.kind)
        for view in views
        if view.error is None and view.visit.project not in {gap.project for gap in view.gaps}
    }


def _find_gaps(views: Sequence[CollectionView]) -> list[tuple[ResourceKind, VisibilityGap]]:
    """Return what single projects have that neither their users nor an administrator saw."""
    seen = _find_seen_by_users(views)
    return [
        (view.collection.kind, gap)
        for view in views
        for gap in view.gaps
        if (gap.project, view.collection.kind) not in seen
    ]


def _is_noted(gap: VisibilityGap, evidence: OwnershipEvidence) -> bool:
    """Tell whether the run noted something in a project's account that it did not delete."""
    return any(
        entry.partition("/")[0].endswith(gap.project) for entry in evidence.created if "/" in entry
    )


def _describe_gap(
    kind: ResourceKind, gap: VisibilityGap, names: Mapping[str, str], adoptable: Iterable[str]
) -> str:
    """Say what one project has that nobody saw; `adoptable` projects have users of the run's."""
    whose = f"project {names.get(gap.project, gap.project)}"
    how = ""
    if get_http_status(gap.error) in REFUSED_STATUSES:
        users = (
            "`defcheck cleanup --yes` logs in as its users, or " if gap.project in adoptable else ""
        )
        how = f"; {users}an administrator with the role ResellerAdmin sees them"
    return f"The {kind}s of {whose} could not be seen: {describe_error(gap.error)}{how}"


def _describe_unseen(views: Sequence[CollectionView]) -> list[str]:
    """Return which collections nobody saw, as sentences.

    Key pairs are each user's own.
    """
    seen = _find_seen_by_users(views)
    several = len({view.visit.name for view in views}) > 1
    return [
        f"The {view.collection.kind}s{f' of {view.visit.name}' * several} could not be seen: "
        f"{describe_error(view.error)}"
        for view in views
        if view.error is not None
        and (
            (view.visit.project, view.collection.kind) not in seen
            or view.collection.kind is ResourceKind.KEYPAIR
        )
    ]


def _log_in(name: str, connect: Callable[[], Any]) -> ScanLogin:
    connection = connect()
    access = connection.session.log_in()
    catalogue = access.service_catalog.catalog if access.has_service_catalog() else []
    return ScanLogin(
        name,
        connection,
        "admin" in (access.role_names or ()),
        frozenset(service["type"] for service in catalogue),
        access.project_id or "",
    )


def describe_error(error: Exception) -> str:
    """Return what went wrong with a request, on one line."""
    if isinstance(error, NotAddressableError | DeadlineError):
        return str(error)
    return describe_failure(error) or "its answer has an unexpected form"
