"""Read RefStack's JSON: what its client uploaded and what its server gave out."""

from dataclasses import replace
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.model import bare_id
from defcheck.results.ledger import Ledger
from defcheck.results.model import Event, Outcome, ResultSet


def is_file(document: Any) -> bool:
    """Return whether a decoded document has the list that makes it RefStack's."""
    return isinstance(document, dict) and isinstance(document.get("results"), list)


def read(document: Any, where: str) -> ResultSet:
    """Read a decoded document whose `results` are passed tests.

    The client's upload has objects with a `name`, the server's answer plain
    names. Names are taken as they stand, as RefStack takes them: it knows no
    attributes in brackets.
    """
    ledger = Ledger()
    for number, item in enumerate(document["results"]):
        more = sorted(set(item) - {"name", "uuid"}) if isinstance(item, dict) else []
        if more:
            raise InputError(
                f"{where}: results[{number}] has the field {more[0][:80]}, unknown to RefStack.",
                "RefStack's results are passed tests only, each with `name` and perhaps `uuid`.",
            )
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise InputError(
                f"{where}: results[{number}] has no name.",
                "Each result is a test name, or an object with `name` and perhaps `uuid`.",
            )
        uuid = item.get("uuid") if isinstance(item, dict) else None
        ledger.add(Event(name, Outcome.PASSED, uuid=bare_id(uuid) if isinstance(uuid, str) else ""))
    cpid, seconds = document.get("cpid"), document.get("duration_seconds")
    return replace(
        ledger.results("RefStack JSON", passes_only=True),
        cpid=cpid if isinstance(cpid, str) else "",
        seconds=seconds if type(seconds) is int else None,
    )
