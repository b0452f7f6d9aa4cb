"""Which tests each Tempest has; makes the table that the package carries.

    python tests/bench/known_tempests.py VERSION… > defcheck/tempest/managed/known.json

Each version is installed from the package index with defcheck's own installer,
asked for its tests, and deleted again: some 4 s each. `pip index versions
tempest` names the versions.
"""

import json
import os
import sys
import tempfile

from defcheck.errors import DefcheckError
from defcheck.guideline.matching import parse_test_name
from defcheck.tempest.managed.environments import VARIABLE, resolve_environment, version_key
from defcheck.workflows.tempest_installation import install_tempest, remove_tempest

SOUND_SINCE = "29.1.0"
"""Found on the labs: before 28.1.0 storage tests of 2020.06 fail for `collections.Mapping`, before
29.1.0 tests of volumes for `jsonschema.compat`; neither is there any more."""


def measure(version: str) -> set[str] | None:
    """Return the tests of a version, by name and id; None where it does not work."""
    environment = resolve_environment(version)
    try:
        install_tempest(environment, lambda _: None)
    except DefcheckError as error:
        print(f"{version}: {error.message}", file=sys.stderr)
        return None
    lines = environment.inventory.read_text(encoding="utf-8").splitlines()
    remove_tempest(environment, lambda _: None)
    print(f"{version}: {len(lines)} tests", file=sys.stderr)
    return {short(line) for line in lines}


def short(full: str) -> str:
    """Return a test's full name with no attribute but its id."""
    test = parse_test_name(full)
    return f"{test.name}[id-{test.uuid}]" if test.uuid else test.name


def spans(has: list[bool], versions: list[str]) -> str:
    """Return from which to which version a test is there, as first-last, often only once."""
    edges = []
    for number, there in enumerate(has):
        if there and (not number or not has[number - 1]):
            edges.append([number, number])
        elif there:
            edges[-1][1] = number
    return " ".join(f"{versions[first]}-{versions[last]}" for first, last in edges)


def table(names: list[str]) -> dict[str, object]:
    """Return the table for these versions."""
    measured = {version: measure(version) for version in sorted(names, key=version_key)}
    found = {version: tests for version, tests in measured.items() if tests is not None}
    versions = list(found)
    every = sorted(set().union(*found.values()))
    return {
        "format": "defcheck known tempests 1",
        "sound_since": SOUND_SINCE,
        "versions": versions,
        "unusable": [version for version in measured if version not in found],
        "tests": {
            test: spans([test in found[version] for version in versions], versions)
            for test in every
        },
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = folder
        print(json.dumps(table(sys.argv[1:]), indent=0, ensure_ascii=False))
