"""A gate closes on what is new, and opens only on passes and on what somebody accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.guideline.model import PolicyName
from defcheck.guideline.overlay import LocalFlag
from defcheck.results.model import Outcome
from defcheck.scoring.gate import Acceptance, Fact, Gate, Rule, Standing, State, judge
from defcheck.scoring.policy import POLICIES, Judgement

DAY = "2031-06-01"
DEFAULT = (Rule.FAIL, Rule.REGRESSION)
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
) -> Standing:
    judgement = POLICIES[policy].judge_test(outcome)
    return Standing(test, counted, advisory, outcome, judgement, "", False, capabilities)


def known(test: str, expires: str = "2031-12-31", capability: str = "") -> LocalFlag:
    return LocalFlag(test, "why", "who", "2031-01-01", expires, capability=capability)


def gate(
    *standings: Standing,
    before: Mapping[str, Judgement | Standing] | None = None,
    flags: Sequence[LocalFlag] = (),
    rules: Sequence[Rule] = DEFAULT,
    problems: Sequence[str] = (),
    accept_incomplete: bool = False,
) -> Gate:
    baseline = {name: accepted(name, was) for name, was in (before or {}).items()}
    return judge(
        standings,
        None if before is None else baseline,
        flags,
        DAY,
        rules,
        problems,
        accept_incomplete=accept_incomplete,
    )


def accepted(test: str, was: Judgement | Standing) -> Standing:
    """Return a baseline's test, where only what it came to matters."""
    outcomes = {PASS: Outcome.PASSED, FAIL: Outcome.FAILED, INCOMPLETE: Outcome.NOT_RUN}
    return was if isinstance(was, Standing) else standing(test, outcomes[was])


OK = standing("ok", Outcome.PASSED)
BAD = standing("t", Outcome.FAILED)
SKIP = standing("t", Outcome.SKIPPED)
GONE = standing("t", Outcome.NOT_RUN)
UNCLEAN = standing("t", Outcome.TEARDOWN_ERROR)
WITHOUT_PASS = [one for one in Outcome if one is not Outcome.PASSED]


@pytest.mark.parametrize(
    ("now", "before", "rules", "state"),
    [
        (BAD, None, DEFAULT, State.CLOSED),
        (BAD, PASS, DEFAULT, State.CLOSED),
        (BAD, FAIL, DEFAULT, State.OPEN),
        (BAD, INCOMPLETE, DEFAULT, State.CLOSED),
        (BAD, INCOMPLETE, [Rule.REGRESSION], State.OPEN),
        (BAD, None, [Rule.REGRESSION], State.UNCLEAR),
        (BAD, FAIL, [Rule.REGRESSION], State.OPEN),
        (SKIP, None, DEFAULT, State.UNCLEAR),
        (SKIP, PASS, DEFAULT, State.CLOSED),
        (SKIP, PASS, [Rule.FAIL], State.UNCLEAR),
        (SKIP, FAIL, DEFAULT, State.OPEN),
        (SKIP, INCOMPLETE, DEFAULT, State.OPEN),
        (SKIP, PASS, [Rule.INCOMPLETE], State.CLOSED),
        (SKIP, None, [Rule.INCOMPLETE], State.CLOSED),
        (SKIP, FAIL, [Rule.INCOMPLETE], State.OPEN),
        (SKIP, INCOMPLETE, [Rule.INCOMPLETE], State.OPEN),
        (GONE, None, DEFAULT, State.UNCLEAR),
        (GONE, PASS, DEFAULT, State.UNCLEAR),
        (GONE, PASS, [Rule.INCOMPLETE], State.CLOSED),
        (GONE, PASS, [Rule.FAIL], State.UNCLEAR),
        (GONE, INCOMPLETE, DEFAULT, State.OPEN),
        (GONE, FAIL, DEFAULT, State.OPEN),
        (UNCLEAN, None, DEFAULT, State.UNCLEAR),
        (UNCLEAN, PASS, DEFAULT, State.CLOSED),
        (UNCLEAN, PASS, [Rule.FAIL], State.UNCLEAR),
        (UNCLEAN, INCOMPLETE, DEFAULT, State.OPEN),
    ],
)
def test_what_is_new_closes_it(
    now: Standing, before: Judgement | None, rules: Sequence[Rule], state: State
) -> None:
    found = gate(OK, now, before={"t": before} if before else None, rules=rules)
    assert found.state is state


