"""A gate closes on what is new, and opens only on passes and on what somebody accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.guideline.models import PolicyName
from defcheck.guideline.overlay import LocalFlag
from defcheck.results.models import Outcome
from defcheck.scoring.gate import (
    GateAcceptance,
    GateFinding,
    GateResult,
    GateRule,
    GateState,
    GateTest,
    evaluate_gate,
)
from defcheck.scoring.policy import POLICIES, Judgement

DAY = "2031-06-01"
DEFAULT = (GateRule.FAIL, GateRule.REGRESSION)
PASS, FAIL, INCOMPLETE = Judgement.PASS, Judgement.FAIL, Judgement.INCOMPLETE
NAMES = ("a", "b", "c", "d")


def standing(
    test: str,
    outcome: Outcome,
    *,
    counted: bool = True,
    advisory: bool = False,
    policy: PolicyName = PolicyName.DEFCORE,
    capabilities: tuple[str, ...] = (),
) -> GateTest:
    judgement = POLICIES[policy].judge_test(outcome)
    return GateTest(
        test, counted, advisory, outcome, judgement, "", False, capabilities=capabilities
    )


def known(test: str, expires: str = "2031-12-31", capability: str = "") -> LocalFlag:
    return LocalFlag(test, "why", "who", "2031-01-01", expires, capability=capability)


def gate(
    *standings: GateTest,
    before: Mapping[str, Judgement | GateTest] | None = None,
    flags: Sequence[LocalFlag] = (),
    rules: Sequence[GateRule] = DEFAULT,
    problems: Sequence[str] = (),
    accept_incomplete: bool = False,
) -> GateResult:
    baseline = {name: accepted(name, was) for name, was in (before or {}).items()}
    return evaluate_gate(
        standings,
        None if before is None else baseline,
        flags,
        DAY,
        rules,
        problems,
        accept_incomplete=accept_incomplete,
    )


def accepted(test: str, was: Judgement | GateTest) -> GateTest:
    """Return a baseline's test, where only what it came to matters."""
    outcomes = {PASS: Outcome.PASSED, FAIL: Outcome.FAILED, INCOMPLETE: Outcome.NOT_RUN}
    return was if isinstance(was, GateTest) else standing(test, outcomes[was])


OK = standing("ok", Outcome.PASSED)
BAD = standing("t", Outcome.FAILED)
SKIP = standing("t", Outcome.SKIPPED)
GONE = standing("t", Outcome.NOT_RUN)
UNCLEAN = standing("t", Outcome.TEARDOWN_ERROR)
WITHOUT_PASS = [one for one in Outcome if one is not Outcome.PASSED]


@pytest.mark.parametrize(
    ("now", "before", "rules", "state"),
    [
        (BAD, None, DEFAULT, GateState.CLOSED),
        (BAD, PASS, DEFAULT, GateState.CLOSED),
        (BAD, FAIL, DEFAULT, GateState.OPEN),
        (BAD, INCOMPLETE, DEFAULT, GateState.CLOSED),
        (BAD, INCOMPLETE, [GateRule.REGRESSION], GateState.OPEN),
        (BAD, None, [GateRule.REGRESSION], GateState.UNCLEAR),
        (BAD, FAIL, [GateRule.REGRESSION], GateState.OPEN),
        (SKIP, None, DEFAULT, GateState.UNCLEAR),
        (SKIP, PASS, DEFAULT, GateState.CLOSED),
        (SKIP, PASS, [GateRule.FAIL], GateState.UNCLEAR),
        (SKIP, FAIL, DEFAULT, GateState.OPEN),
        (SKIP, INCOMPLETE, DEFAULT, GateState.OPEN),
        (SKIP, PASS, [GateRule.INCOMPLETE], GateState.CLOSED),
        (SKIP, None, [GateRule.INCOMPLETE], GateState.CLOSED),
        (SKIP, FAIL, [GateRule.INCOMPLETE], GateState.OPEN),
        (SKIP, INCOMPLETE, [GateRule.INCOMPLETE], GateState.OPEN),
        (GONE, None, DEFAULT, GateState.UNCLEAR),
        (GONE, PASS, DEFAULT, GateState.UNCLEAR),
        (GONE, PASS, [GateRule.INCOMPLETE], GateState.CLOSED),
        (GONE, PASS, [GateRule.FAIL], GateState.UNCLEAR),
        (GONE, INCOMPLETE, DEFAULT, GateState.OPEN),
        (GONE, FAIL, DEFAULT, GateState.OPEN),
        (UNCLEAN, None, DEFAULT, GateState.UNCLEAR),
        (UNCLEAN, PASS, DEFAULT, GateState.CLOSED),
        (UNCLEAN, PASS, [GateRule.FAIL], GateState.UNCLEAR),
        (UNCLEAN, INCOMPLETE, DEFAULT, GateState.OPEN),
    ],
)
def test_what_is_new_closes_it(
    now: GateTest, before: Judgement | None, rules: Sequence[GateRule], state: GateState
) -> None:
    found = gate(OK, now, before={"t": before} if before else None, rules=rules)
    assert found.state is state


