"""The published guideline files, read with json alone: what our loader must agree with."""

import json
from typing import Any

import pytest

from tests.unit.shared import JSON, SHARED

ORDER = ("required", "advisory", "deprecated", "removed")
COMPONENTS = {
    "platform": ("compute", "object", "os_powered_compute", "os_powered_storage"),
    "compute": ("compute", "os_powered_compute"),
    "object": ("object", "os_powered_storage"),
    "dns": ("os_powered_dns",),
    "orchestration": ("os_powered_orchestration",),
}
EDITIONS = (
    *("2015.03", "2015.04", "2015.05", "2015.07", "2016.01", "2016.08", "2017.01", "2017.09"),
    *("2018.02", "2018.11", "2019.06", "2019.11", "2020.06"),
)


def published(edition: str) -> JSON:
    """Return a published guideline or add-on as it stands; skip where there is none."""
    folder = "guidelines" if edition[0].isdigit() or edition == "next" else "add-ons"
    path = SHARED / "interop" / folder / f"{edition}.json"
    if not path.is_file():
        pytest.skip("../shared/interop is not at hand")
    found: JSON = json.loads(path.read_bytes())
    return found


def strongest(raw: JSON, target: str) -> dict[str, str]:
    """Return the strongest status of each capability that the target lists."""
    found: dict[str, str] = {}
    for name in COMPONENTS[target]:
        body = raw["components"].get(name, {})
        for status in ORDER:
            for capability in body.get("capabilities", body).get(status, []):
                found[capability] = min(status, found.get(capability, status), key=ORDER.index)
    return found


def tests_of(raw: JSON, capability: str) -> dict[str, dict[str, Any]]:
    """Return a capability's tests; those of schema 1.2 have at most the mark of a flag."""
    body = raw["capabilities"][capability]
    if isinstance(body["tests"], dict):
        return dict(body["tests"])
    flagged = body.get("flagged", [])
    return {name: {"flagged": {}} if name in flagged else {} for name in body["tests"]}


def pairs(raw: JSON, target: str) -> list[tuple[str, str, bool]]:
    """Return (capability, test, flagged) of all required capabilities."""
    return [
        (capability, name, "flagged" in body)
        for capability, status in strongest(raw, target).items()
        if status == "required"
        for name, body in tests_of(raw, capability).items()
    ]


def counted(raw: JSON, target: str) -> set[str]:
    """Return the names of the tests that are required and not flagged."""
    return {name for _, name, flagged in pairs(raw, target) if not flagged}
