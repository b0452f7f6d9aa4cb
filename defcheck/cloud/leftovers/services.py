"""The services in which a run may leave something."""

from dataclasses import dataclass

from defcheck.cloud.leftovers import compute, identity, image, network, object_storage, volume
from defcheck.cloud.leftovers.collection import Collection
from defcheck.cloud.leftovers.model import Kind


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and what may be left in it."""

    name: str
    types: frozenset[str]
    """Its types in the catalogue."""

    collections: tuple[Collection, ...]


VOLUME = frozenset({"block-storage", "block-store", "volumev3", "volumev2", "volume"})
IDENTITY = Service("identity", frozenset({"identity"}), identity.COLLECTIONS)
OBJECT_STORAGE = Service("object storage", frozenset({"object-store"}), object_storage.COLLECTIONS)
OTHERS = (
    Service("compute", frozenset({"compute"}), compute.COLLECTIONS),
    Service("network", frozenset({"network"}), network.COLLECTIONS),
    Service("image", frozenset({"image"}), image.COLLECTIONS),
    Service("volume", VOLUME, volume.COLLECTIONS),
    OBJECT_STORAGE,
)

BY_KIND: dict[Kind, Collection] = {
    collection.kind: collection
    for service in (IDENTITY, *OTHERS)
    for collection in service.collections
}
