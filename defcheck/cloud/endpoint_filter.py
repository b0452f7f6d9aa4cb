"""The filter that selects the endpoint of a service: its interface and region."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from defcheck.errors import InputError

INTERFACES = ("public", "internal", "admin")


@dataclass(frozen=True, slots=True)
class EndpointFilter:
    """The interface and region that select among a service's endpoints in the catalogue."""

    interfaces: tuple[str, ...] = ("public",)
    """In order of preference."""

    region: str = ""
    """Empty if none is chosen."""

    services: Mapping[str, "EndpointFilter"] = field(default_factory=dict)
    """By official type, the filters of services that have their own."""

    def select_service(self, service: str) -> "EndpointFilter":
        """Return the filter of a service, by its official type such as block-storage."""
        return self.services.get(service, self)

    @property
    def request_filter(self) -> dict[str, Any]:
        """Return the filter as keystoneauth's arguments for a request."""
        return {"interface": list(self.interfaces), "region_name": self.region or None}

    @property
    def sdk_settings(self) -> dict[str, Any]:
        """Return the filter as openstacksdk's settings for a connection."""
        found: dict[str, Any] = {"interface": list(self.interfaces)}
        for service, own in self.services.items():
            name = service.replace("-", "_")
            found[f"{name}_interface"] = list(own.interfaces)
            found[f"{name}_region_name"] = own.region or None
        return found


def read_endpoint_filter(config: Any, where: str) -> EndpointFilter:
    """Return the filter in openstacksdk's configuration of a cloud.

    Raises `InputError` if an interface is not one of Keystone's.
    """
    from os_service_types import ServiceTypes

    services = {}
    everywhere = _read_choice(config, None, where)
    for service in ServiceTypes().services:
        kind = service["service_type"]
        own = _read_choice(config, kind, where)
        if own != everywhere:
            services[kind] = own
    return EndpointFilter(everywhere.interfaces, everywhere.region, services)


def _read_choice(config: Any, service: str | None, where: str) -> EndpointFilter:
    try:
        value = config.get_interface(service)
    except Exception:  # openstacksdk raises if it is neither a string nor a list
        value = [None]
    wanted = ["public"] if value is None else [value] if isinstance(value, str) else value
    interfaces = tuple(str(one).removesuffix("URL") for one in wanted)
    unknown = [name for name in interfaces if name not in INTERFACES]
    if unknown or not interfaces:
        shown = f"the interface {unknown[0][:40]}" if unknown else "an empty list of interfaces"
        option = f"{service.replace('-', '_')}_interface" if service else "interface"
        raise InputError(f"{where} names {shown}.", f"Set `{option}` to public, internal or admin.")
    return EndpointFilter(interfaces, config.get_region_name(service) or "")


SERVICE_SECTIONS = {
    "compute": "compute",
    "image": "image",
    "network": "network",
    "block-storage": "volume",
    "object-store": "object-storage",
}
"""Official service type to the section of tempest.conf with its endpoint_type and region."""


def parse_endpoint_filter(sections: Mapping[str, Mapping[str, str]]) -> EndpointFilter:
    """Return the filter in a tempest.conf, where each service has its own."""
    identity = sections.get("identity", {})
    everywhere = _parse_options(identity, identity.get("v3_endpoint_type", ""), "")
    services = {}
    for service, name in SERVICE_SECTIONS.items():
        options = sections.get(name, {})
        own = _parse_options(options, options.get("endpoint_type", ""), everywhere.region)
        if own != everywhere:
            services[service] = own
    return EndpointFilter(everywhere.interfaces, everywhere.region, services)


def override_addressing(
    addressing: EndpointFilter, sections: Mapping[str, Mapping[str, str]]
) -> EndpointFilter:
    """Return the filter with the changes that options of tempest.conf make for services."""
    services = dict(addressing.services)
    for service, name in {"identity": "identity", **SERVICE_SECTIONS}.items():
        options, own = sections.get(name, {}), addressing.select_service(service)
        alone = service != "identity"  # its region applies to all services
        interface = options.get("endpoint_type" if alone else "v3_endpoint_type", "")
        region = options.get("region", "") if alone else ""
        if interface or region:
            interfaces = (interface.removesuffix("URL"),) if interface else own.interfaces
            services[service] = EndpointFilter(interfaces, region or own.region)
    return replace(addressing, services=services)


def _parse_options(options: Mapping[str, str], interface: str, region: str) -> EndpointFilter:
    return EndpointFilter(
        (interface.removesuffix("URL") or "public",), options.get("region", "") or region
    )
