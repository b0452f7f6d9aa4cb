"""Which result stands for a demanded test: name, alias, id, and never a sibling."""

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.matching import TempestTest
from defcheck.guideline.models import Guideline
from defcheck.results.models import Event
from tests.unit.scoring.judging import (
    FAIL,
    INCOMPLETE,
    PASS,
    judge,
    matches,
    outcomes,
    tempest,
)
from tests.unit.shared import document, entry, failed, guideline, load, passed, skipped, unfinished

X = "a.b.C.test_x"
OLD = "old.C.test_x"
SIBLING = "a.b.Derived.test_x"
LACKS = "the Tempest inventory lacks tests that ran, such as "


@pytest.fixture
def one() -> Guideline:
    """A guideline that demands one test, with an id and an alias."""
    return guideline({X: entry("id-1", aliases=[OLD])})


# Names and aliases


@pytest.mark.parametrize("name", [X, f"{X}[id-1]", f"{X}[id-1,smoke]", f"{X}[smoke]", f"{X}[id-7]"])
def test_a_test_is_found_by_its_name_whatever_its_attributes(one: Guideline, name: str) -> None:
    verdict = judge(one, passed(name))
    assert verdict.judgement is PASS
    assert matches(verdict) == ["name"]


def test_a_test_is_found_by_its_alias(one: Guideline) -> None:
    verdict = judge(one, passed(f"{OLD}[id-1]"))
    assert verdict.judgement is PASS
    assert matches(verdict) == ["alias"]
    assert verdict.tests[0].found == (OLD,)


def test_an_alias_of_one_capability_counts_for_that_one_only() -> None:
    made = load(document({"one": {X: entry(aliases=[OLD])}, "two": {X: entry()}}))
    verdict = judge(made, passed(OLD))
    assert verdict.judgement is INCOMPLETE
    assert [test.outcome.value for test in verdict.tests] == ["passed", "not run"]


def test_a_failure_under_the_name_is_not_fixed_by_the_alias(one: Guideline) -> None:
    assert judge(one, failed(X), passed(OLD)).judgement is FAIL
    assert judge(one, skipped(X), passed(OLD)).judgement is INCOMPLETE


def test_of_several_aliases_all_must_pass() -> None:
    made = guideline({X: entry(aliases=[OLD, "older.C.test_x"])})
    assert judge(made, passed(OLD), failed("older.C.test_x")).judgement is FAIL
    assert judge(made, passed(OLD), skipped("older.C.test_x")).judgement is INCOMPLETE
    assert judge(made, passed(OLD)).judgement is PASS


@pytest.mark.parametrize("name", [f"{X}_again", "b.C.test_x", f"x.{X}", X.upper(), f"{X} "])
def test_a_name_that_is_only_like_it_is_another_test(one: Guideline, name: str) -> None:
    verdict = judge(one, passed(name))
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}


def test_names_of_a_refstack_upload_are_taken_as_they_stand(one: Guideline) -> None:
    assert judge(one, passed(X), passes_only=True).judgement is PASS
    assert judge(one, passed(f"{X}[id-1]"), passes_only=True).judgement is INCOMPLETE


# Ids


@pytest.mark.parametrize("name", ["a.b.C.test_renamed", "new.place.C.test_x"])
def test_a_renamed_or_moved_test_is_found_by_its_id(one: Guideline, name: str) -> None:
    inventory = tempest(f"{name}[id-1]", "a.b.C.test_other[id-2]")
    verdict = judge(one, passed(f"{name}[id-1,smoke]"), inventory=inventory)
    assert verdict.judgement is PASS
    assert matches(verdict) == ["id"]
    assert verdict.tests[0].found == (name,)
    assert judge(one, failed(f"{name}[id-1]"), inventory=inventory).judgement is FAIL
    assert judge(one, skipped(f"{name}[id-1]"), inventory=inventory).judgement is INCOMPLETE


