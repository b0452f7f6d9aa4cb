"""What users find in the full lab: flavors, images, networks, a volume type."""

import time
from dataclasses import dataclass
from pathlib import Path

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, HttpError

from defcheck.lab import tools
from defcheck.lab.accounts import ADMIN
from defcheck.lab.full import cinder, debian
from defcheck.lab.full.cloud import Cloud, Resource, find_or_create, refused
from defcheck.lab.full.neutron import EXTERNAL_NETWORK
from defcheck.lab.site import Site

FLAVORS = {
    "lab.tiny": {"ram": 64, "disk": 1, "vcpus": 1},
    "lab.small": {"ram": 128, "disk": 1, "vcpus": 2},
}
"""Name to memory (MB), disk (GB) and processors."""

IMAGES = ("lab-image", "lab-image-alt")
"""Two, since tests rebuild a server from another."""

IMAGE_SIZE = "16M"

PRIVATE_NETWORK = "private"
"""The network of all projects that have none of their own."""

PATIENCE = 60.0
"""Seconds for services to accept a first request."""


@dataclass(frozen=True)
class Seeded:
    """The ids of what tests need to be told of."""

    flavors: tuple[str, ...]
    images: tuple[str, ...]
    external_network: str


def seed(site: Site) -> Seeded:
    """Make whatever is missing. Raise UnusableError if refused."""
    cloud = Cloud(site, ADMIN)
    try:
        _wait_for_answers(cloud)
        flavors = tuple(
            find_or_create(cloud.compute, "/flavors", "flavor", name, dict(size))["id"]
            for name, size in FLAVORS.items()
        )
        images = tuple(_image(site, cloud.image, name) for name in IMAGES)
        external = _networks(cloud.network)
        find_or_create(
            cloud.volume,
            "/types",
            "volume_type",
            cinder.BACKEND,
            {"extra_specs": {"volume_backend_name": cinder.BACKEND}},
        )
    except ClientException as error:
        raise refused(error) from error
    return Seeded(flavors, images, external)


def _wait_for_answers(cloud: Cloud) -> None:
    """Wait until every API answers: a first request may meet a service half started."""
    deadline = time.monotonic() + PATIENCE
    for api, path in (
        (cloud.compute, "/flavors"),
        (cloud.image, "/v2/images"),
        (cloud.network, "/v2.0/networks"),
        (cloud.volume, "/types"),
    ):
        while True:
            try:
                api.get(path)
                break
            except ClientException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)


def _image(site: Site, api: Adapter, name: str) -> str:
    """Return the id of a public image, whose content is a disk without anything on it."""
    body = {"disk_format": "qcow2", "container_format": "bare", "visibility": "public"}
    image = find_or_create(api, "/v2/images", "image", name, body, wrapped=False)
    if image["status"] == "queued":
        api.put(
            f"/v2/images/{image['id']}/file",
            data=_disk(site).read_bytes(),
            headers={"Content-Type": "application/octet-stream"},
        )
    return str(image["id"])


def _disk(site: Site) -> Path:
    path = site.layout.data / "disk.qcow2"
    if not path.exists():
        qemu = debian.program("qemu-img")
        tools.run(site, [qemu, "create", "-f", "qcow2", str(path), IMAGE_SIZE])
    return path


def _networks(api: Adapter) -> str:
    """Make an external network and a shared one with a router between; return the former's id."""

    def network(kind: str, name: str, body: Resource) -> str:
        return str(find_or_create(api, f"/v2.0/{kind}s", kind, name, body)["id"])

    flat = {"provider:network_type": "flat", "provider:physical_network": EXTERNAL_NETWORK}
    external = network("network", EXTERNAL_NETWORK, {"router:external": True, **flat})
    outside = {"network_id": external, "ip_version": 4, "cidr": "172.24.4.0/22"}
    network("subnet", "public4", {**outside, "enable_dhcp": False})
    private = network("network", PRIVATE_NETWORK, {"shared": True})
    inside = {"network_id": private, "ip_version": 4, "cidr": "10.11.0.0/22"}
    subnet = network("subnet", "private4", inside)
    router = network("router", "router", {"external_gateway_info": {"network_id": external}})
    try:
        api.put(f"/v2.0/routers/{router}/add_router_interface", json={"subnet_id": subnet})
    except HttpError as error:
        # It has that interface already.
        if error.http_status != 400:
            raise
    return external
