"""What a run may leave in Glance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.leftovers.collection import Collection, Scope, answered
from defcheck.cloud.leftovers.model import Kind, Thing

PATCH = "application/openstack-images-v2.1-json-patch"


@dataclass(frozen=True, slots=True)
class Images(Collection):
    """Images, of which some are hidden and some protected against deletion."""

    def find(self, scope: Scope) -> Iterator[Thing]:
        """Yield the images that the login sees."""
        for hidden in ("false", "true"):
            # A community's are in no other listing.
            params = {"os_hidden": hidden, "visibility": "all", "limit": "1000"}
            for item in self.listed(scope, params):
                yield self.thing(item)

    def delete(self, connection: Any, thing: Thing) -> None:
        """Delete an image, without its protection where it has one."""
        path = f"{self.path}/{thing.id}"
        if answered(self._ask(connection, "get", path)).get("protected"):
            change = [{"op": "replace", "path": "/protected", "value": False}]
            headers = {"Content-Type": PATCH}
            answered(connection.image.patch(path, json=change, headers=headers))
        Collection.delete(self, connection, thing)


COLLECTIONS = (Images(Kind.IMAGE, "image", "/images", "images", ""),)
