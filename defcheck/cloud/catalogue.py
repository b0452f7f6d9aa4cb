"""The catalogue of a cloud: its endpoints, and which of them Tempest uses.

Tempest compares service types literally, knows no aliases, and does not discover
the versions at an address. If the interface or region that it looks for is
missing, it silently uses another endpoint (Tempest's
`KeystoneV3AuthProvider.base_url`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from defcheck.cloud.discovery.model import CatalogueEntry
from defcheck.cloud.endpoint_filter import SERVICE_SECTIONS, EndpointFilter

VERSIONED_TYPE = re.compile(r"(?P<service>[a-z-]+?)(_legacy|v(?P<version>\d+))")
"""Types such as computev21 and compute_legacy, of which os-service-types knows only some."""


def read_catalogue(session: Any) -> tuple[CatalogueEntry, ...]:
    """Return the catalogue of a session's token, empty if it has none; may log in."""
    access = session.log_in()
    return list_catalogue_entries(
        access.service_catalog.catalog if access.has_service_catalog() else ()
    )


def list_catalogue_entries(services: Iterable[Mapping[str, Any]]) -> tuple[CatalogueEntry, ...]:
    """Return the endpoints that a catalogue of Keystone's v3 API lists."""
    return tuple(
        CatalogueEntry(
            type=service.get("type") or "",
            official_type=find_official_type(service.get("type") or ""),
            name=service.get("name") or "",
            interface=endpoint.get("interface") or "",
            region=endpoint.get("region_id") or endpoint.get("region") or "",
            url=endpoint.get("url") or "",
            service=number,
        )
        for number, service in enumerate(services)
        for endpoint in service.get("endpoints") or ()
    )


def find_official_type(service: str) -> str:
    """Return the official type of a service, such as block-storage for volumev3."""
    from os_service_types import ServiceTypes

    types = ServiceTypes()
    official = types.get_service_type(service)
    if official is None:
        versioned = VERSIONED_TYPE.fullmatch(service)
        official = versioned and types.get_service_type(versioned["service"])
    return official or service


def choose_endpoints(
    entries: Iterable[CatalogueEntry], endpoint_filter: EndpointFilter
) -> tuple[CatalogueEntry, ...]:
    """Return one endpoint for each service: of its interface, in its region or in any.

    If a service has several types, one with an address that Tempest can use wins,
    then the official type, then the newest, such as volumev3 before volumev2:
    tempest.conf names the type.
    """
    chosen: dict[str, tuple[tuple[object, ...], CatalogueEntry]] = {}
    for entry in entries:
        wanted = endpoint_filter.select_service(entry.official_type)
        if entry.interface not in wanted.interfaces or wanted.region not in ("", entry.region):
            continue
        rank = wanted.interfaces.index(entry.interface), *_rank(entry)
        if entry.official_type not in chosen or rank < chosen[entry.official_type][0]:
            chosen[entry.official_type] = rank, entry
    return tuple(chosen[name][1] for name in sorted(chosen))


def _rank(entry: CatalogueEntry) -> tuple[bool, bool, int]:
    versioned = VERSIONED_TYPE.fullmatch(entry.type)
    version = int(versioned["version"] or 0) if versioned else 0
    unusable = bool(describe_address_fault(entry.official_type, entry.url)[0])
    return unusable, entry.type != entry.official_type, -version


def share_identity(addressing: EndpointFilter, listed: Iterable[CatalogueEntry]) -> EndpointFilter:
    """Return the filter with Keystone in another region if its own region has none.

    Regions often share one Keystone, which the catalogue lists in one of them.
    """
    own = addressing.select_service(IDENTITY)
    regions = [
        entry.region
        for entry in listed
        if entry.official_type == IDENTITY and entry.interface in own.interfaces
    ]
    if not own.region or not regions or own.region in regions:
        return addressing
    elsewhere = EndpointFilter(own.interfaces, regions[0])
    return replace(addressing, services={**addressing.services, IDENTITY: elsewhere})


IDENTITY = "identity"

