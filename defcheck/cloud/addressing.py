"""Which endpoint of a service is used: its interface and region, as clouds.yaml has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from defcheck.errors import InputError

INTERFACES = ("public", "internal", "admin")


@dataclass(frozen=True, slots=True)
class Addressing:
    """The choice among a service's endpoints in the catalogue."""

    interfaces: tuple[str, ...] = ("public",)
    """In the order in which they are looked for."""

    region: str = ""
    """Empty where none is chosen."""

    services: Mapping[str, "Addressing"] = field(default_factory=dict)
    """By official type, of the services that have a choice of their own."""

    def of(self, service: str) -> "Addressing":
        """Return the choice for a service, by its official type such as block-storage."""
        return self.services.get(service, self)

    @property
    def filter(self) -> dict[str, Any]:
        """Return the choice as keystoneauth takes it for a single request."""
        return {"interface": list(self.interfaces), "region_name": self.region or None}

    @property
    def settings(self) -> dict[str, Any]:
        """Return the choice as openstacksdk's settings, which a connection takes."""
        found: dict[str, Any] = {"interface": list(self.interfaces)}
        for service, own in self.services.items():
            name = service.replace("-", "_")
            found[f"{name}_interface"] = list(own.interfaces)
            found[f"{name}_region_name"] = own.region or None
        return found


def read_addressing(config: Any, where: str) -> Addressing:
    """Return the choice that openstacksdk's configuration of a cloud makes.

    Raises `InputError` where an interface is none of Keystone's.
    """
    from os_service_types import ServiceTypes

    services = {}
    everywhere = _read(config, None, where)
    for service in ServiceTypes().services:
        kind = service["service_type"]
        own = _read(config, kind, where)
        if own != everywhere:
            services[kind] = own
    return Addressing(everywhere.interfaces, everywhere.region, services)


def _read(config: Any, service: str | None, where: str) -> Addressing:
    try:
        value = config.get_interface(service)
    except Exception:  # openstacksdk raises where it is neither a text nor a list
        value = [None]
    wanted = ["public"] if value is None else [value] if isinstance(value, str) else value
    interfaces = tuple(str(one).removesuffix("URL") for one in wanted)
    unknown = [name for name in interfaces if name not in INTERFACES]
    if unknown or not interfaces:
        shown = f"the interface {unknown[0][:40]}" if unknown else "an empty list of interfaces"
        option = f"{service.replace('-', '_')}_interface" if service else "interface"
        raise InputError(f"{where} names {shown}.", f"Set `{option}` to public, internal or admin.")
    return Addressing(interfaces, config.get_region_name(service) or "")


SECTIONS = {
    "compute": "compute",
    "image": "image",
    "network": "network",
    "block-storage": "volume",
    "object-store": "object-storage",
}
"""Official service type to the section of tempest.conf with its endpoint_type and region."""


def addressing_of(sections: Mapping[str, Mapping[str, str]]) -> Addressing:
    """Return the choice that a tempest.conf makes, of which each service has its own."""
    identity = sections.get("identity", {})
    everywhere = _of_options(identity, identity.get("v3_endpoint_type", ""), "")
    services = {}
    for service, name in SECTIONS.items():
        options = sections.get(name, {})
        own = _of_options(options, options.get("endpoint_type", ""), everywhere.region)
        if own != everywhere:
            services[service] = own
    return Addressing(everywhere.interfaces, everywhere.region, services)


def override_addressing(
    addressing: Addressing, sections: Mapping[str, Mapping[str, str]]
) -> Addressing:
    """Return the choice with what options of tempest.conf change in it for single services."""
    services = dict(addressing.services)
    for service, name in {"identity": "identity", **SECTIONS}.items():
        options, own = sections.get(name, {}), addressing.of(service)
        alone = service != "identity"  # its region is that of all services
        interface = options.get("endpoint_type" if alone else "v3_endpoint_type", "")
        region = options.get("region", "") if alone else ""
        if interface or region:
            interfaces = (interface.removesuffix("URL"),) if interface else own.interfaces
            services[service] = Addressing(interfaces, region or own.region)
    return replace(addressing, services=services)


def _of_options(options: Mapping[str, str], interface: str, region: str) -> Addressing:
    return Addressing(
        (interface.removesuffix("URL") or "public",), options.get("region", "") or region
    )
