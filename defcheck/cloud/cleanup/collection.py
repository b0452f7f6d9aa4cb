"""A collection of resources in one service's API: list, fetch, delete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlsplit

from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    OwnershipEvidence,
    Relation,
    ResourceKind,
    VisibilityGap,
)
from defcheck.util.text import parse_time

ApiItem = Mapping[str, Any]

PROJECT_KEYS = (
    "project_id",
    "tenant_id",
    "os-vol-tenant-attr:tenant_id",
    "os-extended-snapshot-attributes:project_id",
    "owner",
)
CREATED_KEYS = ("created_at", "created")
PAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ListingScope:
    """From where one looks, and whose things are looked for."""

    connection: Any
    """openstacksdk's connection."""

    admin: bool
    """Whether the login sees every project."""

    evidence: OwnershipEvidence
    projects: frozenset[str] = frozenset()
    """Ids of projects that are the run's own and still there."""

    users: frozenset[str] = frozenset()
    """Ids of users that are the run's own and still there."""


@dataclass(frozen=True, slots=True)
class ResourceCollection:
    """Things of a kind under one path of a service's REST API."""

    kind: ResourceKind
    service: str
    """The attribute of openstacksdk's connection."""

    path: str
    list_key: str
    """Under which key a listing has them."""

    item_key: str
    """Under which key an answer about a single one has it, empty where under none."""

    all_projects_query: Mapping[str, str] = field(default_factory=dict)
    """What an admin asks with to see all projects."""

    microversion: str | None = None

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource | VisibilityGap]:
        """Yield what the login sees; raise openstacksdk's exceptions where it may not.

        Where that can be told of single projects the rest is yielded, with a gap for each.
        """
        for item in self.list_items(scope, self.all_projects_query if scope.admin else {}):
            yield self.parse_item(item)

    def fetch_resource(self, connection: Any, resource: CloudResource) -> CloudResource | None:
        """Return a thing as it is now, None where it is gone."""
        answer = self._send_request(connection, "get", f"{self.path}/{quote(resource.id, safe='')}")
        if answer.status_code == 404:
            return None
        document = read_response(answer)
        return self.parse_item(document[self.item_key] if self.item_key else document)

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Ask the service to delete a thing; nothing where it is gone."""
        answer = self._send_request(
            connection, "delete", f"{self.path}/{quote(resource.id, safe='')}"
        )
        if answer.status_code != 404:
            read_response(answer)

    def parse_item(self, item: ApiItem) -> CloudResource:
        """Return what the service tells of a thing."""
        project = first_value(item, PROJECT_KEYS)
        bonds = {Relation.PROJECT: project} if project else {}
        return CloudResource(
            self.kind,
            str(item["id"]),
            item.get("name") or "",
            project,
            parse_time(first_value(item, CREATED_KEYS)),
            {**bonds, **self.read_relations(item)},
            self.read_detail(item),
        )

    def read_relations(self, item: ApiItem) -> dict[Relation, str]:
        """Return what a thing depends on besides its project."""
        return {}

    def read_detail(self, item: ApiItem) -> str:
        """Return what else has to be known of it."""
        return ""

    def list_items(self, scope: ListingScope, params: Mapping[str, str]) -> Iterator[ApiItem]:
        """Yield all items of a listing, page by page."""
        query = dict(params)
        for _ in range(PAGE_LIMIT):
            document = read_response(
                self._send_request(scope.connection, "get", self.path, params=query)
            )
            items = document[self.list_key]
            yield from items
            following = next_page_query(document, self.list_key)
            if not items or not following:
                return
            query = {**params, **following}

    def _send_request(self, connection: Any, method: str, path: str, **more: Any) -> Any:
        return send_request(
            connection, self.service, method, path, microversion=self.microversion, **more
        )


def send_request(connection: Any, service: str, method: str, path: str, **more: Any) -> Any:
    """Return a service's answer, whatever its status."""
    return getattr(getattr(connection, service), method)(path, **more)


def read_response(response: Any) -> dict[str, Any]:
    """Return the document in an answer; raise openstacksdk's exception where it is an error."""
    from openstack.exceptions import raise_from_response

    raise_from_response(response)
    return cast(dict[str, Any], response.json()) if response.content else {}


def next_page_query(document: ApiItem, list_key: str) -> dict[str, str]:
    """Return with which parameters the page after this one is asked for, none at the end.

    Addresses of next pages may name a host that is not to be reached from
    outside, so that only their query counts.
    """
    links = document.get(f"{list_key}_links") or document.get("links") or ()
    address = document.get("next")
    if isinstance(links, Mapping):
        address = links.get("next")
    for link in links if isinstance(links, list) else ():
        if link.get("rel") == "next":
            address = link.get("href")
    return dict(parse_qsl(urlsplit(address).query)) if address else {}


def first_value(item: ApiItem, keys: tuple[str, ...]) -> str:
    """Return the first of several values that a thing has, empty where it has none."""
    return next((str(item[key]) for key in keys if item.get(key)), "")
