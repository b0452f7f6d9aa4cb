"""Which tests of an inventory prove what a target demands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from defcheck.errors import UnusableError
from defcheck.guideline.matching import Index, Match, claims, parse_name, resolve
from defcheck.guideline.model import Guideline, Status, Target
from defcheck.guideline.testlist import select_tests
from defcheck.tempest.installed import InstalledTempest, has_package

PLUGINS = {
    "designate_tempest_plugin": "designate-tempest-plugin",
    "heat_tempest_plugin": "heat-tempest-plugin",
    "neutron_tempest_plugin": "neutron-tempest-plugin",
    "networking_bgpvpn_tempest": "neutron-tempest-plugin",
    "neutron": "neutron-tempest-plugin",
}
"""Top-level packages of tests, and the distribution that brings each today.

The tests of the last two have moved, and are found there by id (measured on Tempest 47).
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The tests to run for a target."""

    tests: tuple[str, ...]
    """Full names as the Tempest lists them, with attributes, sorted."""

    absent: tuple[str, ...]
    """Demanded tests that the Tempest does not have, under any name."""


def make_plan(
    guideline: Guideline,
    target: Target,
    statuses: Collection[Status],
    inventory: Sequence[str],
    *,
    flagged: bool = True,
    tempest: InstalledTempest | None = None,
) -> Plan:
    """Resolve the target's tests against `inventory`, the full names of a Tempest.

    `tempest` is the one whose they are, the one beside defcheck by default.
    Raises `UnusableError` when the Tempest lacks a whole package of tests, or
    all of them.
    """
    full_names = {parse_name(full).name: full for full in inventory}
    index = Index(parse_name(full) for full in inventory)
    claimed = claims(guideline)
    chosen: set[str] = set()
    absent: set[str] = set()
    for _, test in select_tests(guideline, target, statuses, flagged=flagged):
        resolution = resolve(test, index, claimed)
        if resolution.match is Match.NONE:
            absent.add(test.name)
        chosen.update(full_names[name] for name in resolution.names)
    _refuse_missing_packages(absent, tempest)
    if not chosen:
        raise UnusableError(
            f"This Tempest has none of the {len(absent)} tests that target {target.name} "
            f"of guideline {guideline.id} demands.",
            "Another version may have them; `defcheck tempest recommend` says which.",
        )
    return Plan(tuple(sorted(chosen)), tuple(sorted(absent)))


def _refuse_missing_packages(absent: Collection[str], tempest: InstalledTempest | None) -> None:
    packages = sorted({name.partition(".")[0] for name in absent} - {""})
    missing = [package for package in packages if not has_package(package, tempest)]
    if missing:
        wanted = [PLUGINS.get(package, package.replace("_", "-")) for package in missing]
        options = " ".join(f"--plugin {one}" for one in wanted)
        count = sum(name.partition(".")[0] in missing for name in absent)
        raise UnusableError(
            f"{count} demanded tests are in {', '.join(missing)}, which is not installed.",
            f"`pip install {' '.join(wanted)}` brings them beside defcheck, "
            f"`defcheck tempest install VERSION {options}` into an environment of their own.",
        )