@pytest.mark.parametrize("outcome", WITHOUT_PASS)
def test_without_a_baseline_no_outcome_but_a_pass_opens_it(outcome: Outcome) -> None:
    now = standing("t", outcome)
    state = GateState.CLOSED if now.judgement is FAIL else GateState.UNCLEAR
    befores: tuple[dict[str, GateTest] | None, ...] = (None, {})
    for before in befores:
        found = gate(OK, now, before=before)
        assert (found.state, found.accepted) == (state, ())
        assert gate(OK, now, before=before, flags=[known("other")]).state is state
        assert gate(OK, now, before=before, flags=[known("t")]).state is GateState.OPEN


@pytest.mark.parametrize("outcome", WITHOUT_PASS)
def test_accept_incomplete_accepts_tests_that_gave_an_answer(outcome: Outcome) -> None:
    now = standing("t", outcome)
    states = {Outcome.SKIPPED: GateState.OPEN, Outcome.TEARDOWN_ERROR: GateState.OPEN}
    other = GateState.CLOSED if now.judgement is FAIL else GateState.UNCLEAR
    found = gate(OK, now, accept_incomplete=True)
    assert found.state is states.get(outcome, other)
    by = GateAcceptance.OPTION if found.state is GateState.OPEN else None
    assert [fact.accepted_by for fact in told(found)] == [by]


def test_accept_incomplete_accepts_what_the_run_left_out_and_nothing_else_that_did_not_run() -> (
    None
):
    out = replace(standing("t", Outcome.NOT_RUN), excluded=True)
    assert gate(OK, out).state is GateState.UNCLEAR
    assert gate(OK, out, accept_incomplete=True).state is GateState.OPEN
    silent = replace(out, excluded=False)
    assert gate(OK, silent, accept_incomplete=True).state is GateState.UNCLEAR


@pytest.mark.parametrize(
    ("now", "problems"),
    [
        ((SKIP,), ()),
        ((OK, SKIP), ("cut off",)),
        ((OK, SKIP, standing("u", Outcome.ABSENT)), ()),
    ],
    ids=["nothing passed", "damaged", "another did not run"],
)
def test_accept_incomplete_leaves_it_unclear(
    now: Sequence[GateTest], problems: Sequence[str]
) -> None:
    assert gate(*now, problems=problems, accept_incomplete=True).state is GateState.UNCLEAR


def test_accept_incomplete_opens_nothing_that_is_closed() -> None:
    assert gate(OK, SKIP, before={"t": PASS}, accept_incomplete=True).state is GateState.CLOSED
    lost = gate(OK, SKIP, before={"t": PASS}, rules=[GateRule.FAIL], accept_incomplete=True)
    assert lost.state is GateState.OPEN


def test_each_accepted_test_says_who_accepts_it() -> None:
    found = gate(
        OK,
        BAD,
        *(standing(name, Outcome.SKIPPED) for name in ("a", "b", "c")),
        before={"a": INCOMPLETE, "t": FAIL},
        flags=[known("b"), known("c", "2031-05-31"), known("t")],
        accept_incomplete=True,
    )
    assert {fact.gate_test.test: fact.accepted_by for fact in found.accepted} == {
        "t": GateAcceptance.KNOWN,
        "a": GateAcceptance.BASELINE,
        "b": GateAcceptance.KNOWN,
        "c": GateAcceptance.OPTION,
    }


@pytest.mark.parametrize(
    ("now", "state"),
    [(BAD, GateState.CLOSED), (SKIP, GateState.UNCLEAR), (GONE, GateState.UNCLEAR)],
)
@pytest.mark.parametrize("was", [BAD, SKIP, GONE])
def test_a_baseline_does_not_accept_what_did_not_count_in_it(
    now: GateTest, was: GateTest, state: GateState
) -> None:
    flagged = replace(was, counted=False)
    found = gate(OK, now, before={"t": flagged})
    assert found.state is state
    assert [fact.before for fact in told(found)] == [None]
    assert gate(OK, replace(OK, test="t"), before={"t": flagged}).fixed == ("t",)


