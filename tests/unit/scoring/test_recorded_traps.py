"""The traps of real runs of a real Tempest: what happened to tests, classes and modules.

What was recorded and how stands in tests/data/README.md.
"""

from pathlib import Path

import pytest

from defcheck.guideline.matching import parse_test_name
from tests.unit.recordings import (
    ACCOUNT_QUOTAS,
    ACCOUNT_VALID,
    CONTAINER_QUOTAS,
    LARGE,
    MANY,
    TEMP_URL,
    TRAPS,
    VALID,
    VERSIONED,
    VERSIONS,
    demanding,
    inventory,
    joined,
    published,
    raw,
    recorded,
    verdict_on,
)
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, outcomes
from tests.unit.shared import document, entry, load

THREE = (CONTAINER_QUOTAS, ACCOUNT_QUOTAS, VERSIONS)
NO_RESELLER = (
    "AccountQuotasTest skipped because the configured credential provider is not able to "
    "provide credentials with the ResellerAdmin role assigned."
)


@pytest.mark.parametrize("name", ["quotas.subunit", "quotas.stestr"])
@pytest.mark.parametrize("policy", ["", "scs"])
def test_the_same_classes_pass_where_nothing_is_wrong(name: str, policy: str) -> None:
    verdict = verdict_on(published(*THREE, policy=policy), recorded(name))
    assert (verdict.judgement, verdict.problems) == (PASS, ())
    assert len(verdict.counted_tests) == 5


# Classes and modules


@pytest.mark.parametrize("name", ["class-skip.subunit", "class-skip.stestr"])
def test_class_level_skip(name: str) -> None:
    found = recorded(name)
    assert f"setUpClass ({ACCOUNT_QUOTAS})" in {event.name for event in found.events}
    assert not [event for event in found.events if event.name.startswith(ACCOUNT_QUOTAS)]
    whole = [test for test in inventory() if test.name.startswith(f"{ACCOUNT_QUOTAS}.")]
    assert len(whole) == 5
    names = [f"{test.name}[id-{test.uuid}]" for test in whole]
    for known in ((), inventory()):
        verdict = verdict_on(demanding(VERSIONED, *names), found, known)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict) == {
            VERSIONED: "passed",
            **{test.name: "skipped" for test in whole},
        }
        assert {test.reason for test in verdict.tests} == {"", NO_RESELLER}
        scs = verdict_on(demanding(VERSIONED, *names, policy="scs"), found, known)
        assert (scs.judgement, outcomes(scs)) == (PASS, outcomes(verdict))


def test_class_level_skip_of_all_that_is_required_is_no_pass_even_where_skips_are_allowed() -> None:
    made = published(ACCOUNT_QUOTAS, policy="scs")
    assert verdict_on(made, recorded("class-skip.subunit")).judgement is INCOMPLETE


@pytest.mark.parametrize("name", ["class-setup-fails.subunit", "class-setup-fails.stestr"])
@pytest.mark.parametrize("policy", ["", "scs"])
def test_class_level_failure(name: str, policy: str) -> None:
    for known in ((), inventory()):
        verdict = verdict_on(published(*THREE, policy=policy), recorded(name), known)
        assert (verdict.judgement, len(verdict.counted_tests)) == (FAIL, 5)
        for test in verdict.counted_tests:
            assert test.outcome == "fixture error"
            assert test.reason == "tempest.lib.exceptions.Unauthorized: Unauthorized"
            assert test.seconds is None


@pytest.mark.parametrize("name", ["class-cleanup-fails.subunit", "class-cleanup-fails.stestr"])
@pytest.mark.parametrize("policy", ["", "scs"])
def test_class_cleanup_fails_after_all_tests_passed(name: str, policy: str) -> None:
    found = recorded(name)
    own = {event.outcome.value for event in found.events if event.name.startswith(TEMP_URL)}
    assert own == {"passed"}
    for known in ((), inventory()):
        verdict = verdict_on(published(TEMP_URL, policy=policy), found, known)
        assert verdict.judgement is INCOMPLETE
        assert set(outcomes(verdict).values()) == {"passed, teardown error"}
        assert {test.reason for test in verdict.tests} == {
            "tempest.lib.exceptions.Conflict: Conflict with state of target resource"
        }


