"""Look for what a run left behind: as each of its users, in every service, within a time."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

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
    the claim could prove nothing.
    """
    require_claim(claim)
    deadline = time.monotonic() + seconds
    unseen: list[str] = []
    tasks = [(f"what {name} has", partial(_visit, name, connect)) for name, connect in logins]
    visits: list[Visit] = _in_time(tasks, deadline, unseen)
    if not visits:
        raise UnusableError(
            f"The cloud cannot be looked at: {'; '.join(unseen[:3])}.",
            "Check the login, the network and that Keystone runs; then try again.",
        )
    if pool:
        claim = replace(claim, projects=frozenset(visit.project for visit in visits))
    things: list[Thing] = []
    reached: dict[tuple[Kind, str], Visit] = {}

    def gather(wanted: Iterable[tuple[Visit, Service]], scopes: Callable[[Visit], Scope]) -> None:
        tasks = [
            (_task_name(visit, collection, len(visits)), _finder(visit, collection, scopes(visit)))
            for visit, service in wanted
            if service.types & visit.services
            for collection in service.collections
        ]
        for visit, found in _in_time(tasks, deadline, unseen):
            for thing in found:
                reached.setdefault((thing.kind, thing.id), visit)
            things.extend(found)

    def scope(visit: Visit) -> Scope:
        return Scope(visit.connection, visit.admin, claim)

    gather(((visit, IDENTITY) for visit in visits if visit.admin), scope)
    owners = [one.thing for one in judge(things, claim).ours]
    projects = frozenset(one.id for one in owners if one.kind is Kind.PROJECT)
    users = frozenset(one.id for one in owners if one.kind is Kind.USER)
    gather(
        ((visit, service) for visit in visits for service in OTHERS),
        lambda visit: replace(scope(visit), projects=projects, users=users),
    )
    findings = replace(judge(things, claim), unseen=tuple(dict.fromkeys(unseen)))
    return Seen(findings, reached, not unseen)


def _visit(name: str, connect: Callable[[], Any]) -> Visit:
    connection = connect()
    access = connection.session.auth.get_access(connection.session)
    catalogue = access.service_catalog.catalog if access.has_service_catalog() else []
    return Visit(
        name,
        connection,
        "admin" in (access.role_names or ()),
        frozenset(service["type"] for service in catalogue),
        access.project_id or "",
    )


def _finder(
    visit: Visit, collection: Collection, scope: Scope
) -> Callable[[], tuple[Visit, list[Thing]]]:
    return lambda: (visit, list(collection.find(scope)))


def _task_name(visit: Visit, collection: Collection, visits: int) -> str:
    name = f"{collection.kind}s"
    return f"{name} of {visit.name}" if visits > 1 else name


def _in_time(
    tasks: Sequence[tuple[str, Callable[[], Any]]], deadline: float, unseen: list[str]
) -> list[Any]:
    """Return what the tasks give, in their order; tell of those that fail or are late.

    Threads that a service keeps waiting are left behind: they end with the process.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, Any, Exception | None]] = SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            if time.monotonic() >= deadline:
                return
            try:
                done.put((number, tasks[number][1](), None))
            except Exception as error:
                done.put((number, None, error))

    for _ in range(min(THREADS, len(tasks))):
        threading.Thread(target=work, daemon=True).start()
    results: dict[int, Any] = {}
    failed: set[int] = set()
    while len(results) + len(failed) < len(tasks):
        try:
            number, value, error = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        if error is None:
            results[number] = value
        else:
            failed.add(number)
            unseen.append(f"{tasks[number][0]} could not be seen: {in_words(error)}")
    unseen.extend(
        f"{name} could not be seen in time"
        for number, (name, _) in enumerate(tasks)
        if number not in results and number not in failed
    )
    return [results[number] for number in sorted(results)]


def in_words(error: Exception) -> str:
    """Return what went wrong with a request, on one line."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import HttpException, SDKException

    if isinstance(error, HttpException):
        said = getattr(error, "details", "") or error.message
        return " ".join(f"HTTP {error.status_code} {said}".split())[:200]
    if isinstance(error, SDKException | ClientException | NotAddressableError):
        return " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
