"""What a run may leave in Swift: containers with what is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from defcheck.cloud.failures import REFUSED, status_of
from defcheck.cloud.leftovers.collection import Collection, Item, Scope, answered, moment
from defcheck.cloud.leftovers.model import Bond, Gap, Kind, Thing

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Containers(Collection):
    """Containers of the login's own account, and for an admin of the run's projects."""

    def find(self, scope: Scope) -> Iterator[Thing | Gap]:
        """Yield the containers; another account than one's own takes the role ResellerAdmin."""
        base, own, project = account_of(scope.connection)
        if not scope.admin:
            yield from self._in_account(scope, base, own, project)
            return
        accounts = {own: project}
        if project and own.endswith(project):
            head = own.removesuffix(project)
            noted = {one for one in _noted(scope) | scope.claim.emptied if one.startswith(head)}
            others = scope.projects | {account.removeprefix(head) for account in noted}
            accounts |= {f"{head}{other}": other for other in sorted(others)}
        else:
            nowhere = NotAddressableError("the addresses of this Swift do not name accounts")
            yield from (Gap(other, nowhere) for other in sorted(scope.projects))
        for account, owner in accounts.items():
            try:
                yield from self._in_account(scope, base, account, owner)
            except Exception as error:  # other accounts may be seen
                if status_of(error) not in REFUSED or _may_hold(account, owner, scope):
                    yield Gap(owner, error)

    def _in_account(self, scope: Scope, base: str, account: str, project: str) -> Iterator[Thing]:
        for item in _pages(scope.connection, f"{base}/{account}"):
            yield self.thing({**item, "account": account, "project": project})

    def thing(self, item: Item) -> Thing:
        """Return a container; its id is the account with the name."""
        return Thing(
            self.kind,
            f"{item['account']}/{item['name']}",
            item["name"],
            item["project"],
            moment(item.get("last_modified") or ""),
            {Bond.PROJECT: item["project"]},
        )

    def fetch(self, connection: Any, thing: Thing) -> Thing | None:
        """Return a container as it is, None where it is gone."""
        answer = connection.object_store.head(_address(connection, thing))
        if answer.status_code == 404:
            return None
        answered(answer)
        return thing

    def delete(self, connection: Any, thing: Thing) -> None:
        """Delete what is in a container, then the container."""
        address = _address(connection, thing)
        for item in _pages(connection, address):
            _delete(connection, f"{address}/{quote(item['name'])}")
        _delete(connection, address)


class NotAddressableError(Exception):
    """Other accounts cannot be asked for in this Swift."""


def _noted(scope: Scope) -> set[str]:
    """Return the accounts in which the run noted containers that it did not delete."""
    return {entry.split("/")[0] for entry in scope.claim.made if "/" in entry}


def _may_hold(account: str, project: str, scope: Scope) -> bool:
    """Tell whether something of the run's may be in an account, as far as its notes say."""
    # Of a project that is gone all notes are there: it went at the end of its class.
    return project in scope.projects | scope.claim.projects or account in _noted(scope)


def account_of(connection: Any) -> tuple[str, str, str]:
    """Return Swift's address without account, the login's account, and its project."""
    endpoint = str(connection.object_store.get_endpoint()).rstrip("/")
    base, _, account = endpoint.rpartition("/")
    return base, account, str(connection.current_project_id or "")


def _address(connection: Any, thing: Thing) -> str:
    account, _, name = thing.id.partition("/")
    return f"{account_of(connection)[0]}/{account}/{quote(name, safe='')}"


def _pages(connection: Any, address: str) -> Iterator[Item]:
    """Yield what is in an account or container; nothing where there is none."""
    marker = ""
    while True:
        params = {"format": "json", "limit": str(PAGE), "marker": marker}
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


def _delete(connection: Any, address: str) -> None:
    answer = connection.object_store.delete(address)
    if answer.status_code != 404:
        answered(answer)


COLLECTIONS = (Containers(Kind.CONTAINER, "object_store", "", "", ""),)
