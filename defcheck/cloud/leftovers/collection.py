"""A collection of things in one service's API: list, look again, delete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlsplit

from defcheck.cloud.leftovers.model import Bond, Claim, Gap, Kind, Thing

Item = Mapping[str, Any]

PROJECT_KEYS = (
    "project_id",
    "tenant_id",
    "os-vol-tenant-attr:tenant_id",
    "os-extended-snapshot-attributes:project_id",
    "owner",
)
CREATED_KEYS = ("created_at", "created")
MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """From where one looks, and whose things are looked for."""

    connection: Any
    """openstacksdk's connection."""

    admin: bool
    """Whether the login sees every project."""

    claim: Claim
    projects: frozenset[str] = frozenset()
    """Ids of projects that are the run's own and still there."""

    users: frozenset[str] = frozenset()
    """Ids of users that are the run's own and still there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Things of a kind under one path of a service's REST API."""

    kind: Kind
    service: str
    """The attribute of openstacksdk's connection."""

    path: str
    many: str
    """Under which key a listing has them."""

    one: str
    """Under which key an answer about a single one has it, empty where under none."""

    every: Mapping[str, str] = field(default_factory=dict)
    """What an admin asks with to see all projects."""

    microversion: str | None = None

    def find(self, scope: Scope) -> Iterator[Thing | Gap]:
        """Yield what the login sees; raise openstacksdk's exceptions where it may not.

        Where that can be told of single projects the rest is yielded, with a gap for each.
        """
        for item in self.listed(scope, self.every if scope.admin else {}):
            yield self.thing(item)

    def fetch(self, connection: Any, thing: Thing) -> Thing | None:
        """Return a thing as it is now, None where it is gone."""
        answer = self._ask(connection, "get", f"{self.path}/{quote(thing.id, safe='')}")
        if answer.status_code == 404:
            return None
        document = answered(answer)
        return self.thing(document[self.one] if self.one else document)

    def delete(self, connection: Any, thing: Thing) -> None:
        """Ask the service to delete a thing; nothing where it is gone."""
        answer = self._ask(connection, "delete", f"{self.path}/{quote(thing.id, safe='')}")
        if answer.status_code != 404:
            answered(answer)

    def thing(self, item: Item) -> Thing:
        """Return what the service tells of a thing."""
        project = first(item, PROJECT_KEYS)
        bonds = {Bond.PROJECT: project} if project else {}
        return Thing(
            self.kind,
            str(item["id"]),
            item.get("name") or "",
            project,
            moment(first(item, CREATED_KEYS)),
            {**bonds, **self.bonds(item)},
            self.detail(item),
        )

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return what a thing depends on besides its project."""
        return {}

    def detail(self, item: Item) -> str:
        """Return what else has to be known of it."""
        return ""

    def listed(self, scope: Scope, params: Mapping[str, str]) -> Iterator[Item]:
        """Yield all items of a listing, page by page."""
        query = dict(params)
        for _ in range(MOST_PAGES):
            document = answered(self._ask(scope.connection, "get", self.path, params=query))
            items = document[self.many]
            yield from items
            following = next_page(document, self.many)
            if not items or not following:
                return
            query = {**params, **following}

    def _ask(self, connection: Any, method: str, path: str, **more: Any) -> Any:
        return ask(connection, self.service, method, path, microversion=self.microversion, **more)


def ask(connection: Any, service: str, method: str, path: str, **more: Any) -> Any:
    """Return a service's answer, whatever its status."""
    return getattr(getattr(connection, service), method)(path, **more)


def answered(answer: Any) -> dict[str, Any]:
    """Return the document in an answer; raise openstacksdk's exception where it is an error."""
    from openstack.exceptions import raise_from_response

    raise_from_response(answer)
    return cast(dict[str, Any], answer.json()) if answer.content else {}


def next_page(document: Item, many: str) -> dict[str, str]:
    """Return with which parameters the page after this one is asked for, none at the end.

    Addresses of next pages may name a host that is not to be reached from
    outside, so that only their query counts.
    """
    links = document.get(f"{many}_links") or document.get("links") or ()
    address = document.get("next")
    if isinstance(links, Mapping):
        address = links.get("next")
    for link in links if isinstance(links, list) else ():
        if link.get("rel") == "next":
            address = link.get("href")
    return dict(parse_qsl(urlsplit(address).query)) if address else {}


def first(item: Item, keys: tuple[str, ...]) -> str:
    """Return the first of several values that a thing has, empty where it has none."""
    return next((str(item[key]) for key in keys if item.get(key)), "")


def moment(text: str) -> datetime | None:
    """Return the time in an ISO 8601 text, UTC where it names no zone; None where there is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
