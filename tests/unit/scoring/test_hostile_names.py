"""Names that only resemble a demanded one, or that no Tempest should report."""

import pytest

from defcheck.guideline.models import Guideline
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge, outcomes, tempest
from tests.unit.shared import entry, failed, guideline, passed, skipped

X, Z = "a.b.C.test_x", "a.d.E.test_z"


@pytest.fixture
def two() -> Guideline:
    """A guideline that demands two tests."""
    return guideline({X: entry("id-1"), Z: entry("id-3")})


@pytest.mark.parametrize(
    "name",
    [
        "setUpClass (a.b.C) ",
        "setUpClass (a.b.C)x",
        "setUpClass (a.b.C)[id-1]",
        "tearDownClass (a.b.C)\n",
        "setUpModule (a.b)(v4)",
        f"{X}[]",
        f"{X}[x\ny]",
        f"{X}[id-1](v4)",
        f"{X}(v4\nv6)",
        f"{X}(v4)(v6)",
        f"{X}[id-1](v4)[v6](x)",
    ],
)
def test_a_failure_counts_however_its_name_is_decorated(two: Guideline, name: str) -> None:
    assert judge(two, passed(X), passed(Z)).judgement is PASS
    verdict = judge(two, passed(X), passed(Z), failed(name))
    assert verdict.judgement is not PASS
    assert outcomes(verdict)[X] != "passed"


@pytest.mark.parametrize(
    "name",
    [
        f"{X}\n",
        f"{X} ",
        f" {X}",
        f"{X}[id-1]\n",
        f"{X}[id-1",
        f"{X}id-1]",
        f"{X}[(]",
        f"{X}[id-1][id-1]",
        f"{X} (i=0)",
        f"{X} [message] (i=0)",
        f"setUpClass ({X}",
        f"setUpClass ({X})",
        "setUpClass (a.b.C)",
        "tearDownClass (a.b.C)",
        "unittest.loader._FailedTest.a.b",
        f"unittest.loader._FailedTest.{X}",
        "a.b.C",
        "",
        "[id-1]",
        "(v4)",
        f"{X}(v4)\n",
        "\u0430.b.C.test_x",
    ],
)
@pytest.mark.parametrize("passes_only", [False, True])
def test_a_pass_under_a_name_that_only_resembles_it_is_no_pass(
    two: Guideline, name: str, *, passes_only: bool
) -> None:
    verdict = judge(two, passed(name), passed(Z), passes_only=passes_only)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "not run", Z: "passed"}
    known = tempest(X, Z, name)
    assert judge(two, passed(name), passed(Z), inventory=known).judgement is INCOMPLETE


@pytest.mark.parametrize("owner", ["a.b.C2", "a.b.c", "a.b.C.D", "a.bb"])
def test_a_class_whose_name_begins_alike_is_another(two: Guideline, owner: str) -> None:
    for event in (failed, skipped):
        for stage in ("setUpClass", "tearDownClass", "setUpModule"):
            verdict = judge(two, passed(X), passed(Z), event(f"{stage} ({owner})"))
            assert verdict.judgement is PASS
        verdict = judge(two, passed(Z), event(f"setUpClass ({owner})"))
        assert outcomes(verdict)[X] == "not run"


def test_a_nested_class_is_told_from_the_class_that_holds_it() -> None:
    outer, inner = "a.b.C.test_x", "a.b.C.Inner.test_x"
    made = guideline({outer: entry("id-1"), inner: entry("id-2")})
    both = (passed(outer), passed(inner))
    verdict = judge(made, *both, failed("setUpClass (a.b.C.Inner)"))
    assert outcomes(verdict) == {outer: "passed", inner: "fixture error"}
    assert verdict.judgement is FAIL
    assert judge(made, *both, failed("tearDownClass (a.b.C)")).judgement is INCOMPLETE


def test_a_package_reaches_the_modules_nested_in_it(two: Guideline) -> None:
    for owner, reached in (("a", {X, Z}), ("a.b", {X}), ("a.d", {Z}), ("a.d.E", {Z})):
        verdict = judge(two, passed(X), passed(Z), failed(f"setUpModule ({owner})"))
        assert {name for name, what in outcomes(verdict).items() if what != "passed"} == reached
        assert verdict.judgement is FAIL


def test_a_name_twice_in_the_inventory_or_in_the_results_changes_nothing(two: Guideline) -> None:
    inventory = tempest(X, f"{X}[id-1]", f"{X}[id-2]", Z, Z)
    events = (passed(X), passed(f"{X}[id-2]"), passed(Z), passed(Z))
    assert judge(two, *events, inventory=inventory).judgement is PASS
    assert judge(two, *events, failed(f"{X}[id-9]"), inventory=inventory).judgement is FAIL
    assert judge(two, passed(Z), inventory=inventory).judgement is INCOMPLETE


@pytest.mark.parametrize(
    "name", ["setUpClass (a.b.C", "setUpClass(a.b.C)", "setUpClass  (a.b.C)", "tearDownClass ()"]
)
def test_the_failure_of_a_fixture_that_cannot_be_read_is_no_pass(two: Guideline, name: str) -> None:
    assert judge(two, passed(X), passed(Z), failed(name)).judgement is not PASS


def test_a_load_tests_that_failed_fails_its_module(two: Guideline) -> None:
    events = (passed(X), passed(Z), failed("unittest.loader.LoadTestsFailure.a.b"))
    assert judge(two, *events).judgement is FAIL
