"""The catalogue of a token, one entry for each endpoint."""

from collections.abc import Iterable, Mapping
from typing import Any

from defcheck.cloud.addressing import Addressing
from defcheck.cloud.survey.model import CatalogueEntry


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
        )
        for service in services
        for endpoint in service.get("endpoints") or ()
    )


def canonical(service: str) -> str:
    """Return the official type of a service, such as block-storage for volumev3."""
    from os_service_types import ServiceTypes

    return ServiceTypes().get_service_type(service) or service


def choose_endpoints(
    found: Iterable[CatalogueEntry], addressing: Addressing
) -> tuple[CatalogueEntry, ...]:
    """Return one endpoint for each service: of its interface, in its region or in any.

    Where a service has several types, the newest is taken, as volumev3 before volumev2.
    """
    chosen: dict[str, tuple[int, CatalogueEntry]] = {}
    for entry in sorted(found, key=lambda one: one.type, reverse=True):
        wanted = addressing.of(entry.canonical)
        if entry.interface not in wanted.interfaces or wanted.region not in ("", entry.region):
            continue
        place = wanted.interfaces.index(entry.interface)
        if entry.canonical not in chosen or place < chosen[entry.canonical][0]:
            chosen[entry.canonical] = place, entry
    return tuple(chosen[name][1] for name in sorted(chosen))
