"""Fields of a RefStack result in its server's format: guideline, target, dates, metadata."""

import re
from datetime import datetime, time
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.selection import TARGET_SYNONYMS
from defcheck.util.files import clip_text
from defcheck.util.text import clean_line

POWERED_TARGETS = ("platform", "compute", "object")
"""Targets of the main guidelines (RefStack guidelines.py and results page)."""

ADD_ON_TARGETS = ("dns", "orchestration", "shared_file_system", "load_balancer", "key_manager")
"""Targets with their own guidelines, such as `dns.2020.06.json`."""

_GUIDELINE = re.compile(
    rf"(?:({'|'.join(ADD_ON_TARGETS)})\.)?(20\d\d\.(?:0[1-9]|1[0-2])|next)(?:\.json)?",
    re.IGNORECASE,
)


def build_metadata(guideline: str, target: str) -> dict[str, str]:
    """Return the metadata that RefStack's pages store for a guideline and a target.

    Either may be empty. The pages store the file name of a guideline without the
    name of an add-on, which they take from the target, and `object` for storage
    (RefStack resultsController, guidelines.py). Raises `InputError` for values
    that the pages would not recognise.
    """
    named = _refstack_target_name(target) if target else ""
    if not guideline:
        return {"target": named} if named else {}
    found = _GUIDELINE.fullmatch(guideline)
    if not found:
        raise InputError(
            f"RefStack has no guideline {clip_text(guideline)}.",
            "Give one that RefStack has with --guideline, such as 2020.06 or dns.2020.06.",
        )
    add_on, edition = (found[1] or "").lower(), found[2].lower()
    if add_on and named not in ("", add_on):
        raise InputError(
            f"Guideline {clip_text(guideline)} has no target {clip_text(target)}.",
            f"Its target is {add_on}; omit --target.",
        )
    named = named or add_on
    _require_published(named if named in ADD_ON_TARGETS else "", edition)
    metadata = {"guideline": f"{edition}.json"}
    return {**metadata, "target": named} if named else metadata


def _refstack_target_name(name: str) -> str:
    """Return RefStack's name of a target."""
    wanted = name.casefold().replace("-", "_")
    wanted = TARGET_SYNONYMS.get(wanted, wanted)
    if wanted not in (*POWERED_TARGETS, *ADD_ON_TARGETS):
        raise InputError(
            f"RefStack has no target {clip_text(name)}.",
            f"Available with --target: {', '.join((*POWERED_TARGETS, *ADD_ON_TARGETS))}.",
        )
    return wanted


def _require_published(add_on: str, edition: str) -> None:
    """Raise `InputError` for an edition that was never published.

    The server may have later editions than this version of defcheck.
    """
    matches = (_GUIDELINE.fullmatch(name) for name in catalog.list_ids())
    known = sorted({found[2] for found in matches if found and (found[1] or "") == add_on})
    latest = max((one for one in known if one != "next"), default="")
    if edition in (*known, "next") or edition > latest:
        return
    prefix = f"{add_on}." if add_on else ""
    raise InputError(
        f"There is no guideline {prefix}{edition}.",
        f"Available: {', '.join(prefix + one for one in known)}.",
    )


DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
"""RefStack's format (setting input_date_format), in UTC."""


def format_time(text: str, option: str, *, end: bool = False) -> str:
    """Return a date or time in RefStack's format; a date becomes its beginning or `end`."""
    for form in ("%Y-%m-%d", DATE_FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if end and form == "%Y-%m-%d":
            found = datetime.combine(found, time(23, 59, 59))
        return found.strftime(DATE_FORMAT)
    raise InputError(
        f"{text[:60]!r} after {option} is not a date.",
        "Write 2026-11-25 or 2026-11-25T14:30:00 (UTC).",
    )


def parse_period(since: str, until: str) -> dict[str, str]:
    """Return RefStack's filters for a period; either end may be empty.

    Raises `InputError` for an invalid date, or if the period ends before it begins.
    """
    begin = format_time(since, "--since") if since else ""
    end = format_time(until, "--until", end=True) if until else ""
    if begin and end and begin > end:
        raise InputError(
            f"--since {begin} is later than --until {end}.", "Swap the two, or omit one."
        )
    return {"start_date": begin, "end_date": end}


def describe_verification(item: dict[str, Any]) -> str:
    """Return whether the foundation verified a result (RefStack: status 1)."""
    return "yes" if item.get("verification_status") == 1 else "no"


def describe_metadata(item: dict[str, Any]) -> str:
    """Return the metadata of a result as `key=value, …`."""
    said = item.get("meta")
    pairs = sorted(said.items()) if isinstance(said, dict) else []
    return clean_line(", ".join(f"{key}={value}" for key, value in pairs))
