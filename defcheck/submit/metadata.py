"""What RefStack's pages know of a result besides its tests: the guideline and the target."""

import re

from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.guideline import catalog
from defcheck.guideline.select import OTHER_NAMES

POWERED = ("platform", "compute", "object")
"""Targets of the guidelines themselves (RefStack guidelines.py, its results page)."""

ADD_ONS = ("dns", "orchestration", "shared_file_system", "load_balancer", "key_manager")
"""Targets that have guidelines of their own, called `dns.2020.06.json` and so on."""

_GUIDELINE = re.compile(
    rf"(?:({'|'.join(ADD_ONS)})\.)?(20\d\d\.(?:0[1-9]|1[0-2])|next)(?:\.json)?", re.IGNORECASE
)


def build_metadata(guideline: str, target: str) -> dict[str, str]:
    """Return the metadata that RefStack's pages store for a guideline and a target.

    Either may be empty. The pages keep the file name of a guideline without the
    name of an add-on, which they take from the target, and `object` for storage
    (RefStack resultsController, guidelines.py). Raises `InputError` for what
    they would not find again.
    """
    named = _target(target) if target else ""
    if not guideline:
        return {"target": named} if named else {}
    found = _GUIDELINE.fullmatch(guideline)
    if not found:
        raise InputError(
            f"RefStack has no guideline {clip(guideline)}.",
            "Name one of its own with --guideline, such as 2020.06 or dns.2020.06.",
        )
    add_on, edition = (found[1] or "").lower(), found[2].lower()
    if add_on and named not in ("", add_on):
        raise InputError(
            f"Guideline {clip(guideline)} has no target {clip(target)}.",
            f"Its target is {add_on}; leave --target out.",
        )
    named = named or add_on
    _require_published(named if named in ADD_ONS else "", edition)
    metadata = {"guideline": f"{edition}.json"}
    return {**metadata, "target": named} if named else metadata


def _target(name: str) -> str:
    """Return the name under which RefStack knows a target."""
    wanted = name.casefold().replace("-", "_")
    wanted = OTHER_NAMES.get(wanted, wanted)
    if wanted not in (*POWERED, *ADD_ONS):
        raise InputError(
            f"RefStack has no target {clip(name)}.",
            f"Name one with --target: {', '.join((*POWERED, *ADD_ONS))}.",
        )
    return wanted


def _require_published(add_on: str, edition: str) -> None:
    """Raise `InputError` for an edition that was passed over.

    Later ones than those at hand may be known to the server and not to this defcheck.
    """
    matches = (_GUIDELINE.fullmatch(name) for name in catalog.ids())
    known = sorted({found[2] for found in matches if found and (found[1] or "") == add_on})
    latest = max((one for one in known if one != "next"), default="")
    if edition in (*known, "next") or edition > latest:
        return
    prefix = f"{add_on}." if add_on else ""
    raise InputError(
        f"There is no guideline {prefix}{edition}.",
        f"Available: {', '.join(prefix + one for one in known)}.",
    )
