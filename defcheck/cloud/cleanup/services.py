"""The services in which a run may leave resources, each with its collections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from defcheck.cloud.cleanup import object_storage
from defcheck.cloud.cleanup.collection import (
    ApiItem,
    ListingScope,
    ResourceCollection,
    read_response,
)
from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    OwnershipEvidence,
    Relation,
    ResourceKind,
)


@dataclass(frozen=True, slots=True)
class ServerCollection(ResourceCollection):
    """Servers, whose full listing has another path."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield the servers that the account sees."""
        details = replace(self, path=f"{self.path}/detail")
        for item in ResourceCollection.list_items(
            details, scope, self.all_projects_query if scope.admin else {}
        ):
            yield self.parse_item(item)


@dataclass(frozen=True, slots=True)
class KeyPairCollection(ResourceCollection):
    """Key pairs, which belong to users and are identified by name."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield the own key pairs, and for an admin those of the run's users."""
        own = scope.connection.current_user_id
        for user in dict.fromkeys((own, *(scope.users if scope.admin else ()))):
            for item in self.list_items(scope, {} if user == own else {"user_id": user}):
                yield self.parse_item({**item["keypair"], "user_id": user})

    def parse_item(self, item: ApiItem) -> CloudResource:
        """Return a key pair; its id is made of the user's id and the name."""
        bonds = {Relation.USER: item["user_id"]}
        return CloudResource(
            self.kind, f"{item['user_id']}/{item['name']}", item["name"], relations=bonds
        )

    def fetch_resource(self, connection: Any, resource: CloudResource) -> CloudResource | None:
        """Return a key pair as it is now, None if it is gone."""
        answer = self._send_request(
            connection,
            "get",
            _keypair_path(resource),
            params=_keypair_owner_query(connection, resource),
        )
        if answer.status_code == 404:
            return None
        return self.parse_item(
            {"user_id": resource.relations[Relation.USER], **read_response(answer)[self.item_key]}
        )

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Delete a key pair."""
        answer = self._send_request(
            connection,
            "delete",
            _keypair_path(resource),
            params=_keypair_owner_query(connection, resource),
        )
        if answer.status_code != 404:
            read_response(answer)


def _keypair_path(resource: CloudResource) -> str:
    return f"/os-keypairs/{quote(resource.name, safe='')}"


def _keypair_owner_query(connection: Any, resource: CloudResource) -> dict[str, str]:
    """Return the query that names the owner of a key pair, empty for the own user."""
    user = resource.relations[Relation.USER]
    return {} if user == connection.current_user_id else {"user_id": user}


COMPUTE_COLLECTIONS = (
    ServerCollection(
        ResourceKind.SERVER, "compute", "/servers", "servers", "server", {"all_tenants": "1"}
    ),
    KeyPairCollection(
        ResourceKind.KEYPAIR, "compute", "/os-keypairs", "keypairs", "keypair", microversion="2.10"
    ),
    ResourceCollection(
        *(
            ResourceKind.SERVER_GROUP,
            "compute",
            "/os-server-groups",
            "server_groups",
            "server_group",
        ),
        {"all_projects": "1"},
        microversion="2.13",
    ),
    ResourceCollection(
        ResourceKind.FLAVOR, "compute", "/flavors", "flavors", "flavor", {"is_public": "None"}
    ),
)


TEMPEST_NAME_START = "tempest-"
"""How the names of Tempest's dynamic credentials begin, whatever the prefix."""


