"""Verdicts on the recorded runs of a real Tempest, as literal numbers."""

from collections import Counter
from pathlib import Path

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.select import find_target
from defcheck.results.sources import read
from defcheck.scoring.counting import Counts, count_tests
from defcheck.scoring.refstack import Answer
from defcheck.scoring.verdict import Verdict, score
from tests.unit.shared import shared_files

EXPECTED = {
    "small-dynamic-c2": ("pass", Counts(58, 58, 0, 0, 0), Counts(58, 58, 0, 0, 0)),
    "small-accounts-c2": ("incomplete", Counts(58, 55, 0, 0, 3), Counts(58, 55, 0, 0, 3)),
    "small-one-account-c2": ("fail", Counts(58, 24, 0, 33, 1), Counts(58, 24, 0, 33, 1)),
    "small-cloud-dies-c2": ("fail", Counts(58, 49, 0, 6, 3), Counts(58, 49, 0, 6, 3)),
    "full-dynamic-c2": ("incomplete", Counts(273, 260, 0, 0, 13), Counts(284, 269, 0, 0, 15)),
    "full-accounts-c2": ("incomplete", Counts(273, 268, 0, 0, 5), Counts(284, 277, 0, 0, 7)),
}
"""Different tests, counted and with flagged ones."""

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
    guideline = catalog.load(guideline_id)
    return score(guideline, find_target(guideline, target), read(str(path)))


@pytest.mark.parametrize("path", shared_files("results/*.subunit.gz"))
def test_the_verdict_on_a_recorded_run(path: Path) -> None:
    name = path.name.removesuffix(".subunit.gz")
    verdict = verdict_on(path, "2020.06", "storage" if name.startswith("small") else "platform")
    assert (
        verdict.judgement.value,
        count_tests(verdict.counted),
        count_tests(verdict.required),
    ) == EXPECTED[name]
    assert Counter(test.outcome.value for test in verdict.counted) == OUTCOMES[name]
    assert isinstance(verdict.refstack, Answer)
    assert verdict.refstack.counted_passed == OUTCOMES[name]["passed"]
    assert verdict.refstack.yes == (verdict.judgement == "pass")
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
        "Only tests that cannot stand for it are there: "
        "tempest.api.network.admin.test_routers.RoutersAdminTest.test_update_router_unset_gateway, "
        "tempest.api.network.admin.test_routers.RoutersIpV6AdminTest"
        ".test_update_router_unset_gateway"
    )


@pytest.mark.parametrize("path", shared_files("results/full-*.subunit.gz"))
def test_scs_allows_skips_and_misses_what_did_not_run(path: Path) -> None:
    verdict = verdict_on(path, "scs-0128", "scs-iaas")
    name = path.name.removesuffix(".subunit.gz")
    expected = {"full-dynamic-c2": (191, 12, 55), "full-accounts-c2": (202, 2, 54)}[name]
    found = Counter(test.outcome.value for test in verdict.counted)
    assert (found["passed"], found["skipped"], found["not run"]) == expected
    assert found.total() == 258
    assert count_tests(verdict.counted) == Counts(258, expected[0], expected[1], 0, expected[2])
    assert verdict.judgement == "incomplete"
