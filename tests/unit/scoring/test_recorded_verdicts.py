"""Verdicts on the recorded runs of a real Tempest, as literal numbers."""

from collections import Counter
from pathlib import Path

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.selection import find_target
from defcheck.results.loader import load_results
from defcheck.scoring.refstack_answer import RefStackAnswer
from defcheck.scoring.verdict import OutcomeCounts, Verdict, count_tests, score_results
from tests.unit.shared import shared_files

EXPECTED = {
    "small-dynamic-c2": ("pass", OutcomeCounts(58, 58, 0, 0, 0), OutcomeCounts(58, 58, 0, 0, 0)),
    "small-accounts-c2": (
        "incomplete",
        OutcomeCounts(58, 55, 0, 0, 3),
        OutcomeCounts(58, 55, 0, 0, 3),
    ),
    "small-one-account-c2": (
        "fail",
        OutcomeCounts(58, 24, 0, 33, 1),
        OutcomeCounts(58, 24, 0, 33, 1),
    ),
    "small-cloud-dies-c2": ("fail", OutcomeCounts(58, 49, 0, 6, 3), OutcomeCounts(58, 49, 0, 6, 3)),
    "full-dynamic-c2": (
        "incomplete",
        OutcomeCounts(273, 260, 0, 0, 13),
        OutcomeCounts(284, 269, 0, 0, 15),
    ),
    "full-accounts-c2": (
        "incomplete",
        OutcomeCounts(273, 268, 0, 0, 5),
        OutcomeCounts(284, 277, 0, 0, 7),
    ),
}
"""Different tests, counted and with flagged tests."""

OUTCOMES = {
    "small-dynamic-c2": {"passed": 60},
    "small-accounts-c2": {"passed": 57, "skipped": 3},
    "small-one-account-c2": {"passed": 24, "fixture error": 35, "skipped": 1},
    "small-cloud-dies-c2": {"passed": 51, "fixture error": 5, "failed": 1, "skipped": 3},
    "full-dynamic-c2": {"passed": 262, "skipped": 12, "not run": 1},
    "full-accounts-c2": {"passed": 270, "skipped": 5},
}
"""Pairs of capability and test, as RefStack counts."""


def verdict_on(path: Path, guideline_id: str, target: str) -> Verdict:
    """Score a recorded stream against a bundled guideline."""
    guideline = catalog.load_guideline(guideline_id)
    return score_results(guideline, find_target(guideline, target), load_results(str(path)))


@pytest.mark.parametrize("path", shared_files("results/*.subunit.gz"))
def test_the_verdict_on_a_recorded_run(path: Path) -> None:
    name = path.name.removesuffix(".subunit.gz")
    verdict = verdict_on(path, "2020.06", "storage" if name.startswith("small") else "platform")
    assert (
        verdict.judgement.value,
        count_tests(verdict.counted_tests),
        count_tests(verdict.required_tests),
    ) == EXPECTED[name]
    assert Counter(test.outcome.value for test in verdict.counted_tests) == OUTCOMES[name]
    assert isinstance(verdict.refstack, RefStackAnswer)
    assert verdict.refstack.counted_passed == OUTCOMES[name]["passed"]
    assert verdict.refstack.is_yes == (verdict.judgement == "pass")
    assert verdict.problems == ()


@pytest.mark.parametrize("path", shared_files("results/full-dynamic-c2.subunit.gz"))
def test_a_sibling_in_a_real_run_never_stands_in_for_the_test_that_did_not_run(path: Path) -> None:
    verdict = verdict_on(path, "2020.06", "platform")
    missing = {test.test.name.split(".", 3)[3]: test for test in verdict.tests if not test.found}
    assert sorted(missing) == [
        "test_routers.RoutersTest.test_update_router_unset_gateway",
        "test_snapshot_metadata.VolumesMetadataTest.test_update_snapshot_metadata",
        "volumes.test_attach_volume.AttachVolumeTestJSON.test_attach_detach_volume",
    ]
    assert {test.outcome.value for test in missing.values()} == {"not run"}
    routers = missing["test_routers.RoutersTest.test_update_router_unset_gateway"]
    assert routers.reason == (
        "Only tests that cannot prove it are in the results: "
        "tempest.api.network.admin.test_routers.RoutersAdminTest.test_update_router_unset_gateway, "
        "tempest.api.network.admin.test_routers.RoutersIpV6AdminTest"
        ".test_update_router_unset_gateway"
    )


@pytest.mark.parametrize("path", shared_files("results/full-*.subunit.gz"))
def test_scs_allows_skips_and_misses_what_did_not_run(path: Path) -> None:
    verdict = verdict_on(path, "scs-0128", "scs-iaas")
    name = path.name.removesuffix(".subunit.gz")
    expected = {"full-dynamic-c2": (191, 12, 55), "full-accounts-c2": (202, 2, 54)}[name]
    found = Counter(test.outcome.value for test in verdict.counted_tests)
    assert (found["passed"], found["skipped"], found["not run"]) == expected
    assert found.total() == 258
    assert count_tests(verdict.counted_tests) == OutcomeCounts(
        258, expected[0], expected[1], 0, expected[2]
    )
    assert verdict.judgement == "incomplete"
