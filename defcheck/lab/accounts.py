"""The users of the lab, and the files in which a person and Tempest find them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from defcheck.lab.files import write_private

REGION = "RegionOne"
DOMAIN = "Default"

CLOUD = "defcheck-lab"
"""The admin's cloud in clouds.yaml."""

MEMBER_CLOUD = "defcheck-lab-member"
"""A plain member's cloud in clouds.yaml."""


@dataclass(frozen=True)
class User:
    """A user, the one project it belongs to, and its roles there."""

    name: str
    project: str
    roles: tuple[str, ...]


ADMIN = User("admin", "admin", ("admin", "ResellerAdmin"))
SWIFT = User("swift", "service", ("admin", "service"))
MEMBER = User("defcheck-member", "defcheck-member", ("member", "swiftoperator"))

# Tempest takes one entry of accounts.yaml per credential, from the top. Its first and second
# credential have to be in different projects, so the members come first; and its
# "project reader" has to be another user of a member's project, so each has a reader.
TEST_USERS = tuple(
    User(f"defcheck-test-{number}", f"defcheck-test-{number}", ("member", "swiftoperator"))
    for number in range(1, 5)
) + tuple(
    User(f"defcheck-test-{number}-reader", f"defcheck-test-{number}", ("reader",))
    for number in range(1, 5)
)
"""The users of accounts.yaml, in its order."""


def write_clouds(path: Path, auth_url: str, passwords: Mapping[str, str]) -> None:
    """Write clouds.yaml with the admin's cloud and the member's."""
    clouds = {
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
        for name, user in ((CLOUD, ADMIN), (MEMBER_CLOUD, MEMBER))
    }
    _write(path, {"clouds": clouds})


def write_accounts(path: Path, passwords: Mapping[str, str]) -> None:
    """Write accounts.yaml, Tempest's list of users that exist already."""
    entries = [
        {
            "username": user.name,
            "password": passwords[user.name],
            "project_name": user.project,
            "domain_name": DOMAIN,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "roles": list(user.roles),
        }
        for user in TEST_USERS
    ]
    _write(path, entries)


def _write(path: Path, content: Any) -> None:
    write_private(path, yaml.safe_dump(content, sort_keys=False))