LOOKUP_SECTIONS = {
    IDENTITY: "identity",
    **SERVICE_SECTIONS,
    "dns": "dns",
    "orchestration": "heat_plugin",
}
"""Official service type to the section of tempest.conf with its catalog_type."""

DEFAULT_REGION = "RegionOne"
"""Tempest's default of [identity] region."""

DEFAULT_TYPES = {"block-storage": ("block-storage", "volumev3", "volume")}
"""Tempest's defaults of catalog_type, newest release first, where that is not the official type
alone."""

VERSION = re.compile(r"/v(?P<major>\d+)(\.\d+)?(?=/|\Z)")

VERSIONED = {"compute": "v2.1", "block-storage": "v3"}
"""Services whose address in the catalogue must contain the version, since Tempest's clients do
not add one: at the root Nova answers 300 and Cinder 404 (measured)."""

UNVERSIONED = {"network": "v2.0", "dns": "v2"}
"""Services whose clients always append the version to the address."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What Tempest looks for in the catalogue."""

    type: str
    interface: str
    region: str


def default_types(service: str) -> tuple[str, ...]:
    """Return the types that releases of Tempest look for if tempest.conf names none."""
    return DEFAULT_TYPES.get(service, (service,))


def read_lookup(sections: Mapping[str, Mapping[str, str]], service: str) -> Lookup:
    """Return what Tempest looks for with a tempest.conf; the type is empty if it names none."""
    identity = sections.get("identity", {})
    own = sections.get(LOOKUP_SECTIONS.get(service, service), {})
    interface = own.get("v3_endpoint_type" if service == IDENTITY else "endpoint_type", "")
    return Lookup(
        own.get("catalog_type", ""),
        interface.removesuffix("URL") or "public",
        own.get("region", "") or identity.get("region", DEFAULT_REGION),
    )


def find_entry(
    catalogue: Collection[CatalogueEntry], service: str, lookup: Lookup
) -> CatalogueEntry | None:
    """Return the endpoint that Tempest takes, None if no service has the type.

    If the lookup has no type, the newest release of Tempest that finds one decides.
    """
    for kind in (lookup.type,) if lookup.type else default_types(service):
        of_type = [entry for entry in catalogue if entry.type == kind]
        listed = [entry for entry in of_type if entry.service == of_type[0].service]
        of_interface = [entry for entry in listed if entry.interface == lookup.interface]
        of_region = [entry for entry in of_interface or listed if entry.region == lookup.region]
        if listed:
            return (of_region or listed)[0]
    return None


def list_unusable(
    catalogue: Iterable[CatalogueEntry], chosen: CatalogueEntry
) -> list[CatalogueEntry]:
    """Return the endpoints of a service other than `chosen` whose address Tempest cannot use."""
    return [
        entry
        for entry in catalogue
        if (entry.official_type, entry.interface, entry.region)
        == (chosen.official_type, chosen.interface, chosen.region)
        and entry.type != chosen.type
        and describe_address_fault(entry.official_type, entry.url)[0]
    ]


def describe_address_fault(service: str, url: str) -> tuple[str, str]:
    """Return why Tempest cannot use an address unchanged, and advice; else empty texts.

    openstacksdk, like most clients, first discovers the versions at an address.
    """
    version = VERSION.search(urlsplit(url).path)
    if service in VERSIONED and version is None:
        return (
            f"{url} has no version in its path, and Tempest uses it unchanged",
            f"Append /{VERSIONED[service]} to the endpoint in the catalogue, which other clients "
            "accept too: Tempest has no option for an address.",
        )
    if service in UNVERSIONED and version is not None:
        return (
            f"{url} has {version[0]} in its path, and Tempest adds /{UNVERSIONED[service]}",
            "Remove the version from the endpoint in the catalogue, which other clients accept "
            "too: Tempest has no option for an address.",
        )
    if service == "block-storage" and version is not None and version["major"] != "3":
        return (
            f"{url} is not API version 3, and Tempest uses it unchanged",
            "Add an endpoint with /v3 to the catalogue: Tempest has no option for an address.",
        )
    return "", ""
