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
"""How many projects are made or removed at a time."""

DEFAULT_GROUP = "default"
"""The security group that Neutron makes in every project."""


def describe_origin(prefix: str) -> str:
    """Return what the description of everything says that was made under a prefix."""
    return f"Made by `defcheck cloud accounts create` as {prefix}; its `delete` removes it."


@dataclass(frozen=True, slots=True)
class CloudAdmin:
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

    def create_project(self, name: str, prefix: str) -> str:
        """Make a project and return its id, as all these do."""
        tags = ["defcheck", prefix]
        return self._create_resource(
            AccountResourceKind.PROJECT, name, prefix, domain_id=self.domain_id, tags=tags
        )

    def create_user(self, name: str, password: str, prefix: str) -> str:
        """Make a user, who may do nothing yet."""
        return self._create_resource(
            AccountResourceKind.USER, name, prefix, domain_id=self.domain_id, password=password
        )

    def grant_role(self, role: str, user_id: str, project_id: str) -> None:
        """Give a user a role in a project."""
        with explain_refusals("role assignment"):
            path = f"/projects/{project_id}/users/{user_id}/roles/{self.roles[role]}"
            _refuse_errors(self.connection.identity.put(path))

    def create_network(self, name: str, project_id: str, prefix: str) -> str:
        """Make a network that belongs to a project."""
        return self._create_resource(
            AccountResourceKind.NETWORK, name, prefix, project_id=project_id
        )

    def create_subnet(
        self, name: str, project_id: str, network: str, cidr: str, prefix: str
    ) -> str:
        """Make an IPv4 subnet."""
        where = {"project_id": project_id, "network_id": network}
        return self._create_resource(
            AccountResourceKind.SUBNET, name, prefix, **where, cidr=cidr, ip_version=4
        )

    def create_router(self, name: str, project_id: str, prefix: str) -> str:
        """Make a router, to the outside where the cloud has one."""
        gateway = {"external_gateway_info": {"network_id": self.external}} if self.external else {}
        return self._create_resource(
            AccountResourceKind.ROUTER, name, prefix, project_id=project_id, **gateway
        )

    def _create_resource(
        self, kind: AccountResourceKind, name: str, prefix: str, **properties: Any
    ) -> str:
        """Create a thing once, however often no answer comes, and return its id.

        A request without an answer may have been carried out: before it is sent
        again, the thing is looked for by its name and description, which
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
                # An earlier try, whose answer was lost, may have connected it.
                ports = self.connection.network.ports(device_id=router)
                if subnet not in {at["subnet_id"] for one in ports for at in one.fixed_ips or ()}:
                    raise

    def disconnect_router(self, router: str) -> None:
        """Take a router off all its subnets, so that it can be removed."""
        from openstack.exceptions import NotFoundException

        with explain_refusals("router interface", "removed"):
            for port in self.connection.network.ports(device_id=router):
                if port.device_owner == "network:router_gateway" or not port.fixed_ips:
                    continue
                for address in port.fixed_ips:
                    # Gone already where the answer to an earlier try was lost.
                    with suppress(NotFoundException):
                        self.connection.network.remove_interface_from_router(
                            router, subnet_id=address["subnet_id"]
                        )

    def delete_default_group(self, project_id: str) -> None:
        """Remove the security group that Neutron made by itself and would not remove."""
        if not self.has_network:
            return
        with explain_refusals("security group", "removed"):
            for one in self.connection.network.security_groups(
                project_id=project_id, name=DEFAULT_GROUP
            ):
                if one.project_id == project_id and one.name == DEFAULT_GROUP:
                    self.connection.network.delete_security_group(one, ignore_missing=True)

    def find_resources(self, kind: AccountResourceKind, name: str, resource_id: str) -> list[Any]:
        """Return the thing with that id, and all that have exactly that name."""
        get = getattr(self._get_service(kind), f"get_{kind.value}")
        with explain_refusals(kind.value, "looked for"):
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
        """Remove a thing; that it is gone already is fine."""
        with explain_refusals(kind.value, "removed"):
            getattr(self._get_service(kind), f"delete_{kind.value}")(
                resource_id, ignore_missing=True
            )


def open_admin(cloud: Cloud) -> CloudAdmin:
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
    with explain_refusals("role", "seen"):
        roles = {role.name: role.id for role in connection.identity.roles()}
    has_network = "network" in cloud.services
    external = ""
    if has_network:
        with explain_refusals("network", "seen"):
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
        return "The login needs the role admin, and the cloud room for it in its quotas."
    return "Check the service and the network, then try again later."


@contextmanager
def explain_refusals(what: str, action: str = "made") -> Iterator[None]:
    """Turn the refusal of a cloud into words."""
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
