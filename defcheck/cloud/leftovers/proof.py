"""The rules by which a thing in a cloud is a run's own; everything else is left alone.

A thing is the run's own when

- its name begins with the run's prefix and a hyphen, or
- the run noted that its own request made it: by the id that the cloud gave it,
  or, where ids are chosen by who asks, by id and name, or
- it is in a project or domain, or a user's, that is the run's own, or
- it has no name and depends on a thing of the run's: a port of its server, a
  floating IP on such a port, a snapshot of its volume.

What was made before the run began is never its own, whatever its name says.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from defcheck.cloud.leftovers.model import (
    ORDER,
    PARTS,
    WHOLE,
    Bond,
    Claim,
    Findings,
    Kind,
    Leftover,
    Thing,
)
from defcheck.cloud.prefix import is_prefix
from defcheck.errors import InputError

SKEW = timedelta(minutes=5)
"""How far the cloud's clock may be from ours."""

GIVEN_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An id that a service made up; others may be names, or numbers that a test chose."""

TEMPEST = re.compile(r"tempest-(?P<owner>\w+)-\d+(-.*)?")
NOVA_SNAPSHOT = "snapshot for "
"""How Nova names the volume snapshots of a server's image."""


def judge(things: Iterable[Thing], claim: Claim) -> Findings:
    """Return which of the things are the run's own, and which may be.

    Raises `InputError` where the claim could prove nothing.
    """
    require_claim(claim)
    everything = list({(thing.kind, thing.id): thing for thing in things}.values())
    timely = [thing for thing in everything if not _too_old(thing, claim)]
    ours: dict[str, Leftover] = {}
    for thing in timely:
        why = by_name(thing, claim) or _by_note(thing, claim) or _of_our_user_name(thing, claim)
        if why:
            ours[thing.id] = Leftover(thing, why)
    while True:
        more = {
            thing.id: Leftover(thing, why)
            for thing in timely
            if thing.id not in ours and (why := _by_bond(thing, ours, claim))
        }
        if not more:
            break
        ours |= more
    unproven = [
        Leftover(thing, why)
        for thing in everything
        if thing.id not in ours and (why := _suspicion(thing, claim))
    ]
    return Findings(tuple(_ordered(ours.values())), tuple(_ordered(unproven)))


def require_claim(claim: Claim) -> None:
    """Raise `InputError` where neither a prefix nor a note could prove anything."""
    if claim.prefix and not is_prefix(claim.prefix):
        raise InputError(
            f"The prefix {claim.prefix[:40]!r} is not one that defcheck makes.",
            "Names that begin with it prove nothing; nothing was looked for.",
        )
    if not claim.prefix and not claim.made:
        raise InputError(
            "The run has no prefix and no notes of what it made: nothing can be proved its own.",
            "It was made by an older defcheck, or its tempest.conf sets resource_name_prefix "
            "and it made nothing. Look for leftovers by hand.",
        )


def by_name(thing: Thing, claim: Claim) -> str:
    """Return why a thing's own name makes it the run's, empty where it does not."""
    begins = claim.prefix and thing.name.startswith(f"{claim.prefix}-")
    return f"its name begins with {claim.prefix}-" if begins else ""


def _by_note(thing: Thing, claim: Claim) -> str:
    name = claim.made.get(thing.name if thing.kind is Kind.KEYPAIR else thing.id)
    if name is None or not (GIVEN_ID.fullmatch(thing.id) or (name and name == thing.name)):
        return ""
    return "the run noted that it made it"


def _of_our_user_name(thing: Thing, claim: Claim) -> str:
    """Return whether a user is named after a project that the run noted.

    Tempest names the users of its dynamic credentials so; a worker that is
    killed in between has made such a user and noted only its project.
    """
    if thing.kind is not Kind.USER:
        return ""
    found = re.match(r"(tempest-\w+-\d+)-project", thing.name)
    return (
        f"it is named after the project {found[1]}, which the run made"
        if found and found[1] in claim.made.values()
        else ""
    )


def _by_bond(thing: Thing, ours: dict[str, Leftover], claim: Claim) -> str:
    """Return on which thing of the run's a thing depends so that it must be its own too."""
    for bond, other in thing.bonds.items():
        if bond in WHOLE and other in claim.made:
            return f"it is {bond} {claim.made[other] or other}, which the run made"
        if bond in WHOLE and other in ours:
            return f"it is {bond} {ours[other].thing.name}, which is the run's"
    if thing.bonds.get(Bond.DEVICE) not in (None, *ours):
        return ""  # it serves somebody else, wherever it is plugged in
    for bond, other in thing.bonds.items():
        part = (thing.kind, bond) in PARTS or not thing.name or _names_ours(thing, claim)
        if other in ours and part:
            return f"it is {bond} {ours[other].thing.name or other}, which is the run's"
    return ""


def _names_ours(thing: Thing, claim: Claim) -> bool:
    return bool(claim.prefix) and thing.name.startswith(f"{NOVA_SNAPSHOT}{claim.prefix}-")


def _too_old(thing: Thing, claim: Claim) -> bool:
    return thing.created is not None and thing.created < claim.began - SKEW


def _suspicion(thing: Thing, claim: Claim) -> str:
    """Return why a thing may be the run's although nothing proves it, empty where it may not."""
    if by_name(thing, claim):
        return "its name begins with the prefix, but it was made before the run"
    called = TEMPEST.fullmatch(thing.name)
    if thing.kind in (Kind.PROJECT, Kind.USER, Kind.DOMAIN):
        # Keystone tells no times: without the run's own classes every Tempest's would be here.
        cut_off = called and claim.cut and called["owner"] in claim.classes
        return "Tempest names them so in a class of the run" if cut_off else ""
    if thing.project not in claim.projects or thing.created is None:
        return ""
    during = claim.began - SKEW <= thing.created and (
        claim.ended is None or thing.created <= claim.ended + SKEW
    )
    if during and (not thing.name or thing.name.startswith("tempest-")):
        return "it was made during the run in a project of the run's users"
    return ""


def _ordered(found: Iterable[Leftover]) -> Sequence[Leftover]:
    return sorted(found, key=lambda one: (ORDER[one.thing.kind], one.thing.name, one.thing.id))
