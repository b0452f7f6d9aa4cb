"""Look for what a run left behind: as each of its users, in every service, within a time."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from defcheck.cloud.failures import describe_failure
from defcheck.cloud.leftovers.collection import Collection, Scope
from defcheck.cloud.leftovers.model import Claim, Findings, Kind, Thing
from defcheck.cloud.leftovers.object_storage import NotAddressableError
from defcheck.cloud.leftovers.proof import judge, require_claim
from defcheck.cloud.leftovers.services import IDENTITY, OTHERS, Service
from defcheck.cloud.logins import Login
from defcheck.errors import UnusableError

THREADS = 6


@dataclass(frozen=True, slots=True)
class Visit:
    """One login that worked."""

    name: str
    connection: Any
    admin: bool
    services: frozenset[str]
    """Types in its catalogue."""

    project: str
    """Id of its project."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found, and as whom each thing can be reached."""

    findings: Findings
    visits: dict[tuple[Kind, str], Visit]

    complete: bool
    """Whether everything could be looked at."""


def look(logins: Sequence[Login], claim: Claim, seconds: float, *, pool: bool) -> Seen:
    """Look as each login, and judge what is seen; it takes `seconds` at the most.

    `pool` tells that the logins are the run's own users, so that what is in
    their projects without proof is worth a word. Raises `InputError` where
    the claim could prove nothing, `UnusableError` where no login works.
    """
    require_claim(claim)
    deadline = time.monotonic() + seconds
    tasks = [partial(_visit, name, connect) for name, connect in logins]
    tried = in_time(tasks, deadline)
    visits = [visit for visit in tried if isinstance(visit, Visit)]
    unseen = [
        f"What {name} has could not be seen: {in_words(visit)}"
        for (name, _), visit in zip(logins, tried, strict=True)
        if isinstance(visit, Exception)
    ]
    if not visits:
        raise UnusableError(
            f"The cloud cannot be looked at: {unseen[0] if unseen else 'nobody can log in'}",
            "Check the login, the network and that Keystone runs; then try again.",
        )
    if pool:
        claim = replace(claim, projects=frozenset(visit.project for visit in visits))
    views = _views(visits, (IDENTITY,), Scope(None, False, claim), deadline)
    owners = [one.thing for one in judge(_things(views), claim).ours]
    scope = Scope(
        None,
        False,
        claim,
        projects=frozenset(one.id for one in owners if one.kind is Kind.PROJECT),
        users=frozenset(one.id for one in owners if one.kind is Kind.USER),
    )
    views += _views(visits, OTHERS, scope, deadline)
    reached: dict[tuple[Kind, str], Visit] = {}
    for view in views:
        for thing in view.things:
            reached.setdefault((thing.kind, thing.id), view.visit)
    unseen += _gaps(views)
    findings = replace(judge(_things(views), claim), unseen=tuple(unseen))
    return Seen(findings, reached, not unseen)


@dataclass(frozen=True, slots=True)
class View:
    """What one login saw of one collection."""

    visit: Visit
    collection: Collection
    things: tuple[Thing, ...] = ()
    error: Exception | None = None


def _views(
    visits: Sequence[Visit], services: Sequence[Service], scope: Scope, deadline: float
) -> list[View]:
    """Look as each login into each collection of the services that the cloud has."""
    wanted = [
        (visit, collection)
        for visit in visits
        for service in services
        if service.types & visit.services
        for collection in service.collections
    ]
    tasks = [
        partial(_find, collection, replace(scope, connection=visit.connection, admin=visit.admin))
        for visit, collection in wanted
    ]
    return [
        View(visit, collection, error=found)
        if isinstance(found, Exception)
        else View(visit, collection, things=found)
        for (visit, collection), found in zip(wanted, in_time(tasks, deadline), strict=True)
    ]


def _find(collection: Collection, scope: Scope) -> tuple[Thing, ...]:
    return tuple(collection.find(scope))


def _things(views: Iterable[View]) -> list[Thing]:
    return [thing for view in views for thing in view.things]


def _gaps(views: Sequence[View]) -> list[str]:
    """Return what nobody saw, as sentences: where one of a project's users may look, all is seen.

    Key pairs are each user's own.
    """
    seen = {(view.visit.project, view.collection.kind) for view in views if view.error is None}
    several = len({view.visit.name for view in views}) > 1
    return [
        f"The {view.collection.kind}s{f' of {view.visit.name}' * several} could not be seen: "
        f"{in_words(view.error)}"
        for view in views
        if view.error is not None
        and (
            (view.visit.project, view.collection.kind) not in seen
            or view.collection.kind is Kind.KEYPAIR
        )
    ]


def _visit(name: str, connect: Callable[[], Any]) -> Visit:
    connection = connect()
    access = connection.session.log_in()
    catalogue = access.service_catalog.catalog if access.has_service_catalog() else []
    return Visit(
        name,
        connection,
        "admin" in (access.role_names or ()),
        frozenset(service["type"] for service in catalogue),
        access.project_id or "",
    )


def in_time(tasks: Sequence[Callable[[], Any]], deadline: float) -> list[Any]:
    """Return what each task gives, the exception of one that fails, TimeoutError of a late one.

    Threads that a service keeps waiting are left behind: they end with the process.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)

    def work() -> None:
        with suppress(Empty):
            while time.monotonic() < deadline:
                number = waiting.get_nowait()
                try:
                    done.put((number, tasks[number]()))
                except Exception as error:
                    done.put((number, error))

    for _ in range(min(THREADS, len(tasks))):
        threading.Thread(target=work, daemon=True).start()
    results: dict[int, Any] = {}
    with suppress(Empty):
        while len(results) < len(tasks):
            number, result = done.get(timeout=max(0.0, deadline - time.monotonic()))
            results[number] = result
    late = TimeoutError("it took too long")
    return [results.get(number, late) for number in range(len(tasks))]


def in_words(error: Exception) -> str:
    """Return what went wrong with a request, on one line."""
    if isinstance(error, NotAddressableError) or type(error) is TimeoutError:
        return str(error)
    return describe_failure(error) or "its answer has an unexpected form"
