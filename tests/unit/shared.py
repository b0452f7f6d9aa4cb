"""Small guidelines and results that the tests of several packages are made of."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.models import Guideline
from defcheck.results.models import Event, Outcome, ResultSet

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("DEFCHECK_SHARED", ROOT.parent / "shared"))
"""Recorded behaviour of RefStack, published guidelines, streams of real runs."""

DATA = ROOT / "tests/data"
"""Small real files, made by the programs that README.md there names."""

JSON = dict[str, Any]


def shared_files(pattern: str) -> list[Any]:
    """Return recorded files as parameters, or one that is skipped and says why."""
    found = sorted(SHARED.glob(pattern))
    if not found:
        absent = pytest.mark.skip(reason=f"../shared/{pattern} is not at hand")
        return [pytest.param(Path(), id="absent", marks=absent)]
    return [pytest.param(path, id=path.name.partition(".subunit")[0]) for path in found]


def entry(idempotent_id: str = "", *, aliases: Sequence[str] = (), flagged: bool = False) -> JSON:
    """Return a guideline's entry for one test."""
    found: JSON = {"idempotent_id": idempotent_id, "aliases": list(aliases)}
    if flagged:
        found["flagged"] = {"reason": "[D404] It asks too much.", "date": "2020-01-01"}
    return found


def document(
    capabilities: Mapping[str, Mapping[str, JSON]],
    required: Sequence[str] | None = None,
    *,
    policy: str = "",
    **listings: Sequence[str],
) -> JSON:
    """Return a guideline of schema 2.0 with the one target `platform`.

    Every capability is required unless `required` or another status says else.
    """
    if required is None:
        elsewhere = {name for names in listings.values() for name in names}
        required = [name for name in capabilities if name not in elsewhere]
    metadata = {"id": "2030.06", "schema": "2.0", **({"policy": policy} if policy else {})}
    return {
        "metadata": metadata,
        "platforms": {"OpenStack Powered Platform": {"components": [{"name": "compute"}]}},
        "components": {"compute": {"capabilities": {"required": list(required), **listings}}},
        "capabilities": {name: {"tests": dict(tests)} for name, tests in capabilities.items()},
    }


def load(value: object, where: str = "a.json", guideline_id: str = "") -> Guideline:
    """Load a document as the guideline file called `where`."""
    return load_guideline_bytes(json.dumps(value).encode(), where, guideline_id)


def guideline(
    tests: Mapping[str, JSON], *, policy: str = "", advisory: Mapping[str, JSON] | None = None
) -> Guideline:
    """Return a guideline that requires the tests in one capability, `cap`."""
    if advisory is None:
        return load(document({"cap": tests}, policy=policy))
    return load(document({"cap": tests, "wish": advisory}, policy=policy, advisory=["wish"]))


def passed(name: str) -> Event:
    """Return a pass."""
    return Event(name, Outcome.PASSED)


def failed(name: str) -> Event:
    """Return a failure; of a class where `name` is `setUpClass (module.Class)`."""
    return Event(name, Outcome.FAILED, reason="KeyError: 'x'", details="Traceback …")


def skipped(name: str, reason: str = "Cinder is not available") -> Event:
    """Return a skip."""
    return Event(name, Outcome.SKIPPED, reason=reason)


def unfinished(name: str) -> Event:
    """Return a beginning without an end."""
    return Event(name, Outcome.UNFINISHED)


def results(*events: Event, problems: Sequence[str] = (), passes_only: bool = False) -> ResultSet:
    """Return the events as a result set."""
    kind = "RefStack JSON" if passes_only else "subunit v2"
    return ResultSet(events, kind, tuple(problems), passes_only)
