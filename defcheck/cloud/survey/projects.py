"""The quotas of the projects in which the users of an accounts file are."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from defcheck.cloud.accounts.entries import ADMIN_ROLE, Account
from defcheck.cloud.accounts.logins import open_session
from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import items, numbers, together
from defcheck.cloud.survey.facts import Fact, Unseen

SECONDS = 10.0
"""How long the projects may take to tell, all at once."""

Quotas = Fact[Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ProjectQuotas:
    """What a project may have, and what it uses, named as in a `Survey`."""

    compute: Quotas
    network: Quotas
    network_used: Quotas
    volume: Quotas


def see(
    accounts: Collection[Account], cloud: Cloud, services: Collection[str]
) -> dict[str, ProjectQuotas]:
    """Return the quotas of each project with a plain user, seen as that user.

    `services` are the official types of the services to ask.
    """
    users = {one.project: one for one in accounts if ADMIN_ROLE not in one.roles}
    deadline = time.monotonic() + SECONDS
    found = together(
        {
            project: partial(_one, user, cloud, frozenset(services), deadline - 0.2)
            for project, user in users.items()
        },
        deadline,
    )
    return {
        project: quotas
        if isinstance(quotas, ProjectQuotas)
        else ProjectQuotas(quotas, quotas, quotas, quotas)
        for project, quotas in found.items()
    }


def _one(user: Account, cloud: Cloud, services: frozenset[str], deadline: float) -> ProjectQuotas:
    from defcheck.cloud.session import open_connection

    session = open_session(user, cloud)
    session.timeout = SECONDS
    project = session.log_in().project_id
    connection = open_connection(session, cloud.addressing)
    questions = {
        "compute": (
            "compute",
            lambda: numbers(items(connection.compute, "/limits", "limits")["absolute"]),
        ),
        "network": (
            "network",
            lambda: numbers(items(connection.network, f"/quotas/{project}", "quota")),
        ),
        "network_used": (
            "network",
            lambda: {
                name: one["used"]
                for name, one in items(
                    connection.network, f"/quotas/{project}/details.json", "quota"
                ).items()
            },
        ),
        "volume": (
            "block-storage",
            lambda: numbers(items(connection.block_storage, "/limits", "limits")["absolute"]),
        ),
    }
    asked = {name: ask for name, (service, ask) in questions.items() if service in services}
    nothing = Unseen("no test needs it")
    return ProjectQuotas(**dict.fromkeys(questions, nothing) | together(asked, deadline))
