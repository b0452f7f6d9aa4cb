"""The catalogue of a token, one entry for each endpoint."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from defcheck.cloud.addressing import Addressing
from defcheck.cloud.survey.model import CatalogueEntry
from defcheck.cloud.tempest_lookup import IDENTITY, describe_address_fault

VERSIONED_TYPE = re.compile(r"(?P<service>[a-z-]+?)(_legacy|v(?P<version>\d+))")
"""Types such as computev21 and compute_legacy, of which os-service-types knows some alone."""


def read_catalogue(session: Any) -> tuple[CatalogueEntry, ...]:
    """Return the catalogue of a session's token, empty where it has none; may log in."""
    access = session.log_in()
    return entries(access.service_catalog.catalog if access.has_service_catalog() else ())


def entries(services: Iterable[Mapping[str, Any]]) -> tuple[CatalogueEntry, ...]:
    """Return the endpoints that a catalogue of Keystone's v3 API lists."""
    return tuple(
        CatalogueEntry(
            type=service.get("type") or "",
            canonical=canonical(service.get("type") or ""),
            name=service.get("name") or "",
            interface=endpoint.get("interface") or "",
            region=endpoint.get("region_id") or endpoint.get("region") or "",
            url=endpoint.get("url") or "",
            service=number,
        )
        for number, service in enumerate(services)
        for endpoint in service.get("endpoints") or ()
    )


def canonical(service: str) -> str:
    """Return the official type of a service, such as block-storage for volumev3."""
    from os_service_types import ServiceTypes

    types = ServiceTypes()
    official = types.get_service_type(service)
    if official is None:
        versioned = VERSIONED_TYPE.fullmatch(service)
        official = versioned and types.get_service_type(versioned["service"])
    return official or service


def choose_endpoints(
    found: Iterable[CatalogueEntry], addressing: Addressing
) -> tuple[CatalogueEntry, ...]:
    """Return one endpoint for each service: of its interface, in its region or in any.

    Where a service has several types, one with an address that Tempest can use is
    taken, then the official type, then the newest, as volumev3 before volumev2:
    tempest.conf names the type.
    """
    chosen: dict[str, tuple[tuple[object, ...], CatalogueEntry]] = {}
    for entry in found:
        wanted = addressing.of(entry.canonical)
        if entry.interface not in wanted.interfaces or wanted.region not in ("", entry.region):
            continue
        rank = wanted.interfaces.index(entry.interface), *_rank(entry)
        if entry.canonical not in chosen or rank < chosen[entry.canonical][0]:
            chosen[entry.canonical] = rank, entry
    return tuple(chosen[name][1] for name in sorted(chosen))


def _rank(entry: CatalogueEntry) -> tuple[bool, bool, int]:
    versioned = VERSIONED_TYPE.fullmatch(entry.type)
    version = int(versioned["version"] or 0) if versioned else 0
    unusable = bool(describe_address_fault(entry.canonical, entry.url)[0])
    return unusable, entry.type != entry.canonical, -version


def share_identity(addressing: Addressing, listed: Iterable[CatalogueEntry]) -> Addressing:
    """Return the choice with Keystone in another region, where its own has none.

    Regions often share one Keystone, which the catalogue lists in one of them.
    """
    own = addressing.of(IDENTITY)
    regions = [
        entry.region
        for entry in listed
        if entry.canonical == IDENTITY and entry.interface in own.interfaces
    ]
    if not own.region or not regions or own.region in regions:
        return addressing
    elsewhere = Addressing(own.interfaces, regions[0])
    return replace(addressing, services={**addressing.services, IDENTITY: elsewhere})
