"""What a run may leave in Nova."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from defcheck.cloud.leftovers.collection import Collection, Item, Scope, answered
from defcheck.cloud.leftovers.model import Bond, Kind, Thing


@dataclass(frozen=True, slots=True)
class Servers(Collection):
    """Servers, of which a listing tells all only under another path."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield the servers that the login sees."""
        details = replace(self, path=f"{self.path}/detail")
        for item in Collection.listed(details, scope, self.every if scope.admin else {}):
            yield self.thing(item)


@dataclass(frozen=True, slots=True)
class KeyPairs(Collection):
    """Key pairs, which belong to users and have names for ids."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield the login's own key pairs, and for an admin those of the run's users."""
        own = scope.connection.current_user_id
        for user in dict.fromkeys((own, *(scope.users if scope.admin else ()))):
            for item in self.listed(scope, {} if user == own else {"user_id": user}):
                yield self.thing({**item["keypair"], "user_id": user})

    def thing(self, item: Item) -> Thing:
        """Return a key pair; its id is the user's with the name."""
        bonds = {Bond.USER: item["user_id"]}
        return Thing(self.kind, f"{item['user_id']}/{item['name']}", item["name"], bonds=bonds)

    def fetch(self, connection: Any, thing: Thing) -> Thing | None:
        """Return a key pair as it is now, None where it is gone."""
        answer = self._ask(connection, "get", _keypair(thing), params=_of(connection, thing))
        if answer.status_code == 404:
            return None
        return self.thing({"user_id": thing.bonds[Bond.USER], **answered(answer)[self.one]})

    def delete(self, connection: Any, thing: Thing) -> None:
        """Delete a key pair."""
        answer = self._ask(connection, "delete", _keypair(thing), params=_of(connection, thing))
        if answer.status_code != 404:
            answered(answer)


def _keypair(thing: Thing) -> str:
    return f"/os-keypairs/{quote(thing.name, safe='')}"


def _of(connection: Any, thing: Thing) -> dict[str, str]:
    """Return whose key pair is meant where it is not the login's own."""
    user = thing.bonds[Bond.USER]
    return {} if user == connection.current_user_id else {"user_id": user}


COLLECTIONS = (
    Servers(Kind.SERVER, "compute", "/servers", "servers", "server", {"all_tenants": "1"}),
    KeyPairs(Kind.KEYPAIR, "compute", "/os-keypairs", "keypairs", "keypair", microversion="2.10"),
    Collection(
        *(Kind.SERVER_GROUP, "compute", "/os-server-groups", "server_groups", "server_group"),
        {"all_projects": "1"},
        microversion="2.13",
    ),
    Collection(Kind.FLAVOR, "compute", "/flavors", "flavors", "flavor", {"is_public": "None"}),
)
