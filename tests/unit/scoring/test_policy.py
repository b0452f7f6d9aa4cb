"""The rules: which outcomes of demanded tests make which verdict."""

from itertools import product

import pytest

from defcheck.guideline.models import PolicyName
from defcheck.results.models import Event, Outcome
from defcheck.scoring.policy import FAILURES, POLICIES, Judgement
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge
from tests.unit.shared import entry, failed, guideline, passed, skipped, unfinished

DEFCORE, SCS = POLICIES[PolicyName.DEFCORE], POLICIES[PolicyName.SCS]
TWO = {"a.C.test_x": entry("id-1"), "b.D.test_y": entry("id-2")}
ORDER = [FAIL, INCOMPLETE, PASS]


@pytest.mark.parametrize("outcome", Outcome)
def test_under_defcore_nothing_but_a_pass_passes(outcome: Outcome) -> None:
    expected = PASS if outcome == "passed" else INCOMPLETE
    if outcome.value in ("failed", "fixture error"):
        expected = FAIL
    assert DEFCORE.judge_test(outcome) is expected
    assert DEFCORE.judge_outcomes([Outcome.PASSED, outcome]) is expected


@pytest.mark.parametrize("outcome", Outcome)
def test_under_scs_a_skip_is_allowed_too(outcome: Outcome) -> None:
    expected = PASS if outcome.value in ("passed", "skipped") else INCOMPLETE
    if outcome.value in ("failed", "fixture error"):
        expected = FAIL
    assert SCS.judge_test(outcome) is expected
    assert SCS.judge_outcomes([Outcome.PASSED, outcome]) is expected


@pytest.mark.parametrize("name", PolicyName)
def test_nothing_at_all_is_never_a_pass(name: PolicyName) -> None:
    assert POLICIES[name].judge_outcomes([]) is INCOMPLETE
    assert POLICIES[name].judge_outcomes([Outcome.SKIPPED] * 3) is INCOMPLETE


@pytest.mark.parametrize("name", PolicyName)
def test_the_worst_outcome_makes_the_verdict(name: PolicyName) -> None:
    policy = POLICIES[name]
    for outcomes in product(Outcome, repeat=3):
        verdict = policy.judge_outcomes(outcomes)
        worst = min(map(policy.judge_test, outcomes), key=ORDER.index)
        if Outcome.PASSED in outcomes or worst is not PASS:
            assert verdict is worst
        else:
            assert verdict is INCOMPLETE


def test_every_policy_of_a_guideline_has_its_rule() -> None:
    assert set(POLICIES) == set(PolicyName)
    for name, policy in POLICIES.items():
        assert policy.name is name
        assert not policy.allowed & FAILURES


def test_all_passed_is_a_pass() -> None:
    for policy in PolicyName:
        verdict = judge(
            guideline(TWO, policy=policy), passed("a.C.test_x"), passed("b.D.test_y[id-2,smoke]")
        )
        assert verdict.judgement is PASS
        assert verdict.policy.name is policy


@pytest.mark.parametrize(
    ("event", "defcore", "scs"),
    [
        (failed("b.D.test_y"), FAIL, FAIL),
        (skipped("b.D.test_y"), INCOMPLETE, PASS),
        (unfinished("b.D.test_y"), INCOMPLETE, INCOMPLETE),
        (passed("b.D.test_other"), INCOMPLETE, INCOMPLETE),
        (skipped("setUpClass (b.D)"), INCOMPLETE, PASS),
        (failed("setUpClass (b.D)"), FAIL, FAIL),
        (failed("tearDownClass (b.D)"), INCOMPLETE, INCOMPLETE),
    ],
)
def test_what_one_test_without_a_pass_makes(
    event: Event, defcore: Judgement, scs: Judgement
) -> None:
    for policy, expected in (("defcore", defcore), ("scs", scs)):
        verdict = judge(guideline(TWO, policy=policy), passed("a.C.test_x"), event)
        assert verdict.judgement is expected


def test_all_skipped_is_incomplete_even_under_scs() -> None:
    verdict = judge(
        guideline(TWO, policy="scs"), skipped("setUpClass (a.C)"), skipped("b.D.test_y")
    )
    assert verdict.judgement is INCOMPLETE
    assert [test.judgement for test in verdict.counted_tests] == [PASS, PASS]


def test_a_failure_is_a_failure_however_many_pass() -> None:
    many = {f"a.C.test_{number}": entry() for number in range(50)}
    events = [passed(name) for name in many]
    assert judge(guideline(many), *events).judgement is PASS
    assert judge(guideline(many), *events, failed("a.C.test_7")).judgement is FAIL


def test_results_of_passes_only_that_lack_a_test_are_incomplete_under_scs_too() -> None:
    for policy in PolicyName:
        made = guideline(TWO, policy=policy)
        assert judge(made, passed("a.C.test_x"), passes_only=True).judgement is INCOMPLETE
        whole = judge(made, passed("a.C.test_x"), passed("b.D.test_y"), passes_only=True)
        assert whole.judgement is PASS
