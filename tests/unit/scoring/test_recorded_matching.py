"""The traps of real runs of a real Tempest: which test is which."""

from collections import Counter
from pathlib import Path

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_test_name
from defcheck.results.loader import load_results
from defcheck.scoring.verdict import Verdict
from tests.unit.recordings import (
    CONTAINER_QUOTAS,
    EXPIRED,
    LARGE,
    MANY,
    TRAPS,
    VALID,
    VERSIONED,
    demanding,
    inventory,
    joined,
    published,
    raw,
    recorded,
    verdict_on,
)
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, matches, outcomes
from tests.unit.shared import entry, guideline, shared_files

STORE = f"{TRAPS}test_scenarios.Objects.test_store"
SOMETHING = f"{TRAPS}test_scenarios.Objects.test_store_something"
EMPTY, BYTE = "(empty)", "(one byte)"
IMAGES = "tempest.api.image.v2.test_images_formats.ImagesFormatTest"
DERIVED = f"{TRAPS}test_inherited.DerivedQuotasTest"


def found_by(verdict: Verdict) -> Counter[tuple[str, str]]:
    """Count the counted tests by how they were found and what became of them."""
    return Counter((test.match.value, test.outcome.value) for test in verdict.counted_tests)


# Attributes and scenarios


@pytest.mark.parametrize("name", ["storage.subunit", "storage.stestr"])
def test_names_with_attributes(name: str) -> None:
    found = recorded(name)
    endings = {event.name[event.name.index("[") :] for event in found.events}
    assert any(",smoke]" in ending for ending in endings)
    assert all(ending.startswith("[id-") and ending.endswith("]") for ending in endings)
    for known in ((), inventory()):
        verdict = verdict_on(catalog.load_guideline("2020.06"), found, known, "storage")
        assert (verdict.judgement, verdict.problems) == (PASS, ())
        assert found_by(verdict) == {("name", "passed"): 60}


def test_names_with_scenarios_must_all_pass() -> None:
    found = recorded("scenarios.subunit")
    known = [parse_test_name(event.name) for event in found.events]
    assert {test.name for test in known} == {
        f"{name}{scenario}" for name in (STORE, SOMETHING) for scenario in (EMPTY, BYTE)
    }
    assert verdict_on(demanding(STORE), found, known).judgement is PASS
    verdict = verdict_on(demanding(SOMETHING), found, known)
    assert (verdict.judgement, outcomes(verdict)) == (FAIL, {SOMETHING: "failed"})
    assert verdict.tests[0].found == (f"{SOMETHING}{EMPTY}", f"{SOMETHING}{BYTE}")


def test_names_with_scenarios_prove_nothing_of_the_bare_name_without_an_inventory() -> None:
    found = recorded("scenarios.subunit")
    for name in (STORE, SOMETHING):
        assert verdict_on(demanding(name), found).judgement is INCOMPLETE


def test_names_with_one_scenario_required_are_judged_by_that_one() -> None:
    found = recorded("scenarios.subunit")
    known = [parse_test_name(event.name) for event in found.events]
    for inventoried in ((), known):
        good = verdict_on(guideline({f"{SOMETHING}{BYTE}": entry()}), found, inventoried)
        assert good.judgement is PASS
        bad = verdict_on(guideline({f"{SOMETHING}{EMPTY}": entry()}), found, inventoried)
        assert bad.judgement is FAIL


def test_names_with_scenarios_of_which_one_did_not_run() -> None:
    found = recorded("scenarios.subunit")
    more = [parse_test_name(f"{STORE}(two bytes)")]
    known = [*(parse_test_name(event.name) for event in found.events), *more]
    assert verdict_on(demanding(STORE), found, known).judgement is INCOMPLETE


