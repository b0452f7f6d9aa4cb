"""Remove what was made for an accounts file, and nothing else.

A thing is ours when its record has its id and it still has the name that it was
given; one whose id was never recorded, when it has its planned name and the
description that it was given. A project in which something is left, such as a
server or a container, is ours, but what is in it was made by tests: it is
listed, and kept with its users and network so that they can remove it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.api import AT_A_TIME, Admin, description, in_words, open_admin
from defcheck.cloud.accounts.entries import Account, accounts, check_accounts
from defcheck.cloud.accounts.layout import Kind
from defcheck.cloud.accounts.leftovers import left_in
from defcheck.cloud.accounts.record import Journal, Record, Thing, read, record_path
from defcheck.cloud.connection import Cloud
from defcheck.errors import InputError, UnusableError
from defcheck.secrecy import PROCESS

REVOKED_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of the things in a record."""

    prefix: str
    removed: int
    gone: int
    """Were not there any more, or never made."""

    kept: tuple[str, ...]
    """Why something was kept, one line each; empty where all is gone."""


@dataclass(frozen=True, slots=True)
class _Found:
    thing: Thing
    id: str


def remove(cloud: Cloud, path: Path, say: Callable[[str], None] = lambda _: None) -> Removed:
    """Remove what the record beside the accounts file at `path` lists.

    The accounts file goes too where it is as it was written. It can be done
    again at any time. Raises `InputError` where the record is of another cloud.
    """
    record = read(record_path(path))
    if record.auth_url != cloud.auth_url:
        raise InputError(
            f"{record_path(path)} is of a cloud at {record.auth_url}, "
            f"{cloud.name} is at {cloud.auth_url}.",
            f"The accounts were made with the cloud {record.cloud} of clouds.yaml.",
        )
    if record.removed:
        return Removed(record.prefix, 0, len(record.things), ())
    admin = open_admin(cloud)
    say(f"Removing what was made with the prefix {record.prefix}")
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        groups = _by_project(record)
        outcomes = list(
            pool.map(lambda group: _try_group(admin, cloud, path, record, group), groups)
        )
    finally:  # who interrupts waits for what has begun, not for the rest
        pool.shutdown(wait=True, cancel_futures=True)
    kept = tuple(line for one in outcomes for line in one.kept)
    if not kept:
        Journal(record_path(path)).removed()
        _drop_file(path, record)
    return Removed(
        record.prefix,
        sum(one.removed for one in outcomes),
        sum(one.gone for one in outcomes),
        kept,
    )


def _by_project(record: Record) -> list[list[Thing]]:
    """Return the things of each project together, in the order of the plan."""
    groups: list[list[Thing]] = []
    for thing in record.things:
        if thing.kind is Kind.PROJECT:
            groups.append([])
        groups[-1].append(thing)
    return groups


def _try_group(
    admin: Admin, cloud: Cloud, path: Path, record: Record, group: Sequence[Thing]
) -> Removed:
    """Remove a project and what is in it; what the cloud does not answer keeps that alone.

    It is tried twice: the transport does not repeat a request that timed out.
    """
    with suppress(UnusableError):
        return _remove_group(admin, cloud, path, record, group)
    try:
        return _remove_group(admin, cloud, path, record, group)
    except UnusableError as error:
        name = group[0].name
        why = f"project {name}, or a part of it, may still be there: {error.message}"
        return Removed(record.prefix, 0, 0, (why,))


def _remove_group(
    admin: Admin, cloud: Cloud, path: Path, record: Record, group: Sequence[Thing]
) -> Removed:
    kept: list[str] = []
    found: list[_Found] = []
    missing = 0
    for thing in group:
        there = admin.find(thing.kind, thing.name, thing.id)
        missing += not there
        for one in there:
            if _is_ours(one, thing, record.prefix):
                found.append(_Found(thing, one.id))
            elif one.id == thing.id or not thing.id:
                kept.append(
                    f"{thing.kind.value} {one.id} is called {one.name}, not {thing.name}: "
                    "it is not touched"
                )
    project = next((one for one in found if one.thing.kind is Kind.PROJECT), None)
    # Before the accounts file was written nobody had a password to make anything with.
    if project is not None and (record.sha256 or path.exists()):
        ours = {one.id for one in found}
        left = left_in(project.id, ours, _user_of(admin, cloud, path, found), admin, cloud)
        if left:
            kept.append(f"project {project.thing.name} is kept: it holds {', '.join(left)}")
    if kept:
        return Removed(record.prefix, 0, missing, tuple(kept))
    for kind in Kind:
        for one in found:
            if one.thing.kind is kind:
                if kind is Kind.ROUTER:
                    admin.unplug(one.id)
                elif kind is Kind.PROJECT:
                    admin.drop_default_group(one.id)
                admin.remove(kind, one.id)
    return Removed(record.prefix, len(group) - missing, missing, ())


def _is_ours(there: Any, thing: Thing, prefix: str) -> bool:
    """Tell whether a thing is what the record says, or what a lost answer created beside it."""
    named = there.name == thing.name and thing.name.startswith(f"{prefix}-")
    return named and (there.id == thing.id or there.description == description(prefix))


def _user_of(admin: Admin, cloud: Cloud, path: Path, found: Sequence[_Found]) -> Account | None:
    """Return a member of the project with a password, a new one where the file has none."""
    project = next(one for one in found if one.thing.kind is Kind.PROJECT)
    member = next((one for one in found if one.thing.name.endswith("-member")), None)
    if member is None:
        return None
    if path.exists():
        for one in accounts(check_accounts(path)):
            if one.username == member.thing.name and one.project == project.thing.name:
                return one
    password = secrets.token_urlsafe(24)
    PROCESS.learn(password)
    with in_words("user", "used"):
        admin.connection.identity.update_user(member.id, password=password)
    # Keystone revokes every token of the second in which a password changes.
    time.sleep(REVOKED_SECONDS)
    return Account(
        number=0,
        username=member.thing.name,
        password=password,
        project=project.thing.name,
        user_domain=admin.domain_name,
        project_domain=admin.domain_name,
        roles=frozenset(),
    )


def _drop_file(path: Path, record: Record) -> None:
    """Delete the accounts file, whose passwords serve nobody now, unless it was changed."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256:
        path.unlink()
