"""The logins that a run's users can be reached by: a cloud's, or those of a tempest.conf."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts import check_accounts
from defcheck.cloud.accounts.entries import DOMAIN, find_domains
from defcheck.cloud.addressing import Addressing, addressing_of
from defcheck.cloud.connection import Cloud
from defcheck.cloud.tempestconf import Configuration, default_domain, find_accounts
from defcheck.errors import InputError
from defcheck.tempest.conf_file import is_true

SECONDS = 20
"""How long an answer is waited for."""


@dataclass(frozen=True, slots=True)
class Access:
    """A login that is not made yet."""

    name: str
    """User and project, as shown to people."""

    auth: Mapping[str, str] = field(repr=False)
    """What Keystone wants to know."""

    addressing: Addressing = field(default_factory=Addressing)
    cacert: str = ""
    verify: bool = True
    cert: Any = None
    """A client certificate, as requests takes it."""

    def connect(self) -> Any:
        """Return openstacksdk's connection, not logged in yet."""
        from keystoneauth1.identity.generic import Password

        from defcheck.cloud.session import CloudSession, open_connection

        trusted: bool | str = str(Path(self.cacert).expanduser()) if self.cacert else True
        session = CloudSession(
            auth=Password(**dict[str, Any](self.auth)),
            verify=self.verify and trusted,
            cert=self.cert,
            timeout=SECONDS,
        )
        return open_connection(session, self.addressing)


Login = tuple[str, Callable[[], Any]]
"""A login's name, and what connects it."""


def of_cloud(cloud: Cloud) -> tuple[Login, ...]:
    """Return the login that clouds.yaml has."""
    return ((f"{cloud.login.username or cloud.name}", lambda: cloud.connection),)


def of_configuration(configuration: Configuration) -> tuple[Login, ...]:
    """Return the logins of a tempest.conf: its admin, or each of its accounts.

    Raises `InputError` where it has none.
    """
    auth = configuration.sections.get("auth", {})
    file = find_accounts(configuration.sections)
    if configuration.accounts:
        entries: list[Mapping[str, Any]] = list(configuration.accounts)
    elif file is not None:
        entries = check_accounts(file)
    else:
        domain = auth.get("admin_domain_name", DOMAIN)
        admin = {
            "username": auth.get("admin_username"),
            "password": auth.get("admin_password"),
            "project_name": auth.get("admin_project_name"),
            "user_domain_name": auth.get("admin_user_domain_name") or domain,
            "project_domain_name": auth.get("admin_project_domain_name") or domain,
        }
        if not (admin["username"] and admin["password"] and admin["project_name"]):
            raise InputError(
                "The tempest.conf has no admin with password and project, and no accounts file.",
                "Name one that has, with --tempest-conf, or the users' file with --accounts.",
            )
        entries = [admin]
    identity = configuration.sections.get("identity", {})
    return tuple(
        of_entries(
            entries,
            identity,
            addressing=addressing_of(configuration.sections),
            domain=default_domain(configuration.sections),
        )
    )


def of_entries(
    entries: list[Mapping[str, Any]],
    identity: Mapping[str, str],
    *,
    addressing: Addressing,
    cert: Any = None,
    domain: str = DOMAIN,
) -> Iterator[Login]:
    """Yield a login for each user and project of an accounts file.

    `identity` is the section of tempest.conf that says where Keystone is, `cert`
    a client certificate as requests takes it, `domain` that of users and projects
    for which the file names none.
    """
    seen = set()
    for entry in entries:
        project = str(entry.get("project_name") or entry.get("tenant_name"))
        user = str(entry["username"])
        user_domain, project_domain = find_domains(entry, domain)
        auth = {
            "auth_url": identity.get("uri_v3", ""),
            "username": user,
            "password": str(entry["password"]),
            "project_name": project,
            "user_domain_name": user_domain,
            "project_domain_name": project_domain,
        }
        key = (user, project, user_domain, project_domain)
        if key in seen:
            continue
        seen.add(key)
        yield (
            f"{user} in {project}",
            Access(
                f"{user} in {project}",
                auth,
                addressing,
                identity.get("ca_certificates_file", ""),
                not is_true(identity.get("disable_ssl_certificate_validation", "")),
                cert,
            ).connect,
        )
