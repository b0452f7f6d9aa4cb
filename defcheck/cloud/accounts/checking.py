"""Check an accounts file before a run: its entries, their order, and every login."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.entries import (
    ADMIN_ROLE,
    DOMAIN,
    MEMBER_ROLE,
    READER_ROLE,
    RESELLER_ROLE,
    Account,
    accounts,
    check_accounts,
)
from defcheck.cloud.accounts.layout import MEMBERS
from defcheck.cloud.accounts.logins import Login, log_in
from defcheck.cloud.accounts.rules import Finding, Level, capacity, examine
from defcheck.cloud.connection import Cloud

FORMAT = "defcheck accounts check 1"

WRITERS = frozenset((*MEMBERS, ADMIN_ROLE, RESELLER_ROLE))


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of an accounts file."""

    accounts: tuple[Account, ...]
    workers: int
    """The number of workers that it was held against."""

    capacity: int
    """The number of workers that it allows."""

    findings: tuple[Finding, ...]
    logins: tuple[Login, ...] = ()
    """Empty where no cloud was named."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What would make tests fail that are not at fault."""
        return tuple(one.text for one in self.findings if one.level is Level.PROBLEM)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What would make tests be skipped."""
        return tuple(one.text for one in self.findings if one.level is Level.WARNING)

    def document(self) -> dict[str, Any]:
        """Return the report for programs; schema in reports/schemas/accounts-check-1.json."""
        return {
            "format": FORMAT,
            "usable": not self.problems,
            "workers": self.workers,
            "capacity": self.capacity,
            "logins_tried": bool(self.logins),
            "accounts": [
                {
                    "number": one.number,
                    "username": one.username,
                    "project": one.project,
                    "roles": sorted(one.roles),
                }
                for one in self.accounts
            ],
            "findings": [{"level": one.level.value, "text": one.text} for one in self.findings],
        }


def check(
    path: Path, cloud: Cloud | None = None, workers: int | None = None, domain: str = DOMAIN
) -> Report:
    """Check an accounts file for so many workers, by default as many as it allows.

    With a cloud every login is tried, all at once and read-only. `domain` is
    that of users and projects for which the file names none. Raises
    `InputError` where the file is none.
    """
    return check_entries(check_accounts(path), cloud, workers, domain)


def check_entries(
    entries: Sequence[Mapping[str, Any]],
    cloud: Cloud | None = None,
    workers: int | None = None,
    domain: str = DOMAIN,
) -> Report:
    """Check the entries of an accounts file, as `check` does."""
    listed = accounts(entries, domain)
    able = capacity(listed)
    wanted = workers or able
    findings = examine(listed, wanted)
    logins = log_in(listed, cloud) if cloud is not None else []
    findings += [*_failed(logins), *_wrong_roles(logins), *_one_project(logins)]
    findings.sort(key=lambda one: one.level is Level.WARNING)
    return Report(listed, wanted, able, tuple(findings), tuple(logins))


def _failed(logins: Sequence[Login]) -> list[Finding]:
    return [
        Finding(Level.PROBLEM, f"{one.account.title}: {one.error}") for one in logins if one.error
    ]


def _wrong_roles(logins: Sequence[Login]) -> list[Finding]:
    """Compare the roles that the file lists with those in the token."""
    found = []
    for one in logins:
        if one.error:
            continue
        listed = one.account.roles
        missing = sorted(
            role
            for role in listed - one.roles
            if not (role == MEMBER_ROLE and one.roles & set(MEMBERS))
        )
        if missing:
            held = ", ".join(sorted(one.roles)) or "none"
            found.append(
                Finding(
                    Level.PROBLEM,
                    f"{one.account.title} lists {', '.join(missing)}, but the user holds {held}",
                )
            )
        if READER_ROLE in listed and one.roles & WRITERS and not listed & WRITERS:
            found.append(
                Finding(
                    Level.WARNING,
                    f"{one.account.title} is listed as a reader, but may write as well: it "
                    "also holds " + ", ".join(sorted(one.roles & WRITERS)),
                )
            )
        if ADMIN_ROLE in one.roles - listed:
            found.append(
                Finding(
                    Level.PROBLEM,
                    f"{one.account.title} holds the role admin that it does not list: tests of "
                    "what a plain user may not do would fail",
                )
            )
    return found


def _one_project(logins: Sequence[Login]) -> list[Finding]:
    """Find projects with two names, as a name and an alias, or the same user twice."""
    names: dict[str, Account] = {}
    found = []
    for one in logins:
        first = names.setdefault(one.project_id, one.account) if one.project_id else one.account
        if first.project != one.account.project:
            found.append(
                Finding(Level.PROBLEM, f"{one.account.title} is in the same project as {first}")
            )
    return found