@dataclass(frozen=True, slots=True)
class IdentityCollection(ResourceCollection):
    """Keystone's resources: only those whose name begins like Tempest's are listed.

    A cloud may have a hundred thousand users, and may cut off a long listing.
    """

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield what is named like the run's resources; nothing if the account is not an admin."""
        if not scope.admin:
            return
        for beginning in _list_name_starts(scope.evidence):
            for item in self.list_items(scope, {"name__startswith": beginning}):
                # A Keystone that does not support the filter returns everything.
                if (item.get("name") or "").startswith(beginning):
                    yield self.parse_item(item)

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return the domain."""
        domain = item.get("domain_id")
        return {Relation.DOMAIN: domain} if domain else {}


def _list_name_starts(evidence: OwnershipEvidence) -> set[str]:
    """Return how the run's names may begin; a prefix of the user's is taken from the log."""
    if evidence.prefix:
        return {TEMPEST_NAME_START, f"{evidence.prefix}-"}
    return {
        TEMPEST_NAME_START,
        *(re.sub(r"-.*", "-", name) for name in evidence.created.values() if "-" in name),
    }


@dataclass(frozen=True, slots=True)
class DomainCollection(IdentityCollection):
    """Domains, which must be disabled before they can be deleted."""

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Disable a domain and delete it with everything in it."""
        off = {"domain": {"enabled": False}}
        read_response(connection.identity.patch(f"{self.path}/{resource.id}", json=off))
        ResourceCollection.delete_resource(self, connection, resource)


IDENTITY_COLLECTIONS = (
    IdentityCollection(ResourceKind.GROUP, "identity", "/groups", "groups", "group"),
    IdentityCollection(ResourceKind.USER, "identity", "/users", "users", "user"),
    IdentityCollection(ResourceKind.PROJECT, "identity", "/projects", "projects", "project"),
    IdentityCollection(ResourceKind.ROLE, "identity", "/roles", "roles", "role"),
    DomainCollection(ResourceKind.DOMAIN, "identity", "/domains", "domains", "domain"),
)


PATCH_CONTENT_TYPE = "application/openstack-images-v2.1-json-patch"


@dataclass(frozen=True, slots=True)
class ImageCollection(ResourceCollection):
    """Images, of which some are hidden and some protected against deletion."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield the images that the account sees."""
        for hidden in ("false", "true"):
            # Community images are in no other listing.
            params = {"os_hidden": hidden, "visibility": "all", "limit": "1000"}
            for item in self.list_items(scope, params):
                yield self.parse_item(item)

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Delete an image, after removing its protection if it has one."""
        path = f"{self.path}/{resource.id}"
        if read_response(self._send_request(connection, "get", path)).get("protected"):
            change = [{"op": "replace", "path": "/protected", "value": False}]
            headers = {"Content-Type": PATCH_CONTENT_TYPE}
            read_response(connection.image.patch(path, json=change, headers=headers))
        ResourceCollection.delete_resource(self, connection, resource)


IMAGE_COLLECTIONS = (ImageCollection(ResourceKind.IMAGE, "image", "/images", "images", ""),)


INTERFACE_OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Device owners of ports that attach a router to a network."""


@dataclass(frozen=True, slots=True)
class PortCollection(ResourceCollection):
    """Ports, except those that Neutron itself creates and deletes."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield the ports of servers, and those without a device."""
        for item in self.list_items(scope, {}):
            if not (item.get("device_owner") or "").startswith("network:"):
                yield self.parse_item(item)

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return the device and the network."""
        found = {Relation.DEVICE: item.get("device_id"), Relation.NETWORK: item.get("network_id")}
        return {bond: other for bond, other in found.items() if other}


@dataclass(frozen=True, slots=True)
class RouterInterfaceCollection(PortCollection):
    """Ports that attach routers to networks."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield the interfaces of routers."""
        for item in self.list_items(scope, {}):
            if item.get("device_owner") in INTERFACE_OWNERS:
                yield self.parse_item(item)

    def read_detail(self, item: ApiItem) -> str:
        """Return the router."""
        return item.get("device_id") or ""

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Detach the router."""
        path = f"/routers/{resource.detail}/remove_router_interface"
        answer = self._send_request(connection, "put", path, json={"port_id": resource.id})
        if answer.status_code != 404:
            read_response(answer)


@dataclass(frozen=True, slots=True)
class SubnetCollection(ResourceCollection):
    """Subnets, parts of a network."""

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return the network."""
        return {Relation.NETWORK: item["network_id"]}


