"""Tempest's accounts file: read, written, and checked by the rules of `preprov_creds`.

The rules, as tried out on real clouds:

- a class's first user is any with the role member, in the project with most
  kinds of users (from Tempest 46.3 on; before, any user);
- its second user is the first free one in the file that is no admin;
- its reader is a user with the role reader in the first one's project;
- users of Swift are taken in no order from all that list the operator role;
- an entry is locked while a class uses it, and a class that finds none fails.


The rules are those of Tempest's `preprov_creds`, as tried out on real clouds:

- a class's first user is any with the role member, in the project with most
  kinds of users (from Tempest 46.3 on; before, any user);
- its second user is the first free one in the file that is no admin;
- its reader is a user with the role reader in the first one's project;
- users of Swift are taken in no order from all that list the operator role;
- an entry is locked while a class uses it, and a class that finds none fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from defcheck.cloud import clouds_files
from defcheck.errors import InputError
from defcheck.util.text import join_names

OPERATOR_ROLE = "swiftoperator"
"""The role that Swift's documentation lets use an account."""

MEMBER_ROLE = "member"
READER_ROLE = "reader"
ADMIN_ROLE = "admin"
RESELLER_ROLE = "ResellerAdmin"

DEFAULT_DOMAIN = "Default"
"""The domain of users and projects for which neither the file nor tempest.conf names one."""

