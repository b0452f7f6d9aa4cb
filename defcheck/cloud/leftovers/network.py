"""What a run may leave in Neutron."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.leftovers.collection import Collection, Item, Scope, answered
from defcheck.cloud.leftovers.model import Bond, Kind, Thing

INTERFACES = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Owners of ports by which a router is plugged into a network."""


@dataclass(frozen=True, slots=True)
class Ports(Collection):
    """Ports that are no part of the network's own machinery, which vanishes by itself."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield the ports of servers and of nobody."""
        for item in self.listed(scope, {}):
            if not (item.get("device_owner") or "").startswith("network:"):
                yield self.thing(item)

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return the device and the network."""
        found = {Bond.DEVICE: item.get("device_id"), Bond.NETWORK: item.get("network_id")}
        return {bond: other for bond, other in found.items() if other}


@dataclass(frozen=True, slots=True)
class Interfaces(Ports):
    """Ports by which routers are plugged into networks."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield the interfaces of routers."""
        for item in self.listed(scope, {}):
            if item.get("device_owner") in INTERFACES:
                yield self.thing(item)

    def detail(self, item: Item) -> str:
        """Return the router."""
        return item.get("device_id") or ""

    def delete(self, connection: Any, thing: Thing) -> None:
        """Unplug the router."""
        path = f"/routers/{thing.detail}/remove_router_interface"
        answer = self._ask(connection, "put", path, json={"port_id": thing.id})
        if answer.status_code != 404:
            answered(answer)


@dataclass(frozen=True, slots=True)
class Subnets(Collection):
    """Subnets, parts of a network."""

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return the network."""
        return {Bond.NETWORK: item["network_id"]}


@dataclass(frozen=True, slots=True)
class FloatingIps(Collection):
    """Floating IPs, which have no name."""

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return the port."""
        return {Bond.PORT: item["port_id"]} if item.get("port_id") else {}

    def detail(self, item: Item) -> str:
        """Return the address."""
        return item.get("floating_ip_address") or ""


COLLECTIONS = (
    FloatingIps(Kind.FLOATING_IP, "network", "/floatingips", "floatingips", "floatingip"),
    Interfaces(Kind.ROUTER_INTERFACE, "network", "/ports", "ports", "port"),
    Collection(Kind.ROUTER, "network", "/routers", "routers", "router"),
    Ports(Kind.PORT, "network", "/ports", "ports", "port"),
    Subnets(Kind.SUBNET, "network", "/subnets", "subnets", "subnet"),
    Collection(Kind.NETWORK, "network", "/networks", "networks", "network"),
    Collection(
        *(Kind.SECURITY_GROUP, "network", "/security-groups"),
        *("security_groups", "security_group"),
    ),
)
