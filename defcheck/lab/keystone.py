"""Keystone: its users, catalogue, configuration and service, and how the lab logs in."""

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml
from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, Conflict
from keystoneauth1.identity import V3Password
from keystoneauth1.session import Session

from defcheck.errors import UnusableError
from defcheck.lab import deployment
from defcheck.lab.deployment import Site
from defcheck.lab.paths import write_private_file
from defcheck.lab.processes import HOST, LabPorts, LabService

REGION = "RegionOne"
DOMAIN = "Default"


@dataclass(frozen=True)
class LabUser:
    """A user, its only project, and its roles there."""

    name: str
    project: str
    roles: tuple[str, ...]
    types: tuple[str, ...] = ()
    """Tempest's types of the account besides its roles: `admin`."""


ADMIN = LabUser("admin", "admin", ("admin", "ResellerAdmin"))
PLAIN_ADMIN = LabUser("plain-admin", "plain-admin", ("admin",))
"""Like the administrators of many clouds: without the role to use other Swift accounts."""

SWIFT_USER = LabUser("swift", "service", ("admin", "service"))
MEMBER = LabUser("defcheck-member", "defcheck-member", ("member", "swiftoperator"))


def make_test_users(count: int) -> tuple[LabUser, ...]:
    """Return test users of `count` projects, in the order that accounts.yaml needs.

    Tempest uses one entry per credential, from the top. Its first and second credential
    must be in different projects, so the members come first; its "project reader" must
    be another user of a member's project, so each project has a reader.
    """
    names = [f"defcheck-test-{number}" for number in range(1, count + 1)]
    return (
        *(LabUser(name, name, ("member", "swiftoperator")) for name in names),
        *(LabUser(f"{name}-reader", name, ("reader",)) for name in names),
    )


def write_clouds_yaml(
    path: Path, auth_url: str, clouds: Mapping[str, LabUser], passwords: Mapping[str, str]
) -> None:
    """Write clouds.yaml with one named cloud per user."""
    entries = {
        name: {
            "auth": {
                "auth_url": auth_url,
                "username": user.name,
                "password": passwords[user.name],
                "project_name": user.project,
                "user_domain_name": DOMAIN,
                "project_domain_name": DOMAIN,
            },
            "region_name": REGION,
            "identity_api_version": "3",
        }
        for name, user in clouds.items()
        if user.name in passwords  # an older lab lacks users that were added since
    }
    _write_yaml(path, {"clouds": entries})


def write_accounts_yaml(
    path: Path, users: Iterable[LabUser], passwords: Mapping[str, str], network: str = ""
) -> None:
    """Write accounts.yaml, Tempest's list of existing users.

    `network` is the name of the network for their servers.
    """
    entries = []
    for user in users:
        entry: dict[str, Any] = {
            "username": user.name,
            "password": passwords[user.name],
            "project_name": user.project,
            "domain_name": DOMAIN,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "roles": list(user.roles),
        }
        if user.types:
            entry["types"] = list(user.types)
        if network:
            entry["resources"] = {"network": network}
        entries.append(entry)
    _write_yaml(path, entries)


def _write_yaml(path: Path, content: Any) -> None:
    write_private_file(path, yaml.safe_dump(content, sort_keys=False))


@dataclass(frozen=True)
class LabEndpoint:
    """A service and its URL, the same for every interface."""

    name: str
    kind: str
    """Its type, such as `object-store`."""

    url: str
    """Keystone replaces `$(project_id)s`."""


NAME = "keystone"


def auth_url(ports: LabPorts) -> str:
    """Return the URL at which tokens are issued."""
    return f"http://{HOST}:{ports.keystone}/v3"


def describe_keystone(ports: LabPorts) -> LabEndpoint:
    """Return Keystone's endpoint in the catalogue."""
    return LabEndpoint(NAME, "identity", auth_url(ports))


def define_keystone_service(site: Site) -> LabService:
    """Return Keystone as a service."""
    variables = {"OS_KEYSTONE_CONFIG_FILES": str(_configuration_file(site))}
    return deployment.define_wsgi_service(site, NAME, site.ports.keystone, variables)


def configure_keystone(site: Site, database: str, threads: int) -> None:
    """Write the configuration files, for a database by its SQLAlchemy URL."""
    deployment.write_template(
        "keystone.conf",
        _configuration_file(site),
        log_file=site.log_path(NAME),
        database=database,
        token_keys=_keys_folder(site, "token"),
        credential_keys=_keys_folder(site, "credential"),
    )
    port = site.ports.keystone
    deployment.configure_wsgi_service(
        site, NAME, port, "keystone.wsgi.api:application", threads, (NAME,)
    )


def manage_command(site: Site) -> tuple[str, ...]:
    """Return keystone-manage with its common options."""
    return (site.find_program("keystone-manage"), "--config-file", str(_configuration_file(site)))


def create_keys(site: Site) -> None:
    """Create the keys for tokens and for credentials."""
    for purpose in ("token", "credential"):
        # The same as `keystone-manage fernet_setup`, which takes seconds to start: 0 is
        # the next key, the highest number is the one in use.
        for number in ("0", "1"):
            key = base64.urlsafe_b64encode(os.urandom(32)).decode()
            write_private_file(_keys_folder(site, purpose) / number, key)