@pytest.mark.parametrize("policy", ["", "scs"])
def test_class_level_skip_of_tempest_s_own_tests_with_scenarios(policy: str) -> None:
    names = inventory("inventory-images.txt")
    assert len(names) == 8
    assert {test.name[test.name.index("(") :] for test in names} == {
        "(cirros raw)",
        "(cirros qcow2)",
    }
    usable = f"{IMAGES}.test_accept_usable_formats"
    made = demanding(f"{usable}[id-a245fcbe-63ce-4dc1-a1d0-c16d76d9e6df]", VERSIONED, policy=policy)
    # The listing without a manifest of images, in which the names are bare, is not this run's.
    others = [test for test in inventory() if not test.name.startswith(f"{IMAGES}.")]
    for known in ((), [*others, *names]):
        verdict = verdict_on(made, recorded("scenarios-class-skip.subunit"), known)
        assert outcomes(verdict) == {usable: "skipped", VERSIONED: "passed"}
        assert verdict.tests[0].reason == "Nova is not available"
        assert verdict.judgement is (PASS if policy else INCOMPLETE)


# Ids


@pytest.mark.parametrize("policy", ["", "scs"])
def test_inherited_tests_share_an_id_which_alone_never_proves_a_pass(policy: str) -> None:
    found = recorded("inherited.subunit")
    ran = [parse_test_name(event.name) for event in found.events]
    tempest = inventory()
    for test in ran:
        (original,) = (known for known in tempest if known.uuid == test.uuid)
        assert original.name == test.name.replace(DERIVED, CONTAINER_QUOTAS)
    for known in ((), [*tempest, *ran]):
        verdict = verdict_on(published(CONTAINER_QUOTAS, policy=policy), found, known)
        assert verdict.judgement is INCOMPLETE
        assert set(outcomes(verdict).values()) == {"not run"}


def test_inherited_tests_that_pass_do_not_override_the_failure_of_the_one_that_is_required(
    tmp_path: Path,
) -> None:
    found = joined(tmp_path, raw("inherited.subunit"), raw("quotas-fail.subunit"))
    known = [*inventory(), *(parse_test_name(event.name) for event in found.events)]
    for inventoried in ((), known):
        verdict = verdict_on(published(CONTAINER_QUOTAS), found, inventoried)
        assert verdict.judgement is FAIL
        assert outcomes(verdict) == {LARGE: "failed", MANY: "failed", VALID: "passed"}


def test_an_inventory_of_tempest_alone_does_not_know_the_plugin_that_ran() -> None:
    verdict = verdict_on(demanding(VERSIONED), recorded("inherited.subunit"), inventory())
    assert verdict.judgement is INCOMPLETE
    assert len(verdict.problems) == 1
    assert DERIVED in verdict.problems[0]


def test_ids_in_tempest_47_that_several_tests_carry() -> None:
    carriers = Counter(test.uuid for test in inventory() if test.uuid)
    shared = {uuid for uuid, count in carriers.items() if count > 1}
    assert (len(shared), len(carriers)) == (120, 1445)


# Renamed and moved


def test_renamed_test_is_found_by_its_id_where_the_tempest_is_known() -> None:
    uuid = next(test.uuid for test in inventory() if test.name == EXPIRED)
    moved = "tempest.api.object_storage.test_object_old.OldTest.test_get_object_after_expiration"
    found = recorded("storage.subunit")
    made = guideline({moved: entry(f"id-{uuid}")})
    verdict = verdict_on(made, found, inventory())
    assert (verdict.judgement, matches(verdict)) == (PASS, ["id"])
    assert verdict.tests[0].found == (EXPIRED,)
    bare = verdict_on(made, found)
    assert (bare.judgement, matches(bare)) == (INCOMPLETE, ["none"])
    aliased = guideline({moved: entry(f"id-{uuid}", aliases=[EXPIRED])})
    for known in ((), inventory()):
        verdict = verdict_on(aliased, found, known)
        assert (verdict.judgement, matches(verdict)) == (PASS, ["alias"])


def test_renamed_test_that_was_cut_short_is_no_pass() -> None:
    uuid = next(test.uuid for test in inventory() if test.name == EXPIRED)
    made = guideline({"tempest.old.OldTest.test_expiry": entry(f"id-{uuid}")})
    verdict = verdict_on(made, recorded("killed-worker.subunit"), inventory())
    assert (verdict.judgement, matches(verdict)) == (INCOMPLETE, ["id"])
    assert outcomes(verdict) == {"tempest.old.OldTest.test_expiry": "unfinished"}