def test_never_by_id_where_no_inventory_tells_that_the_name_is_gone(one: Guideline) -> None:
    verdict = judge(one, passed("new.place.C.test_x[id-1]"))
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}
    assert matches(verdict) == ["none"]
    assert verdict.tests[0].found == ()
    assert verdict.tests[0].reason == (
        "Only tests that cannot prove it are in the results: new.place.C.test_x"
    )


@pytest.mark.parametrize("known", [X, OLD, f"{X}(v6)"])
def test_a_sibling_with_the_id_never_stands_in_for_a_test_that_exists_and_did_not_run(
    one: Guideline, known: str
) -> None:
    inventory = tempest(f"{known}[id-1]", f"{SIBLING}[id-1]")
    verdict = judge(one, passed(f"{SIBLING}[id-1]"), inventory=inventory)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}


def test_a_sibling_that_is_itself_required_never_stands_in() -> None:
    made = guideline({X: entry("id-1"), SIBLING: entry("id-1")})
    for inventory in (tempest(f"{SIBLING}[id-1]"), ()):
        verdict = judge(made, passed(f"{SIBLING}[id-1]"), inventory=inventory)
        assert verdict.judgement is INCOMPLETE
        assert [test.judgement for test in verdict.tests] == [INCOMPLETE, PASS]


def test_a_sibling_that_is_required_elsewhere_in_the_guideline_never_stands_in() -> None:
    made = guideline({X: entry("id-1")}, advisory={SIBLING: entry("id-1")})
    inventory = tempest(f"{SIBLING}[id-1]")
    assert judge(made, passed(f"{SIBLING}[id-1]"), inventory=inventory).judgement is INCOMPLETE


@pytest.mark.parametrize("other", [failed, skipped, unfinished])
def test_an_ambiguous_id_never_passes(one: Guideline, other: type) -> None:
    names = ("m.A.test_y[id-1]", "m.B.test_z[id-1]")
    verdict = judge(one, passed(names[0]), other(names[1]), inventory=tempest(*names))
    assert verdict.judgement is INCOMPLETE
    assert verdict.tests[0].reason == (
        "Several tests carry its id and differ in outcome: m.A.test_y, m.B.test_z"
    )
    both = judge(one, passed(names[0]), passed(names[1]), inventory=tempest(*names))
    assert both.judgement is PASS


def test_of_several_tests_with_the_id_and_the_method_all_must_pass(one: Guideline) -> None:
    names = ("m.A.test_x[id-1]", "m.B.test_x[id-1]", "m.C.test_other[id-1]")
    inventory = tempest(*names)
    assert judge(one, passed(names[0]), inventory=inventory).judgement is INCOMPLETE
    assert judge(one, passed(names[0]), failed(names[1]), inventory=inventory).judgement is not PASS
    assert judge(one, passed(names[0]), passed(names[1]), inventory=inventory).judgement is PASS


def test_a_candidate_that_did_not_run_makes_the_id_ambiguous(one: Guideline) -> None:
    names = ("m.A.test_y[id-1]", "m.B.test_z[id-1]")
    assert judge(one, passed(names[0]), inventory=tempest(*names)).judgement is INCOMPLETE


def test_a_test_without_an_id_is_never_found_by_one() -> None:
    made = guideline({X: entry("")})
    verdict = judge(made, passed("m.A.test_x"), inventory=tempest("m.A.test_x"))
    assert outcomes(verdict) == {X: "absent"}


def test_a_test_that_its_own_tempest_lacks_is_absent(one: Guideline) -> None:
    verdict = judge(one, passed("a.b.C.test_y"), inventory=tempest("a.b.C.test_y[id-2]"))
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "absent"}
    unknown = judge(one, passed("a.b.C.test_y"))
    assert outcomes(unknown) == {X: "not run"}


def test_a_test_of_the_tempest_that_did_not_run_is_not_run(one: Guideline) -> None:
    verdict = judge(one, passed("a.b.C.test_y"), inventory=tempest(X, "a.b.C.test_y"))
    assert outcomes(verdict) == {X: "not run"}


