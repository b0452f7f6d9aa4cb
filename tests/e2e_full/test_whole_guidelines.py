"""Whole guidelines on the full lab; each test without a pass has a cause that is known."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e_full.conftest import FullLab

pytestmark = [pytest.mark.e2e_full, pytest.mark.timeout(4000)]

NO_GUEST = "Instance validation tests are disabled"
"""The lab's: nothing boots, so that there is nothing to log in to."""

NO_COMPLIANCE = "Security compliance not available"
"""The lab's: its Keystone remembers no old passwords, as by default."""


def without_a_pass(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the demanded tests without a pass, by class and method, with outcome and reason."""
    return {
        ".".join(test["name"].rsplit(".", 2)[-2:]): (test["outcome"], test["reason"])
        for capability in document["capabilities"]
        for test in capability["tests"]
        if test["outcome"] != "passed"
    }


def assert_causes(document: dict[str, Any], known: dict[str, tuple[str, str]]) -> None:
    found = without_a_pass(document)
    assert set(found) == set(known), found
    for name, (outcome, reason) in known.items():
        assert found[name][0] == outcome
        assert re.search(reason, found[name][1]), found[name]


def test_the_platform_of_2020_06(full_lab: FullLab) -> None:
    """With no more than an entry of clouds.yaml."""
    document = full_lab.run("--guideline", "2020.06", "--target", "platform", output="platform")
    assert document["verdict"] == "incomplete"
    assert document["counts"]["counted"] == {
        "total": 273,
        "passed": 271,
        "allowed": 0,
        "failed": 0,
        "incomplete": 2,
    }
    assert_causes(
        document,
        {
            "ServersTestJSON.test_host_name_is_same_as_server_name": ("skipped", NO_GUEST),
            "ServersTestJSON.test_verify_created_server_vcpus": ("skipped", NO_GUEST),
            # Flagged, and gone from Tempest.
            "VolumesMetadataTest.test_update_snapshot_metadata": ("absent", ""),
        },
    )


def test_scs_0128(full_lab: FullLab) -> None:
    """As users, and with a tempest.conf, that were made before."""
    given: list[str | Path] = [
        *("--accounts", full_lab.state / "accounts.yaml"),
        *("--tempest-conf", full_lab.state / "tempest.conf"),
    ]
    document = full_lab.run("--guideline", "scs-0128", *given, output="scs")
    assert document["verdict"] == "pass"
    assert document["counts"]["counted"] == {
        "total": 258,
        "passed": 254,
        "allowed": 4,
        "failed": 0,
        "incomplete": 0,
    }
    assert_causes(
        document,
        {
            "ServersTestJSON.test_host_name_is_same_as_server_name": ("skipped", NO_GUEST),
            "ServersTestJSON.test_verify_created_server_vcpus": ("skipped", NO_GUEST),
            "IdentityV3UsersTest.test_user_update_own_password": ("skipped", NO_COMPLIANCE),
            "IdentityV3UsersTest.test_password_history_check_self_service_api": (
                "skipped",
                NO_COMPLIANCE,
            ),
        },
    )
