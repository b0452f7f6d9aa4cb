"""What a run may leave in Cinder."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from defcheck.cloud.leftovers.collection import Collection, Item, Scope
from defcheck.cloud.leftovers.model import Bond, Kind, Thing

EVERY = {"all_tenants": "1"}


@dataclass(frozen=True, slots=True)
class Detailed(Collection):
    """Things of which a listing tells all only under another path."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield what the login sees."""
        details = replace(self, path=f"{self.path}/detail")
        for item in Collection.listed(details, scope, self.every if scope.admin else {}):
            yield self.thing(item)

    def bonds(self, item: Item) -> dict[Bond, str]:
        """Return the server that a volume is attached to, or the volume of a snapshot."""
        if item.get("volume_id"):
            return {Bond.VOLUME: item["volume_id"]}
        servers = [one["server_id"] for one in item.get("attachments") or () if one["server_id"]]
        return {Bond.SERVER: servers[0]} if len(servers) == 1 else {}


COLLECTIONS = (
    Detailed(Kind.BACKUP, "block_storage", "/backups", "backups", "backup", EVERY),
    Detailed(Kind.SNAPSHOT, "block_storage", "/snapshots", "snapshots", "snapshot", EVERY),
    Detailed(Kind.VOLUME, "block_storage", "/volumes", "volumes", "volume", EVERY),
    Collection(
        *(Kind.VOLUME_TYPE, "block_storage", "/types", "volume_types", "volume_type"),
        {"is_public": "None"},
    ),
)