@pytest.mark.parametrize(
    ("guideline_id", "judgement", "expected"),
    [
        ("2015.03", INCOMPLETE, {("name", "passed"): 13, ("name", "not run"): 2}),
        ("2015.05", PASS, {("name", "passed"): 13}),
        ("2015.07", INCOMPLETE, {("name", "passed"): 14, ("none", "absent"): 1}),
        ("2016.08", PASS, {("name", "passed"): 14}),
        ("2017.01", PASS, {("name", "passed"): 31}),
    ],
)
def test_old_guidelines_and_the_object_store_of_tempest_47(
    guideline_id: str, judgement: str, expected: dict[tuple[str, str], int]
) -> None:
    made = catalog.load_guideline(guideline_id)
    verdict = verdict_on(made, recorded("storage.subunit"), inventory(), "object")
    assert (verdict.judgement, found_by(verdict)) == (judgement, expected)


OLD = [
    (
        "2015.07",
        {("name", "passed"): 81, ("name", "skipped"): 4, ("alias", "passed"): 1},
        {("none", "not run"): 12},
        {("id", "passed"): 2, ("name", "not run"): 7, ("none", "absent"): 3},
    ),
    (
        "2016.08",
        {("name", "passed"): 140, ("name", "skipped"): 4, ("alias", "passed"): 55},
        {("none", "not run"): 12},
        {("id", "passed"): 8, ("alias", "not run"): 4},
    ),
    (
        "2017.01",
        {("name", "passed"): 159, ("name", "skipped"): 4, ("alias", "passed"): 62},
        {("none", "not run"): 4},
        {("alias", "not run"): 4},
    ),
]
"""Guideline; what is found either way; the rest without an inventory, and with it."""


@pytest.mark.parametrize("path", shared_files("results/full-accounts-c2.subunit.gz"))
@pytest.mark.parametrize(("guideline_id", "either", "bare", "known"), OLD)
def test_renamed_and_moved_tests_of_old_guidelines_on_tempest_47(
    path: Path,
    guideline_id: str,
    either: dict[tuple[str, str], int],
    bare: dict[tuple[str, str], int],
    known: dict[tuple[str, str], int],
) -> None:
    made, found = catalog.load_guideline(guideline_id), load_results(str(path))
    for inventoried, rest in (((), bare), (inventory(), known)):
        verdict = verdict_on(made, found, inventoried, "platform")
        assert (verdict.judgement, verdict.problems) == (INCOMPLETE, ())
        assert found_by(verdict) == {**either, **rest}


@pytest.mark.parametrize("path", shared_files("results/full-accounts-c2.subunit.gz"))
def test_renamed_tests_of_2016_08_that_only_their_ids_find(path: Path) -> None:
    verdict = verdict_on(
        catalog.load_guideline("2016.08"), load_results(str(path)), inventory(), "platform"
    )
    by_id = {test.test: test.found for test in verdict.counted_tests if test.match == "id"}
    uuids = {test.name: test.uuid for test in inventory()}
    for test, names in by_id.items():
        assert test.name not in uuids
        assert {uuids[name] for name in names} == {test.uuid}


# Workers


@pytest.mark.parametrize("name", ["storage.subunit", "storage.stestr", "quotas.subunit"])
def test_two_workers_keep_their_tags_and_never_share_a_class(name: str) -> None:
    events = recorded(name).events
    workers: dict[str, set[str]] = {}
    for event in events:
        workers.setdefault(event.test.name.rpartition(".")[0], set()).add(event.worker)
    assert set().union(*workers.values()) == {"worker-0", "worker-1"}
    assert {len(found) for found in workers.values()} == {1}


@pytest.mark.parametrize("path", shared_files("results/*.subunit.gz"))
def test_two_workers_of_a_recorded_run_never_share_a_class(path: Path) -> None:
    workers: dict[str, set[str]] = {}
    for event in load_results(str(path)).events:
        name = event.name
        owner = name[name.index("(") + 1 : -1] if "Class (" in name else event.test.name
        owner = owner if "Class (" in name else owner.rpartition(".")[0]
        workers.setdefault(owner, set()).add(event.worker)
    assert set().union(*workers.values()) == {"worker-0", "worker-1"}
    assert {len(found) for found in workers.values()} == {1}
