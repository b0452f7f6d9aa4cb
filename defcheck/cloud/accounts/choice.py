"""Choose the users of a run: an accounts file, made by an admin, or one login."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.entries import check_accounts, operator_role
from defcheck.cloud.connection import Cloud, Login
from defcheck.errors import UnusableError


@dataclass(frozen=True, slots=True)
class Credentials:
    """How Tempest gets its users."""

    kind: str
    """dynamic, accounts or single account."""

    options: dict[str, str]
    """For the section [auth] of tempest.conf."""

    operator_role: str
    """The role that may use Swift."""

    entries: tuple[Mapping[str, Any], ...] = ()
    """Entries for an accounts file that defcheck has to write itself."""


def choose(cloud: Cloud, accounts_file: Path | None) -> Credentials:
    """Choose the users of a run.

    With an accounts file its users are taken; else an admin login lets Tempest
    make users of its own; else the one login is all there is.
    """
    if accounts_file is not None:
        roles = {role for entry in check_accounts(accounts_file) for role in entry.get("roles", ())}
        options = {
            "use_dynamic_credentials": "false",
            "test_accounts_file": str(accounts_file.resolve()),
            "create_isolated_networks": "false",
        }
        return Credentials("accounts", options, operator_role(roles))
    login = _usable(cloud)
    if cloud.is_admin:
        operator = operator_role(_all_roles(cloud))
        options = {
            "use_dynamic_credentials": "true",
            "admin_username": login.username,
            "admin_password": login.password,
            "admin_project_name": login.project_name,
            "admin_domain_name": login.user_domain_name,
            "create_isolated_networks": str("network" in cloud.services).lower(),
            "tempest_roles": operator,
        }
        return Credentials("dynamic", options, operator)
    options = {"use_dynamic_credentials": "false", "create_isolated_networks": "false"}
    entry = {
        **asdict(login),
        "domain_name": login.user_domain_name,
        "roles": list(cloud.roles),
    }
    return Credentials("single account", options, operator_role(set(cloud.roles)), (entry,))


def _usable(cloud: Cloud) -> Login:
    """Return the login where Tempest can use it: it knows passwords and projects only."""
    login = cloud.login
    missing = [
        name
        for name, value in (("password", login.password), ("project", login.project_name))
        if not value
    ]
    if missing:
        raise UnusableError(
            f"The login to cloud {cloud.name} has no {' and no '.join(missing)}.",
            "Tempest logs in with user name, password and project; use such an entry of "
            "clouds.yaml, or give users with --accounts.",
        )
    return login


def _all_roles(cloud: Cloud) -> set[str]:
    """Return the names of the cloud's roles, the login's own where they cannot be seen."""
    from openstack.exceptions import SDKException

    try:
        return {role.name for role in cloud.connection.identity.roles()}
    except SDKException:
        return set(cloud.roles)
