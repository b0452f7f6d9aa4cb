"""Read and write accounts.yaml, Tempest's list of users that exist already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from defcheck.cloud import yamlfile
from defcheck.errors import InputError

OPERATOR_ROLE = "swiftoperator"
"""The role that Swift's documentation lets use an account."""

MEMBER_ROLE = "member"
READER_ROLE = "reader"
ADMIN_ROLE = "admin"
RESELLER_ROLE = "ResellerAdmin"

DOMAIN = "Default"
"""The domain of users and projects for which neither the file nor tempest.conf names one."""

ENTRY = "It is a list of entries with username, password, project_name and roles."
NEEDED = {
    "username": ("username",),
    "password": ("password",),
    "project_name": ("project_name", "tenant_name"),
}
"""What each entry of an accounts file needs, and the keys that give it."""


@dataclass(frozen=True, slots=True)
class Account:
    """One entry of an accounts file."""

    number: int
    """Its place in the file, from 1."""

    username: str
    password: str = field(repr=False)
    project: str
    user_domain: str
    project_domain: str
    roles: frozenset[str]
    """The roles that the file says the user has, also by `types`."""

    def __str__(self) -> str:
        return f"entry {self.number} ({self.username} in {self.project})"

    @property
    def title(self) -> str:
        """How it is named at the beginning of a sentence."""
        return "E" + str(self)[1:]


def check_accounts(path: Path) -> list[Mapping[str, Any]]:
    """Return the entries of an accounts file; raise `InputError` where it is none."""
    entries = yamlfile.read(path, "The accounts file", ENTRY)
    if not isinstance(entries, list) or not entries:
        raise InputError(f"The accounts file {path} has no list of accounts.", ENTRY)
    for number, entry in enumerate(entries, 1):
        missing = [
            name
            for name, keys in NEEDED.items()
            if not isinstance(entry, dict) or not any(entry.get(key) for key in keys)
        ]
        if missing:
            raise InputError(
                f"The accounts file {path}: entry {number} has no {' and no '.join(missing)}.",
                ENTRY,
            )
        for key in ("roles", "types"):
            if not isinstance(entry.get(key, []), list):
                raise InputError(
                    f"The accounts file {path}: entry {number}: {key} must be a list.", ENTRY
                )
    return entries


def accounts(entries: Sequence[Mapping[str, Any]], domain: str = DOMAIN) -> tuple[Account, ...]:
    """Return the entries of an accounts file as Tempest understands them.

    `domain` is that of users and projects for which an entry names none.
    """
    operator = operator_role({role for entry in entries for role in entry.get("roles", ())})
    types = {"admin": ADMIN_ROLE, "operator": operator, "reseller_admin": RESELLER_ROLE}
    return tuple(_account(number, entry, types, domain) for number, entry in enumerate(entries, 1))


def _account(
    number: int, entry: Mapping[str, Any], types: Mapping[str, str], domain: str
) -> Account:
    user_domain, project_domain = find_domains(entry, domain)
    return Account(
        number=number,
        username=str(entry["username"]),
        password=str(entry["password"]),
        project=str(entry.get("project_name") or entry["tenant_name"]),
        user_domain=user_domain,
        project_domain=project_domain,
        roles=frozenset(map(str, entry.get("roles", ())))
        | {types[name] for name in entry.get("types", ()) if name in types},
    )


def find_domains(entry: Mapping[str, Any], domain: str) -> tuple[str, str]:
    """Return the domains of an entry's user and project as Tempest completes them.

    One that is missing is that of both, else the other one, else `domain`.
    """
    both = entry.get("domain_name")
    user, project = entry.get("user_domain_name"), entry.get("project_domain_name")
    return str(user or both or project or domain), str(project or both or user or domain)


def operator_role(roles: set[str]) -> str:
    """Return the role that lets use Swift: swiftoperator where there is one, else member."""
    return OPERATOR_ROLE if OPERATOR_ROLE in roles else MEMBER_ROLE


def render(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of an accounts file."""
    return yaml.safe_dump([dict(entry) for entry in entries], sort_keys=False)
