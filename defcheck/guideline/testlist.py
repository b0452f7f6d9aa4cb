"""The tests of a target as a list, also as RefStack's server gave it out."""

from collections.abc import Collection
from typing import Any

from defcheck.guideline.model import Guideline, Status, Target, Test
from defcheck.guideline.select import Listed, listed


def select_tests(
    guideline: Guideline, target: Target, statuses: Collection[Status], *, flagged: bool
) -> list[tuple[Listed, Test]]:
    """Return the tests of capabilities listed under any of the statuses.

    A capability comes once, however often it is listed; a test that stands in
    two capabilities comes twice, as in RefStack's test lists.
    """
    chosen: dict[str, Listed] = {}
    for item in listed(guideline, target):
        if item.status in statuses:
            chosen.setdefault(item.capability.name, item)
    return [
        (item, test)
        for item in chosen.values()
        for test in item.capability.tests
        if flagged or test.flag is None
    ]


def refstack_text(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> str:
    """Return the text that RefStack served at /v1/guidelines/<id>/tests.

    Sorted lines `name[idempotent_id]`, bare names for schema 1.2, no newline
    at the end; the empty text where RefStack answered 204.
    """
    lines = []
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        suffix = "" if guideline.schema == "1.2" else f"[{test.idempotent_id}]"
        names = (test.name, *test.aliases) if aliases else (test.name,)
        lines += [name + suffix for name in names]
    return "\n".join(sorted(lines))


def names(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> list[str]:
    """Return the names alone, sorted, each once."""
    found: set[str] = set()
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        found.update((test.name, *test.aliases) if aliases else (test.name,))
    return sorted(found)


def rows(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    *,
    aliases: bool,
    flagged: bool,
) -> list[dict[str, Any]]:
    """Return one JSON-ready object per capability and test."""
    return [
        {
            "name": test.name,
            "idempotent_id": test.idempotent_id,
            "aliases": list(test.aliases) if aliases else [],
            "capability": item.capability.name,
            "status": item.status.value,
            "component": item.component,
            "flagged": test.flag is not None,
        }
        for item, test in select_tests(guideline, target, statuses, flagged=flagged)
    ]
