"""Choose the users of a run: an accounts file, made by an admin, or one login."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.entries import MEMBER_ROLE, check_accounts, operator_role
from defcheck.cloud.accounts.layout import MEMBERS
from defcheck.cloud.connection import Cloud, Login
from defcheck.cloud.survey.asking import ask
from defcheck.cloud.survey.facts import Unseen
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
            "admin_user_domain_name": login.user_domain_name,
            "admin_project_domain_name": login.project_domain_name,
            "create_isolated_networks": str("network" in cloud.services).lower(),
            "tempest_roles": ",".join(dict.fromkeys((MEMBER_ROLE, operator))),
            "default_credentials_domain_name": login.project_domain_name,
        }
        return Credentials("dynamic", options, operator)
    options = {"use_dynamic_credentials": "false", "create_isolated_networks": "false"}
    entry = {
        **asdict(login),
        "domain_name": login.user_domain_name,
        "roles": [*cloud.roles, *_as_member(cloud.roles)],
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
    if missing or cloud.trust_scoped or "multifactor" in cloud.auth_type:
        how = next(
            (words for sign, words in NO_PASSWORD.items() if sign in cloud.auth_type),
            f"has no {' and no '.join(missing)}" if missing else "is scoped by a trust",
        )
        raise UnusableError(
            f"The login to cloud {cloud.name} {how}, and Tempest logs in with user name, "
            "password and project only.",
            "Use such an entry of clouds.yaml, or give users that have passwords with --accounts; "
            "`defcheck cloud accounts create` makes some as an administrator, with any login.",
        )
    return login


NO_PASSWORD = {
    "application": "is an application credential",
    "multifactor": "needs several factors",
    "oidc": "is federated (OpenID Connect)",
    "saml": "is federated (SAML)",
    "adfs": "is federated (ADFS)",
    "kerberos": "is by Kerberos",
    "oauth": "is by OAuth",
    "token": "is a token",
}
"""Part of an auth_type to how such a login is told of; the first one found tells most."""


def _as_member(roles: Sequence[str]) -> list[str]:
    """Return the label that Tempest looks for where plain members have a role of another name."""
    return [MEMBER_ROLE] if set(roles) & set(MEMBERS) and MEMBER_ROLE not in roles else []


def _all_roles(cloud: Cloud) -> set[str]:
    """Return the names of the cloud's roles, the login's own where it may not see them.

    Raises `UnusableError` where Keystone does not answer: the role that lets
    use Swift would be a guess.
    """
    found = ask(lambda: {role.name for role in cloud.connection.identity.roles()})
    if not isinstance(found, Unseen):
        return found
    if found.unavailable:
        raise UnusableError(
            f"The roles of cloud {cloud.name} could not be listed: {found.why}.",
            "Try again when Keystone answers.",
        )
    return set(cloud.roles)
