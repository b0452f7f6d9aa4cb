"""Log in as a run's own users, whose passwords nobody kept, to see what their projects hold.

An administrator without the role ResellerAdmin is refused at their accounts of
Swift. Their passwords are changed for that: they are the run's, and are deleted next.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from defcheck.cloud.addressing import read_addressing
from defcheck.cloud.leftovers.collection import answered
from defcheck.cloud.leftovers.model import Kind, Thing
from defcheck.secrecy import PROCESS

REVOKED_SECONDS = 1.5
"""Keystone revokes every token of the second in which a password changes."""


def adopt(
    admin: Any, owners: Iterable[Thing], projects: frozenset[str]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield a login for each of the run's users in those projects.

    `admin` is an administrator's connection, `owners` are the run's own projects and users.
    """
    things = list(owners)
    for project in things:
        if project.kind is Kind.PROJECT and project.id in projects:
            for user in things:
                if user.kind is Kind.USER and user.name.startswith(f"{project.name}-"):
                    yield f"{user.name} in {project.name}", partial(_log_in, admin, user, project)


def _log_in(admin: Any, user: Thing, project: Thing) -> Any:
    """Give a user a new password and return a connection as that user."""
    from keystoneauth1.identity.generic import Password

    from defcheck.cloud.session import CloudSession, open_connection

    password = secrets.token_urlsafe(24)
    PROCESS.learn(password)
    change = {"user": {"password": password}}
    answered(admin.identity.patch(f"/users/{user.id}", json=change))
    time.sleep(REVOKED_SECONDS)
    own = admin.session
    auth = Password(
        auth_url=own.auth.auth_url, user_id=user.id, password=password, project_id=project.id
    )
    session = CloudSession(auth=auth, verify=own.verify, cert=own.cert, timeout=own.timeout)
    return open_connection(session, read_addressing(admin.config, "The administrator's login"))
