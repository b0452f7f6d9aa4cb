"""See what tests left in a project, with the login of one of its own users.

With that login nothing of another project can be seen, let alone taken for
what is in this one.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from defcheck.cloud.accounts.api import DEFAULT_GROUP, Admin
from defcheck.cloud.accounts.entries import Account
from defcheck.cloud.accounts.logins import open_session
from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import REFUSED, describe_failure, status_of
from defcheck.cloud.leftovers.collection import Scope
from defcheck.cloud.leftovers.model import Claim, Kind, Thing
from defcheck.cloud.leftovers.services import OTHERS, Service

PASSED_OVER = {Kind.ROUTER_INTERFACE, Kind.KEYPAIR, Kind.FLAVOR, Kind.VOLUME_TYPE}
"""Parts of what was made with the project, and what is in no project."""

NOBODYS = Claim("", datetime.min.replace(tzinfo=UTC), ended=None, cut=False, made={})
"""Everything in the project is looked for, whoever made it."""


def left_in(
    project_id: str, ours: Collection[str], user: Account | None, admin: Admin, cloud: Cloud
) -> list[str]:
    """Return what is in a project beside what was made with it, such as "2 servers: a, b".

    A project without a member, an administrator's, is looked at for networks alone.
    """
    if user is None:
        services: tuple[Service, ...] = tuple(one for one in OTHERS if one.name == "network")
        connection = admin.connection
    else:
        from defcheck.cloud.session import open_connection

        services = OTHERS
        session = open_session(user, cloud)
        session.log_in()
        connection = open_connection(session, cloud.addressing)
    there = [service for service in services if service.types & cloud.services]
    return [words for service in there for words in _left(service, connection, project_id, ours)]


def _left(
    service: Service, connection: Any, project_id: str, ours: Collection[str]
) -> Iterator[str]:
    scope = Scope(connection, admin=False, claim=NOBODYS)
    for collection in service.collections:
        kind = collection.kind
        if kind in PASSED_OVER:
            continue
        try:
            names = [
                thing.name or thing.detail or thing.id
                for thing in collection.find(scope)
                if isinstance(thing, Thing)
                and thing.project in ("", project_id)
                and thing.id not in ours
                and not _comes_by_itself(thing)
            ]
        except Exception as error:  # whatever it is, it was not seen
            # What a user may not even list it has not made.
            if status_of(error) not in REFUSED:
                why = describe_failure(error) or "an answer of unexpected form"
                yield f"{kind.value}s that could not be seen ({why})"
            continue
        if names:
            shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            yield f"{len(names)} {kind.value}{'s' * (len(names) > 1)}: {shown}"


def _comes_by_itself(thing: Thing) -> bool:
    """Tell whether Neutron makes this in every project."""
    return thing.kind is Kind.SECURITY_GROUP and thing.name == DEFAULT_GROUP
