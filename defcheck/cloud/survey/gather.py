"""See a whole cloud: first which endpoints answer, then everything that those know."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey import (
    compute,
    endpoints,
    identity,
    image,
    network,
    object_storage,
    volume,
)
from defcheck.cloud.survey.asking import together
from defcheck.cloud.survey.catalogue import choose_endpoints, read_catalogue
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import (
    Compute,
    Endpoint,
    Images,
    Network,
    ObjectStorage,
    Survey,
    Volumes,
)
from defcheck.errors import UnusableError

REACH_SECONDS, ASK_SECONDS = 10.0, 12.0
"""How long endpoints may take to answer, and then questions."""

PARTS: dict[str, Any] = {
    "compute": Compute,
    "image": Images,
    "network": Network,
    "block-storage": Volumes,
    "object-store": ObjectStorage,
}
"""Official service type to what is seen of it."""


def survey(cloud: Cloud) -> Survey:
    """Look at a cloud for 22 s at the most; change nothing.

    Raises `UnusableError` where not even the login can be read.
    """
    began = time.monotonic()
    session = cloud.connection.session
    patience, session.timeout = session.timeout, endpoints.SECONDS
    try:
        return _survey(cloud, began)
    finally:
        session.timeout = patience


def _survey(cloud: Cloud, began: float) -> Survey:
    listed = read_catalogue(cloud.connection.session)
    chosen = choose_endpoints(listed, cloud.addressing)
    first = began + REACH_SECONDS
    reached = together(
        {
            "identity": partial(identity.see, cloud, first - 0.2),
            "endpoints": partial(endpoints.see, cloud, chosen, first - 0.2),
        },
        first,
    )
    who = reached["identity"]
    if isinstance(who, Unseen):
        raise UnusableError(
            f"Who the login to cloud {cloud.name} is cannot be read: {who.why}.",
            "Check the entry in clouds.yaml.",
        )
    answering: tuple[Endpoint, ...] = reached["endpoints"]
    by_type = {one.entry.canonical: one for one in answering}
    last = time.monotonic() + ASK_SECONDS
    questions: dict[str, Callable[[float], Any]] = {
        "compute": partial(compute.see, cloud, who.project_id),
        "image": partial(image.see, cloud),
        "network": partial(network.see, cloud, who.project_id),
        "block-storage": partial(volume.see, cloud, who.project_id),
        "object-store": lambda until: object_storage.see(
            cloud, by_type["object-store"].entry.url, until
        ),
    }
    found = together(
        {
            name: partial(question, last - 0.2)
            for name, question in questions.items()
            if name in by_type and not isinstance(by_type[name].reached, Unseen)
        },
        last,
    )
    services = {one.canonical for one in listed}
    parts = {
        name: _part(name, found.get(name), by_type.get(name)) if name in services else None
        for name in PARTS
    }
    return Survey(
        cloud=cloud.name,
        auth_url=cloud.auth_url,
        region=cloud.region,
        region_reason=cloud.region_reason,
        identity=who,
        endpoints=answering,
        compute=parts["compute"],
        image=parts["image"],
        network=parts["network"],
        volume=parts["block-storage"],
        object_storage=parts["object-store"],
        seconds=round(time.monotonic() - began, 1),
        addressing=cloud.addressing,
        remarks=tuple(_remarks(cloud, by_type)),
    )


def _remarks(cloud: Cloud, chosen: Mapping[str, Endpoint]) -> Iterator[str]:
    """Yield which settings of clouds.yaml Tempest follows unlike most clouds, or cannot follow."""
    if cloud.region_reason:
        yield cloud.region_reason
    everywhere = cloud.addressing.interfaces
    if everywhere[0] != "public":
        yield (
            f"the interface is {' or '.join(everywhere)}, by `interface` or OS_INTERFACE: the "
            "tests use those endpoints, while users of the cloud reach the public ones"
        )
    for service, override in cloud.overrides.items():
        used = chosen.get(service)
        if used is not None and used.entry.url.rstrip("/") == override.url.rstrip("/"):
            continue
        instead = f"{used.entry.url} of the catalogue" if used else "the catalogue, which has none"
        yield (
            f"`{override.option}` is not followed: Tempest has no such option and uses {instead}"
        )
    for variable in cloud.ignored:
        yield (
            f"the variable {variable} is not followed: it belongs to the cloud envvars, and not "
            f"to cloud {cloud.name} of clouds.yaml"
        )
    if cloud.client_certificate:
        yield (
            "`cert` is a client certificate, and Tempest cannot present one: the endpoints were "
            "looked at without it"
        )


def _part(name: str, found: Any, endpoint: Endpoint | None) -> Any:
    """Return what was seen of a service; every fact of one that is not reached is unseen."""
    if isinstance(found, PARTS[name]):
        return found
    if isinstance(found, Unseen):
        why = found
    elif endpoint is None:
        why = Unseen("the catalogue has no such endpoint in the region")
    elif isinstance(endpoint.reached, Unseen):
        said = f"its endpoint was not reached: {endpoint.reached.why}"
        why = replace(endpoint.reached, why=said)
    else:
        why = Unseen("its endpoint was not reached: no answer", unavailable=True)
    kind = PARTS[name]
    return kind(**dict.fromkeys(kind.__dataclass_fields__, why))
