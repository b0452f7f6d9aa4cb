"""Choose the region of a cloud if the catalogue has several."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from defcheck.cloud.catalogue import read_catalogue, share_identity
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.model import CatalogueEntry
from defcheck.cloud.endpoint_filter import EndpointFilter, override_addressing
from defcheck.errors import InputError

SETTING = "--set identity.region"


def follow_settings(
    cloud: Cloud, services: Collection[str], sections: Mapping[str, Mapping[str, str]]
) -> Cloud:
    """Return the cloud with the endpoints that options of tempest.conf select, in a region.

    Raises `InputError` as `choose_region` does.
    """
    chosen = override_addressing(cloud.endpoint_filter, sections)
    if chosen != cloud.endpoint_filter:
        cloud = _reopen(cloud, chosen)
    return choose_region(cloud, services, sections.get("identity", {}).get("region", ""))


def choose_region(cloud: Cloud, services: Collection[str], wished: str = "") -> Cloud:
    """Return the cloud in one region: `wished`, that of clouds.yaml, or the only suitable one.

    A suitable region has each of `services`, by official type, that the catalogue
    has in any region. Without a region Tempest would use the first endpoint of each
    service, in different regions for different services. Raises `InputError` if the
    region is not in the catalogue, or if not exactly one is suitable.
    """
    if cloud.region and wished in ("", cloud.region):
        return cloud
    listed = read_catalogue(cloud.connection.session)
    regions = list_regions(listed)
    if wished:
        if regions and wished not in regions:
            raise InputError(
                f"Cloud {cloud.name} has no region {wished} in its catalogue.",
                f"Available: {', '.join(regions)}. Correct [identity] region or {SETTING}.",
            )
        return move_to_region(cloud, wished)
    if not regions:
        return cloud
    needed = [
        service
        for service in sorted(services)
        if not cloud.endpoint_filter.select_service(service).region
        and any(entry.official_type == service for entry in listed)
    ]
    held = {region: _held(listed, region, needed, cloud.endpoint_filter) for region in regions}
    fitting = [region for region, there in held.items() if there == needed]
    if len(fitting) == 1:
        reason = (
            f"no region is set, and {fitting[0]} of {', '.join(regions)} is the only one with "
            f"{' and '.join(needed)}"
        )
        return move_to_region(cloud, fitting[0], reason)
    raise _several(cloud, held, needed)


def list_regions(listed: Iterable[CatalogueEntry]) -> list[str]:
    """Return the names of the regions in a catalogue, sorted."""
    return sorted({entry.region for entry in listed if entry.region})


def move_to_region(cloud: Cloud, region: str, reason: str = "") -> Cloud:
    """Return the cloud in another region; services with their own region keep it."""
    inherited = ("", cloud.endpoint_filter.region)
    services = {
        service: replace(own, region=region) if own.region in inherited else own
        for service, own in cloud.endpoint_filter.services.items()
    }
    chosen = share_identity(
        EndpointFilter(cloud.endpoint_filter.interfaces, region, services),
        read_catalogue(cloud.connection.session),
    )
    return replace(_reopen(cloud, chosen), region=region, region_reason=reason)


def _reopen(cloud: Cloud, addressing: EndpointFilter) -> Cloud:
    from defcheck.cloud.session import open_connection

    connection = open_connection(cloud.connection.session, addressing)
    return replace(cloud, endpoint_filter=addressing, connection=connection)


def _held(
    listed: Iterable[CatalogueEntry], region: str, needed: Iterable[str], addressing: EndpointFilter
) -> list[str]:
    """Return which of the needed services a region has at the selected interface."""
    there = {
        entry.official_type
        for entry in listed
        if entry.region == region
        and entry.interface in addressing.select_service(entry.official_type).interfaces
    }
    return [service for service in needed if service in there]


def _several(cloud: Cloud, held: Mapping[str, list[str]], needed: list[str]) -> InputError:
    """Return the error that lists the regions and how to choose one."""
    best = max(held, key=lambda region: len(held[region]))
    alike = all(there == needed for there in held.values())
    listed = ", ".join(held)
    if not alike:
        each = (f"{region} with {', '.join(there) or 'none'}" for region, there in held.items())
        listed = f"{'; '.join(each)} of the services that are needed ({', '.join(needed)})"
    options = [f"region_name: {best}"]
    for service in needed:
        elsewhere = [region for region, there in held.items() if service in there]
        if service not in held[best] and elsewhere:
            options.append(f"{service.replace('-', '_')}_region_name: {elsewhere[0]}")
    return InputError(
        f"Cloud {cloud.name} has {len(held)} regions, and none is set: {listed}.",
        f"Set for example `{'` and `'.join(options)}` in clouds.yaml, or OS_REGION_NAME for the "
        f"cloud envvars; `run` and `cloud configure` also accept {SETTING}={best}.",
    )