@pytest.mark.parametrize("outcome", WITHOUT_PASS)
def test_without_a_baseline_no_outcome_but_a_pass_opens_it(outcome: Outcome) -> None:
    now = standing("t", outcome)
    state = State.CLOSED if now.judgement is FAIL else State.UNCLEAR
    for before in (None, {}):
        found = gate(OK, now, before=before)
        assert (found.state, found.accepted) == (state, ())
        assert gate(OK, now, before=before, flags=[known("other")]).state is state
        assert gate(OK, now, before=before, flags=[known("t")]).state is State.OPEN


@pytest.mark.parametrize("outcome", WITHOUT_PASS)
def test_accept_incomplete_accepts_tests_that_gave_an_answer(outcome: Outcome) -> None:
    now = standing("t", outcome)
    states = {Outcome.SKIPPED: State.OPEN, Outcome.TEARDOWN_ERROR: State.OPEN}
    other = State.CLOSED if now.judgement is FAIL else State.UNCLEAR
    found = gate(OK, now, accept_incomplete=True)
    assert found.state is states.get(outcome, other)
    by = Acceptance.OPTION if found.state is State.OPEN else None
    assert [fact.accepted_by for fact in told(found)] == [by]


def test_accept_incomplete_accepts_what_the_run_left_out_and_nothing_else_that_did_not_run() -> (
    None
):
    out = replace(standing("t", Outcome.NOT_RUN), excluded=True)
    assert gate(OK, out).state is State.UNCLEAR
    assert gate(OK, out, accept_incomplete=True).state is State.OPEN
    silent = replace(out, excluded=False)
    assert gate(OK, silent, accept_incomplete=True).state is State.UNCLEAR


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
    now: Sequence[Standing], problems: Sequence[str]
) -> None:
    assert gate(*now, problems=problems, accept_incomplete=True).state is State.UNCLEAR


def test_accept_incomplete_opens_nothing_that_is_closed() -> None:
    assert gate(OK, SKIP, before={"t": PASS}, accept_incomplete=True).state is State.CLOSED
    lost = gate(OK, SKIP, before={"t": PASS}, rules=[Rule.FAIL], accept_incomplete=True)
    assert lost.state is State.OPEN


def test_each_accepted_test_says_who_accepts_it() -> None:
    found = gate(
        OK,
        BAD,
        *(standing(name, Outcome.SKIPPED) for name in ("a", "b", "c")),
        before={"a": INCOMPLETE, "t": FAIL},
        flags=[known("b"), known("c", "2031-05-31"), known("t")],
        accept_incomplete=True,
    )
    assert {fact.standing.test: fact.accepted_by for fact in found.accepted} == {
        "t": Acceptance.KNOWN,
        "a": Acceptance.BASELINE,
        "b": Acceptance.KNOWN,
        "c": Acceptance.OPTION,
    }


@pytest.mark.parametrize(
    ("now", "state"), [(BAD, State.CLOSED), (SKIP, State.UNCLEAR), (GONE, State.UNCLEAR)]
)
@pytest.mark.parametrize("was", [BAD, SKIP, GONE])
def test_a_baseline_does_not_accept_what_did_not_count_in_it(
    now: Standing, was: Standing, state: State
) -> None:
    flagged = replace(was, counted=False)
    found = gate(OK, now, before={"t": flagged})
    assert found.state is state
    assert [fact.before for fact in told(found)] == [None]
    assert gate(OK, replace(OK, test="t"), before={"t": flagged}).mended == ("t",)