@pytest.mark.parametrize("now", [BAD, SKIP, UNCLEAN])
def test_a_pass_that_did_not_count_in_the_baseline_can_be_lost(now: GateTest) -> None:
    before = {"t": replace(OK, test="t", counted=False)}
    found = gate(OK, now, before=before, rules=[GateRule.REGRESSION])
    assert (found.state, found.closing[0].before) == (GateState.CLOSED, PASS)


def test_a_known_failure_is_accepted_until_it_expires() -> None:
    assert gate(OK, BAD, flags=[known("t")]).state is GateState.OPEN
    assert gate(OK, BAD, flags=[known("t", DAY)]).state is GateState.OPEN
    late = gate(OK, BAD, flags=[known("t", "2031-05-31")])
    assert late.state is GateState.CLOSED
    assert late.closing[0].known is not None
    both = gate(OK, BAD, flags=[known("t", "2031-05-31"), known("t")])
    assert both.state is GateState.OPEN


def told(found: GateResult) -> list[GateFinding]:
    """Return every test that has no pass, wherever the gate lists it."""
    return [*found.closing, *found.unaccepted, *found.accepted]


def test_a_known_failure_of_one_capability_is_accepted_for_that_alone() -> None:
    both = replace(BAD, capabilities=("one", "two"))
    one, two = known("t", capability="one"), known("t", capability="two")
    assert gate(OK, both, flags=[one]).state is GateState.CLOSED
    assert gate(OK, both, flags=[one, two]).state is GateState.OPEN
    assert gate(OK, both, flags=[known("t")]).state is GateState.OPEN
    elsewhere = gate(OK, both, flags=[known("t", capability="three")])
    assert elsewhere.state is GateState.CLOSED
    assert elsewhere.stale == (known("t", capability="three"),)


def scs(test: str, outcome: Outcome) -> GateTest:
    return standing(test, outcome, policy=PolicyName.SCS)


def test_where_a_skip_is_allowed_skips_alone_open_nothing() -> None:
    skipped = scs("t", Outcome.SKIPPED)
    assert gate(skipped).state is GateState.UNCLEAR
    found = gate(OK, skipped)
    assert (found.state, told(found)) == (GateState.OPEN, [])
    assert gate(OK, scs("t", Outcome.TEARDOWN_ERROR)).state is GateState.UNCLEAR


@pytest.mark.parametrize(
    ("before", "rules", "state"),
    [
        (Outcome.PASSED, DEFAULT, GateState.CLOSED),
        (Outcome.PASSED, [GateRule.INCOMPLETE], GateState.CLOSED),
        (Outcome.PASSED, [GateRule.FAIL], GateState.OPEN),
        (Outcome.SKIPPED, DEFAULT, GateState.OPEN),
        (Outcome.SKIPPED, tuple(GateRule), GateState.OPEN),
        (Outcome.FAILED, DEFAULT, GateState.OPEN),
    ],
)
def test_where_a_skip_is_allowed_a_new_one_is_a_regression(
    before: Outcome, rules: Sequence[GateRule], state: GateState
) -> None:
    skipped, was = scs("t", Outcome.SKIPPED), {"t": scs("t", before)}
    assert gate(OK, skipped, before=was, rules=rules).state is state
    excused = gate(OK, skipped, before=was, rules=rules, flags=[known("t")])
    assert excused.state is GateState.OPEN
    assert excused.stale == (() if state is GateState.CLOSED else (known("t"),))


def test_a_known_failure_that_passes_or_is_not_required_is_told() -> None:
    found = gate(OK, flags=[known("ok"), known("none"), known("old", "2031-05-31")])
    assert [flag.test for flag in found.stale] == ["ok", "none"]


def test_advisory_tests_count_where_they_are_asked_for() -> None:
    advisory = standing("t", Outcome.FAILED, counted=False, advisory=True)
    assert gate(OK, advisory).state is GateState.OPEN
    assert gate(OK, advisory, rules=[GateRule.ADVISORY]).state is GateState.CLOSED
    flagged = replace(advisory, advisory=False)
    assert gate(OK, flagged, rules=[GateRule.ADVISORY]).state is GateState.OPEN


