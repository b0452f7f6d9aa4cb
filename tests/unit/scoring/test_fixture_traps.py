"""Classes and modules whose set-up or tear-down failed or skipped."""

import pytest

from defcheck.guideline.models import Guideline
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge, matches, outcomes, tempest
from tests.unit.shared import entry, failed, guideline, passed, skipped

X, Y, Z = "a.b.C.test_x", "a.b.C.test_y", "a.d.E.test_z"


@pytest.fixture
def three() -> Guideline:
    """A guideline that demands two tests of one class and one of another."""
    return guideline({X: entry("id-1"), Y: entry("id-2"), Z: entry("id-3")})


@pytest.fixture
def scs() -> Guideline:
    """The same under SCS."""
    tests = {X: entry("id-1"), Y: entry("id-2"), Z: entry("id-3")}
    return guideline(tests, policy="scs")


def test_a_set_up_that_fails_fails_every_required_test_of_the_class(three: Guideline) -> None:
    for inventory in ((), tempest(X, Y, Z)):
        verdict = judge(three, failed("setUpClass (a.b.C)"), passed(Z), inventory=inventory)
        assert verdict.judgement is FAIL
        assert outcomes(verdict) == {X: "fixture error", Y: "fixture error", Z: "passed"}
        assert verdict.tests[0].reason == "KeyError: 'x'"
        assert verdict.tests[0].seconds is None


def test_a_set_up_that_skips_skips_every_required_test_of_the_class(
    three: Guideline, scs: Guideline
) -> None:
    events = (skipped("setUpClass (a.b.C)", "no admin"), passed(Z))
    verdict = judge(three, *events)
    assert verdict.judgement is INCOMPLETE
    assert outcomes(verdict) == {X: "skipped", Y: "skipped", Z: "passed"}
    assert [test.reason for test in verdict.tests] == ["no admin", "no admin", ""]
    assert judge(scs, *events).judgement is PASS


def test_a_tear_down_that_fails_is_not_a_pass(three: Guideline, scs: Guideline) -> None:
    events = (passed(X), passed(Y), passed(Z), failed("tearDownClass (a.b.C)"))
    for made in (three, scs):
        verdict = judge(made, *events)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict) == {
            X: "passed, teardown error",
            Y: "passed, teardown error",
            Z: "passed",
        }


@pytest.mark.parametrize(
    "name", ["setUpModule (a.b)", "setUpModule (a)", "unittest.loader._FailedTest.a.b"]
)
def test_a_module_that_fails_fails_its_tests(three: Guideline, name: str) -> None:
    verdict = judge(three, failed(name), passed(X), passed(Y), passed(Z))
    assert verdict.judgement is FAIL
    assert outcomes(verdict)[X] == "fixture error"


def test_a_module_that_cannot_be_imported_fails_its_tests_though_none_is_reported(
    three: Guideline,
) -> None:
    broken = failed("unittest.loader._FailedTest.a.b")
    verdict = judge(three, broken, passed(Z))
    assert verdict.judgement is FAIL
    assert outcomes(verdict) == {X: "fixture error", Y: "fixture error", Z: "passed"}
    # Tempest lists nothing where a module cannot be imported: no such inventory.
    assert judge(three, broken, passed(Z), inventory=tempest(Z)).judgement is not PASS


def test_a_fixture_of_another_class_changes_nothing(three: Guideline) -> None:
    events = (passed(X), passed(Y), passed(Z))
    for owner in ("a.b.C2", "a.b.D", "a.b.C.D", "a.b.C.test_y2"):
        verdict = judge(three, *events, failed(f"setUpClass ({owner})"))
        assert verdict.judgement is PASS


