"""Build the tempest.conf for a cloud from what the cloud says of itself."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from defcheck.cloud import accounts
from defcheck.cloud.accounts.choice import Credentials
from defcheck.cloud.connection import Cloud
from defcheck.cloud.tempestconf import Configuration, Sections
from defcheck.errors import UnusableError

SERVICES = {
    "compute": "nova",
    "network": "neutron",
    "image": "glance",
    "block-storage": "cinder",
    "volumev3": "cinder",
    "object-store": "swift",
    "dns": "designate",
    "orchestration": "heat",
}
"""Catalogue type to the name in Tempest's section service_available."""

RESELLER_ROLE = "ResellerAdmin"
PATH_VERSION = re.compile(r"/v\d[^/]*(/.*)?$")


def configure(cloud: Cloud, accounts_file: Path | None, projects: Collection[str]) -> Configuration:
    """Build the configuration for a cloud; with an accounts file its users are taken.

    Only what the tests of `projects`, such as nova or swift, need is looked up.
    """
    credentials = accounts.choose(cloud, accounts_file)
    available = {SERVICES[service] for service in cloud.services & set(SERVICES)}
    sections: Sections = {
        "auth": credentials.options,
        "identity": _identity(cloud),
        "identity-feature-enabled": {"api_v2": "false", "api_v2_admin": "false"},
        "service_available": {
            name: str(name in available).lower() for name in sorted(set(SERVICES.values()))
        },
    }
    wanted = available & set(projects)
    if "swift" in wanted:
        with _answering(cloud, "object-store"):
            sections |= _object_storage(cloud, credentials)
    if "nova" in wanted:
        with _answering(cloud, "compute or image"):
            sections |= _compute(cloud)
    if "neutron" in available and wanted & {"nova", "neutron"}:
        with _answering(cloud, "network"):
            sections |= _network(cloud)
    return Configuration(sections, credentials.kind, credentials.entries)


@contextmanager
def _answering(cloud: Cloud, service: str) -> Iterator[None]:
    """Turn a service that does not answer, or refuses, into words."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        yield
    except (ClientException, SDKException) as error:
        said = " ".join(str(error).split())[:300]
        raise UnusableError(
            f"The {service} service of cloud {cloud.name} does not answer: {said}",
            "Check its endpoint in the catalogue and that the service runs.",
        ) from error


def _identity(cloud: Cloud) -> dict[str, str]:
    base = re.sub(r"/v\d[^/]*/?$", "", cloud.auth_url.rstrip("/"))
    options = {
        "uri_v3": f"{base}/v3",
        "auth_version": "v3",
        "region": cloud.region,
        "v3_endpoint_type": "public",
        "default_domain_id": "default",
    }
    if cloud.cacert:
        options["ca_certificates_file"] = str(Path(cloud.cacert).expanduser().absolute())
    if not cloud.verify:
        options["disable_ssl_certificate_validation"] = "true"
    return options


def _object_storage(cloud: Cloud, credentials: Credentials) -> Sections:
    info = _swift_info(cloud)
    return {
        "object-storage": {
            "region": cloud.region,
            "operator_role": credentials.operator_role,
            "reseller_admin_role": RESELLER_ROLE,
        },
        "object-storage-feature-enabled": {
            "discoverability": str(bool(info)).lower(),
            "discoverable_apis": "all",
            "object_versioning": str("versioned_writes" in info).lower(),
            "container_sync": str(bool(info.get("container_sync", {}).get("realms"))).lower(),
        },
    }


def _swift_info(cloud: Cloud) -> dict[str, Any]:
    """Return what Swift says of itself at /info; a cloud may hide it."""
    endpoint = urlsplit(cloud.connection.object_store.get_endpoint() or "")
    address = urlunsplit(endpoint._replace(path=PATH_VERSION.sub("", endpoint.path) + "/info"))
    answer = cloud.connection.session.get(address, authenticated=False, raise_exc=False)
    try:
        found = answer.json() if answer.status_code == 200 else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _compute(cloud: Cloud) -> Sections:
    """Choose the two smallest images, and the two smallest flavors with a disk for them."""
    connection = cloud.connection
    images = sorted(
        (image for image in connection.image.images(status="active") if image.size),
        key=lambda image: (image.size, image.name or ""),
    )[:2]
    disk = max((image.min_disk or 0 for image in images), default=0)
    ram = max((image.min_ram or 0 for image in images), default=0)
    flavors = sorted(
        (
            flavor
            for flavor in connection.compute.flavors()
            if flavor.disk and flavor.disk >= disk and flavor.ram >= ram
        ),
        key=lambda flavor: (flavor.ram, flavor.vcpus, flavor.disk, flavor.name),
    )
    if not flavors or not images:
        raise UnusableError(
            f"Cloud {cloud.name} shows {'no flavor with a disk' if not flavors else 'no image'} "
            "to this login, so that no compute test can run.",
            "Make one visible to the project, or write a tempest.conf and give it "
            "with --tempest-conf.",
        )
    return {
        "compute": {
            "flavor_ref": flavors[0].id,
            "flavor_ref_alt": flavors[min(1, len(flavors) - 1)].id,
            "image_ref": images[0].id,
            "image_ref_alt": images[-1].id,
            "max_microversion": "latest",
        },
        "validation": {"run_validation": "false"},
    }


def _network(cloud: Cloud) -> Sections:
    public = list(cloud.connection.network.networks(is_router_external=True))
    if not public:
        return {}
    return {"network": {"public_network_id": public[0].id, "floating_network_name": public[0].name}}