@pytest.mark.parametrize("policy", ["", "scs"])
def test_module_that_cannot_be_imported(policy: str) -> None:
    found = recorded("import-fails-discover.subunit")
    broken = "unittest.loader._FailedTest.tempest.api.object_storage.test_object_version"
    assert broken in {event.name for event in found.events}
    for known in ((), inventory()):
        verdict = verdict_on(published(CONTAINER_QUOTAS, VERSIONS, policy=policy), found, known)
        assert verdict.judgement is FAIL
        assert outcomes(verdict) == {
            LARGE: "passed",
            MANY: "passed",
            VALID: "passed",
            VERSIONED: "fixture error",
        }
        (test,) = (test for test in verdict.tests if test.outcome == "fixture error")
        assert test.reason == (
            "tempest.api.object_storage.test_object_version could not be imported: "
            "ImportError: libversion.so.1: cannot open shared object file"
        )


@pytest.mark.parametrize("policy", ["", "scs"])
def test_module_that_cannot_be_imported_is_named_by_its_last_word_only(policy: str) -> None:
    found = recorded("import-fails-named.subunit")
    broken = "unittest.loader._FailedTest.test_object_version"
    assert broken in {event.name for event in found.events}
    for known in ((), inventory()):
        verdict = verdict_on(published(CONTAINER_QUOTAS, VERSIONS, policy=policy), found, known)
        assert verdict.judgement is not PASS
        assert outcomes(verdict)[VERSIONED] != "passed"


def test_module_that_cannot_be_imported_is_not_fixed_by_a_second_run(tmp_path: Path) -> None:
    found = joined(tmp_path, raw("import-fails-named.subunit"), raw("quotas.subunit"))
    assert verdict_on(published(CONTAINER_QUOTAS, VERSIONS), found).judgement is not PASS


@pytest.mark.parametrize("policy", ["", "scs"])
def test_module_that_a_worker_cannot_import_leaves_no_event_at_all(policy: str) -> None:
    found = recorded("import-fails-worker.subunit")
    assert {event.outcome.value for event in found.events} == {"passed"}
    for known in ((), inventory()):
        verdict = verdict_on(published(CONTAINER_QUOTAS, VERSIONS, policy=policy), found, known)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict)[VERSIONED] == "not run"


def test_module_whose_set_up_fails() -> None:
    name = f"{TRAPS}test_module_fixture.Inside.test_never"
    verdict = verdict_on(demanding(name), recorded("module-setup-fails.subunit"))
    assert (verdict.judgement, outcomes(verdict)) == (FAIL, {name: "fixture error"})
    assert verdict.tests[0].reason == "RuntimeError: no module today"


@pytest.mark.parametrize("policy", ["", "scs"])
def test_module_whose_tear_down_fails(policy: str) -> None:
    name = f"{TRAPS}test_module_cleanup.Inside.test_pass"
    verdict = verdict_on(demanding(name, policy=policy), recorded("module-cleanup-fails.subunit"))
    assert (verdict.judgement, outcomes(verdict)) == (INCOMPLETE, {name: "passed, teardown error"})
    assert verdict.tests[0].reason == "RuntimeError: cannot clean up"


# Tests


@pytest.mark.parametrize(
    "name", ["quotas-fail.subunit", "quotas-fail.stestr", "tempest-run.subunit"]
)
def test_tempest_run_subunit_exits_0_with_failures_and_they_count(name: str) -> None:
    for policy in ("", "scs"):
        verdict = verdict_on(published(*THREE, policy=policy), recorded(name))
        assert verdict.judgement is FAIL
        assert outcomes(verdict) == {
            ACCOUNT_VALID: "passed",
            LARGE: "failed",
            MANY: "failed",
            VALID: "passed",
            VERSIONED: "passed",
        }
        (test,) = (test for test in verdict.tests if test.test.name == LARGE)
        assert test.reason.startswith("testtools.matchers._impl.MismatchError: <bound method")
        assert "assertRaises" in test.details


@pytest.mark.parametrize("kind", ["subunit", "stestr"])
@pytest.mark.parametrize("failure_first", [True, False])
def test_the_same_test_twice_the_worse_counts(
    tmp_path: Path, kind: str, failure_first: bool
) -> None:
    parts = [raw(f"quotas-fail.{kind}"), raw(f"quotas.{kind}")]
    found = joined(tmp_path, *(parts if failure_first else reversed(parts)))
    assert len(found.events) == 18
    for policy in ("", "scs"):
        verdict = verdict_on(published(*THREE, policy=policy), found)
        assert verdict.judgement is FAIL
        assert outcomes(verdict) == {
            ACCOUNT_VALID: "passed",
            LARGE: "failed",
            MANY: "failed",
            VALID: "passed",
            VERSIONED: "passed",
        }


