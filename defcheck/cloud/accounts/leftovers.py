"""See what tests left in a project, with the login of one of its own users.

With that login nothing of another project can be seen, let alone taken for
what is in this one.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from defcheck.cloud.accounts.api import DEFAULT_GROUP, Admin
from defcheck.cloud.accounts.entries import Account
from defcheck.cloud.accounts.logins import open_session
from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import status_of
from defcheck.cloud.survey.catalogue import canonical

FORBIDDEN = 403

Lister = Callable[[Any], Iterable[Any]]

WHAT: dict[str, tuple[tuple[str, Lister], ...]] = {
    "compute": (
        ("server", lambda connection: connection.compute.servers(details=False)),
        ("server group", lambda connection: connection.compute.server_groups()),
    ),
    "block-storage": (
        ("volume", lambda connection: connection.block_storage.volumes(details=False)),
        ("snapshot", lambda connection: connection.block_storage.snapshots(details=False)),
    ),
    "image": (
        # Of any visibility: what a test made may be shared or a community's.
        (
            "image",
            lambda connection: connection.image.images(visibility="all", owner=_own(connection)),
        ),
    ),
    "object-store": (("container", lambda connection: connection.object_store.containers()),),
    "network": (
        ("security group", lambda connection: _groups(connection)),
        ("floating IP", lambda connection: connection.network.ips()),
        ("router", lambda connection: connection.network.routers()),
        ("network", lambda connection: connection.network.networks()),
    ),
}
"""Official service type to what tests make there, and how it is listed."""


def left_in(
    project_id: str, ours: Collection[str], user: Account | None, admin: Admin, cloud: Cloud
) -> list[str]:
    """Return what is in a project beside what was made with it, such as "2 servers: a, b".

    A project without a member, an administrator's, is looked at for networks alone.
    """
    if user is None:
        services = {"network"} & _services(cloud)
        connection = admin.connection
    else:
        import openstack

        services = _services(cloud) & set(WHAT)
        connection = openstack.connection.Connection(
            session=open_session(user, cloud), region_name=cloud.region or None
        )
    found = []
    for service in sorted(services):
        for name, listed in WHAT[service]:
            try:
                names = [
                    one.name or one.id
                    for one in listed(connection)
                    if one.id not in ours and _project(one) in (None, project_id)
                ]
            except Exception as error:  # whatever it is, it was not seen
                if status_of(error) == FORBIDDEN:
                    continue  # what a user may not even list it has not made
                found.append(f"{name}s that could not be seen ({type(error).__name__})")
                continue
            if names:
                shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
                found.append(f"{len(names)} {name}{'s' * (len(names) > 1)}: {shown}")
    return found


def _own(connection: Any) -> str:
    """Return the id of the project in which a connection works."""
    return str(connection.current_project_id)


def _groups(connection: Any) -> Iterable[Any]:
    """Return the security groups but for the default one, which Neutron makes by itself."""
    return [one for one in connection.network.security_groups() if one.name != DEFAULT_GROUP]


def _project(one: Any) -> str | None:
    return getattr(one, "project_id", None) or getattr(one, "owner_id", None)


def _services(cloud: Cloud) -> set[str]:
    return {canonical(service) for service in cloud.services}
