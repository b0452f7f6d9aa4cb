"""How Swift answers the users of an accounts file at their accounts."""

import time
from collections.abc import Collection
from functools import partial

from defcheck.cloud.accounts.entries import Account
from defcheck.cloud.accounts.logins import open_session
from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import together
from defcheck.cloud.survey.facts import Fact

SECONDS = 10.0
"""How long all answers may take."""


def see(
    accounts: Collection[Account], operator_role: str, cloud: Cloud, service: str
) -> dict[str, Fact[int]]:
    """Return the HTTP status for each user that has the operator role, asked as that user.

    `service` is the type of Swift in the catalogue.
    """
    users = [one for one in accounts if operator_role in one.roles]
    questions = {str(one): partial(_status, one, cloud, service) for one in users}
    return together(questions, time.monotonic() + SECONDS)


def _status(user: Account, cloud: Cloud, service: str) -> int:
    session = open_session(user, cloud)
    session.timeout = SECONDS
    where = {"service_type": service, **cloud.addressing.of("object-store").filter}
    return int(session.head("", endpoint_filter=where).status_code)
