"""Which of several results of a test counts: the worst, unless a user chose another rule."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from defcheck.results.models import Event, Outcome
from defcheck.results.result_set import ResultIndex
from defcheck.scoring.evidence import RerunRule, choose_result
from defcheck.scoring.policy import Judgement, ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS
from tests.unit.shared import entry, guideline, results

X = "a.b.C.test_x"
BEGIN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LAST, ANY, WORST = (
    ScoringOptions(reruns=rule) for rule in (RerunRule.LAST, RerunRule.ANY, RerunRule.WORST)
)


def at(minute: float, outcome: Outcome, name: str = X) -> Event:
    """Return a result that began at a minute and took 30 s."""
    started = BEGIN + timedelta(minutes=minute)
    return Event(name, outcome, started=started, stopped=started + timedelta(seconds=30))


def verdict(events: Iterable[Event], terms: ScoringOptions) -> Verdict:
    made = guideline({X: entry("id-1")})
    return score_results(made, made.targets[0], results(*events), options=terms)


@pytest.mark.parametrize(
    ("outcomes", "worst", "last", "any_"),
    [
        ("fp", FAIL, PASS, PASS),
        ("pf", FAIL, FAIL, PASS),
        ("pp", PASS, PASS, PASS),
        ("ff", FAIL, FAIL, FAIL),
        ("fs", FAIL, INCOMPLETE, FAIL),
        ("sp", INCOMPLETE, PASS, PASS),
        ("fpf", FAIL, FAIL, PASS),
        ("ffp", FAIL, PASS, PASS),
    ],
)
def test_the_rule_decides_whatever_the_order_of_events(
    outcomes: str, worst: Judgement, last: Judgement, any_: Judgement
) -> None:
    kinds = {"p": Outcome.PASSED, "f": Outcome.FAILED, "s": Outcome.SKIPPED}
    events = [at(minute, kinds[letter]) for minute, letter in enumerate(outcomes)]
    for order in permutations(events):
        assert verdict(order, WORST).judgement is worst
        assert verdict(order, LAST).judgement is last
        assert verdict(order, ANY).judgement is any_


def test_every_result_is_kept_and_the_very_same_event_is_one() -> None:
    first, second = at(0, Outcome.FAILED), at(1, Outcome.PASSED)
    (test,) = verdict([first, second, first], WORST).tests
    assert [one.event for one in test.attempts] == [first, second]
    for same in (second, replace(second)):
        (test,) = verdict([second, same], WORST).tests
        assert len(test.attempts) == 1


def test_the_last_is_not_known_where_a_time_is_missing() -> None:
    events = [Event(X, Outcome.FAILED), at(1, Outcome.PASSED)]
    assert verdict(events, LAST).judgement is FAIL
    assert verdict([at(0, Outcome.FAILED), Event(X, Outcome.PASSED)], LAST).judgement is FAIL


def test_of_two_that_ended_together_the_worse_counts() -> None:
    events = [at(0, Outcome.PASSED), at(0, Outcome.FAILED)]
    assert verdict(events, LAST).judgement is FAIL


def test_a_set_up_that_failed_is_a_result_too() -> None:
    broken = at(0, Outcome.FAILED, "setUpClass (a.b.C)")
    assert verdict([broken, at(1, Outcome.PASSED)], WORST).judgement is FAIL
    assert verdict([broken, at(1, Outcome.PASSED)], LAST).judgement is PASS
    later = at(2, Outcome.FAILED, "setUpClass (a.b.C)")
    assert verdict([at(1, Outcome.PASSED), later], LAST).judgement is FAIL


@pytest.mark.parametrize(
    ("attempts", "last"),
    [
        ("f?", FAIL),
        ("f??", FAIL),
        ("f!", INCOMPLETE),
        ("f!?", INCOMPLETE),
        ("f?!", INCOMPLETE),
        ("fp?", INCOMPLETE),
        ("p?", INCOMPLETE),
        ("e?", FAIL),
        ("e!", INCOMPLETE),
        ("?p", PASS),
        ("?f", FAIL),
    ],
)
def test_skipped_class_heals_a_failure_only_where_the_test_was_to_run_then(
    attempts: str, last: Judgement
) -> None:
    """A policy that allows skips would make a pass of the failure.

    ! is a skip of the class that is known to be about the test, ? one of which nobody can tell,
    e a failed set-up of which nobody can tell.
    """
    kinds = {"p": Outcome.PASSED, "f": Outcome.FAILED}
    events = []
    for minute, letter in enumerate(attempts):
        if letter in kinds:
            events.append(at(minute, kinds[letter]))
        else:
            outcome = Outcome.FAILED if letter == "e" else Outcome.SKIPPED
            event = at(minute, outcome, "setUpClass (a.b.C)")
            selected = frozenset({X} if letter == "!" else ())
            events.append(replace(event, tests_selected=selected))
    assert verdict(events, LAST).judgement is last


@pytest.mark.parametrize(
    ("minute", "last"),
    [(0, PASS), (0.4, PASS), (0.5, INCOMPLETE), (0.75, INCOMPLETE), (2, INCOMPLETE)],
)
def test_teardown_failure_counts_unless_it_ended_before_the_pass_began(
    minute: float, last: Judgement
) -> None:
    unclean = at(minute, Outcome.FAILED, "tearDownClass (a.b.C)")
    events = [unclean, at(1, Outcome.PASSED)]
    assert verdict(events, LAST).judgement is last
    assert verdict(events, ANY).judgement is last
    assert verdict(events, WORST).judgement is INCOMPLETE


@pytest.mark.parametrize(
    ("selected", "counts"), [((X,), Outcome.SKIPPED), ((), Outcome.TEARDOWN_ERROR)]
)
def test_skip_perhaps_of_other_tests_does_not_hide_a_teardown_failure(
    selected: tuple[str, ...], counts: Outcome
) -> None:
    """Under SCS an allowed skip would else make a pass of it."""
    skip = at(2, Outcome.SKIPPED, "setUpClass (a.b.C)")
    events = [
        at(0, Outcome.PASSED),
        at(1, Outcome.FAILED, "tearDownClass (a.b.C)"),
        replace(skip, tests_selected=frozenset(selected)),
    ]
    attempts = ResultIndex(results(*events)).list_attempts(X)
    assert choose_result(attempts, RerunRule.LAST).outcome is counts


@pytest.mark.parametrize("terms", [WORST, LAST, ANY])
def test_failed_tear_down_does_not_soften_a_failure_that_counts(terms: ScoringOptions) -> None:
    unclean = at(2, Outcome.FAILED, "tearDownClass (a.b.C)")
    expected = INCOMPLETE if terms is ANY else FAIL
    found = verdict([at(0, Outcome.PASSED), at(1, Outcome.FAILED), unclean], terms)
    assert found.judgement is expected


def test_failure_under_the_bare_name_of_a_class_may_be_of_its_tear_down() -> None:
    """One pass is enough, unless a tear-down failed after it; a skip is none of those."""
    for minute, outcome, expected in (
        (2, Outcome.FAILED, Outcome.TEARDOWN_ERROR),
        (0, Outcome.FAILED, Outcome.PASSED),
        (2, Outcome.SKIPPED, Outcome.PASSED),
    ):
        bare, passed = at(minute, outcome, "a.b.C"), at(1, Outcome.PASSED)
        tally = ResultIndex(results(*((passed, bare) if minute else (bare, passed))))
        assert choose_result(tally.list_attempts(X), RerunRule.ANY).outcome is expected


def test_tear_down_failure_without_a_time_is_not_a_pass() -> None:
    unclean = Event("tearDownClass (a.b.C)", Outcome.FAILED)
    assert verdict([unclean, at(1, Outcome.PASSED)], LAST).judgement is INCOMPLETE
    assert verdict([unclean, at(1, Outcome.PASSED)], ANY).judgement is INCOMPLETE


def test_a_cut_off_run_is_no_pass_under_any_rule() -> None:
    made = guideline({X: entry()})
    found = results(Event(X, Outcome.UNFINISHED), at(1, Outcome.PASSED), problems=["cut off"])
    for terms in (WORST, LAST, ANY):
        assert score_results(made, made.targets[0], found, options=terms).judgement is INCOMPLETE


def test_policy_names_the_rerun_rule() -> None:
    assert "last counts" in verdict([at(0, Outcome.PASSED)], LAST).policy.rule
    assert verdict([at(0, Outcome.PASSED)], LAST).policy.changes == ("reruns last",)
    assert verdict([at(0, Outcome.PASSED)], WORST).policy.changes == ()


def test_refstacks_answer_does_not_depend_on_the_rule() -> None:
    events = [at(0, Outcome.PASSED), at(1, Outcome.FAILED)]
    assert len({repr(verdict(events, terms).refstack) for terms in (WORST, LAST, ANY)}) == 1
