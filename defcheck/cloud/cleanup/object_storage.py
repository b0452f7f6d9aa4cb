"""Containers that a run may leave in Swift, with what is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from defcheck.cloud.cleanup.collection import (
    ApiItem,
    ListingScope,
    ResourceCollection,
    read_response,
)
from defcheck.cloud.cleanup.ownership import CloudResource, Relation, ResourceKind, VisibilityGap
from defcheck.cloud.failures import REFUSED_STATUSES, get_http_status
from defcheck.util.text import parse_time

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class ContainerCollection(ResourceCollection):
    """Containers of the login's own account, and for an admin of the run's projects."""

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource | VisibilityGap]:
        """Yield the containers; another account than one's own takes the role ResellerAdmin."""
        base, own, project = locate_account(scope.connection)
        if not scope.admin:
            yield from self._list_account(scope, base, own, project)
            return
        accounts = {own: project}
        if project and own.endswith(project):
            head = own.removesuffix(project)
            noted = {
                one
                for one in _list_noted_accounts(scope) | scope.evidence.emptied_accounts
                if one.startswith(head)
            }
            others = scope.projects | {account.removeprefix(head) for account in noted}
            accounts |= {f"{head}{other}": other for other in sorted(others)}
        else:
            nowhere = NotAddressableError("the addresses of this Swift do not name accounts")
            yield from (VisibilityGap(other, nowhere) for other in sorted(scope.projects))
        for account, owner in accounts.items():
            try:
                yield from self._list_account(scope, base, account, owner)
            except Exception as error:  # other accounts may be seen
                if get_http_status(error) not in REFUSED_STATUSES or _may_hold_containers(
                    account, owner, scope
                ):
                    yield VisibilityGap(owner, error)

    def _list_account(
        self, scope: ListingScope, base: str, account: str, project: str
    ) -> Iterator[CloudResource]:
        for item in _list_pages(scope.connection, f"{base}/{account}"):
            yield self.parse_item({**item, "account": account, "project": project})

    def parse_item(self, item: ApiItem) -> CloudResource:
        """Return a container; its id is the account with the name."""
        return CloudResource(
            self.kind,
            f"{item['account']}/{item['name']}",
            item["name"],
            item["project"],
            parse_time(item.get("last_modified") or ""),
            {Relation.PROJECT: item["project"]},
        )

    def fetch_resource(self, connection: Any, resource: CloudResource) -> CloudResource | None:
        """Return a container as it is, None where it is gone."""
        answer = connection.object_store.head(_container_url(connection, resource))
        if answer.status_code == 404:
            return None
        read_response(answer)
        return resource

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        """Delete what is in a container, then the container."""
        address = _container_url(connection, resource)
        for item in _list_pages(connection, address):
            _delete_address(connection, f"{address}/{quote(item['name'])}")
        _delete_address(connection, address)


class NotAddressableError(Exception):
    """Other accounts cannot be asked for in this Swift."""


def _list_noted_accounts(scope: ListingScope) -> set[str]:
    """Return the accounts in which the run noted containers that it did not delete."""
    return {entry.split("/")[0] for entry in scope.evidence.created if "/" in entry}


def _may_hold_containers(account: str, project: str, scope: ListingScope) -> bool:
    """Tell whether something of the run's may be in an account, as far as its notes say."""
    # Of a project that is gone all notes are there: it went at the end of its class.
    return project in scope.projects | scope.evidence.projects or account in _list_noted_accounts(
        scope
    )


def locate_account(connection: Any) -> tuple[str, str, str]:
    """Return Swift's address without account, the login's account, and its project."""
    endpoint = str(connection.object_store.get_endpoint()).rstrip("/")
    base, _, account = endpoint.rpartition("/")
    return base, account, str(connection.current_project_id or "")


def _container_url(connection: Any, resource: CloudResource) -> str:
    account, _, name = resource.id.partition("/")
    return f"{locate_account(connection)[0]}/{account}/{quote(name, safe='')}"


def _list_pages(connection: Any, address: str) -> Iterator[ApiItem]:
    """Yield what is in an account or container; nothing where there is none."""
    marker = ""
    while True:
        params = {"format": "json", "limit": str(PAGE_SIZE), "marker": marker}
        answer = connection.object_store.get(address, params=params)
        if answer.status_code == 404:
            return
        from openstack.exceptions import raise_from_response

        raise_from_response(answer)
        items = answer.json() if answer.content else []
        yield from items
        if not items:
            return
        marker = items[-1]["name"]


def _delete_address(connection: Any, address: str) -> None:
    answer = connection.object_store.delete(address)
    if answer.status_code != 404:
        read_response(answer)


COLLECTIONS = (ContainerCollection(ResourceKind.CONTAINER, "object_store", "", "", ""),)