def test_nothing_that_passed_opens_nothing() -> None:
    assert gate().state is GateState.UNCLEAR
    assert gate(BAD, before={"t": FAIL}).state is GateState.UNCLEAR


def test_fixed_tests_are_listed() -> None:
    assert gate(OK, before={"ok": FAIL}).fixed == ("ok",)
    assert gate(OK, before={"ok": PASS}).fixed == ()


outcomes = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Outcome), min_size=1)
baselines = st.none() | st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Judgement))
rule_sets = st.lists(st.sampled_from(GateRule), min_size=1, unique=True)
flag_lists = st.lists(
    st.builds(known, st.sampled_from(NAMES), st.sampled_from(["2031-05-31", "2031-12-31"]))
)


policies = st.sampled_from(PolicyName)
problem_lists = st.sampled_from([(), ("cut off",)])


@given(outcomes, policies, rule_sets, problem_lists, st.sampled_from([None, {}]))
def test_without_a_baseline_it_opens_iff_every_test_meets_the_rule(
    found: dict[str, Outcome],
    policy: PolicyName,
    rules: list[GateRule],
    problems: tuple[str, ...],
    before: dict[str, Judgement] | None,
) -> None:
    standings = [standing(name, outcome, policy=policy) for name, outcome in found.items()]
    result = gate(*standings, before=before, rules=rules, problems=problems)
    meets = all(one.judgement is PASS for one in standings)
    passed = Outcome.PASSED in found.values()
    assert (result.state is GateState.OPEN) == (meets and passed and not problems)
    assert result.accepted == ()


@given(outcomes, baselines, rule_sets, flag_lists, problem_lists, st.booleans())
def test_it_opens_only_where_everything_is_a_pass_or_accepted(
    found: dict[str, Outcome],
    before: dict[str, Judgement] | None,
    rules: list[GateRule],
    flags: list[LocalFlag],
    problems: tuple[str, ...],
    accept_incomplete: bool,
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    result = gate(
        *standings,
        before=before,
        flags=flags,
        rules=rules,
        problems=problems,
        accept_incomplete=accept_incomplete,
    )
    without_pass = {one.test for one in standings if one.judgement is not PASS}
    assert {fact.gate_test.test for fact in told(result)} == without_pass
    assert len(told(result)) == len(without_pass)
    for fact in result.accepted:
        was = (before or {}).get(fact.gate_test.test)
        assert {
            GateAcceptance.KNOWN: fact.gate_test.test
            in [flag.test for flag in flags if flag.expires > DAY],
            GateAcceptance.BASELINE: was in (FAIL, INCOMPLETE),
            GateAcceptance.OPTION: accept_incomplete and fact.gate_test.is_explained,
            None: False,
        }[fact.accepted_by]
    assert (result.state is GateState.CLOSED) == bool(result.closing)
    whole = Outcome.PASSED in found.values() and not problems
    assert (result.state is GateState.OPEN) == (
        whole and not result.closing and not result.unaccepted
    )


@given(outcomes, baselines, rule_sets, flag_lists)
def test_accept_incomplete_changes_nothing_but_what_is_unaccepted(
    found: dict[str, Outcome],
    before: dict[str, Judgement] | None,
    rules: list[GateRule],
    flags: list[LocalFlag],
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    plain = gate(*standings, before=before, flags=flags, rules=rules)
    option = gate(*standings, before=before, flags=flags, rules=rules, accept_incomplete=True)
    assert option.closing == plain.closing
    moved = [one for one in plain.unaccepted if one.gate_test.is_explained]
    assert {one.gate_test.test for one in option.accepted} == {
        one.gate_test.test for one in (*plain.accepted, *moved)
    }


@given(outcomes, baselines, rule_sets)
def test_a_stricter_gate_never_opens_what_a_laxer_one_closes(
    found: dict[str, Outcome], before: dict[str, Judgement] | None, rules: list[GateRule]
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    lax = gate(*standings, before=before, rules=rules)
    strict = gate(*standings, before=before, rules=tuple(GateRule))
    assert {fact.gate_test.test for fact in lax.closing} <= {
        fact.gate_test.test for fact in strict.closing
    }


@given(outcomes, rule_sets)
def test_a_run_is_never_stopped_by_itself_as_its_baseline(
    found: dict[str, Outcome], rules: list[GateRule]
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    before = {one.test: one for one in standings}
    assert gate(*standings, before=before, rules=rules).state is not GateState.CLOSED
