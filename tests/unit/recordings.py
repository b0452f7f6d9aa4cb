"""The recorded streams of a real Tempest in tests/data, and guidelines that fit them."""

import gzip
from collections.abc import Collection
from pathlib import Path

from defcheck.guideline import catalog
from defcheck.guideline.matching import TempestTest, parse_test_name
from defcheck.guideline.models import Guideline
from defcheck.guideline.selection import find_target
from defcheck.results.loader import load_results
from defcheck.results.models import ResultSet
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.shared import ROOT, entry, guideline

DATA = ROOT / "tests" / "data"
STORAGE = "tempest.api.object_storage."
CONTAINER_QUOTAS = f"{STORAGE}test_container_quotas.ContainerQuotasTest"
ACCOUNT_QUOTAS = f"{STORAGE}test_account_quotas.AccountQuotasTest"
VERSIONS = f"{STORAGE}test_object_version.ContainerTest"
EXPIRY = f"{STORAGE}test_object_expiry.ObjectExpiryTest"
TEMP_URL = f"{STORAGE}test_object_temp_url.ObjectTempUrlTest"
VERSIONED = f"{VERSIONS}.test_versioned_container"
EXPIRED = f"{EXPIRY}.test_get_object_after_expiry_time"
LARGE = f"{CONTAINER_QUOTAS}.test_upload_large_object"
MANY = f"{CONTAINER_QUOTAS}.test_upload_too_many_objects"
VALID = f"{CONTAINER_QUOTAS}.test_upload_valid_object"
ACCOUNT_VALID = f"{ACCOUNT_QUOTAS}.test_upload_valid_object"
TRAPS = "defcheck_traps."
"""The package in tests/data/plugin."""


def path_of(name: str) -> Path:
    """Return where a recording lies."""
    return DATA / f"{name}.gz"


def raw(name: str) -> bytes:
    """Return the bytes that were recorded."""
    return gzip.decompress(path_of(name).read_bytes())


def recorded(name: str) -> ResultSet:
    """Read a recording as a user hands it in."""
    return load_results(str(path_of(name)))


def joined(folder: Path, *parts: bytes) -> ResultSet:
    """Read a file of several recordings, or pieces of them, one after the other."""
    file = folder / "joined"
    file.write_bytes(b"".join(parts))
    return load_results(str(file))


def inventory(name: str = "inventory.txt") -> tuple[TempestTest, ...]:
    """Return all tests that Tempest 47.0.0 lists, or those of another recorded listing."""
    return tuple(parse_test_name(line) for line in raw(name).decode().splitlines())


def published(*classes: str, policy: str = "") -> Guideline:
    """Return a guideline that demands what 2020.06 demands of some classes."""
    source = catalog.load_guideline("2020.06")
    tests = {
        test.name: entry(test.idempotent_id, aliases=test.aliases)
        for capability in source.capabilities.values()
        for test in capability.tests
        if test.name.rpartition(".")[0] in classes
    }
    assert {name.rpartition(".")[0] for name in tests} == set(classes)
    return guideline(tests, policy=policy)


def demanding(*names: str, policy: str = "") -> Guideline:
    """Return a guideline that demands tests by their full names, with their ids."""
    tests = [parse_test_name(name) for name in names]
    return guideline({test.name: entry(f"id-{test.uuid}") for test in tests}, policy=policy)


def verdict_on(
    made: Guideline, found: ResultSet, known: Collection[TempestTest] = (), target: str = ""
) -> Verdict:
    """Score results against a guideline's target, its only one where none is named."""
    return score_results(made, find_target(made, target), found, known)