@dataclass(frozen=True, slots=True)
class FloatingIpCollection(ResourceCollection):
    """Floating IPs, which have no name."""

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return the port."""
        return {Relation.PORT: item["port_id"]} if item.get("port_id") else {}

    def read_detail(self, item: ApiItem) -> str:
        """Return the address."""
        return item.get("floating_ip_address") or ""


NETWORK_COLLECTIONS = (
    FloatingIpCollection(
        ResourceKind.FLOATING_IP, "network", "/floatingips", "floatingips", "floatingip"
    ),
    RouterInterfaceCollection(ResourceKind.ROUTER_INTERFACE, "network", "/ports", "ports", "port"),
    ResourceCollection(ResourceKind.ROUTER, "network", "/routers", "routers", "router"),
    PortCollection(ResourceKind.PORT, "network", "/ports", "ports", "port"),
    SubnetCollection(ResourceKind.SUBNET, "network", "/subnets", "subnets", "subnet"),
    ResourceCollection(ResourceKind.NETWORK, "network", "/networks", "networks", "network"),
    ResourceCollection(
        *(ResourceKind.SECURITY_GROUP, "network", "/security-groups"),
        *("security_groups", "security_group"),
    ),
)


ALL_TENANTS_QUERY = {"all_tenants": "1"}


@dataclass(frozen=True, slots=True)
class VolumeCollection(ResourceCollection):
    """Resources of Cinder, whose full listing has another path."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource]:
        """Yield what the account sees."""
        details = replace(self, path=f"{self.path}/detail")
        for item in ResourceCollection.list_items(
            details, scope, self.all_projects_query if scope.admin else {}
        ):
            yield self.parse_item(item)

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return the server that a volume is attached to, or the volume of a snapshot."""
        if item.get("volume_id"):
            return {Relation.VOLUME: item["volume_id"]}
        servers = [one["server_id"] for one in item.get("attachments") or () if one["server_id"]]
        return {Relation.SERVER: servers[0]} if len(servers) == 1 else {}


VOLUME_COLLECTIONS = (
    VolumeCollection(
        ResourceKind.BACKUP, "block_storage", "/backups", "backups", "backup", ALL_TENANTS_QUERY
    ),
    VolumeCollection(
        ResourceKind.SNAPSHOT,
        "block_storage",
        "/snapshots",
        "snapshots",
        "snapshot",
        ALL_TENANTS_QUERY,
    ),
    VolumeCollection(
        ResourceKind.VOLUME, "block_storage", "/volumes", "volumes", "volume", ALL_TENANTS_QUERY
    ),
    ResourceCollection(
        *(ResourceKind.VOLUME_TYPE, "block_storage", "/types", "volume_types", "volume_type"),
        {"is_public": "None"},
    ),
)


@dataclass(frozen=True, slots=True)
class ScannedService:
    """A service, and its collections that may contain leftovers."""

    name: str
    types: frozenset[str]
    """Its types in the catalogue."""

    collections: tuple[ResourceCollection, ...]


VOLUME_TYPES = frozenset({"block-storage", "block-store", "volumev3", "volumev2", "volume"})
IDENTITY = ScannedService("identity", frozenset({"identity"}), IDENTITY_COLLECTIONS)
OBJECT_STORAGE = ScannedService(
    "object storage", frozenset({"object-store"}), object_storage.COLLECTIONS
)
OTHERS = (
    ScannedService("compute", frozenset({"compute"}), COMPUTE_COLLECTIONS),
    ScannedService("network", frozenset({"network"}), NETWORK_COLLECTIONS),
    ScannedService("image", frozenset({"image"}), IMAGE_COLLECTIONS),
    ScannedService("volume", VOLUME_TYPES, VOLUME_COLLECTIONS),
    OBJECT_STORAGE,
)

BY_KIND: dict[ResourceKind, ResourceCollection] = {
    collection.kind: collection
    for service in (IDENTITY, *OTHERS)
    for collection in service.collections
}
