"""What a run may leave in Keystone; only an admin makes anything there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.leftovers.collection import Collection, Item, Scope, answered
from defcheck.cloud.leftovers.model import Bond, Claim, Kind, Thing

BEGINNING = "tempest-"
"""How Tempest begins the names of its dynamic credentials, whatever prefix it is given."""


@dataclass(frozen=True, slots=True)
class Named(Collection):
    """Things of Keystone's: only those with a name of Tempest's are asked for.

    A cloud may have a hundred thousand users, and tells no more than it likes.
    """

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield what begins like a name of the run's; nothing where the login is no admin."""
        if not scope.admin:
            return
        for beginning in _beginnings(scope.claim):
            for item in self.listed(scope, {"name__startswith": beginning}):
                # Who does not know the filter tells of all.
                if (item.get("name") or "").startswith(beginning):
                    yield self.thing(item)

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return the domain."""
        domain = item.get("domain_id")
        return {Bond.DOMAIN: domain} if domain else {}


def _beginnings(claim: Claim) -> set[str]:
    """Return how names of the run's may begin, with a prefix of the user's as notes show it."""
    if claim.prefix:
        return {BEGINNING, f"{claim.prefix}-"}
    return {BEGINNING, *(re.sub(r"-.*", "-", name) for name in claim.made.values() if "-" in name)}


@dataclass(frozen=True, slots=True)
class Domains(Named):
    """Domains, which must be switched off before they can be deleted."""

    def delete(self, connection: Any, thing: Thing) -> None:
        """Switch a domain off and delete it with all that is in it."""
        off = {"domain": {"enabled": False}}
        answered(connection.identity.patch(f"{self.path}/{thing.id}", json=off))
        Collection.delete(self, connection, thing)


COLLECTIONS = (
    Named(Kind.GROUP, "identity", "/groups", "groups", "group"),
    Named(Kind.USER, "identity", "/users", "users", "user"),
    Named(Kind.PROJECT, "identity", "/projects", "projects", "project"),
    Named(Kind.ROLE, "identity", "/roles", "roles", "role"),
    Domains(Kind.DOMAIN, "identity", "/domains", "domains", "domain"),
)