def bootstrap_keystone(site: Site) -> None:
    """Create the administrator and Keystone's own endpoints in an empty database."""
    url = auth_url(site.ports)
    options = {
        "username": ADMIN.name,
        "project-name": ADMIN.project,
        "role-name": "admin",
        "service-name": NAME,
        "region-id": REGION,
        "public-url": url,
        "internal-url": url,
        "admin-url": url,
    }
    deployment.run_tool(
        site,
        [
            *manage_command(site),
            "bootstrap",
            *(f"--bootstrap-{name}={value}" for name, value in options.items()),
        ],
        {"OS_BOOTSTRAP_PASSWORD": site.passwords[ADMIN.name]},
    )


def _configuration_file(site: Site) -> Path:
    return site.layout.configuration / NAME / "keystone.conf"


def _keys_folder(site: Site, purpose: str) -> Path:
    return site.layout.configuration / NAME / f"{purpose}-keys"


REQUEST_TIMEOUT = 30.0
"""Timeout of a request in seconds."""


def open_session(site: Site, user: LabUser) -> Session:
    """Return a session that logs in as `user` in its project when first used."""
    transport = requests.Session()
    # The lab is on this machine: ignore the user's proxy and .netrc.
    transport.trust_env = False
    return Session(
        auth=V3Password(
            auth_url=auth_url(site.ports),
            username=user.name,
            password=site.passwords[user.name],
            project_name=user.project,
            user_domain_name=DOMAIN,
            project_domain_name=DOMAIN,
        ),
        session=transport,
        timeout=REQUEST_TIMEOUT,
    )


ROLES = ("admin", "member", "reader", "service", "swiftoperator", "ResellerAdmin", "creator")
"""The roles of Keystone, of Swift, and of key managers."""

DOMAIN_ID = "default"
"""Keystone's first domain, which its bootstrap creates."""

INTERFACES = ("public", "internal", "admin")


class KeystoneDirectory:
    """The part of Keystone's administrative API that the lab needs."""

    def __init__(self, site: Site) -> None:
        self._passwords = site.passwords
        self._ids: dict[tuple[str, str], str] = {}
        self._api = Adapter(
            open_session(site, ADMIN),
            # Not through the catalogue, which may still contain the previous ports.
            endpoint_override=auth_url(site.ports),
        )

    def create_users(self, users: Iterable[LabUser]) -> None:
        """Create the roles, the projects and the users. Raise UnusableError if refused."""
        users = tuple(users)
        try:
            roles = {name: self._create_or_find("role", name) for name in ROLES}
            projects = {
                name: self._create_or_find("project", name, domain_id=DOMAIN_ID)
                for name in dict.fromkeys(user.project for user in users)
            }
            for user in users:
                self._create_user(user, projects[user.project], roles)
        except ClientException as error:
            raise _describe_refusal(error) from error

    def publish_endpoints(self, endpoints: Iterable[LabEndpoint]) -> None:
        """Write the current ports into the catalogue. Raise UnusableError if refused."""
        try:
            for endpoint in endpoints:
                service = self._find_resource("service", endpoint.name) or self._create_resource(
                    "service", endpoint.name, type=endpoint.kind
                )
                for interface in INTERFACES:
                    self._publish_endpoint(service, interface, endpoint.url)
        except ClientException as error:
            raise _describe_refusal(error) from error

    def _create_user(self, user: LabUser, project: str, roles: dict[str, str]) -> None:
        password = self._passwords[user.name]
        identity = self._create_or_find("user", user.name, domain_id=DOMAIN_ID, password=password)
        for role in user.roles:
            self._api.put(f"/projects/{project}/users/{identity}/roles/{roles[role]}")

    def _publish_endpoint(self, service: str, interface: str, url: str) -> None:
        place = {"service_id": service, "interface": interface}
        known = self._api.get("/endpoints", params=place).json()["endpoints"]
        if known:
            self._api.patch(f"/endpoints/{known[0]['id']}", json={"endpoint": {"url": url}})
        else:
            endpoint = {**place, "region_id": REGION, "url": url}
            self._api.post("/endpoints", json={"endpoint": endpoint})

    def _create_or_find(self, kind: str, name: str, **properties: str) -> str:
        if (kind, name) not in self._ids:
            try:
                self._ids[kind, name] = self._create_resource(kind, name, **properties)
            except Conflict:
                # Created by Keystone's own bootstrap.
                self._ids[kind, name] = str(self._find_resource(kind, name))
        return self._ids[kind, name]

    def _create_resource(self, kind: str, name: str, **properties: str) -> str:
        created = self._api.post(f"/{kind}s", json={kind: {"name": name, **properties}})
        return str(created.json()[kind]["id"])

    def _find_resource(self, kind: str, name: str) -> str | None:
        known = self._api.get(f"/{kind}s", params={"name": name}).json()[f"{kind}s"]
        return known[0]["id"] if known else None


def _describe_refusal(error: ClientException) -> UnusableError:
    return UnusableError(
        f"The lab's Keystone refused a request during set-up: {error}",
        "Try again. If that fails, rebuild the lab with `defcheck lab clean` and "
        "`defcheck lab up`, both with the same --size.",
    )
