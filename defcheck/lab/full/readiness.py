"""Proof that the full lab works: a server and a volume, made and deleted."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException

from defcheck.errors import UnusableError
from defcheck.lab import readiness
from defcheck.lab.accounts import ADMIN, MEMBER
from defcheck.lab.full import seed
from defcheck.lab.full.agent import AGENT
from defcheck.lab.full.cloud import Cloud, NotYetError, Resource, is_gone, wait_for
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

WORKERS = {
    "nova-conductor",
    "nova-scheduler",
    "nova-compute",
    "cinder-scheduler",
    "cinder-volume",
    AGENT,
}
"""The services that no one asks directly, as they report themselves."""

STEP_SECONDS = 60.0
"""How long each step of the proof may take before it is begun anew."""


def prove(site: Site, services: Sequence[Service], seconds: float) -> None:
    """Make and delete a server and a volume as the plain member, and store an object.

    Only what workers say after the last service was started counts: before that they may
    have said it in an earlier life, and a server that is asked for then is never made. Try
    again until `seconds` have passed, or one of the services has died, then raise
    UnusableError.
    """
    deadline = time.monotonic() + seconds
    started = max(one.record.stat().st_mtime for one in services if one.record.exists())
    since = datetime.fromtimestamp(int(started), UTC)
    while True:
        # Leaves a first try the whole time, and a later one what is left of it.
        step = min(STEP_SECONDS, max(1.0, deadline - time.monotonic()))
        try:
            wait_for_workers(Cloud(site, ADMIN), services, since, step)
            member = Cloud(site, MEMBER)
            _server(member, step)
            _volume(member, step)
            readiness.prove(site, step)
            return
        except (ClientException, NotYetError) as error:
            if time.monotonic() + 1 > deadline:
                raise UnusableError(
                    f"The lab's services run, but do not work: {error}",
                    "See their logs in the lab's folder `log`.",
                ) from error
        time.sleep(1)


def wait_for_workers(
    admin: Cloud, services: Sequence[Service], since: datetime, seconds: float
) -> None:
    """Wait until every worker has said that it is up; else raise NotYetError, which names some.

    Raise UnusableError if a service has died.
    """
    missing: set[str] = set(WORKERS)

    def look() -> bool:
        for service in services:
            service.require_alive()
        missing.difference_update(_up(admin, since))
        return not missing

    try:
        wait_for(look, seconds, "")
    except NotYetError as error:
        raise NotYetError(f"not up: {', '.join(sorted(missing))}") from error


def _up(admin: Cloud, since: datetime) -> set[str]:
    """Return the workers that have said so since a moment."""
    services = [
        *admin.compute.get("/os-services").json()["services"],
        *admin.volume.get("/os-services").json()["services"],
    ]
    agents = admin.network.get("/v2.0/agents").json()["agents"]
    said = [
        *((one["binary"], one["updated_at"]) for one in services if one["state"] == "up"),
        *((one["binary"], one["heartbeat_timestamp"]) for one in agents if one["alive"]),
    ]
    return {binary for binary, at in said if at and datetime.fromisoformat(f"{at}+00:00") >= since}


def _server(member: Cloud, seconds: float) -> None:
    def named(found: list[Resource], name: str) -> str:
        return str(next(one["id"] for one in found if one["name"] == name))

    networks = member.network.get("/v2.0/networks").json()["networks"]
    images = member.image.get("/v2/images").json()["images"]
    flavors = member.compute.get("/flavors").json()["flavors"]
    server = {
        "name": _name(),
        "flavorRef": named(flavors, next(iter(seed.FLAVORS))),
        "imageRef": named(images, seed.IMAGES[0]),
        "networks": [{"uuid": named(networks, seed.PRIVATE_NETWORK)}],
    }
    with _made(member.compute, "server", server, seconds) as path:
        _wait_for_status(member.compute, "server", path, "ACTIVE", seconds)


def _volume(member: Cloud, seconds: float) -> None:
    with _made(member.volume, "volume", {"name": _name(), "size": 1}, seconds) as path:
        _wait_for_status(member.volume, "volume", path, "available", seconds)


@contextmanager
def _made(api: Adapter, kind: str, body: Resource, seconds: float) -> Iterator[str]:
    """Make a resource, give its path, and delete it; prove the latter unless something failed."""
    created = api.post(f"/{kind}s", json={kind: body}).json()
    path = f"/{kind}s/{created[kind]['id']}"
    try:
        yield path
    except BaseException:
        with suppress(ClientException):
            api.delete(path)
        raise
    api.delete(path)
    wait_for(lambda: is_gone(api, path), seconds, f"a {kind} that was deleted is still there")


def _wait_for_status(api: Adapter, kind: str, path: str, wanted: str, seconds: float) -> None:
    def look() -> bool:
        status = api.get(path).json()[kind]["status"]
        if status.lower() == "error":
            raise NotYetError(f"a {kind} that was made is in error")
        return bool(status == wanted)

    wait_for(look, seconds, f"a {kind} that was made is not {wanted}")


def _name() -> str:
    return f"defcheck-lab-{secrets.token_hex(8)}"
