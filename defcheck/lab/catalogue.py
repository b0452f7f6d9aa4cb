"""What a service is in Keystone's catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """A service and its URL, the same for every interface."""

    name: str
    kind: str
    """Its type, such as `object-store`."""

    url: str
    """Keystone fills in `$(project_id)s`."""
