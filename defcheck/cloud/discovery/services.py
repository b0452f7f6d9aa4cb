"""What each service says of itself and of the login's project."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from defcheck.cloud.catalogue import list_catalogue_entries
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.endpoints import (
    AnswerError,
    fetch_items,
    gather_concurrently,
    select_integers,
)
from defcheck.cloud.discovery.model import (
    CloudImage,
    CloudNetwork,
    ComputeFacts,
    Flavor,
    IdentityFacts,
    ImageFacts,
    NetworkFacts,
    ObjectStorageFacts,
    Subnet,
    VolumeBackend,
    VolumeFacts,
    VolumeType,
)
from defcheck.cloud.failures import TEMPORARY_STATUSES

DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
"""A time as HTTP has it (RFC 9110, IMF-fixdate)."""

SAME_TIME = timedelta(seconds=2)
"""How far the times of a service and of the proxy before it may differ."""


def discover_identity(cloud: Cloud, deadline: float) -> IdentityFacts:
    """Return what the token says, and what Keystone answers to it."""
    session = cloud.connection.session
    access = session.log_in()
    services = access.service_catalog.catalog if access.has_service_catalog() else []
    return IdentityFacts(
        user_name=access.username or "",
        user_id=access.user_id or "",
        project_name=access.project_name or "",
        project_id=access.project_id or "",
        roles=cloud.roles,
        expires=access.expires,
        catalogue=list_catalogue_entries(services),
        **gather_concurrently({"skew": lambda: _measure_skew(session, cloud.auth_url)}, deadline),
    )


def _measure_skew(session: Any, url: str) -> float:
    """Return how far the Date of an answer is ahead of the middle of the exchange."""
    began = time.time()
    answer = session.get(url, authenticated=False, raise_exc=False)
    middle = datetime.fromtimestamp((began + time.time()) / 2, UTC)
    # Date has whole seconds, cut off: half a second on the average.
    return round((read_date(answer.headers.get("Date") or "") - middle).total_seconds() + 0.5, 1)


def read_date(header: str) -> datetime:
    """Return the time in a Date header, of which a proxy may add a second one.

    Raises `AnswerError` where there is none, or two that differ.
    """
    times = [parsedate_to_datetime(one) for one in DATE.findall(header)]
    if not times:
        raise AnswerError("its answers have no valid Date header")
    if max(times) - min(times) > SAME_TIME:
        raise AnswerError("its answers have two Date headers that differ")
    return times[0]


def _build_shared_queries(proxy: Any, project: str) -> dict[str, Callable[[], Any]]:
    """Return the queries that Nova and Cinder answer in the same form."""
    return {
        "limits": lambda: select_integers(fetch_items(proxy, "/limits", "limits")["absolute"]),
        "defaults": lambda: select_integers(
            fetch_items(proxy, f"/os-quota-sets/{project}/defaults", "quota_set")
        ),
        "zones": lambda: tuple(
            zone["zoneName"]
            for zone in fetch_items(proxy, "/os-availability-zone", "availabilityZoneInfo")
            if zone["zoneState"]["available"]
        ),
        "extensions": lambda: tuple(
            sorted(item["alias"] for item in fetch_items(proxy, "/extensions", "extensions"))
        ),
    }


def discover_compute(cloud: Cloud, project: str, deadline: float) -> ComputeFacts:
    """Return what Nova answers; `project` is the id of the login's project."""
    nova = cloud.connection.compute
    return ComputeFacts(
        **gather_concurrently(
            {
                "flavors": lambda: tuple(
                    Flavor(
                        id=one.id,
                        name=one.name,
                        ram=one.ram,
                        disk=one.disk,
                        vcpus=one.vcpus,
                        public=one.is_public is not False,
                    )
                    for one in nova.flavors()
                ),
                **_build_shared_queries(nova, project),
                "hosts": lambda: sum(
                    one["state"] == "up" and one["status"] == "enabled"
                    for one in fetch_items(nova, "/os-services?binary=nova-compute", "services")
                ),
            },
            deadline,
        )
    )


def discover_images(cloud: Cloud, deadline: float) -> ImageFacts:
    """Return what Glance answers."""
    glance = cloud.connection.image
    return ImageFacts(
        **gather_concurrently(
            {
                "images": lambda: tuple(
                    CloudImage(
                        id=one.id,
                        name=one.name or "",
                        size=one.size or 0,
                        min_disk=one.min_disk or 0,
                        min_ram=one.min_ram or 0,
                        disk_format=one.disk_format or "",
                        container_format=one.container_format or "",
                        visibility=one.visibility or "",
                        hidden=bool(one.is_hidden),
                    )
                    for one in glance.images(status="active")
                ),
                "import_methods": lambda: tuple(
                    fetch_items(glance, "/info/import", "import-methods")["value"]
                ),
                "formats": lambda: _list_formats(
                    fetch_items(glance, "/schemas/image", "properties")
                ),
            },
            deadline,
        )
    )


def _list_formats(properties: Any) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(value for value in properties[name].get("enum") or () if value)
        for name in ("disk_format", "container_format")
    }