def test_servers_test_json_never_stands_in_for_servers_test_manual_disk() -> None:
    made = catalog.load_guideline("2015.07")
    tests = {test.name: test for one in made.capabilities.values() for test in one.tests}
    json_names = [name for name in tests if ".ServersTestJSON." in name]
    manual = [name for name in tests if ".ServersTestManualDisk." in name]
    ran = [passed(f"{name}[{tests[name].idempotent_id}]") for name in tests if name not in manual]
    inventory = tempest(*(event.name for event in ran))
    for known in (inventory, ()):
        verdict = judge(made, *ran, inventory=known)
        assert verdict.judgement is INCOMPLETE
        found = outcomes(verdict)
        assert {found[name] for name in json_names} == {"passed"}
        assert {found[name] for name in manual} == {"absent" if known else "not run"}


# Scenarios


def test_every_scenario_must_pass(one: Guideline) -> None:
    four, six = f"{X}[id-1](v4)", f"{X}[id-1](v6)"
    inventory = tempest(four, six)
    assert judge(one, passed(four), passed(six), inventory=inventory).judgement is PASS
    assert judge(one, passed(four), failed(six), inventory=inventory).judgement is FAIL
    assert judge(one, passed(four), skipped(six), inventory=inventory).judgement is INCOMPLETE


@pytest.mark.parametrize("name", [X, OLD])
@pytest.mark.parametrize("other", [passed, failed, skipped, unfinished])
def test_scenarios_alone_prove_nothing_where_the_tempest_is_not_kntempest(
    one: Guideline, name: str, other: type
) -> None:
    verdict = judge(one, passed(f"{name}[id-1](v4)"), other(f"{name}[id-1](v6)"))
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}
    assert matches(verdict) == ["none"]


@pytest.mark.parametrize("inventory", [(), tempest(X, f"{X}(v6)")])
def test_the_bare_name_and_its_scenarios_must_all_pass(
    one: Guideline, inventory: tuple[TempestTest, ...]
) -> None:
    six = f"{X}[id-1](v6)"
    assert judge(one, passed(X), passed(six), inventory=inventory).judgement is PASS
    assert judge(one, passed(X), failed(six), inventory=inventory).judgement is FAIL
    assert judge(one, failed(X), passed(six), inventory=inventory).judgement is FAIL
    assert judge(one, passed(X), skipped(six), inventory=inventory).judgement is INCOMPLETE
    assert judge(one, skipped(X), passed(six), inventory=inventory).judgement is INCOMPLETE


def test_a_scenario_that_the_tempest_has_and_did_not_run_is_missed(one: Guideline) -> None:
    inventory = tempest(f"{X}[id-1](v4)", f"{X}[id-1](v6)")
    assert judge(one, passed(f"{X}[id-1](v4)"), inventory=inventory).judgement is INCOMPLETE


# Where a pass is too easy


@pytest.mark.parametrize(
    "inventory",
    [
        tempest(),
        tempest(""),
        tempest("q.Q.test_other"),
        tempest("new.place.C.test_x[id-1]"),
        tempest(f"{SIBLING}[id-1](v4)"),
        tempest(f"{SIBLING[:-1]}[id-1]"),
    ],
    ids=["empty", "one empty line", "another", "newer", "scenario", "cut off"],
)
def test_an_inventory_that_is_empty_or_lacks_what_ran_proves_nothing_gone(
    one: Guideline, inventory: tuple[TempestTest, ...]
) -> None:
    verdict = judge(one, passed(f"{SIBLING}[id-1]"), inventory=inventory)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}
    assert verdict.problems == ((f"{LACKS}{SIBLING}",) if inventory else ())


def test_an_inventory_that_lacks_what_ran_keeps_even_whole_results_from_a_pass(
    one: Guideline,
) -> None:
    events = (passed(X), passed("z.Z.test_other"))
    verdict = judge(one, *events, inventory=tempest(X))
    assert (verdict.judgement, outcomes(verdict)) == (INCOMPLETE, {X: "passed"})
    assert verdict.problems == (f"{LACKS}z.Z.test_other",)
    assert judge(one, *events, inventory=tempest(X, "z.Z.test_other")).judgement is PASS


