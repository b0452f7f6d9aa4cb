"""Discover a cloud: first its endpoints, then its services, then the projects of accounts."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from defcheck.cloud.accounts.accounts_file import ADMIN_ROLE, Account
from defcheck.cloud.accounts.credentials import open_account_session
from defcheck.cloud.catalogue import choose_endpoints, read_catalogue
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery import endpoints
from defcheck.cloud.discovery.endpoints import fetch_items, gather_concurrently, select_integers
from defcheck.cloud.discovery.model import (
    CloudDiscovery,
    ComputeFacts,
    EndpointFacts,
    Fact,
    ImageFacts,
    NetworkFacts,
    ObjectStorageFacts,
    Unavailable,
    VolumeFacts,
)
from defcheck.cloud.discovery.services import (
    discover_compute,
    discover_identity,
    discover_images,
    discover_network,
    discover_object_storage,
    discover_volumes,
)
from defcheck.errors import UnusableError

REACH_SECONDS, ASK_SECONDS = 10.0, 12.0
"""Seconds that endpoints may take to respond, and then queries."""

SERVICE_FACTS: dict[str, Any] = {
    "compute": ComputeFacts,
    "image": ImageFacts,
    "network": NetworkFacts,
    "block-storage": VolumeFacts,
    "object-store": ObjectStorageFacts,
}
"""Official service type to the facts about it."""


def discover_cloud(cloud: Cloud) -> CloudDiscovery:
    """Discover a cloud within 22 s; change nothing.

    Raises `UnusableError` if not even the token can be read.
    """
    began = time.monotonic()
    session = cloud.connection.session
    patience, session.timeout = session.timeout, endpoints.ENDPOINT_SECONDS
    try:
        return _discover_parts(cloud, began)
    finally:
        session.timeout = patience


def _discover_parts(cloud: Cloud, began: float) -> CloudDiscovery:
    listed = read_catalogue(cloud.connection.session)
    chosen = choose_endpoints(listed, cloud.endpoint_filter)
    first = began + REACH_SECONDS
    reached = gather_concurrently(
        {
            "identity": partial(discover_identity, cloud, first - 0.2),
            "endpoints": partial(endpoints.discover_endpoints, cloud, chosen, first - 0.2),
        },
        first,
    )
    who = reached["identity"]
    if isinstance(who, Unavailable):
        raise UnusableError(
            f"Cannot read the token for cloud {cloud.name}: {who.reason}.",
            "Check the entry in clouds.yaml.",
        )
    answering: tuple[EndpointFacts, ...] = reached["endpoints"]
    by_type = {one.entry.official_type: one for one in answering}
    last = time.monotonic() + ASK_SECONDS
    questions: dict[str, Callable[[float], Any]] = {
        "compute": partial(discover_compute, cloud, who.project_id),
        "image": partial(discover_images, cloud),
        "network": partial(discover_network, cloud, who.project_id),
        "block-storage": partial(discover_volumes, cloud, who.project_id),
        "object-store": lambda until: discover_object_storage(
            cloud, by_type["object-store"].entry.url, until
        ),
    }
    found = gather_concurrently(
        {
            name: partial(question, last - 0.2)
            for name, question in questions.items()
            if name in by_type and not isinstance(by_type[name].reached, Unavailable)
        },
        last,
    )
    services = {one.official_type for one in listed}
    parts = {
        name: _build_part(name, found.get(name), by_type.get(name)) if name in services else None
        for name in SERVICE_FACTS
    }
    return CloudDiscovery(
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
        endpoint_filter=cloud.endpoint_filter,
        remarks=tuple(_list_remarks(cloud, by_type)),
    )


def _list_remarks(cloud: Cloud, chosen: Mapping[str, EndpointFacts]) -> Iterator[str]:
    """Yield remarks on unusual settings of clouds.yaml, and on those that Tempest cannot follow."""
    if cloud.region_reason:
        yield cloud.region_reason
    everywhere = cloud.endpoint_filter.interfaces
    if everywhere[0] != "public":
        yield (
            f"the interface is {' or '.join(everywhere)}, as set by `interface` or OS_INTERFACE: "
            "the tests use these endpoints, but users of the cloud use the public ones"
        )
    for service, override in cloud.overrides.items():
        used = chosen.get(service)
        if used is not None and used.entry.url.rstrip("/") == override.url.rstrip("/"):
            continue
        instead = (
            f"{used.entry.url} from the catalogue" if used else "the catalogue, which has none"
        )
        yield (f"`{override.option}` is ignored: Tempest has no such option and uses {instead}")
    for variable in cloud.ignored_variables:
        yield (
            f"the variable {variable} is ignored: it belongs to the cloud envvars, not "
            f"to cloud {cloud.name} of clouds.yaml"
        )
    if cloud.client_certificate:
        yield (
            "`cert` is a client certificate, which Tempest cannot present: the endpoints were "
            "checked without it"
        )


def _build_part(name: str, found: Any, endpoint: EndpointFacts | None) -> Any:
    """Return the facts about a service; all are `Unavailable` without a reachable endpoint."""
    if isinstance(found, SERVICE_FACTS[name]):
        return found
    if isinstance(found, Unavailable):
        why = found
    elif endpoint is None:
        why = Unavailable("the catalogue has no such endpoint in the region")
    elif isinstance(endpoint.reached, Unavailable):
        message = f"its endpoint could not be reached: {endpoint.reached.reason}"
        why = replace(endpoint.reached, reason=message)
    else:
        why = Unavailable("its endpoint could not be reached: no answer", no_answer=True)
    kind = SERVICE_FACTS[name]
    return kind(**dict.fromkeys(kind.__dataclass_fields__, why))


PROJECT_QUOTA_SECONDS = 10.0
"""Seconds that all queries of the projects may take together."""

Quotas = Fact[Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ProjectQuotas:
    """What a project may have, and what it uses, named as in `CloudDiscovery`."""

    compute: Quotas
    network: Quotas
    network_used: Quotas
    volume: Quotas


def discover_project_quotas(
    accounts: Collection[Account], cloud: Cloud, services: Collection[str]
) -> dict[str, ProjectQuotas]:
    """Return the quotas of each project with a plain user, as this user sees them.

    `services` are the official types of the services to query.
    """
    users = {one.project: one for one in accounts if ADMIN_ROLE not in one.roles}
    deadline = time.monotonic() + PROJECT_QUOTA_SECONDS
    found = gather_concurrently(
        {
            project: partial(_discover_project, user, cloud, frozenset(services), deadline - 0.2)
            for project, user in users.items()
        },
        deadline,
    )
    return {
        project: quotas
        if isinstance(quotas, ProjectQuotas)
        else ProjectQuotas(quotas, quotas, quotas, quotas)
        for project, quotas in found.items()
    }


def _discover_project(
    user: Account, cloud: Cloud, services: frozenset[str], deadline: float
) -> ProjectQuotas:
    from defcheck.cloud.session import open_connection

    session = open_account_session(user, cloud)
    session.timeout = PROJECT_QUOTA_SECONDS
    project = session.log_in().project_id
    connection = open_connection(session, cloud.endpoint_filter)
    questions = {
        "compute": (
            "compute",
            lambda: select_integers(
                fetch_items(connection.compute, "/limits", "limits")["absolute"]
            ),
        ),
        "network": (
            "network",
            lambda: select_integers(fetch_items(connection.network, f"/quotas/{project}", "quota")),
        ),
        "network_used": (
            "network",
            lambda: {
                name: one["used"]
                for name, one in fetch_items(
                    connection.network, f"/quotas/{project}/details.json", "quota"
                ).items()
            },
        ),
        "volume": (
            "block-storage",
            lambda: select_integers(
                fetch_items(connection.block_storage, "/limits", "limits")["absolute"]
            ),
        ),
    }
    asked = {name: ask for name, (service, ask) in questions.items() if service in services}
    nothing = Unavailable("no test needs it")
    return ProjectQuotas(**dict.fromkeys(questions, nothing) | gather_concurrently(asked, deadline))


OBJECT_ACCOUNT_SECONDS = 10.0
"""Seconds that all answers may take together."""


def discover_object_accounts(
    accounts: Collection[Account], operator_role: str, cloud: Cloud, service: str
) -> dict[str, Fact[int]]:
    """Return the HTTP status that each user with the operator role gets at its account.

    `service` is the type of Swift in the catalogue.
    """
    users = [one for one in accounts if operator_role in one.roles]
    questions = {str(one): partial(_fetch_account_status, one, cloud, service) for one in users}
    return gather_concurrently(questions, time.monotonic() + OBJECT_ACCOUNT_SECONDS)


def _fetch_account_status(user: Account, cloud: Cloud, service: str) -> int:
    session = open_account_session(user, cloud)
    session.timeout = OBJECT_ACCOUNT_SECONDS
    where = {
        "service_type": service,
        **cloud.endpoint_filter.select_service("object-store").request_filter,
    }
    return int(session.head("", endpoint_filter=where).status_code)
