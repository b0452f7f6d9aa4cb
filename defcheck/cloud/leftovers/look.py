"""Look for what a run left behind: as each of its users, in every service, within a time."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from defcheck.cloud.failures import REFUSED, describe_failure, status_of
from defcheck.cloud.leftovers.adoption import adopt
from defcheck.cloud.leftovers.collection import Collection, Scope
from defcheck.cloud.leftovers.model import Claim, Findings, Gap, Kind, Thing
from defcheck.cloud.leftovers.object_storage import NotAddressableError
from defcheck.cloud.leftovers.proof import judge, require_claim
from defcheck.cloud.leftovers.services import IDENTITY, OBJECT_STORAGE, OTHERS, Service
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
    """Whether everything could be looked at, but for what single projects have."""

    dark: frozenset[str] = frozenset()
    """Ids of projects of which not everything could be seen."""


def look(
    logins: Sequence[Login], claim: Claim, seconds: float, *, pool: bool, adopting: bool = False
) -> Seen:
    """Look as each login, and judge what is seen; it takes `seconds` at the most.

    With `adopting` also as the run's own users, who get new passwords for that,
    where an administrator may not see what their projects hold. `pool` tells
    that the logins are the run's own users, so that what is in their projects
    without proof is worth a word. Raises `InputError` where the claim could
    prove nothing, `UnusableError` where no login works.
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
    hidden = frozenset(gap.project for _, gap in _gaps(views) if status_of(gap.error) in REFUSED)
    admin = next((visit for visit in visits if visit.admin), None)
    if adopting and hidden and admin is not None:
        tasks = [partial(_visit, *one) for one in adopt(admin.connection, owners, hidden)]
        adopted = [one for one in in_time(tasks, deadline) if isinstance(one, Visit)]
        views += _views(adopted, (OBJECT_STORAGE,), scope, deadline)
    reached: dict[tuple[Kind, str], Visit] = {}
    for view in views:
        for thing in view.things:
            reached.setdefault((thing.kind, thing.id), view.visit)
    unseen += _unseen(views)
    names = {one.id: one.name for one in owners if one.kind is Kind.PROJECT}
    users = [one.name for one in owners if one.kind is Kind.USER]
    inhabited = {
        project
        for project, name in names.items()
        if any(user.startswith(f"{name}-") for user in users)
    }
    placed = all(user.startswith(tuple(f"{name}-" for name in names.values())) for user in users)
    # Who deletes a project's users has seen before that nothing is in it.
    over = names.keys() - inhabited if placed else frozenset[str]()
    gaps = [one for one in _gaps(views) if one[1].project not in over or _noted(one[1], claim)]
    adoptable = set() if adopting else inhabited
    findings = judge(_things(views), claim)
    told = (*unseen, *(_gap_in_words(kind, gap, names, adoptable) for kind, gap in gaps))
    return Seen(
        replace(findings, unseen=tuple(dict.fromkeys(told))),
        reached,
        complete=not unseen,
        dark=frozenset(gap.project for _, gap in gaps),
    )


@dataclass(frozen=True, slots=True)
class View:
    """What one login saw of one collection."""

    visit: Visit
    collection: Collection
    things: tuple[Thing, ...] = ()
    gaps: tuple[Gap, ...] = ()
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
        else View(visit, collection, *found)
        for (visit, collection), found in zip(wanted, in_time(tasks, deadline), strict=True)
    ]


def _find(collection: Collection, scope: Scope) -> tuple[tuple[Thing, ...], tuple[Gap, ...]]:
    found = list(collection.find(scope))
    return (
        tuple(one for one in found if isinstance(one, Thing)),
        tuple(one for one in found if isinstance(one, Gap)),
    )


def _things(views: Iterable[View]) -> list[Thing]:
    return [thing for view in views for thing in view.things]


def _seen_by_own(views: Sequence[View]) -> set[tuple[str, Kind]]:
    """Return what of each project one of its users saw: what one may look at, all have."""
    return {
        (view.visit.project, view.collection.kind)
        for view in views
        if view.error is None and view.visit.project not in {gap.project for gap in view.gaps}
    }


def _gaps(views: Sequence[View]) -> list[tuple[Kind, Gap]]:
    """Return what single projects have that neither their users nor an administrator saw."""
    seen = _seen_by_own(views)
    return [
        (view.collection.kind, gap)
        for view in views
        for gap in view.gaps
        if (gap.project, view.collection.kind) not in seen
    ]


def _noted(gap: Gap, claim: Claim) -> bool:
    """Tell whether the run noted something in a project's account that it did not delete."""
    return any(
        entry.partition("/")[0].endswith(gap.project) for entry in claim.made if "/" in entry
    )


def _gap_in_words(kind: Kind, gap: Gap, names: Mapping[str, str], adoptable: Iterable[str]) -> str:
    """Say what one project has that nobody saw; `adoptable` projects have users of the run's."""
    whose = f"project {names.get(gap.project, gap.project)}"
    how = ""
    if status_of(gap.error) in REFUSED:
        users = (
            "`defcheck cleanup --yes` logs in as its users, or " if gap.project in adoptable else ""
        )
        how = f"; {users}an administrator with the role ResellerAdmin sees them"
    return f"The {kind}s of {whose} could not be seen: {in_words(gap.error)}{how}"


def _unseen(views: Sequence[View]) -> list[str]:
    """Return which collections nobody saw, as sentences.

    Key pairs are each user's own.
    """
    seen = _seen_by_own(views)
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
