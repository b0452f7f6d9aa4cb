"""The users that Tempest runs as: chosen, logged in and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.accounts_file import (
    ADMIN_ROLE,
    DEFAULT_DOMAIN,
    MEMBER_ROLE,
    READER_ROLE,
    RESELLER_ROLE,
    Account,
    AccountFinding,
    FindingLevel,
    choose_operator_role,
    count_supported_workers,
    examine_accounts,
    load_account_entries,
    parse_accounts,
)
from defcheck.cloud.accounts.resources import MEMBER_ROLE_NAMES
from defcheck.cloud.connection import Cloud, PasswordLogin
from defcheck.cloud.discovery.endpoints import run_query
from defcheck.cloud.discovery.model import Unavailable
from defcheck.cloud.failures import describe_failure, is_unavailable
from defcheck.errors import UnusableError
from defcheck.util.concurrency import map_in_threads

PARALLEL_LOGINS = 8


@dataclass(frozen=True, slots=True)
class AccountLogin:
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


def log_in_accounts(accounts: Sequence[Account], cloud: Cloud) -> list[AccountLogin]:
    """Log in as every account, several at a time."""
    return map_in_threads(
        lambda account: _log_in_account(account, cloud), accounts, PARALLEL_LOGINS
    )


def _log_in_account(account: Account, cloud: Cloud) -> AccountLogin:
    from keystoneauth1 import exceptions

    session = open_account_session(account, cloud)
    try:
        access = session.log_in()
    except exceptions.Unauthorized:
        return AccountLogin(
            account,
            "the cloud refuses the login (HTTP 401): check name, password, project and domains",
        )
    except exceptions.ClientException as error:
        words = describe_failure(error).replace(account.password, "***")
        if is_unavailable(error):
            return AccountLogin(account, f"the login could not be tried: {words}", unavailable=True)
        return AccountLogin(account, f"the login fails: {words}")
    return AccountLogin(
        account,
        project_id=access.project_id or "",
        user_id=access.user_id or "",
        roles=frozenset(access.role_names or ()),
    )


def open_account_session(account: Account, cloud: Cloud) -> Any:
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


@dataclass(frozen=True, slots=True)
class TempestCredentials:
    """How Tempest gets its users."""

    kind: str
    """dynamic, accounts or single account."""

    options: dict[str, str]
    """For the section [auth] of tempest.conf."""

    operator_role: str
    """The role that may use Swift."""

    entries: tuple[Mapping[str, Any], ...] = ()
    """Entries for an accounts file that defcheck has to write itself."""


def choose_credentials(cloud: Cloud, accounts_file: Path | None) -> TempestCredentials:
    """Choose the users of a run.

    With an accounts file its users are taken; else an admin login lets Tempest
    make users of its own; else the one login is all there is.
    """
    if accounts_file is not None:
        roles = {
            role for entry in load_account_entries(accounts_file) for role in entry.get("roles", ())
        }
        options = {
            "use_dynamic_credentials": "false",
            "test_accounts_file": str(accounts_file.resolve()),
            "create_isolated_networks": "false",
        }
        return TempestCredentials("accounts", options, choose_operator_role(roles))
    login = _require_usable_login(cloud)
    if cloud.is_admin:
        operator = choose_operator_role(_list_roles(cloud))
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
        return TempestCredentials("dynamic", options, operator)
    options = {"use_dynamic_credentials": "false", "create_isolated_networks": "false"}
    entry = {
        **asdict(login),
        "domain_name": login.user_domain_name,
        "roles": [*cloud.roles, *_add_member_label(cloud.roles)],
    }
    return TempestCredentials(
        "single account", options, choose_operator_role(set(cloud.roles)), (entry,)
    )


def _require_usable_login(cloud: Cloud) -> PasswordLogin:
    """Return the login where Tempest can use it: it knows passwords and projects only."""
    login = cloud.login
    missing = [
        name
        for name, value in (("password", login.password), ("project", login.project_name))
        if not value
    ]
    if missing or cloud.trust_scoped or "multifactor" in cloud.auth_type:
        how = next(
            (words for sign, words in PASSWORDLESS_LOGINS.items() if sign in cloud.auth_type),
            f"has no {' and no '.join(missing)}" if missing else "is scoped by a trust",
        )
        raise UnusableError(
            f"The login to cloud {cloud.name} {how}, and Tempest logs in with user name, "
            "password and project only.",
            "Use such an entry of clouds.yaml, or give users that have passwords with --accounts; "
            "`defcheck cloud accounts create` makes some as an administrator, with any login.",
        )
    return login


PASSWORDLESS_LOGINS = {
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


def _add_member_label(roles: Sequence[str]) -> list[str]:
    """Return the label that Tempest looks for where plain members have a role of another name."""
    return [MEMBER_ROLE] if set(roles) & set(MEMBER_ROLE_NAMES) and MEMBER_ROLE not in roles else []


def _list_roles(cloud: Cloud) -> set[str]:
    """Return the names of the cloud's roles, the login's own where it may not see them.

    Raises `UnusableError` where Keystone does not answer: the role that lets
    use Swift would be a guess.
    """
    found = run_query(lambda: {role.name for role in cloud.connection.identity.roles()})
    if not isinstance(found, Unavailable):
        return found
    if found.no_answer:
        raise UnusableError(
            f"The roles of cloud {cloud.name} could not be listed: {found.reason}.",
            "Try again when Keystone answers.",
        )
    return set(cloud.roles)


CHECK_FORMAT = "defcheck accounts check 1"

WRITER_ROLES = frozenset((*MEMBER_ROLE_NAMES, ADMIN_ROLE, RESELLER_ROLE))


@dataclass(frozen=True, slots=True)
class AccountsReport:
    """What is known of an accounts file."""

    accounts: tuple[Account, ...]
    workers: int
    """The number of workers that it was held against."""

    capacity: int
    """The number of workers that it allows."""

    findings: tuple[AccountFinding, ...]
    logins: tuple[AccountLogin, ...] = ()
    """Empty where no cloud was named."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What would make tests fail that are not at fault."""
        return tuple(one.text for one in self.findings if one.level is FindingLevel.PROBLEM)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What would make tests be skipped."""
        return tuple(one.text for one in self.findings if one.level is FindingLevel.WARNING)

    def build_document(self) -> dict[str, Any]:
        """Return the report for programs; schema in reports/schemas/accounts-check-1.json."""
        return {
            "format": CHECK_FORMAT,
            "usable": not self.problems,
            "workers": self.workers,
            "capacity": self.capacity,
            "logins_tried": bool(self.logins),
            "accounts": [
                {
                    "number": one.number,
                    "username": one.username,
                    "project": one.project,
                    "roles": sorted(one.roles),
                }
                for one in self.accounts
            ],
            "findings": [{"level": one.level.value, "text": one.text} for one in self.findings],
        }


def check_accounts_file(
    path: Path, cloud: Cloud | None = None, workers: int | None = None, domain: str = DEFAULT_DOMAIN
) -> AccountsReport:
    """Check an accounts file for so many workers, by default as many as it allows.

    With a cloud every login is tried, all at once and read-only. `domain` is
    that of users and projects for which the file names none. Raises
    `InputError` where the file is none.
    """
    return check_account_entries(load_account_entries(path), cloud, workers, domain)


def check_account_entries(
    entries: Sequence[Mapping[str, Any]],
    cloud: Cloud | None = None,
    workers: int | None = None,
    domain: str = DEFAULT_DOMAIN,
) -> AccountsReport:
    """Check the entries of an accounts file, as `check` does."""
    listed = parse_accounts(entries, domain)
    able = count_supported_workers(listed)
    wanted = workers or able
    findings = examine_accounts(listed, wanted)
    logins = log_in_accounts(listed, cloud) if cloud is not None else []
    findings += [
        *_find_failed_logins(logins),
        *_find_wrong_roles(logins),
        *_find_shared_projects(logins),
    ]
    findings.sort(key=lambda one: one.level is FindingLevel.WARNING)
    return AccountsReport(listed, wanted, able, tuple(findings), tuple(logins))


def _find_failed_logins(logins: Sequence[AccountLogin]) -> list[AccountFinding]:
    return [
        AccountFinding(FindingLevel.PROBLEM, f"{one.account.title}: {one.error}")
        for one in logins
        if one.error
    ]


def _find_wrong_roles(logins: Sequence[AccountLogin]) -> list[AccountFinding]:
    """Compare the roles that the file lists with those in the token."""
    found = []
    for one in logins:
        if one.error:
            continue
        listed = one.account.roles
        missing = sorted(
            role
            for role in listed - one.roles
            if not (role == MEMBER_ROLE and one.roles & set(MEMBER_ROLE_NAMES))
        )
        if missing:
            held = ", ".join(sorted(one.roles)) or "none"
            found.append(
                AccountFinding(
                    FindingLevel.PROBLEM,
                    f"{one.account.title} lists {', '.join(missing)}, but the user holds {held}",
                )
            )
        if READER_ROLE in listed and one.roles & WRITER_ROLES and not listed & WRITER_ROLES:
            found.append(
                AccountFinding(
                    FindingLevel.WARNING,
                    f"{one.account.title} is listed as a reader, but may write as well: it "
                    "also holds " + ", ".join(sorted(one.roles & WRITER_ROLES)),
                )
            )
        if ADMIN_ROLE in one.roles - listed:
            found.append(
                AccountFinding(
                    FindingLevel.PROBLEM,
                    f"{one.account.title} holds the role admin that it does not list: tests of "
                    "what a plain user may not do would fail",
                )
            )
    return found


def _find_shared_projects(logins: Sequence[AccountLogin]) -> list[AccountFinding]:
    """Find projects with two names, as a name and an alias, or the same user twice."""
    names: dict[str, Account] = {}
    found = []
    for one in logins:
        first = names.setdefault(one.project_id, one.account) if one.project_id else one.account
        if first.project != one.account.project:
            found.append(
                AccountFinding(
                    FindingLevel.PROBLEM, f"{one.account.title} is in the same project as {first}"
                )
            )
    return found
