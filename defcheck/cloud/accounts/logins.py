"""Log in as each user of an accounts file and see which roles it really has."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.accounts.entries import Account
from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import describe_failure, is_unavailable

LOGINS_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class Login:
    """What came of one login."""

    account: Account
    error: str = ""
    """Why it failed, without the password."""

    unavailable: bool = False
    """Whether the cloud gave no answer, so that the login may be right."""

    project_id: str = ""
    user_id: str = ""
    roles: frozenset[str] = frozenset()
    """The roles in the token, implied ones included."""


def log_in(accounts: Sequence[Account], cloud: Cloud) -> list[Login]:
    """Log in as every account, several at a time."""
    with ThreadPoolExecutor(LOGINS_AT_A_TIME) as pool:
        return list(pool.map(lambda account: _log_in(account, cloud), accounts))


def _log_in(account: Account, cloud: Cloud) -> Login:
    from keystoneauth1 import exceptions

    session = open_session(account, cloud)
    try:
        access = session.log_in()
    except exceptions.Unauthorized:
        return Login(
            account,
            "the cloud refuses the login (HTTP 401): check name, password, project and domains",
        )
    except exceptions.ClientException as error:
        words = describe_failure(error).replace(account.password, "***")
        if is_unavailable(error):
            return Login(account, f"the login could not be tried: {words}", unavailable=True)
        return Login(account, f"the login fails: {words}")
    return Login(
        account,
        project_id=access.project_id or "",
        user_id=access.user_id or "",
        roles=frozenset(access.role_names or ()),
    )


def open_session(account: Account, cloud: Cloud) -> Any:
    """Return a session as that account, with the cloud's certificates and time limit."""
    from keystoneauth1.identity.generic import Password

    from defcheck.cloud.session import CloudSession

    own = cloud.connection.session
    auth = Password(
        auth_url=cloud.auth_url,
        username=account.username,
        password=account.password,
        project_name=account.project,
        user_domain_name=account.user_domain,
        project_domain_name=account.project_domain,
    )
    return CloudSession(auth=auth, verify=own.verify, cert=own.cert, timeout=own.timeout)