@pytest.mark.parametrize(
    ("listed", "event"), [(OLD, X), (f"{X}(v4)", f"{X}(v6)"), (f"{X}(v4)", X), (OLD, f"{OLD}(v6)")]
)
def test_a_reported_failure_that_the_inventory_does_not_list_is_no_pass(
    one: Guideline, listed: str, event: str
) -> None:
    inventory = tempest(listed)
    verdict = judge(one, passed(listed), failed(event), inventory=inventory)
    assert verdict.judgement is not PASS
    assert verdict.problems == (f"{LACKS}{event}",)
    whole = tempest(listed, event)
    assert judge(one, passed(listed), failed(event), inventory=whole).judgement is FAIL


def test_one_scenario_of_an_upload_of_passes_does_not_prove_the_others(one: Guideline) -> None:
    verdict = judge(one, passed(f"{X}(v4)"), passes_only=True)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run"}
    assert judge(one, passed(f"{X}(v4)"), passed(X), passes_only=True).judgement is PASS


def test_under_scs_a_scenario_that_did_not_run_is_missed_beside_a_skipped_one() -> None:
    made = guideline({X: entry("id-1"), "a.b.C.test_y": entry("id-2")}, policy="scs")
    inventory = tempest(f"{X}(v4)", f"{X}(v6)", "a.b.C.test_y")
    only_missed = judge(made, passed("a.b.C.test_y"), passed(f"{X}(v4)"), inventory=inventory)
    assert only_missed.judgement is INCOMPLETE
    verdict = judge(made, passed("a.b.C.test_y"), skipped(f"{X}(v4)"), inventory=inventory)
    assert verdict.judgement is INCOMPLETE


@pytest.mark.parametrize(
    "name", ["setUpClass (older.D)", "older.D.test_x[id-1](v6)", f"{X}[id-1](v6)"]
)
def test_a_failure_of_another_alias_or_of_a_scenario_is_not_fixed_by_an_alias(name: str) -> None:
    made = guideline({X: entry("id-1", aliases=[OLD, "older.D.test_x"])})
    assert judge(made, passed(OLD)).judgement is PASS
    assert judge(made, passed(OLD), failed(name)).judgement is not PASS


def test_in_a_known_tempest_no_failure_is_fixed_by_an_alias() -> None:
    made = guideline({X: entry("id-1", aliases=[OLD, "older.D.test_x"])})
    for known, name in (
        ("older.D.test_x", "setUpClass (older.D)"),
        ("older.D.test_x(v6)", "older.D.test_x(v6)"),
        (f"{X}(v6)", f"{X}(v6)"),
    ):
        inventory = tempest(OLD, known)
        assert judge(made, passed(OLD), failed(name), inventory=inventory).judgement is FAIL


def test_one_renamed_test_never_stands_for_two_required_ones() -> None:
    made = guideline({X: entry("id-1"), "a.b.Manual.test_x": entry("id-1")})
    inventory = tempest("new.C.test_x[id-1]")
    verdict = judge(made, passed("new.C.test_x[id-1]"), inventory=inventory)
    assert verdict.judgement is INCOMPLETE


@pytest.mark.parametrize(
    "event",
    [
        failed("setUpClass (a.b.C)"),
        skipped("setUpClass (a.b.C)"),
        failed("tearDownClass (a.b.C)"),
        failed("unittest.loader._FailedTest.a.b"),
    ],
    ids=lambda event: event.name,
)
def test_an_inventory_that_lacks_a_class_that_was_set_up_is_not_believed(event: Event) -> None:
    made = guideline({X: entry("id-1")})
    inventory = tempest("m.Derived.test_x[id-1]")
    verdict = judge(made, passed("m.Derived.test_x[id-1]"), event, inventory=inventory)
    assert verdict.judgement is not PASS
