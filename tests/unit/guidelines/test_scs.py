"""SCS-0128 as a guideline: every test of the published list, once."""

import re
from pathlib import Path

import pytest

from defcheck.guideline.loader import load_guideline_file
from defcheck.guideline.models import Guideline, PolicyName, Status

BARE_ID = re.compile(r"id-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN_AREAS = {
    "compute-security-groups": 10,
    "compute-servers-tags": 4,
    "identity-v3-application-credentials": 4,
    "identity-v3-domains": 1,
    "identity-v3-users": 2,
    "networks-dhcp-ipv6": 11,
    "networks-floating-ips": 7,
    "volumes-v3-snapshots-list": 11,
}
PROJECTS = {
    "compute": "nova",
    "identity": "keystone",
    "image": "glance",
    "network": "neutron",
    "volume": "cinder",
}


@pytest.fixture(scope="module")
def scs(bundled: Path) -> Guideline:
    """Return the loaded guideline."""
    return load_guideline_file(bundled / "scs" / "scs-0128.json")


def test_every_published_test_is_there_once(scs: Guideline, originals: Path) -> None:
    ours = [
        f"{test.name}[{test.idempotent_id}]"
        for capability in scs.capabilities.values()
        for test in capability.tests
    ]
    published = (originals / "scs-0128" / "tempest-tests-non-admin.lst").read_text().split()
    assert len(ours) == 258
    assert sorted(ours) == sorted(re.sub(r",[^\]]*\]", "]", line) for line in published)


def test_there_are_258_different_tests_with_bare_ids(scs: Guideline) -> None:
    tests = [test for capability in scs.capabilities.values() for test in capability.tests]
    assert len({test.name for test in tests}) == len(tests) == 258
    assert all(BARE_ID.fullmatch(test.idempotent_id) for test in tests)
    assert not any(test.flag or test.aliases for test in tests)


def test_it_is_a_draft_that_forbids_failures(scs: Guideline) -> None:
    assert (scs.id, scs.schema, scs.status) == ("scs-0128", "2.0", "draft")
    assert scs.policy is PolicyName.SCS
    assert scs.cutoff_score is None
    assert not scs.releases


def test_its_one_target_requires_every_capability(scs: Guideline) -> None:
    assert [target.name for target in scs.targets] == ["scs-iaas"]
    assert [ref.name for ref in scs.targets[0].components] == ["scs_iaas"]
    listings = {one.status: one.capabilities for one in scs.components["scs_iaas"].listings}
    assert listings.pop(Status.REQUIRED) == tuple(scs.capabilities)
    assert not any(listings.values())


def test_tests_stand_in_the_capability_of_2020_06_that_has_them(
    scs: Guideline, bundled: Path
) -> None:
    base = load_guideline_file(bundled / "2020.06.json")
    grouped = 0
    for name, capability in scs.capabilities.items():
        for test in capability.tests:
            owners = [
                owner
                for owner, body in base.capabilities.items()
                if any(test.name in (one.name, *one.aliases) for one in body.tests)
            ]
            assert not owners or name == min(owners)
            grouped += bool(owners)
    assert grouped == 207


def test_other_tests_stand_in_a_capability_of_their_area(scs: Guideline) -> None:
    counts = {name: len(capability.tests) for name, capability in scs.capabilities.items()}
    assert {name: counts[name] for name in OWN_AREAS} == OWN_AREAS
    assert len(counts) == 62


def test_every_capability_has_project_and_words_and_needs_no_administrator(
    scs: Guideline,
) -> None:
    for capability in scs.capabilities.values():
        areas = {test.name.split(".")[2] for test in capability.tests}
        assert {PROJECTS[area] for area in areas} == {capability.project}
        assert capability.description
        assert not capability.admin
