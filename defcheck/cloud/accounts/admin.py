"""What an administrator does in a cloud to create and delete users for tests."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from defcheck.cloud.accounts.resources import AccountResourceKind
from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import describe_failure, get_http_status, is_unavailable
from defcheck.cloud.session import WAITS
from defcheck.errors import UnusableError

CONFLICT = 409

PARALLEL_PROJECTS = 8
"""How many projects are created or deleted at a time."""

DEFAULT_GROUP = "default"
"""The security group that Neutron makes in every project."""


def describe_origin(prefix: str) -> str:
    """Return the description of every resource that is created under a prefix.

    `accounts delete` recognises resources by it: the words must never change.
    """
    return f"Made by `defcheck cloud accounts create` as {prefix}; its `delete` removes it."


@dataclass(frozen=True, slots=True)
class CloudAdmin:
    """An administrator's connection, and what must be known before anything is created."""

    connection: Any
    """openstacksdk's connection."""

    domain_id: str
    domain_name: str
    roles: Mapping[str, str]
    """Role name to id, of the whole cloud."""

    has_network: bool
    external: str
    """The id of the external network for routers, empty if there is none."""

    def create_project(self, name: str, prefix: str) -> str:
        """Create a project and return its id, as all `create_…` methods do."""
        tags = ["defcheck", prefix]
        return self._create_resource(
            AccountResourceKind.PROJECT, name, prefix, domain_id=self.domain_id, tags=tags
        )

    def create_user(self, name: str, password: str, prefix: str) -> str:
        """Create a user without any role."""
        return self._create_resource(
            AccountResourceKind.USER, name, prefix, domain_id=self.domain_id, password=password
        )

    def grant_role(self, role: str, user_id: str, project_id: str) -> None:
        """Grant a user a role in a project."""
        with explain_refusals("role assignment"):
            path = f"/projects/{project_id}/users/{user_id}/roles/{self.roles[role]}"
            _refuse_errors(self.connection.identity.put(path))

    def create_network(self, name: str, project_id: str, prefix: str) -> str:
        """Create a network that belongs to a project."""
        return self._create_resource(
            AccountResourceKind.NETWORK, name, prefix, project_id=project_id
        )

    def create_subnet(
        self, name: str, project_id: str, network: str, cidr: str, prefix: str
    ) -> str:
        """Create an IPv4 subnet."""
        where = {"project_id": project_id, "network_id": network}
        return self._create_resource(
            AccountResourceKind.SUBNET, name, prefix, **where, cidr=cidr, ip_version=4
        )

    def create_router(self, name: str, project_id: str, prefix: str) -> str:
        """Create a router, with the external network as its gateway if the cloud has one."""
        gateway = {"external_gateway_info": {"network_id": self.external}} if self.external else {}
        return self._create_resource(
            AccountResourceKind.ROUTER, name, prefix, project_id=project_id, **gateway
        )

    def _create_resource(
        self, kind: AccountResourceKind, name: str, prefix: str, **properties: Any
    ) -> str:
        """Create a resource exactly once, even if answers are lost, and return its id.

        A request without an answer may have been carried out. Before it is sent
        again, the resource is searched by its name and description, which
        nothing else has.
        """
        words = describe_origin(prefix)
        create = partial(
            getattr(self._get_service(kind), f"create_{kind.value}"),
            name=name,
            description=words,
            **properties,
        )
        with explain_refusals(kind.value):
            for number, wait in enumerate(WAITS):
                try:
                    return str(create().id)
                except Exception as error:
                    late = number > 0 and get_http_status(error) == CONFLICT
                    if not (late or is_unavailable(error)):
                        raise
                time.sleep(wait)
                for one in self._list_named(kind, name):
                    if one.description == words:
                        return str(one.id)
            return str(create().id)

    def connect_router(self, router: str, subnet: str) -> None:
        """Connect a subnet to a router."""
        from openstack.exceptions import BadRequestException, ConflictException

        with explain_refusals("router interface"):
            try:
                self.connection.network.add_interface_to_router(router, subnet_id=subnet)
            except (BadRequestException, ConflictException):
                # An earlier attempt, whose answer was lost, may have connected it.
                ports = self.connection.network.ports(device_id=router)
                if subnet not in {at["subnet_id"] for one in ports for at in one.fixed_ips or ()}:
                    raise

    def disconnect_router(self, router: str) -> None:
        """Disconnect a router from all its subnets, so that it can be deleted."""
        from openstack.exceptions import NotFoundException

        with explain_refusals("router interface", "deleted"):
            for port in self.connection.network.ports(device_id=router):
                if port.device_owner == "network:router_gateway" or not port.fixed_ips:
                    continue
                for address in port.fixed_ips:
                    # Already gone if the answer to an earlier attempt was lost.
                    with suppress(NotFoundException):
                        self.connection.network.remove_interface_from_router(
                            router, subnet_id=address["subnet_id"]
                        )

    def delete_default_group(self, project_id: str) -> None:
        """Delete the default security group: Neutron creates it, but does not delete it."""
        if not self.has_network:
            return
        with explain_refusals("security group", "deleted"):
            for one in self.connection.network.security_groups(
                project_id=project_id, name=DEFAULT_GROUP
            ):
                if one.project_id == project_id and one.name == DEFAULT_GROUP:
                    self.connection.network.delete_security_group(one, ignore_missing=True)

    def find_resources(self, kind: AccountResourceKind, name: str, resource_id: str) -> list[Any]:
        """Return the resource with this id, and all that have exactly this name."""
        get = getattr(self._get_service(kind), f"get_{kind.value}")
        with explain_refusals(kind.value, "searched"):
            found = self._list_named(kind, name)
            if resource_id and resource_id not in {one.id for one in found}:
                renamed = _or_none(lambda: get(resource_id))
                return [*found, renamed] if renamed is not None else found
            return found

    def _list_named(self, kind: AccountResourceKind, name: str) -> list[Any]:
        listed = getattr(self._get_service(kind), f"{kind.value}s")
        return [one for one in listed(name=name) if one.name == name]

    def _get_service(self, kind: AccountResourceKind) -> Any:
        of_keystone = kind in (AccountResourceKind.PROJECT, AccountResourceKind.USER)
        return self.connection.identity if of_keystone else self.connection.network

    def delete_resource(self, kind: AccountResourceKind, resource_id: str) -> None:
        """Delete a resource; do nothing if it is already gone."""
        with explain_refusals(kind.value, "deleted"):
            getattr(self._get_service(kind), f"delete_{kind.value}")(
                resource_id, ignore_missing=True
            )


