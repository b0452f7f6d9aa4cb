"""What an accounts file must be like for Tempest to hand its users out rightly.

The rules are those of Tempest's `preprov_creds`, as tried out on real clouds:

- a class's first user is any with the role member, in the project with most
  kinds of users (from Tempest 46.3 on; before, any user);
- its second user is the first free one in the file that is no admin;
- its reader is a user with the role reader in the first one's project;
- users of Swift are taken in no order from all that list the operator role;
- an entry is locked while a class uses it, and a class that finds none fails.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from defcheck.cloud.accounts.entries import (
    ADMIN_ROLE,
    MEMBER_ROLE,
    READER_ROLE,
    RESELLER_ROLE,
    Account,
    operator_role,
)

PROJECTS_A_WORKER = 2
"""A class takes up to two users of different projects at a time."""


class Level(StrEnum):
    """What a finding does to a run."""

    PROBLEM = "problem"
    """Tests would fail that are not at fault."""

    WARNING = "warning"
    """Tests will be skipped, or less is proved."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an accounts file that a run would stumble over."""

    level: Level
    text: str


def capacity(accounts: Sequence[Account]) -> int:
    """Return how many workers the accounts allow, at least one."""
    members = _members(accounts) or tuple(accounts)
    return max(1, len({account.project for account in members}) // PROJECTS_A_WORKER)


def examine(accounts: Sequence[Account], workers: int) -> list[Finding]:
    """Return what would go wrong with so many workers, problems first."""
    operator = operator_role({role for account in accounts for role in account.roles})
    members = _members(accounts)
    problems = [
        *_doubles(accounts),
        *_needs_members(accounts, members, workers),
        *_order(accounts, members, workers),
        *_readers(accounts, members),
        *_operators(accounts, operator),
    ]
    warnings = _absent(accounts, members, workers)
    return [Finding(Level.PROBLEM, text) for text in problems] + [
        Finding(Level.WARNING, text) for text in warnings
    ]


def _members(accounts: Sequence[Account]) -> tuple[Account, ...]:
    return tuple(
        one for one in accounts if MEMBER_ROLE in one.roles and ADMIN_ROLE not in one.roles
    )


def _doubles(accounts: Sequence[Account]) -> list[str]:
    count = Counter((one.username, one.user_domain, one.project) for one in accounts)
    return [
        f"{name} in {project} is listed {times} times: Tempest takes it for one"
        for (name, _, project), times in count.items()
        if times > 1
    ]


def _needs_members(
    accounts: Sequence[Account], members: Sequence[Account], workers: int
) -> list[str]:
    if not members:
        return ["No entry lists the role member: from Tempest 46.3 on nearly every class fails"]
    able = capacity(accounts)
    single = len({one.project for one in members}) == 1
    if workers > able and not (single and workers == 1):
        return [
            f"The members are in {len({one.project for one in members})} projects, which "
            f"suffice for {able} worker{'s' * (able > 1)}, not for {workers}"
        ]
    return []


def _order(accounts: Sequence[Account], members: Sequence[Account], workers: int) -> list[str]:
    """Find where a class's second user would be in the project of its first."""
    plain = [one for one in accounts if ADMIN_ROLE not in one.roles]
    if len({one.project for one in members}) < PROJECTS_A_WORKER:
        return []
    found = []
    projects: dict[str, Account] = {}
    for one in plain[: PROJECTS_A_WORKER * min(workers, capacity(accounts))]:
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


def _readers(accounts: Sequence[Account], members: Sequence[Account]) -> list[str]:
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
            f"There is no reader (another user, with the role reader) in {_some(lacking)}: "
            "classes that ask for one fail from Tempest 47 on"
        )
    return found


def _operators(accounts: Sequence[Account], operator: str) -> list[str]:
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


def _absent(accounts: Sequence[Account], members: Sequence[Account], workers: int) -> list[str]:
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


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
