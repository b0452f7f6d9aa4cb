"""The resources of the full lab: flavors, images, networks, and the check that they work."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, HttpError, NotFound

from defcheck.errors import UnusableError
from defcheck.lab import deployment, keystone, lab_sizes
from defcheck.lab.deployment import Site
from defcheck.lab.full import infrastructure, openstack_services
from defcheck.lab.full.neutron_agent import AGENT_NAME
from defcheck.lab.full.openstack_services import CINDER_BACKEND, EXTERNAL_NETWORK
from defcheck.lab.keystone import ADMIN, DOMAIN, MEMBER, REGION, LabUser, open_session
from defcheck.lab.processes import LabService

Resource = dict[str, Any]

POLL_SECONDS = 0.3


class NotYetError(Exception):
    """A state that may still be reached."""


class LabCloud:
    """The lab's APIs for one of its users, found through the catalogue."""

    def __init__(self, site: Site, user: LabUser) -> None:
        session = open_session(site, user)

        def open_adapter(kind: str) -> Adapter:
            return Adapter(session, service_type=kind, interface="public", region_name=REGION)

        self.compute = open_adapter("compute")
        self.network = open_adapter("network")
        self.image = open_adapter("image")
        self.volume = open_adapter("volumev3")


def find_or_create(
    api: Adapter, path: str, kind: str, name: str, body: Resource, wrapped: bool = True
) -> Resource:
    """Return the resource of this name, creating it if there is none.

    `path` is the collection's; `wrapped` tells whether a resource is wrapped in an
    object with the kind's name, as everywhere except in Glance.
    """
    found = api.get(path).json()[f"{kind}s"]
    for resource in found:
        if resource["name"] == name:
            return dict(resource)
    content: Resource = {"name": name, **body}
    created = api.post(path, json={kind: content} if wrapped else content).json()
    return dict(created[kind] if wrapped else created)