ENTRY_ADVICE = "It is a list of entries with username, password, project_name and roles."
NEEDED_KEYS = {
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


def load_account_entries(path: Path) -> list[Mapping[str, Any]]:
    """Return the entries of an accounts file; raise `InputError` where it is none."""
    entries = clouds_files.read_secret_file(path, "The accounts file", ENTRY_ADVICE)
    if not isinstance(entries, list) or not entries:
        raise InputError(f"The accounts file {path} has no list of accounts.", ENTRY_ADVICE)
    for number, entry in enumerate(entries, 1):
        missing = [
            name
            for name, keys in NEEDED_KEYS.items()
            if not isinstance(entry, dict) or not any(entry.get(key) for key in keys)
        ]
        if missing:
            raise InputError(
                f"The accounts file {path}: entry {number} has no {' and no '.join(missing)}.",
                ENTRY_ADVICE,
            )
        for key in ("roles", "types"):
            if not isinstance(entry.get(key, []), list):
                raise InputError(
                    f"The accounts file {path}: entry {number}: {key} must be a list.", ENTRY_ADVICE
                )
    return entries


def parse_accounts(
    entries: Sequence[Mapping[str, Any]], domain: str = DEFAULT_DOMAIN
) -> tuple[Account, ...]:
    """Return the entries of an accounts file as Tempest understands them.

    `domain` is that of users and projects for which an entry names none.
    """
    operator = choose_operator_role({role for entry in entries for role in entry.get("roles", ())})
    types = {"admin": ADMIN_ROLE, "operator": operator, "reseller_admin": RESELLER_ROLE}
    return tuple(
        _parse_account(number, entry, types, domain) for number, entry in enumerate(entries, 1)
    )


def _parse_account(
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


def choose_operator_role(roles: set[str]) -> str:
    """Return the role that lets use Swift: swiftoperator where there is one, else member."""
    return OPERATOR_ROLE if OPERATOR_ROLE in roles else MEMBER_ROLE


def render_accounts_file(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of an accounts file."""
    return yaml.safe_dump([dict(entry) for entry in entries], sort_keys=False)


PROJECTS_PER_WORKER = 2
"""A class takes up to two users of different projects at a time."""


class FindingLevel(StrEnum):
    """What a finding does to a run."""

    PROBLEM = "problem"
    """Tests would fail that are not at fault."""

    WARNING = "warning"
    """Tests will be skipped, or less is proved."""


@dataclass(frozen=True, slots=True)
class AccountFinding:
    """Something about an accounts file that a run would stumble over."""

    level: FindingLevel
    text: str


def count_supported_workers(accounts: Sequence[Account]) -> int:
    """Return how many workers the accounts allow, at least one."""
    members = _select_members(accounts) or tuple(accounts)
    return max(1, len({account.project for account in members}) // PROJECTS_PER_WORKER)


def examine_accounts(accounts: Sequence[Account], workers: int) -> list[AccountFinding]:
    """Return what would go wrong with so many workers, problems first."""
    operator = choose_operator_role({role for account in accounts for role in account.roles})
    members = _select_members(accounts)
    problems = [
        *_find_duplicates(accounts),
        *_find_missing_members(accounts, members, workers),
        *_find_wrong_order(accounts, members, workers),
        *_find_reader_problems(accounts, members),
        *_find_operator_problems(accounts, operator),
    ]
    warnings = _find_absent_roles(accounts, members, workers)
    return [AccountFinding(FindingLevel.PROBLEM, text) for text in problems] + [
        AccountFinding(FindingLevel.WARNING, text) for text in warnings
    ]


def _select_members(accounts: Sequence[Account]) -> tuple[Account, ...]:
    return tuple(
        one for one in accounts if MEMBER_ROLE in one.roles and ADMIN_ROLE not in one.roles
    )


def _find_duplicates(accounts: Sequence[Account]) -> list[str]:
    count = Counter((one.username, one.user_domain, one.project) for one in accounts)
    return [
        f"{name} in {project} is listed {times} times: Tempest takes it for one"
        for (name, _, project), times in count.items()
        if times > 1
    ]


def _find_missing_members(
    accounts: Sequence[Account], members: Sequence[Account], workers: int
) -> list[str]:
    if not members:
        return ["No entry lists the role member: from Tempest 46.3 on nearly every class fails"]
    able = count_supported_workers(accounts)
    single = len({one.project for one in members}) == 1
    if workers > able and not (single and workers == 1):
        return [
            f"The members are in {len({one.project for one in members})} projects, which "
            f"suffice for {able} worker{'s' * (able > 1)}, not for {workers}"
        ]
    return []


def _find_wrong_order(
    accounts: Sequence[Account], members: Sequence[Account], workers: int
) -> list[str]:
    """Find where a class's second user would be in the project of its first."""
    plain = [one for one in accounts if ADMIN_ROLE not in one.roles]
    if len({one.project for one in members}) < PROJECTS_PER_WORKER:
        return []
    found = []
    projects: dict[str, Account] = {}
    for one in plain[: PROJECTS_PER_WORKER * min(workers, count_supported_workers(accounts))]:
        if one not in members:
            found.append(
                f"{one.title} comes before members: it would be taken for a second "
                "member; list the members of distinct projects first"
            )
        elif one.project in projects:
            found.append(
                f"{one.title} is in the same project as {projects[one.project]}: tests of "
                "what is private to a project would fail; list members of distinct projects first"
            )
        projects.setdefault(one.project, one)
    return found


def _find_reader_problems(accounts: Sequence[Account], members: Sequence[Account]) -> list[str]:
    readers = [one for one in accounts if READER_ROLE in one.roles]
    found = [
        f"{one.title} lists the roles member and reader: it would be taken for both"
        for one in readers
        if one in members
    ]
    if len(accounts) == 1:  # there is no other that it could be taken for
        return []
    lacking = sorted(
        {one.project for one in members}
        - {one.project for one in readers if one not in members and ADMIN_ROLE not in one.roles}
    )
    if lacking:
        found.append(
            f"There is no reader (another user, with the role reader) in {join_names(lacking, 4)}: "
            "classes that ask for one fail from Tempest 47 on"
        )
    return found


def _find_operator_problems(accounts: Sequence[Account], operator: str) -> list[str]:
    found = []
    projects: dict[str, Account] = {}
    for one in accounts:
        if operator not in one.roles or ADMIN_ROLE in one.roles:
            continue
        if RESELLER_ROLE in one.roles:
            found.append(
                f"{one.title} lists {RESELLER_ROLE} and {operator}: it would be taken for a "
                "plain user of Swift, and tests of what that may not do fail"
            )
        elif one.project in projects:
            found.append(
                f"{one.title} lists {operator} as does {projects[one.project]}: tests "
                "with two users of Swift may get both from one project, and fail"
            )
        projects.setdefault(one.project, one)
    return found


def _find_absent_roles(
    accounts: Sequence[Account], members: Sequence[Account], workers: int
) -> list[str]:
    """Tell what tests will be skipped for want of an account, or fail for want of two."""
    found = []
    if members and len({one.project for one in accounts}) == 1:
        found.append("There is no second project: tests that need two will not run")
    for role, tests in (
        (RESELLER_ROLE, "tests of account quotas in Swift"),
        (ADMIN_ROLE, "tests that need an administrator, as of routers"),
    ):
        count = sum(role in one.roles for one in accounts)
        if not count:
            found.append(f"No entry lists the role {role}: {tests} are skipped")
        elif count < min(workers, 2):
            found.append(
                f"{count} entry lists the role {role}: {tests} may fail where {workers} workers "
                "run two of their classes at a time"
            )
    return found
