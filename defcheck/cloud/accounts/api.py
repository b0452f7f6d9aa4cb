"""What an administrator does in a cloud to make users for tests, and to remove them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.accounts.layout import Kind
from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import describe_failure, status_of
from defcheck.errors import UnusableError

AT_A_TIME = 8
"""How many projects are made or removed at a time."""

DEFAULT_GROUP = "default"
"""The security group that Neutron makes in every project."""


def description(prefix: str) -> str:
    """Return what the description of everything says that was made under a prefix."""
    return f"Made by `defcheck cloud accounts create` as {prefix}; its `delete` removes it."


@dataclass(frozen=True, slots=True)
class Admin:
    """An administrator's login, and what is to be known before anything is made."""

    connection: Any
    """openstacksdk's connection."""

    domain_id: str
    domain_name: str
    roles: Mapping[str, str]
    """Role name to id, of the whole cloud."""

    has_network: bool
    external: str
    """The id of the network to which routers lead, empty where there is none."""

    def make_project(self, name: str, prefix: str) -> str:
        """Make a project and return its id, as all these do."""
        with in_words("project"):
            made = self.connection.identity.create_project(
                name=name,
                domain_id=self.domain_id,
                description=description(prefix),
                tags=["defcheck", prefix],
            )
        return str(made.id)

    def make_user(self, name: str, password: str, prefix: str) -> str:
        """Make a user, who may do nothing yet."""
        with in_words("user"):
            made = self.connection.identity.create_user(
                name=name,
                domain_id=self.domain_id,
                password=password,
                description=description(prefix),
            )
        return str(made.id)

    def grant(self, role: str, user_id: str, project_id: str) -> None:
        """Give a user a role in a project."""
        with in_words("role assignment"):
            path = f"/projects/{project_id}/users/{user_id}/roles/{self.roles[role]}"
            _refuse_errors(self.connection.identity.put(path))

    def make_network(self, name: str, project_id: str, prefix: str) -> str:
        """Make a network that belongs to a project."""
        with in_words("network"):
            made = self.connection.network.create_network(
                name=name, project_id=project_id, description=description(prefix)
            )
        return str(made.id)

    def make_subnet(self, name: str, project_id: str, network: str, cidr: str, prefix: str) -> str:
        """Make an IPv4 subnet."""
        with in_words("subnet"):
            made = self.connection.network.create_subnet(
                name=name,
                project_id=project_id,
                network_id=network,
                cidr=cidr,
                ip_version=4,
                description=description(prefix),
            )
        return str(made.id)

    def make_router(self, name: str, project_id: str, prefix: str) -> str:
        """Make a router, to the outside where the cloud has one."""
        gateway = {"external_gateway_info": {"network_id": self.external}} if self.external else {}
        with in_words("router"):
            made = self.connection.network.create_router(
                name=name, project_id=project_id, description=description(prefix), **gateway
            )
        return str(made.id)

    def plug(self, router: str, subnet: str) -> None:
        """Connect a subnet to a router."""
        with in_words("router interface"):
            self.connection.network.add_interface_to_router(router, subnet_id=subnet)

    def unplug(self, router: str) -> None:
        """Take a router off all its subnets, so that it can be removed."""
        with in_words("router interface", "removed"):
            for port in self.connection.network.ports(device_id=router):
                if port.device_owner == "network:router_gateway" or not port.fixed_ips:
                    continue
                for address in port.fixed_ips:
                    self.connection.network.remove_interface_from_router(
                        router, subnet_id=address["subnet_id"]
                    )

    def drop_default_group(self, project_id: str) -> None:
        """Remove the security group that Neutron made by itself and would not remove."""
        if not self.has_network:
            return
        with in_words("security group", "removed"):
            for one in self.connection.network.security_groups(
                project_id=project_id, name=DEFAULT_GROUP
            ):
                if one.project_id == project_id and one.name == DEFAULT_GROUP:
                    self.connection.network.delete_security_group(one, ignore_missing=True)

    def find(self, kind: Kind, name: str, thing_id: str) -> Any:
        """Return the thing with that id, else by its exact name where none is known, or None."""
        get, listed = self._calls(kind)
        with in_words(kind.value, "looked for"):
            if thing_id:
                return _or_none(lambda: get(thing_id))
            return next((one for one in listed(name=name) if one.name == name), None)

    def _calls(self, kind: Kind) -> tuple[Callable[[str], Any], Callable[..., Iterable[Any]]]:
        identity, network = self.connection.identity, self.connection.network
        if kind is Kind.PROJECT:
            return identity.get_project, identity.projects
        if kind is Kind.USER:
            return identity.get_user, identity.users
        if kind is Kind.NETWORK:
            return network.get_network, network.networks
        if kind is Kind.SUBNET:
            return network.get_subnet, network.subnets
        return network.get_router, network.routers

    def remove(self, kind: Kind, thing_id: str) -> None:
        """Remove a thing; that it is gone already is fine."""
        service = (
            self.connection.identity
            if kind in (Kind.PROJECT, Kind.USER)
            else self.connection.network
        )
        with in_words(kind.value, "removed"):
            getattr(service, f"delete_{kind.value}")(thing_id, ignore_missing=True)


def open_admin(cloud: Cloud) -> Admin:
    """Look at what is needed to make users; raise `UnusableError` where it cannot be seen."""
    connection = cloud.connection
    access = connection.session.log_in()
    if not cloud.is_admin:
        held = ", ".join(cloud.roles) or "no role"
        raise UnusableError(
            f"The login to cloud {cloud.name} is no administrator: it holds {held}.",
            "Making projects and users needs the role admin; without it, list users that exist "
            "in an accounts file and check it with `defcheck cloud accounts check`.",
        )
    with in_words("role", "seen"):
        roles = {role.name: role.id for role in connection.identity.roles()}
    has_network = "network" in cloud.services
    external = ""
    if has_network:
        with in_words("network", "seen"):
            nets = sorted(
                connection.network.networks(is_router_external=True), key=lambda net: net.name
            )
            external = next((net.id for net in nets if net.is_admin_state_up), "")
    return Admin(
        connection=connection,
        domain_id=access.project_domain_id or "default",
        domain_name=access.project_domain_name or "Default",
        roles=roles,
        has_network=has_network,
        external=external,
    )


@contextmanager
def in_words(what: str, done: str = "made") -> Iterator[None]:
    """Turn the refusal of a cloud into words."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        yield
    except (ClientException, SDKException, OSError) as error:
        raise UnusableError(
            f"A {what} could not be {done}: {describe_failure(error)}.",
            "The login needs the role admin, and the cloud room for it in its quotas."
            if status_of(error)
            else "Check the service and the network, then try again.",
        ) from error


def _or_none(get: Callable[[], Any]) -> Any:
    from openstack.exceptions import NotFoundException

    try:
        return get()
    except NotFoundException:
        return None


def _refuse_errors(answer: Any) -> None:
    from openstack.exceptions import raise_from_response

    raise_from_response(answer)