def wait_until(is_done: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until it is true; raise NotYetError after this many seconds."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            raise NotYetError(what)
        time.sleep(POLL_SECONDS)


def is_gone(api: Adapter, path: str) -> bool:
    """Return whether the resource no longer exists."""
    try:
        api.get(path)
    except NotFound:
        return True
    return False


def describe_refusal(error: ClientException) -> UnusableError:
    """Return the error about a service that refused a request."""
    return UnusableError(
        f"A service of the lab refused a request during set-up: {error}",
        "See the logs in the lab's folder `log`, then try again. If that fails, rebuild the lab "
        "with `defcheck lab clean --size full` and `defcheck lab up --size full`.",
    )


FLAVORS = {
    "lab.tiny": {"ram": 64, "disk": 1, "vcpus": 1},
    "lab.small": {"ram": 128, "disk": 1, "vcpus": 2},
}
"""Flavor name to memory (MB), disk (GB) and vCPUs."""

IMAGES = ("lab-image", "lab-image-alt")
"""Two images, since tests rebuild a server from another one."""

IMAGE_SIZE = "16M"

PRIVATE_NETWORK = "private"
"""The network of all projects without their own."""

ANSWER_SECONDS = 60.0
"""Seconds for services to accept a first request."""


@dataclass(frozen=True)
class SeededResources:
    """The ids of resources that tempest.conf must name."""

    flavors: tuple[str, ...]
    images: tuple[str, ...]
    external_network: str


def create_resources(site: Site) -> SeededResources:
    """Create missing resources. Raise UnusableError if refused."""
    cloud = LabCloud(site, ADMIN)
    try:
        _wait_for_answers(cloud)
        flavors = tuple(
            find_or_create(cloud.compute, "/flavors", "flavor", name, dict(size))["id"]
            for name, size in FLAVORS.items()
        )
        images = tuple(_create_image(site, cloud.image, name) for name in IMAGES)
        external = _create_networks(cloud.network)
        find_or_create(
            cloud.volume,
            "/types",
            "volume_type",
            openstack_services.CINDER_BACKEND,
            {"extra_specs": {"volume_backend_name": openstack_services.CINDER_BACKEND}},
        )
    except ClientException as error:
        raise describe_refusal(error) from error
    return SeededResources(flavors, images, external)


def _wait_for_answers(cloud: LabCloud) -> None:
    """Wait until every API responds: the first request may reach a service that is starting."""
    deadline = time.monotonic() + ANSWER_SECONDS
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


def _create_image(site: Site, api: Adapter, name: str) -> str:
    """Return the id of a public image, whose content is an empty disk."""
    body = {"disk_format": "qcow2", "container_format": "bare", "visibility": "public"}
    image = find_or_create(api, "/v2/images", "image", name, body, wrapped=False)
    if image["status"] == "queued":
        api.put(
            f"/v2/images/{image['id']}/file",
            data=_create_disk(site).read_bytes(),
            headers={"Content-Type": "application/octet-stream"},
        )
    return str(image["id"])


def _create_disk(site: Site) -> Path:
    path = site.layout.data / "disk.qcow2"
    if not path.exists():
        qemu = infrastructure.find_program("qemu-img")
        deployment.run_tool(site, [qemu, "create", "-f", "qcow2", str(path), IMAGE_SIZE])
    return path


def _create_networks(api: Adapter) -> str:
    """Create an external network and a shared one with a router between; return the former's id."""

    def create_network_part(kind: str, name: str, body: Resource) -> str:
        return str(find_or_create(api, f"/v2.0/{kind}s", kind, name, body)["id"])

    flat = {"provider:network_type": "flat", "provider:physical_network": EXTERNAL_NETWORK}
    external = create_network_part("network", EXTERNAL_NETWORK, {"router:external": True, **flat})
    outside = {"network_id": external, "ip_version": 4, "cidr": "172.24.4.0/22"}
    create_network_part("subnet", "public4", {**outside, "enable_dhcp": False})
    private = create_network_part("network", PRIVATE_NETWORK, {"shared": True})
    inside = {"network_id": private, "ip_version": 4, "cidr": "10.11.0.0/22"}
    subnet = create_network_part("subnet", "private4", inside)
    router = create_network_part(
        "router", "router", {"external_gateway_info": {"network_id": external}}
    )
    try:
        api.put(f"/v2.0/routers/{router}/add_router_interface", json={"subnet_id": subnet})
    except HttpError as error:
        # It already has this interface.
        if error.http_status != 400:
            raise
    return external


def write_tempest_conf(site: Site, seeded: SeededResources) -> None:
    """Write it for the administrator; `defcheck run --accounts` replaces that by test users."""
    deployment.write_template(
        "tempest.conf",
        site.layout.tempest_conf,
        auth_url=keystone.auth_url(site.ports),
        admin=ADMIN,
        password=site.passwords[ADMIN.name],
        region=REGION,
        domain=DOMAIN,
        seeded=seeded,
        private_network=PRIVATE_NETWORK,
        external_network=EXTERNAL_NETWORK,
        storage_protocol=CINDER_BACKEND,
        state=site.layout.state,
    )


WORKER_NAMES = {
    "nova-conductor",
    "nova-scheduler",
    "nova-compute",
    "cinder-scheduler",
    "cinder-volume",
    AGENT_NAME,
}
"""Services without an API, by the names under which they report."""

STEP_SECONDS = 60.0
"""Seconds that each step of the check may take before it is restarted."""


def prove_full_lab(site: Site, services: Sequence[LabService], seconds: float) -> None:
    """Create and delete a server and a volume as the plain member, and store an object.

    Only reports of workers after the last service started count: earlier ones may be from
    before a restart, and a server requested then is never created. Retry until `seconds`
    have passed or a service has died, then raise UnusableError.
    """
    deadline = time.monotonic() + seconds
    started = max(one.record.stat().st_mtime for one in services if one.record.exists())
    since = datetime.fromtimestamp(int(started), UTC)
    while True:
        # The first attempt gets the whole time, a later one the rest.
        step = min(STEP_SECONDS, max(1.0, deadline - time.monotonic()))
        try:
            wait_for_workers(LabCloud(site, ADMIN), services, since, step)
            member = LabCloud(site, MEMBER)
            _prove_server(member, step)
            _prove_volume(member, step)
            lab_sizes.prove_object_storage(site, step)
            return
        except (ClientException, NotYetError) as error:
            if time.monotonic() + 1 > deadline:
                raise UnusableError(
                    f"The lab's services are running, but do not work: {error}",
                    "See their logs in the lab's folder `log`.",
                ) from error
        time.sleep(1)


def wait_for_workers(
    admin: LabCloud, services: Sequence[LabService], since: datetime, seconds: float
) -> None:
    """Wait until every worker has reported; else raise NotYetError with the missing ones.

    Raise UnusableError if a service has died.
    """
    missing: set[str] = set(WORKER_NAMES)

    def are_all_up() -> bool:
        for service in services:
            service.require_alive()
        missing.difference_update(_list_running_workers(admin, since))
        return not missing

    try:
        wait_until(are_all_up, seconds, "")
    except NotYetError as error:
        raise NotYetError(f"not up: {', '.join(sorted(missing))}") from error


def _list_running_workers(admin: LabCloud, since: datetime) -> set[str]:
    """Return the workers that have reported since a moment."""
    services = [
        *admin.compute.get("/os-services").json()["services"],
        *admin.volume.get("/os-services").json()["services"],
    ]
    agents = admin.network.get("/v2.0/agents").json()["agents"]
    message = [
        *((one["binary"], one["updated_at"]) for one in services if one["state"] == "up"),
        *((one["binary"], one["heartbeat_timestamp"]) for one in agents if one["alive"]),
    ]
    return {
        binary for binary, at in message if at and datetime.fromisoformat(f"{at}+00:00") >= since
    }


def _prove_server(member: LabCloud, seconds: float) -> None:
    def find_id(found: list[Resource], name: str) -> str:
        return str(next(one["id"] for one in found if one["name"] == name))

    networks = member.network.get("/v2.0/networks").json()["networks"]
    images = member.image.get("/v2/images").json()["images"]
    flavors = member.compute.get("/flavors").json()["flavors"]
    server = {
        "name": _random_name(),
        "flavorRef": find_id(flavors, next(iter(FLAVORS))),
        "imageRef": find_id(images, IMAGES[0]),
        "networks": [{"uuid": find_id(networks, PRIVATE_NETWORK)}],
    }
    with _temporary_resource(member.compute, "server", server, seconds) as path:
        _wait_for_status(member.compute, "server", path, "ACTIVE", seconds)


def _prove_volume(member: LabCloud, seconds: float) -> None:
    with _temporary_resource(
        member.volume, "volume", {"name": _random_name(), "size": 1}, seconds
    ) as path:
        _wait_for_status(member.volume, "volume", path, "available", seconds)


@contextmanager
def _temporary_resource(api: Adapter, kind: str, body: Resource, seconds: float) -> Iterator[str]:
    """Create a resource, yield its path, delete it, and after success wait until it is gone."""
    created = api.post(f"/{kind}s", json={kind: body}).json()
    path = f"/{kind}s/{created[kind]['id']}"
    try:
        yield path
    except BaseException:
        with suppress(ClientException):
            api.delete(path)
        raise
    api.delete(path)
    wait_until(lambda: is_gone(api, path), seconds, f"a deleted {kind} still exists")


def _wait_for_status(api: Adapter, kind: str, path: str, wanted: str, seconds: float) -> None:
    def has_status() -> bool:
        status = api.get(path).json()[kind]["status"]
        if status.lower() == "error":
            raise NotYetError(f"a new {kind} is in status error")
        return bool(status == wanted)

    wait_until(has_status, seconds, f"a new {kind} is not {wanted}")


def _random_name() -> str:
    return f"defcheck-lab-{secrets.token_hex(8)}"
