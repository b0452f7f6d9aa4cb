"""What holds for every guideline and every set of results."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from defcheck.errors import DefcheckError, InputError
from defcheck.guideline.matching import Match
from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.results.models import Event, Outcome
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.refstack_answer import RefStackAnswer
from defcheck.scoring.verdict import Verdict, count_tests
from tests.properties import scale_examples
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge, tempest
from tests.unit.scoring.strategies import (
    ID_OF_ONE,
    NAMES,
    REPORTED,
    World,
    demanding_one,
    hostile,
    only_passed,
    without,
    worlds,
)
from tests.unit.shared import JSON, document, entry, load, passed

bounded = settings(max_examples=scale_examples(250))
ORDER = [FAIL, INCOMPLETE, PASS]
NO_PASS = [outcome for outcome in REPORTED if outcome is not Outcome.PASSED]


def verdict_on(
    world: World,
    *more: Event,
    problems: Sequence[str] = (),
    terms: ScoringOptions = DEFAULT_OPTIONS,
) -> Verdict:
    """Score a world, with some more events."""
    return judge(
        world.guideline,
        *world.events,
        *more,
        inventory=world.inventory,
        problems=problems,
        terms=terms,
    )


def essence(verdict: Verdict) -> tuple[object, ...]:
    """Return what a verdict says, without the guideline and the reasons."""
    return (
        verdict.judgement,
        [(test.test.name, test.outcome, test.match, test.found) for test in verdict.tests],
        verdict.refstack if isinstance(verdict.refstack, RefStackAnswer) else None,
    )


@bounded
@given(worlds())
def test_every_input_gives_a_verdict_and_no_verdict_with_a_problem_is_a_pass(world: World) -> None:
    whole, cut_off = verdict_on(world), verdict_on(world, problems=["cut off"])
    assert len(whole.counted_tests) >= 1
    found = count_tests(whole.counted_tests)
    assert found.total == len({test.name for test in whole.counted_tests})
    assert found.total == found.passed + found.allowed + found.failed + found.incomplete
    assert cut_off.judgement is (INCOMPLETE if whole.judgement is PASS else whole.judgement)


@bounded
@given(st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=3), st.booleans())
def test_what_requires_nothing_is_an_error(tests: dict[str, bool], required: bool) -> None:
    made: JSON = document(
        {"cap": {name: entry(flagged=True) for name in tests}},
        ["cap"] if required else [],
        advisory=["cap"],
    )
    guideline = load(made)
    with pytest.raises(DefcheckError) as caught:
        judge(guideline, *map(passed, tests))
    assert caught.value.message
    assert caught.value.advice


@bounded
@given(worlds(policies=["defcore"]))
def test_taking_a_passed_test_away_never_makes_a_pass(world: World) -> None:
    before = verdict_on(world).judgement
    for name in only_passed(world):
        after = verdict_on(without(world, name)).judgement
        assert after is not PASS or before is PASS
        # With neither the bare name nor an inventory scenarios prove nothing, not even a failure.
        scenarios = any(event.test.name.startswith(f"{name}(") for event in world.events)
        if world.inventory or not scenarios:
            assert ORDER.index(after) <= ORDER.index(before)


@bounded
@given(worlds(["scs"], scenarios=False, fixtures=False))
def test_taking_a_passed_test_away_never_improves_a_verdict_under_scs(world: World) -> None:
    before = verdict_on(world).judgement
    for name in only_passed(world):
        after = verdict_on(without(world, name)).judgement
        assert ORDER.index(after) <= ORDER.index(before)


@bounded
@given(worlds(), st.lists(st.sampled_from(REPORTED), min_size=1, max_size=4))
def test_results_of_tests_that_are_not_required_change_nothing(
    world: World, outcomes: list[Outcome]
) -> None:
    others = [
        Event(f"tempest.api.z.Other.test_{number}[id-9{number}]", outcome)
        for number, outcome in enumerate(outcomes)
    ]
    fixtures = [Event("setUpClass (tempest.api.z.Another)", outcomes[0])]
    known = tempest("tempest.api.z.Another.test_1", *(event.name for event in others))
    wider = replace(world, inventory=world.inventory and (*world.inventory, *known))
    assert essence(verdict_on(wider, *others, *fixtures)) == essence(verdict_on(world))


@bounded
@given(worlds(inventories=[True]))
def test_an_inventory_that_lacks_what_ran_is_as_good_as_none_and_never_a_pass(
    world: World,
) -> None:
    stranger = passed("z.Other.test_1")
    found = verdict_on(world, stranger)
    assert found.judgement is not PASS
    assert bool(found.problems) == bool(world.inventory)
    unknown = verdict_on(replace(world, inventory=()), stranger)
    assert essence(found)[1:] == essence(unknown)[1:]


@bounded
@given(worlds(policies=["defcore"], scenarios=False))
def test_a_pass_by_names_and_aliases_is_a_yes_of_refstack(world: World) -> None:
    verdict = verdict_on(world)
    for test in verdict.counted_tests:
        if test.judgement is PASS and test.match in (Match.NAME, Match.ALIAS):
            assert test.outcome is Outcome.PASSED
            names = {test.test.name, *test.test.aliases}
            assert names & {event.test.name for event in world.events}
    if verdict.judgement is PASS:
        found = count_tests(verdict.counted_tests)
        assert found.passed == found.total >= 1
        if all(test.match in (Match.NAME, Match.ALIAS) for test in verdict.counted_tests):
            assert isinstance(verdict.refstack, RefStackAnswer)
            assert verdict.refstack.is_yes


@bounded
@given(
    worlds(["defcore"], [False]),
    st.lists(st.tuples(hostile, st.sampled_from((*REPORTED, *(Outcome.PASSED,) * 6)))),
    st.booleans(),
)
@example(demanding_one(), [(f"{NAMES[0]}(v4)", Outcome.PASSED)], False)
@example(demanding_one(), [(f"{NAMES[0]}(v4)", Outcome.PASSED)], True)
@example(demanding_one(), [(f"{NAMES[0]}[id-1]", Outcome.PASSED)], True)
@example(demanding_one(), [(f"m.D.test_x[{ID_OF_ONE}]", Outcome.PASSED)], False)
def test_without_an_inventory_a_pass_is_always_a_yes_of_refstack(
    world: World, more: list[tuple[str, Outcome]], passes_only: bool
) -> None:
    events = [*world.events, *(Event(name, outcome) for name, outcome in more)]
    if passes_only:
        events = [replace(event, outcome=Outcome.PASSED) for event in events]
    verdict = judge(world.guideline, *events, passes_only=passes_only)
    if verdict.judgement is PASS:
        assert isinstance(verdict.refstack, RefStackAnswer)
        assert verdict.refstack.is_yes


def test_the_generated_worlds_are_of_every_kind() -> None:
    seen: Counter[str] = Counter()

    @settings(bounded, max_examples=scale_examples(1000))
    @given(worlds())
    def look(world: World) -> None:
        verdict = verdict_on(world)
        seen[verdict.judgement] += 1
        for test in verdict.tests:
            seen.update({test.match.value, test.outcome.value, f"counted {test.is_counted}"})
            seen["siblings"] += test.reason.startswith("Only tests that cannot prove it")

    look()

    assert min(seen[one] for one in ("pass", "fail", "incomplete")) >= 5
    assert min(seen[one] for one in Match) >= 1
    assert min(seen[one] for one in Outcome) >= 3
    assert min(seen[one] for one in ("counted True", "counted False", "siblings")) >= 5


@bounded
@given(worlds(), st.integers(), st.integers(0, 3))
def test_order_and_repetition_of_events_do_not_matter(world: World, seed: int, times: int) -> None:
    mixed = [*world.events, *world.events[:times]]
    Random(seed).shuffle(mixed)  # noqa: S311
    assert essence(verdict_on(replace(world, events=tuple(mixed)))) == essence(verdict_on(world))


@bounded
@given(worlds(policies=["defcore"]), st.sampled_from(NAMES), st.sampled_from(NO_PASS))
def test_one_more_result_that_is_no_pass_never_makes_a_pass(
    world: World, name: str, outcome: Outcome
) -> None:
    if verdict_on(world).judgement is not PASS:
        assert verdict_on(world, Event(name, outcome)).judgement is not PASS


@bounded
@given(worlds(["defcore"], [False]), st.sampled_from(NO_PASS))
def test_a_worse_result_of_a_reported_test_never_improves_what_it_says(
    world: World, outcome: Outcome
) -> None:
    before = verdict_on(world)
    for reported in {event.name for event in world.events if "Class (" not in event.name}:
        after = verdict_on(world, Event(reported, outcome))
        for old, new in zip(before.tests, after.tests, strict=True):
            assert ORDER.index(new.judgement) <= ORDER.index(old.judgement)


@bounded
@given(worlds(inventories=[True]))
def test_a_test_that_the_known_tempest_has_by_name_is_never_found_by_id(world: World) -> None:
    known = {test.name.partition("(")[0] for test in world.inventory}
    for test in verdict_on(world).tests:
        if known & {test.test.name, *test.test.aliases}:
            assert test.match is not Match.ID


@bounded
@given(worlds(inventories=[False]))
def test_without_an_inventory_nothing_is_found_by_id(world: World) -> None:
    for test in verdict_on(world).tests:
        assert test.match is not Match.ID
        assert test.outcome is not Outcome.ABSENT
        if test.match is Match.NONE:
            assert test.outcome is Outcome.NOT_RUN


@bounded
@given(st.lists(st.sampled_from(NAMES[:6]), unique=True), st.booleans())
def test_a_guideline_passes_exactly_when_every_counted_test_is_there(
    ran: list[str], flagged: bool
) -> None:
    made = document(
        {"one": {name: entry() for name in NAMES[:4]}, "two": {NAMES[4]: entry(flagged=flagged)}}
    )
    verdict = judge(load(made), *map(passed, ran))
    demanded = set(NAMES[:4]) | (set() if flagged else {NAMES[4]})
    assert (verdict.judgement is PASS) == (demanded <= set(ran))
    assert isinstance(verdict.refstack, RefStackAnswer)
    assert verdict.refstack.is_yes == (verdict.judgement is PASS)


@bounded
@given(worlds(), st.booleans(), st.booleans())
def test_a_tighter_policy_never_improves_a_verdict(
    world: World, strict: bool, forbid_skips: bool
) -> None:
    plain = verdict_on(world)
    tight = verdict_on(world, terms=ScoringOptions(strict=strict, forbid_skips=forbid_skips))
    assert ORDER.index(tight.judgement) <= ORDER.index(plain.judgement)
    assert tight.refstack == plain.refstack


@bounded
@given(worlds(), st.sampled_from(NAMES))
def test_a_local_flag_changes_no_outcome_and_nothing_when_it_expired(
    world: World, name: str
) -> None:
    flag = LocalFlag(name, "r", "a", "2026-01-01", "2026-06-30")
    plain = verdict_on(world)
    expired = verdict_on(world, terms=ScoringOptions(overlay=Overlay((flag,)), day="2026-07-01"))
    assert essence(expired) == essence(plain)
    try:
        active = verdict_on(world, terms=ScoringOptions(overlay=Overlay((flag,)), day="2026-06-30"))
    except InputError:
        assert {test.test.name for test in plain.counted_tests} == {name}
        return
    assert essence(active)[1:] == essence(plain)[1:]
    assert [test for test in plain.counted_tests if test.test.name != name] == list(
        active.counted_tests
    )
    assert active.without_overlay in (None, plain.judgement)


@bounded
@given(worlds(policies=["defcore"]), st.sampled_from(RerunRule))
def test_no_rule_for_reruns_makes_a_pass_of_a_test_that_never_passed(
    world: World, rule: RerunRule
) -> None:
    passed_names = {event.test.name for event in world.events if event.outcome is Outcome.PASSED}
    verdict = verdict_on(world, terms=ScoringOptions(reruns=rule))
    for test in verdict.tests:
        if test.outcome is Outcome.PASSED:
            assert set(test.found) <= passed_names
    if verdict.judgement is PASS and not world.inventory:
        assert isinstance(verdict.refstack, RefStackAnswer)
        assert verdict.refstack.is_yes
