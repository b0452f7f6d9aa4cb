"""After a run: what it left behind in the cloud."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from defcheck.cloud.leftovers.collection import moment
from defcheck.cloud.leftovers.look import look
from defcheck.cloud.leftovers.model import Claim, Findings, Kind, Leftover
from defcheck.cloud.logins import Login
from defcheck.errors import DefcheckError
from defcheck.guideline.matching import base_name, parse_name
from defcheck.runner.directory import RunDirectory
from defcheck.runner.made import entries
from defcheck.runner.preparation import Watcher
from defcheck.runner.record import Record, now

SECONDS, HURRY_SECONDS = 20.0, 8.0
"""How long the look may take, and after an interruption."""

POOLS = ("accounts", "single account")
"""Credentials that are there before and after a run."""


def claim_of(directory: RunDirectory, record: Record) -> Claim:
    """Return by what a run knows its own; ValueError where run.json tells no time."""
    made: dict[str, str] = {}
    accounts: set[str] = set()
    for entry in entries(directory.path):
        if entry["kind"] == "container":
            account = entry.get("account", "")
            accounts.add(account)
            made[f"{account}/{entry['name']}"] = entry["name"]
            if entry.get("deleted"):
                del made[f"{account}/{entry['name']}"]
        else:
            made[entry["id"]] = entry["name"]
    for removed in containers_removed(directory.path):
        made.pop(removed, None)
    began = moment(record.started)
    if began is None:
        raise ValueError("started is no time")
    return Claim(
        prefix=record.prefix,
        began=began,
        ended=moment(record.finished),
        cut=record.state != "finished",
        made=made,
        emptied=frozenset(accounts - {entry.split("/")[0] for entry in made if "/" in entry}),
        classes=frozenset(_class(test) for test in record.planned),
    )


def _class(test: str) -> str:
    """Return the bare name of the class of a test."""
    return base_name(parse_name(test).name).split(".")[-2]


def containers_removed(folder: Path) -> Iterator[str]:
    """Yield the containers that earlier cleanups of a run deleted, as `Claim.made` has them."""
    for file in folder.glob("cleanup-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            for one in json.loads(file.read_bytes())["ours"]:
                if one["kind"] == Kind.CONTAINER and one["state"] == "removed":
                    yield one["id"]


def look_after(
    directory: RunDirectory,
    record: Record,
    logins: Callable[[], tuple[Login, ...]],
    watcher: Watcher,
) -> None:
    """Write into run.json what the run left behind, as far as its `logins` see.

    Being interrupted ends the look, and raises where the run itself had been
    interrupted before: who asks twice wants to go at once.
    """
    cut = record.state == "interrupted"
    watcher.say("Looking for what the run left behind")
    try:
        seconds = HURRY_SECONDS if cut else SECONDS
        claim = claim_of(directory, record)
        pool = record.credentials in POOLS
        findings = look(logins(), claim, seconds, pool=pool).findings
    except DefcheckError as error:
        findings = Findings(unseen=(error.message,))
    except KeyboardInterrupt:
        if cut:
            raise
        watcher.say("Not looked to the end; `defcheck cleanup` does")
        return
    watcher.say(_in_words(findings))
    record.leftovers = document(findings)
    with suppress(OSError):  # a full disk, of which the run has told
        directory.write_record(record)


def _in_words(findings: Findings) -> str:
    found = len(findings.ours)
    words = f"Left behind: {found or 'nothing'}"
    if findings.unseen:
        words += f"; not all could be seen: {findings.unseen[0]}"
    return words


def document(findings: Findings) -> dict[str, Any]:
    """Return what was found as run.json and the reports have it."""
    return {
        "at": now(),
        "ours": [leftover_facts(one) for one in findings.ours],
        "unproven": [leftover_facts(one) for one in findings.unproven],
        "unseen": list(findings.unseen),
    }


def leftover_facts(leftover: Leftover) -> dict[str, str]:
    """Return what is told of a leftover."""
    thing = leftover.thing
    return {
        "kind": thing.kind.value,
        "id": thing.id,
        "name": thing.name or thing.detail,
        "project": thing.project,
        "why": leftover.why,
    }
