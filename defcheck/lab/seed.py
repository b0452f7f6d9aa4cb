"""What a lab's Keystone holds: roles, projects, users and the catalogue."""

from collections.abc import Iterable

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, Conflict

from defcheck.errors import UnusableError
from defcheck.lab import keystone
from defcheck.lab.accounts import ADMIN, REGION, User
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.session import open_session
from defcheck.lab.site import Site

ROLES = ("admin", "member", "reader", "service", "swiftoperator", "ResellerAdmin", "creator")
"""Those of Keystone, Swift's two, and the one that key and secret stores look for."""

DOMAIN_ID = "default"
"""Keystone's first domain, which its bootstrap makes."""

INTERFACES = ("public", "internal", "admin")


class Directory:
    """Keystone's administrative API, as far as the lab needs it."""

    def __init__(self, site: Site) -> None:
        self._passwords = site.passwords
        self._ids: dict[tuple[str, str], str] = {}
        self._api = Adapter(
            open_session(site, ADMIN),
            # Not by the catalogue, which may still name the ports of before.
            endpoint_override=keystone.auth_url(site.ports),
        )

    def seed(self, users: Iterable[User]) -> None:
        """Make the roles, the projects and the users. Raise UnusableError if refused."""
        users = tuple(users)
        try:
            roles = {name: self._create_or_find("role", name) for name in ROLES}
            projects = {
                name: self._create_or_find("project", name, domain_id=DOMAIN_ID)
                for name in dict.fromkeys(user.project for user in users)
            }
            for user in users:
                self._add(user, projects[user.project], roles)
        except ClientException as error:
            raise _refused(error) from error

    def publish(self, endpoints: Iterable[Endpoint]) -> None:
        """Make the catalogue name the ports of now. Raise UnusableError if refused."""
        try:
            for endpoint in endpoints:
                service = self._find("service", endpoint.name) or self._create(
                    "service", endpoint.name, type=endpoint.kind
                )
                for interface in INTERFACES:
                    self._publish(service, interface, endpoint.url)
        except ClientException as error:
            raise _refused(error) from error

    def _add(self, user: User, project: str, roles: dict[str, str]) -> None:
        password = self._passwords[user.name]
        identity = self._create_or_find("user", user.name, domain_id=DOMAIN_ID, password=password)
        for role in user.roles:
            self._api.put(f"/projects/{project}/users/{identity}/roles/{roles[role]}")

    def _publish(self, service: str, interface: str, url: str) -> None:
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
                self._ids[kind, name] = self._create(kind, name, **properties)
            except Conflict:
                # Made by Keystone's own bootstrap.
                self._ids[kind, name] = str(self._find(kind, name))
        return self._ids[kind, name]

    def _create(self, kind: str, name: str, **properties: str) -> str:
        created = self._api.post(f"/{kind}s", json={kind: {"name": name, **properties}})
        return str(created.json()[kind]["id"])

    def _find(self, kind: str, name: str) -> str | None:
        known = self._api.get(f"/{kind}s", params={"name": name}).json()[f"{kind}s"]
        return known[0]["id"] if known else None


def _refused(error: ClientException) -> UnusableError:
    return UnusableError(
        f"The lab's Keystone refused to be set up: {error}",
        "Try again; if it stays so, `defcheck lab clean`, with the same --size, deletes this "
        "lab, and `defcheck lab up` makes a new one.",
    )