def discover_network(cloud: Cloud, project: str, deadline: float) -> NetworkFacts:
    """Return what Neutron answers; `project` is the id of the login's project."""
    neutron = cloud.connection.network
    return NetworkFacts(
        **gather_concurrently(
            {
                "networks": lambda: tuple(
                    CloudNetwork(
                        id=one.id,
                        name=one.name or "",
                        external=bool(one.is_router_external),
                        shared=bool(one.is_shared),
                        own=one.project_id == project,
                        up=one.status == "ACTIVE" and bool(one.is_admin_state_up),
                        subnets=tuple(one.subnet_ids or ()),
                    )
                    for one in neutron.networks()
                ),
                "subnets": lambda: tuple(
                    Subnet(
                        id=one.id,
                        network=one.network_id,
                        version=one.ip_version,
                        cidr=one.cidr or "",
                    )
                    for one in neutron.subnets()
                ),
                "extensions": lambda: tuple(
                    sorted(
                        one["alias"] for one in fetch_items(neutron, "/extensions", "extensions")
                    )
                ),
                "quotas": lambda: select_integers(
                    fetch_items(neutron, f"/quotas/{project}", "quota")
                ),
                "used": lambda: {
                    name: one["used"]
                    for name, one in fetch_items(
                        neutron, f"/quotas/{project}/details.json", "quota"
                    ).items()
                },
                "defaults": lambda: select_integers(
                    fetch_items(neutron, f"/quotas/{project}/default", "quota")
                ),
                "agents": lambda: tuple(
                    sorted(
                        {
                            one["agent_type"]
                            for one in fetch_items(neutron, "/agents", "agents")
                            if one["alive"] and one["admin_state_up"]
                        }
                    )
                ),
            },
            deadline,
        )
    )


def discover_volumes(cloud: Cloud, project: str, deadline: float) -> VolumeFacts:
    """Return what Cinder answers; `project` is the id of the login's project."""
    cinder = cloud.connection.block_storage
    return VolumeFacts(
        **gather_concurrently(
            {
                "types": lambda: _list_volume_types(cinder),
                **_build_shared_queries(cinder, project),
                "backends": lambda: tuple(
                    VolumeBackend(
                        name=one["name"],
                        backend=_read_capability(one["capabilities"], "volume_backend_name"),
                        protocol=_read_capability(one["capabilities"], "storage_protocol"),
                        vendor=_read_capability(one["capabilities"], "vendor_name"),
                    )
                    for one in fetch_items(
                        cinder, "/scheduler-stats/get_pools?detail=true", "pools"
                    )
                ),
                "services": lambda: tuple(
                    sorted(
                        {
                            one["binary"]
                            for one in fetch_items(cinder, "/os-services", "services")
                            if one["state"] == "up" and one["status"] == "enabled"
                        }
                    )
                ),
            },
            deadline,
        )
    )


def _list_volume_types(cinder: Any) -> tuple[VolumeType, ...]:
    default = _fetch_default_type(cinder)
    return tuple(
        VolumeType(
            id=one["id"],
            name=one["name"],
            public=one.get("is_public") is not False,
            default=one["id"] == default,
            backend=(one.get("extra_specs") or {}).get("volume_backend_name", ""),
            multiattach="True" in (one.get("extra_specs") or {}).get("multiattach", ""),
        )
        for one in fetch_items(cinder, "/types", "volume_types")
    )


def _fetch_default_type(cinder: Any) -> str:
    """Return the id of the type that volumes get by default, empty where there is none."""
    from openstack.exceptions import raise_from_response

    answer = cinder.get("/types/default")
    if answer.status_code in TEMPORARY_STATUSES:
        raise_from_response(answer)
    return str(answer.json()["volume_type"]["id"]) if answer.status_code == 200 else ""


def _read_capability(found: Any, key: str) -> str:
    """Return a text; some backends give a list of equal names."""
    value = found.get(key) or ""
    return str(value[0] if isinstance(value, list) else value)


PATH_VERSION = re.compile(r"/v\d[^/]*(/.*)?$")


def discover_object_storage(cloud: Cloud, url: str, deadline: float) -> ObjectStorageFacts:
    """Return what Swift answers at the endpoint `url`."""
    session = cloud.connection.session
    return ObjectStorageFacts(
        **gather_concurrently(
            {
                "info": lambda: _fetch_info(session, url),
                "account": lambda: _fetch_account(session, url),
            },
            deadline,
        )
    )


def _fetch_info(session: Any, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    address = urlunsplit(parts._replace(path=PATH_VERSION.sub("", parts.path) + "/info"))
    answer = session.get(address, authenticated=False, raise_exc=False)
    if answer.status_code != 200:
        raise AnswerError(f"/info answers with HTTP {answer.status_code}", answer.status_code)
    found = answer.json()
    if not isinstance(found, dict):
        raise AnswerError("/info is not a JSON object")
    return found


def _fetch_account(session: Any, url: str) -> dict[str, str]:
    answer = session.head(url)
    return {name.lower(): value for name, value in answer.headers.items()}
