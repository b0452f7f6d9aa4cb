"""Delete what a run left behind: in order, each looked at again right before."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeVar

from defcheck.cloud.leftovers.look import Seen, in_words
from defcheck.cloud.leftovers.model import Claim, Kind, Leftover, Thing
from defcheck.cloud.leftovers.proof import by_name
from defcheck.cloud.leftovers.services import BY_KIND

T = TypeVar("T")

THREADS = 4
POLL_SECONDS = 0.5
TRIES, RETRY_SECONDS = 4, 2.0
OWNERS = (Kind.GROUP, Kind.USER, Kind.PROJECT, Kind.DOMAIN)
"""What may hold things that could not be seen, which would be lost with it."""

KEPT = "something that is in it remains or could not be seen"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a leftover."""

    leftover: Leftover
    removed: bool
    reason: str = ""
    """Why it remains."""


@dataclass
class _Hold:
    """Which owners are kept, since they may hold something."""

    projects: set[str]
    names: Mapping[str, str]
    """Of the run's projects, by id."""

    everything: bool
    """Whether any of them may."""

    @classmethod
    def of(cls, seen: Seen) -> "_Hold":
        things = [one.thing for one in seen.findings.ours]
        names = {one.id: one.name for one in things if one.kind is Kind.PROJECT}
        return cls(set(seen.dark & names.keys()), names, not seen.complete)

    def add(self, thing: Thing) -> None:
        """Take that a thing remains."""
        if thing.project in self.names:
            self.projects.add(thing.project)
        elif thing.kind is Kind.PROJECT:
            self.projects.add(thing.id)
        else:  # whose it is cannot be told
            self.everything = True

    def keeps(self, owner: Thing) -> bool:
        """Tell whether an owner is kept: a project, its users, a domain that may have it."""
        if self.everything:
            return True
        if owner.kind is Kind.PROJECT:
            return owner.id in self.projects
        if owner.kind is Kind.USER:
            homes = [one for one, name in self.names.items() if owner.name.startswith(f"{name}-")]
            return bool(self.projects.intersection(homes) if homes else self.projects)
        return bool(self.projects)


def remove(
    seen: Seen, claim: Claim, seconds: float, say: Callable[[str], None]
) -> Iterator[Outcome]:
    """Delete everything that is the run's own; yield what became of each.

    What the services delete later is waited for, `seconds` in all.
    """
    deadline = time.monotonic() + seconds
    hold = _Hold.of(seen)
    with ThreadPoolExecutor(THREADS) as threads:
        for kind, group in groupby(seen.findings.ours, key=lambda one: one.thing.kind):
            stage = list(group)
            kept = [one for one in stage if kind in OWNERS and hold.keeps(one.thing)]
            reasons = dict.fromkeys((one.thing.id for one in kept), KEPT)
            asked = [one for one in stage if one.thing.id not in reasons]
            if asked:
                say(f"Deleting {len(asked)} {kind}{'s' * (len(asked) > 1)}")
            refusals = list(threads.map(lambda one: _delete(seen, one, claim), asked))
            left = [one for one, refusal in zip(asked, refusals, strict=True) if not refusal]
            late = _wait(seen, left, deadline)
            for one, refusal in zip(asked, refusals, strict=True):
                reasons[one.thing.id] = refusal or late.get(one.thing.id, "")
            for one in stage:
                reason = reasons[one.thing.id]
                if reason and one not in kept:
                    hold.add(one.thing)
                yield Outcome(one, not reason, reason)


def _delete(seen: Seen, leftover: Leftover, claim: Claim) -> str:
    """Ask to delete one thing that is still what was found; return why it could not be."""
    thing = leftover.thing
    connection = seen.visits[thing.kind, thing.id].connection
    collection = BY_KIND[thing.kind]
    try:
        found = _insist(partial(collection.fetch, connection, thing))
        if found is None:
            return ""
        changed = _changed(leftover, found, claim)
        if changed:
            return changed
        _insist(partial(collection.delete, connection, thing))
    except Exception as error:
        return in_words(error)
    return ""


def _insist(call: Callable[[], T]) -> T:
    """Call; try again where something that is just being deleted is in the way, or time was up."""
    from keystoneauth1.exceptions import ConnectTimeout
    from openstack.exceptions import BadRequestException, ConflictException

    for _ in range(TRIES - 1):
        try:
            return call()
        except (BadRequestException, ConflictException, ConnectTimeout):
            time.sleep(RETRY_SECONDS)
    return call()


def _changed(leftover: Leftover, found: Thing, claim: Claim) -> str:
    """Return what makes a thing another one than was found, empty where it is the same."""
    before = leftover.thing
    if found.name != before.name or (by_name(before, claim) and not by_name(found, claim)):
        return "it was renamed since it was found"
    if found.project != before.project:
        return "its project changed since it was found"
    # Another dependency may make it somebody else's; one less is what deleting does.
    if not found.bonds.items() <= before.bonds.items():
        return "it was attached to something since it was found"
    return ""


def _wait(seen: Seen, asked: Sequence[Leftover], deadline: float) -> dict[str, str]:
    """Wait until what was asked to be deleted is gone; return what is not, and why."""
    left = {one.thing.id: one.thing for one in asked}
    reasons: dict[str, str] = {}
    while left:
        for thing in list(left.values()):
            connection = seen.visits[thing.kind, thing.id].connection
            try:
                if BY_KIND[thing.kind].fetch(connection, thing) is None:
                    del left[thing.id]
            except Exception as error:
                reasons[thing.id] = f"whether it is gone cannot be told: {in_words(error)}"
                del left[thing.id]
        if not left:
            break
        if time.monotonic() >= deadline:
            reasons |= dict.fromkeys(left, "the service has not deleted it in time")
            break
        time.sleep(POLL_SECONDS)
    return reasons