@pytest.mark.parametrize("now", [BAD, SKIP, UNCLEAN])
def test_a_pass_that_did_not_count_in_the_baseline_can_be_lost(now: Standing) -> None:
    before = {"t": replace(OK, test="t", counted=False)}
    found = gate(OK, now, before=before, rules=[Rule.REGRESSION])
    assert (found.state, found.closing[0].before) == (State.CLOSED, PASS)


def test_a_known_failure_is_accepted_until_it_expires() -> None:
    assert gate(OK, BAD, flags=[known("t")]).state is State.OPEN
    assert gate(OK, BAD, flags=[known("t", DAY)]).state is State.OPEN
    late = gate(OK, BAD, flags=[known("t", "2031-05-31")])
    assert late.state is State.CLOSED
    assert late.closing[0].known is not None
    both = gate(OK, BAD, flags=[known("t", "2031-05-31"), known("t")])
    assert both.state is State.OPEN


def told(found: Gate) -> list[Fact]:
    """Return every test that has no pass, wherever the gate lists it."""
    return [*found.closing, *found.unaccepted, *found.accepted]


def test_a_known_failure_of_one_capability_is_accepted_for_that_alone() -> None:
    both = replace(BAD, capabilities=("one", "two"))
    one, two = known("t", capability="one"), known("t", capability="two")
    assert gate(OK, both, flags=[one]).state is State.CLOSED
    assert gate(OK, both, flags=[one, two]).state is State.OPEN
    assert gate(OK, both, flags=[known("t")]).state is State.OPEN
    elsewhere = gate(OK, both, flags=[known("t", capability="three")])
    assert elsewhere.state is State.CLOSED
    assert elsewhere.stale == (known("t", capability="three"),)


def scs(test: str, outcome: Outcome) -> Standing:
    return standing(test, outcome, policy=PolicyName.SCS)


def test_where_a_skip_is_allowed_skips_alone_open_nothing() -> None:
    skipped = scs("t", Outcome.SKIPPED)
    assert gate(skipped).state is State.UNCLEAR
    found = gate(OK, skipped)
    assert (found.state, told(found)) == (State.OPEN, [])
    assert gate(OK, scs("t", Outcome.TEARDOWN_ERROR)).state is State.UNCLEAR


@pytest.mark.parametrize(
    ("before", "rules", "state"),
    [
        (Outcome.PASSED, DEFAULT, State.CLOSED),
        (Outcome.PASSED, [Rule.INCOMPLETE], State.CLOSED),
        (Outcome.PASSED, [Rule.FAIL], State.OPEN),
        (Outcome.SKIPPED, DEFAULT, State.OPEN),
        (Outcome.SKIPPED, tuple(Rule), State.OPEN),
        (Outcome.FAILED, DEFAULT, State.OPEN),
    ],
)
def test_where_a_skip_is_allowed_a_new_one_is_a_regression(
    before: Outcome, rules: Sequence[Rule], state: State
) -> None:
    skipped, was = scs("t", Outcome.SKIPPED), {"t": scs("t", before)}
    assert gate(OK, skipped, before=was, rules=rules).state is state
    excused = gate(OK, skipped, before=was, rules=rules, flags=[known("t")])
    assert excused.state is State.OPEN
    assert excused.stale == (() if state is State.CLOSED else (known("t"),))


def test_a_known_failure_that_passes_or_is_not_demanded_is_told() -> None:
    found = gate(OK, flags=[known("ok"), known("none"), known("old", "2031-05-31")])
    assert [flag.test for flag in found.stale] == ["ok", "none"]


def test_advisory_tests_count_where_they_are_asked_for() -> None:
    advisory = standing("t", Outcome.FAILED, counted=False, advisory=True)
    assert gate(OK, advisory).state is State.OPEN
    assert gate(OK, advisory, rules=[Rule.ADVISORY]).state is State.CLOSED
    flagged = replace(advisory, advisory=False)
    assert gate(OK, flagged, rules=[Rule.ADVISORY]).state is State.OPEN


