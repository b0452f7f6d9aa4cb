"""Make a guideline of SCS-0128, which is published as a bare list of tests."""

import re
from collections.abc import Iterable

from builder.files import Json
from builder.tables import Words
from defcheck.errors import InputError
from defcheck.guideline.models import Status, bare_id

SCS = ("SovereignCloudStack/standards", "ab4be81c7eb99b152f585c5b4e6b2d7ecf8d4fa7")
SCS_PATH = "Tests/iaas/scs_0128_e2e_testing/tempest-tests-non-admin.lst"
SCS_LIST = f"scs-0128/{SCS_PATH.rsplit('/', 1)[-1]}"
LINE = re.compile(r"([\w.]+)\[(id-[0-9a-f-]{36}[\w,-]*)\]")


def scs_document(lines: Iterable[str], base: Json, words: Words) -> Json:
    """Return SCS-0128 as a guideline of schema 2.0.

    The standard is a bare list of tests. A test goes into the capability of
    2020.06 (`base`) that has it by name or alias, else by id, the first
    alphabetically where there are several; else into that of its API area
    (words/scs.json). The attributes behind an id are dropped.
    """
    owners = capability_of_tests(base)
    capabilities: Json = {}
    for line in lines:
        match = LINE.fullmatch(line.strip())
        if not match:
            raise InputError(f"{SCS_LIST} has the line {line.strip()!r}.", "Need name[id].")
        name, test_id = match[1], f"id-{bare_id(match[2])}"
        capability = owners.get(name) or owners.get(test_id) or words.area("areas", name)
        body = capabilities.setdefault(
            capability,
            {
                "achievements": [],
                "admin": False,
                "description": words.find("capabilities", capability),
                "project": words.area("projects", name),
                "tests": {},
            },
        )
        if name in body["tests"]:
            raise InputError(f"{SCS_LIST} lists {name} twice.", "Take one out.")
        body["tests"][name] = {"idempotent_id": test_id}
    return scs_frame(dict(sorted(capabilities.items())), words)


def capability_of_tests(base: Json) -> dict[str, str]:
    """Return which capability has a test, by name, alias and id."""
    owners: dict[str, str] = {}
    for capability, body in sorted(base.get("capabilities", {}).items()):
        for name, test in body.get("tests", {}).items():
            test_id = bare_id(test.get("idempotent_id", ""))
            for key in (name, *test.get("aliases", ()), f"id-{test_id}"):
                owners.setdefault(key, capability)
    return owners


def scs_frame(capabilities: Json, words: Words) -> Json:
    """Return the document around the capabilities of SCS-0128, all of them required."""
    repository, commit = SCS
    listings: Json = {status.value: [] for status in Status}
    listings[Status.REQUIRED] = list(capabilities)
    return {
        "metadata": {
            "id": "scs-0128",
            "schema": "2.0",
            "status": "draft",
            "policy": "scs",
            "reference": f"https://github.com/{repository}/blob/{commit}/"
            "Standards/scs-0128-v1-e2e-testing.md",
            "source": f"https://github.com/{repository}/blob/{commit}/{SCS_PATH}",
        },
        "platforms": {
            "SCS IaaS": {
                "description": words.find("targets", "SCS IaaS"),
                "components": [{"name": "scs_iaas"}],
            }
        },
        "components": {"scs_iaas": {"capabilities": listings}},
        "capabilities": capabilities,
    }