@pytest.mark.parametrize(
    "name",
    [
        *(
            f"{kind} ({owner})"
            for kind in ("setUpClass", "tearDownClass", "setUpModule")
            for owner in ("C", "b", "b.C", "x.a.b.C", "run1.a.b.C", "a b", "<class 'C'>")
        ),
        *(
            f"unittest.loader._FailedTest.{module}"
            for module in ("b", "b.C", "run.a.b", "tests/b", "tempest.test_discover.test_discover")
        ),
    ],
)
def test_fixture_of_unknown_tests_is_named_and_never_leaves_a_pass(
    three: Guideline, name: str
) -> None:
    verdict = judge(three, passed(X), passed(Y), passed(Z), failed(name))
    assert verdict.judgement is not PASS
    assert any(name[:20] in problem for problem in verdict.problems)


@pytest.mark.parametrize(
    "owner", ["a.b.C ", " a.b.C", "<class 'a.b.C'>", "a/b/C", "a/b.py::C", "a.b:C", "a.b.C[x]", X]
)
def test_owner_of_a_fixture_is_known_however_it_is_written(three: Guideline, owner: str) -> None:
    found = judge(three, passed(X), passed(Y), passed(Z), failed(f"setUpClass ({owner})"))
    assert (found.judgement, found.problems) == (FAIL, ())
    assert outcomes(found)[X] == "fixture error"
    lost = failed(f"unittest.loader._FailedTest.{owner.strip()}")
    assert judge(three, passed(X), passed(Y), passed(Z), lost).judgement is FAIL


def test_a_test_and_its_class_both_reported_take_the_worse(three: Guideline) -> None:
    others = (passed(Y), passed(Z))
    assert judge(three, *others, passed(X), failed("setUpClass (a.b.C)")).judgement is FAIL
    assert judge(three, *others, failed(X), skipped("setUpClass (a.b.C)")).judgement is FAIL
    verdict = judge(three, *others, passed(X), skipped("setUpClass (a.b.C)"))
    assert verdict.judgement is INCOMPLETE


def test_a_passed_retry_does_not_undo_a_failure(three: Guideline) -> None:
    others = (passed(Y), passed(Z))
    assert judge(three, *others, failed(X), passed(X)).judgement is FAIL
    assert judge(three, *others, skipped(X), passed(f"{X}[id-1]")).judgement is INCOMPLETE


def test_a_fixture_error_of_a_flagged_test_does_not_count() -> None:
    made = guideline({X: entry(flagged=True), Z: entry()})
    verdict = judge(made, failed("setUpClass (a.b.C)"), passed(Z))
    assert verdict.judgement is PASS
    assert outcomes(verdict)[X] == "fixture error"


def test_a_fixture_error_reaches_a_test_by_its_alias() -> None:
    made = guideline({"old.C.test_x": entry("id-1", aliases=[X])})
    verdict = judge(made, failed("setUpClass (a.b.C)"))
    assert (verdict.judgement, matches(verdict)) == (FAIL, ["alias"])


def test_a_fixture_error_reaches_a_renamed_test_by_its_id() -> None:
    made = guideline({"old.C.test_x": entry("id-1")})
    verdict = judge(made, failed("setUpClass (a.b.C)"), inventory=tempest(f"{X}[id-1]"))
    assert (verdict.judgement, matches(verdict)) == (FAIL, ["id"])


@pytest.mark.parametrize("name", [X, "setUpClass (a.b.C)"])
def test_under_scs_a_skip_beside_a_pass_does_not_hide_the_tear_dtempest(name: str) -> None:
    made = guideline({X: entry("id-1"), Z: entry("id-3")}, policy="scs")
    events = (passed(X), passed(Z), failed("tearDownClass (a.b.C)"))
    for more in ((), (skipped(name),)):
        verdict = judge(made, *events, *more)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict) == {X: "passed, teardown error", Z: "passed"}


def test_a_skipped_class_does_not_hide_the_failure_of_an_alias() -> None:
    tests = {X: entry(aliases=["new.D.test_x"]), Z: entry()}
    made = guideline(tests, policy="scs")
    events = (skipped("setUpClass (a.b.C)"), failed("new.D.test_x"), passed(Z))
    assert judge(made, *events).judgement is FAIL