def test_nothing_that_passed_opens_nothing() -> None:
    assert gate().state is State.UNCLEAR
    assert gate(BAD, before={"t": FAIL}).state is State.UNCLEAR


def test_what_was_mended_is_told() -> None:
    assert gate(OK, before={"ok": FAIL}).mended == ("ok",)
    assert gate(OK, before={"ok": PASS}).mended == ()


outcomes = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Outcome), min_size=1)
baselines = st.none() | st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Judgement))
rule_sets = st.lists(st.sampled_from(Rule), min_size=1, unique=True)
flag_lists = st.lists(
    st.builds(known, st.sampled_from(NAMES), st.sampled_from(["2031-05-31", "2031-12-31"]))
)


policies = st.sampled_from(PolicyName)
problem_lists = st.sampled_from([(), ("cut off",)])


@given(outcomes, policies, rule_sets, problem_lists, st.sampled_from([None, {}]))
def test_without_a_baseline_it_opens_iff_every_test_meets_the_rule(
    found: dict[str, Outcome],
    policy: PolicyName,
    rules: list[Rule],
    problems: tuple[str, ...],
    before: dict[str, Judgement] | None,
) -> None:
    standings = [standing(name, outcome, policy=policy) for name, outcome in found.items()]
    result = gate(*standings, before=before, rules=rules, problems=problems)
    meets = all(one.judgement is PASS for one in standings)
    passed = Outcome.PASSED in found.values()
    assert (result.state is State.OPEN) == (meets and passed and not problems)
    assert result.accepted == ()


@given(outcomes, baselines, rule_sets, flag_lists, problem_lists, st.booleans())
def test_it_opens_only_where_everything_is_a_pass_or_accepted(
    found: dict[str, Outcome],
    before: dict[str, Judgement] | None,
    rules: list[Rule],
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
    assert {fact.standing.test for fact in told(result)} == without_pass
    assert len(told(result)) == len(without_pass)
    for fact in result.accepted:
        was = (before or {}).get(fact.standing.test)
        assert {
            Acceptance.KNOWN: fact.standing.test
            in [flag.test for flag in flags if flag.expires > DAY],
            Acceptance.BASELINE: was in (FAIL, INCOMPLETE),
            Acceptance.OPTION: accept_incomplete and fact.standing.is_explained,
            None: False,
        }[fact.accepted_by]
    assert (result.state is State.CLOSED) == bool(result.closing)
    whole = Outcome.PASSED in found.values() and not problems
    assert (result.state is State.OPEN) == (whole and not result.closing and not result.unaccepted)


@given(outcomes, baselines, rule_sets, flag_lists)
def test_accept_incomplete_changes_nothing_but_what_is_unaccepted(
    found: dict[str, Outcome],
    before: dict[str, Judgement] | None,
    rules: list[Rule],
    flags: list[LocalFlag],
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    plain = gate(*standings, before=before, flags=flags, rules=rules)
    option = gate(*standings, before=before, flags=flags, rules=rules, accept_incomplete=True)
    assert option.closing == plain.closing
    moved = [one for one in plain.unaccepted if one.standing.is_explained]
    assert {one.standing.test for one in option.accepted} == {
        one.standing.test for one in (*plain.accepted, *moved)
    }


@given(outcomes, baselines, rule_sets)
def test_a_stricter_gate_never_opens_what_a_laxer_one_closes(
    found: dict[str, Outcome], before: dict[str, Judgement] | None, rules: list[Rule]
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    lax = gate(*standings, before=before, rules=rules)
    strict = gate(*standings, before=before, rules=tuple(Rule))
    assert {fact.standing.test for fact in lax.closing} <= {
        fact.standing.test for fact in strict.closing
    }


@given(outcomes, rule_sets)
def test_a_run_is_never_stopped_by_itself_as_its_baseline(
    found: dict[str, Outcome], rules: list[Rule]
) -> None:
    standings = [standing(name, outcome) for name, outcome in found.items()]
    before = {one.test: one for one in standings}
    assert gate(*standings, before=before, rules=rules).state is not State.CLOSED