def open_admin(cloud: Cloud) -> CloudAdmin:
    """Return what creating users needs to know; raise `UnusableError` if the cloud refuses."""
    connection = cloud.connection
    access = connection.session.log_in()
    if not cloud.is_admin:
        held = ", ".join(cloud.roles) or "none"
        raise UnusableError(
            f"The account for cloud {cloud.name} is not an administrator: its roles are {held}.",
            "Creating projects and users needs the role admin; without it, list existing users "
            "in an accounts file and check it with `defcheck cloud accounts check`.",
        )
    with explain_refusals("role", "listed"):
        roles = {role.name: role.id for role in connection.identity.roles()}
    has_network = "network" in cloud.services
    external = ""
    if has_network:
        with explain_refusals("network", "listed"):
            nets = sorted(
                connection.network.networks(is_router_external=True), key=lambda net: net.name
            )
            external = next((net.id for net in nets if net.is_admin_state_up), "")
    return CloudAdmin(
        connection=connection,
        domain_id=access.project_domain_id or "default",
        domain_name=access.project_domain_name or "Default",
        roles=roles,
        has_network=has_network,
        external=external,
    )


def _choose_advice(error: Exception) -> str:
    if get_http_status(error) and not is_unavailable(error):
        return "The account needs the role admin, and the cloud enough quota."
    return "Check the service and the network, then try again later."


@contextmanager
def explain_refusals(what: str, action: str = "created") -> Iterator[None]:
    """Turn a cloud's refusal into an error for the user."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        yield
    except (ClientException, SDKException, OSError) as error:
        raise UnusableError(
            f"A {what} could not be {action}: {describe_failure(error)}.",
            _choose_advice(error),
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
