"""The users of a lab, and the files in which a person and Tempest find them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from defcheck.lab.files import write_private

REGION = "RegionOne"
DOMAIN = "Default"


@dataclass(frozen=True)
class User:
    """A user, the one project it belongs to, and its roles there."""

    name: str
    project: str
    roles: tuple[str, ...]
    types: tuple[str, ...] = ()
    """What Tempest takes it for besides its roles: `admin`."""


ADMIN = User("admin", "admin", ("admin", "ResellerAdmin"))
PLAIN_ADMIN = User("plain-admin", "plain-admin", ("admin",))
"""As the administrators of many clouds are: without the role to use other accounts of Swift."""

SWIFT = User("swift", "service", ("admin", "service"))
MEMBER = User("defcheck-member", "defcheck-member", ("member", "swiftoperator"))


def members_and_readers(count: int) -> tuple[User, ...]:
    """Return test users of `count` projects, in the order that accounts.yaml needs.

    Tempest takes one entry per credential, from the top. Its first and second
    credential have to be in different projects, so the members come first; and its
    "project reader" has to be another user of a member's project, so each has a reader.
    """
    names = [f"defcheck-test-{number}" for number in range(1, count + 1)]
    return (
        *(User(name, name, ("member", "swiftoperator")) for name in names),
        *(User(f"{name}-reader", name, ("reader",)) for name in names),
    )


def write_clouds(
    path: Path, auth_url: str, clouds: Mapping[str, User], passwords: Mapping[str, str]
) -> None:
    """Write clouds.yaml with one cloud, by its name, for each user."""
    entries = {
        name: {
            "auth": {
                "auth_url": auth_url,
                "username": user.name,
                "password": passwords[user.name],
                "project_name": user.project,
                "user_domain_name": DOMAIN,
                "project_domain_name": DOMAIN,
            },
            "region_name": REGION,
            "identity_api_version": "3",
        }
        for name, user in clouds.items()
        if user.name in passwords  # a lab that was made before lacks users added since
    }
    _write(path, {"clouds": entries})


def write_accounts(
    path: Path, users: Iterable[User], passwords: Mapping[str, str], network: str = ""
) -> None:
    """Write accounts.yaml, Tempest's list of users that exist already.

    `network` is the name of the one on which their servers are to be.
    """
    entries = []
    for user in users:
        entry: dict[str, Any] = {
            "username": user.name,
            "password": passwords[user.name],
            "project_name": user.project,
            "domain_name": DOMAIN,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "roles": list(user.roles),
        }
        if user.types:
            entry["types"] = list(user.types)
        if network:
            entry["resources"] = {"network": network}
        entries.append(entry)
    _write(path, entries)


def _write(path: Path, content: Any) -> None:
    write_private(path, yaml.safe_dump(content, sort_keys=False))
