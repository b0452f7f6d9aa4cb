"""Delete the leftovers of a run: in order, each fetched again right before."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeVar

from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    Leftover,
    OwnershipEvidence,
    ResourceKind,
    match_name,
)
from defcheck.cloud.cleanup.scan import ScanResult, describe_error
from defcheck.cloud.cleanup.services import BY_KIND

T = TypeVar("T")

THREADS = 4
POLL_SECONDS = 0.5
TRY_COUNT, RETRY_SECONDS = 4, 2.0
OWNER_KINDS = (ResourceKind.GROUP, ResourceKind.USER, ResourceKind.PROJECT, ResourceKind.DOMAIN)
"""Kinds that may contain resources that could not be seen, and would be lost with them."""

KEPT_REASON = "it contains something that was kept or could not be seen"


@dataclass(frozen=True, slots=True)
class DeletionOutcome:
    """The outcome of deleting a leftover."""

    leftover: Leftover
    deleted: bool
    reason: str = ""
    """Why it was not deleted."""


@dataclass
class _KeptOwners:
    """Owners that are kept because they may still contain something."""

    projects: set[str]
    names: Mapping[str, str]
    """Of the run's projects, by id."""

    everything: bool
    """Whether any of them may."""

    @classmethod
    def from_scan(cls, seen: ScanResult) -> "_KeptOwners":
        things = [one.resource for one in seen.findings.owned]
        names = {one.id: one.name for one in things if one.kind is ResourceKind.PROJECT}
        return cls(set(seen.hidden_projects & names.keys()), names, not seen.complete)

    def add_kept(self, resource: CloudResource) -> None:
        """Keep the owner of a resource that was kept."""
        if resource.project in self.names:
            self.projects.add(resource.project)
        elif resource.kind is ResourceKind.PROJECT:
            self.projects.add(resource.id)
        else:  # its owner is unknown
            self.everything = True

    def is_kept(self, owner: CloudResource) -> bool:
        """Return whether an owner is kept: a project, its users, a domain that may have it."""
        if self.everything:
            return True
        if owner.kind is ResourceKind.PROJECT:
            return owner.id in self.projects
        if owner.kind is ResourceKind.USER:
            homes = [one for one, name in self.names.items() if owner.name.startswith(f"{name}-")]
            return bool(self.projects.intersection(homes) if homes else self.projects)
        return bool(self.projects)


def delete_leftovers(
    scan: ScanResult, evidence: OwnershipEvidence, seconds: float, say: Callable[[str], None]
) -> Iterator[DeletionOutcome]:
    """Delete everything that belongs to the run; yield each outcome.

    Wait up to `seconds` in all for what services delete asynchronously.
    """
    deadline = time.monotonic() + seconds
    hold = _KeptOwners.from_scan(scan)
    with ThreadPoolExecutor(THREADS) as threads:
        for kind, group in groupby(scan.findings.owned, key=lambda one: one.resource.kind):
            stage = list(group)
            kept = [one for one in stage if kind in OWNER_KINDS and hold.is_kept(one.resource)]
            reasons = dict.fromkeys((one.resource.id for one in kept), KEPT_REASON)
            asked = [one for one in stage if one.resource.id not in reasons]
            if asked:
                say(f"Deleting {len(asked)} {kind}{'s' * (len(asked) > 1)}")
            refusals = list(threads.map(lambda one: _delete_leftover(scan, one, evidence), asked))
            left = [one for one, refusal in zip(asked, refusals, strict=True) if not refusal]
            late = _wait_until_gone(scan, left, deadline)
            for one, refusal in zip(asked, refusals, strict=True):
                reasons[one.resource.id] = refusal or late.get(one.resource.id, "")
            for one in stage:
                reason = reasons[one.resource.id]
                if reason and one not in kept:
                    hold.add_kept(one.resource)
                yield DeletionOutcome(one, not reason, reason)


def _delete_leftover(scan: ScanResult, leftover: Leftover, evidence: OwnershipEvidence) -> str:
    """Request deletion of one resource if it is unchanged; return why it was not deleted."""
    resource = leftover.resource
    connection = scan.logins[resource.kind, resource.id].connection
    collection = BY_KIND[resource.kind]
    try:
        found = _call_with_retries(partial(collection.fetch_resource, connection, resource))
        if found is None:
            return ""
        changed = _describe_change(leftover, found, evidence)
        if changed:
            return changed
        _call_with_retries(partial(collection.delete_resource, connection, resource))
    except Exception as error:
        return describe_error(error)
    return ""


def _call_with_retries(call: Callable[[], T]) -> T:
    """Call; try again while a deletion in progress blocks it, or after a timeout."""
    from keystoneauth1.exceptions import ConnectTimeout
    from openstack.exceptions import BadRequestException, ConflictException

    for _ in range(TRY_COUNT - 1):
        try:
            return call()
        except (BadRequestException, ConflictException, ConnectTimeout):
            time.sleep(RETRY_SECONDS)
    return call()


def _describe_change(leftover: Leftover, found: CloudResource, evidence: OwnershipEvidence) -> str:
    """Return how a resource changed since the scan, empty if it is the same."""
    before = leftover.resource
    if found.name != before.name or (
        match_name(before, evidence) and not match_name(found, evidence)
    ):
        return "it was renamed after the scan"
    if found.project != before.project:
        return "its project changed after the scan"
    # A new dependency may mean a new owner; deleting others only removes dependencies.
    if not found.relations.items() <= before.relations.items():
        return "it was attached to something after the scan"
    return ""


def _wait_until_gone(
    scan: ScanResult, asked: Sequence[Leftover], deadline: float
) -> dict[str, str]:
    """Wait until the resources are gone; return those that are not, and why."""
    left = {one.resource.id: one.resource for one in asked}
    reasons: dict[str, str] = {}
    while left:
        for resource in list(left.values()):
            connection = scan.logins[resource.kind, resource.id].connection
            try:
                if BY_KIND[resource.kind].fetch_resource(connection, resource) is None:
                    del left[resource.id]
            except Exception as error:
                reasons[resource.id] = (
                    f"could not check whether it is gone: {describe_error(error)}"
                )
                del left[resource.id]
        if not left:
            break
        if time.monotonic() >= deadline:
            reasons |= dict.fromkeys(left, "the service did not delete it in time")
            break
        time.sleep(POLL_SECONDS)
    return reasons