def test_a_passed_run_does_not_override_the_class_that_failed_or_skipped(tmp_path: Path) -> None:
    good = raw("quotas.subunit")
    for bad, expected in (("class-setup-fails", FAIL), ("class-skip", INCOMPLETE)):
        for parts in ((raw(f"{bad}.subunit"), good), (good, raw(f"{bad}.subunit"))):
            found = joined(tmp_path, *parts)
            assert verdict_on(published(*THREE), found).judgement is expected


@pytest.mark.parametrize("kind", ["subunit", "stestr"])
def test_expected_failure_and_unexpected_success_are_no_passes(kind: str) -> None:
    found = recorded(f"expectations.{kind}")
    good = f"{TRAPS}test_expectations.Expectations.test_pass"
    assert verdict_on(demanding(good), found).judgement is PASS
    for method in ("test_expected_failure", "test_unexpected_success"):
        name = f"{TRAPS}test_expectations.Expectations.{method}"
        for policy in ("", "scs"):
            verdict = verdict_on(demanding(good, name, policy=policy), found)
            assert verdict.judgement is not PASS
            assert outcomes(verdict) == {good: "passed", name: "failed"}


def test_skip_by_decorator_keeps_its_reason() -> None:
    sync = "tempest.api.object_storage.test_container_sync.ContainerSyncTest"
    bug = f"{sync}.test_container_synchronization"
    verdict = verdict_on(demanding(LARGE, bug), recorded("skip-decorators.subunit"))
    assert verdict.judgement is INCOMPLETE
    assert {test.test.name: (test.outcome.value, test.reason) for test in verdict.tests} == {
        LARGE: ("skipped", "Skipped because object extension: container_quotas is not enabled"),
        bug: ("skipped", "Skipped until bug: https://launchpad.net/bugs/1317133 is resolved."),
    }


def test_skip_by_decorator_of_a_whole_class_keeps_its_reason() -> None:
    names = [f"{TRAPS}test_skipping.Skipped.{method}" for method in ("test_one", "test_two")]
    found = recorded("skip-class-decorator.subunit")
    assert [parse_test_name(event.name).name for event in found.events] == names
    verdict = verdict_on(demanding(*names), found)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == dict.fromkeys(names, "skipped")
    assert {test.reason for test in verdict.tests} == {
        "the whole class waits for a bug to be mended"
    }


# Capabilities


def test_a_test_in_two_capabilities_is_judged_for_each() -> None:
    """The name ran and failed; only one capability accepts another test in its place."""
    one = {LARGE: entry(aliases=[VALID])}
    two = {LARGE: entry(flagged=True)}
    found = recorded("quotas-fail.subunit")
    verdict = verdict_on(load(document({"one": one, "two": two})), found)
    assert verdict.judgement is FAIL
    assert [(test.capability, test.outcome.value, test.is_counted) for test in verdict.tests] == [
        ("one", "failed", True),
        ("two", "failed", False),
    ]


def test_a_test_in_two_capabilities_with_different_aliases_and_a_flag_in_one() -> None:
    renamed = "tempest.api.object_storage.test_old.OldTest.test_upload_large_object"
    accepts = {renamed: entry(aliases=[LARGE])}
    for flagged in (True, False):
        exact = {renamed: entry(flagged=flagged)}
        made = load(document({"accepts": accepts, "exact": exact}))
        verdict = verdict_on(made, recorded("quotas.subunit"))
        assert [
            (test.capability, test.match.value, test.outcome.value) for test in verdict.tests
        ] == [
            ("accepts", "alias", "passed"),
            ("exact", "none", "not run"),
        ]
        assert verdict.judgement is (PASS if flagged else INCOMPLETE)


def test_a_flagged_failure_is_reported_and_does_not_count() -> None:
    tests = {LARGE: entry(flagged=True), MANY: entry(flagged=True), VALID: entry()}
    verdict = verdict_on(load(document({"cap": tests})), recorded("quotas-fail.subunit"))
    assert verdict.judgement is PASS
    assert outcomes(verdict) == {LARGE: "failed", MANY: "failed", VALID: "passed"}
    assert [test.test.name for test in verdict.counted_tests] == [VALID]
