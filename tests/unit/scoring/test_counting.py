"""A test is counted once, in however many capabilities it stands."""

import pytest

from defcheck.results.models import Event, Outcome
from defcheck.scoring.policy import ScoringOptions
from defcheck.scoring.verdict import OutcomeCounts, choose_worst, count_tests, group_by_test
from tests.unit.scoring.judging import judge
from tests.unit.shared import document, entry, failed, load, passed, skipped

X, Y, OLD = "a.b.C.test_x", "a.b.C.test_y", "a.b.O.test_x"
TWICE = document({"one": {X: entry()}, "two": {X: entry(), Y: entry()}})


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([passed(X), passed(Y)], OutcomeCounts(2, 2, 0, 0, 0)),
        ([failed(X), passed(Y)], OutcomeCounts(2, 1, 0, 1, 0)),
        ([skipped(X), passed(Y)], OutcomeCounts(2, 1, 0, 0, 1)),
        ([passed(Y)], OutcomeCounts(2, 1, 0, 0, 1)),
        ([passed(X)], OutcomeCounts(2, 1, 0, 0, 1)),
        ([], OutcomeCounts(2, 0, 0, 0, 2)),
    ],
)
def test_a_test_of_two_capabilities_has_one_fate(
    events: list[Event], expected: OutcomeCounts
) -> None:
    assert count_tests(judge(load(TWICE), *events).counted_tests) == expected


def test_a_skip_that_the_policy_allows_is_neither_a_pass_nor_missing() -> None:
    twice = document({"one": {X: entry()}, "two": {X: entry(), Y: entry()}}, policy="scs")
    found = count_tests(judge(load(twice), skipped(X), passed(Y)).counted_tests)
    assert found == OutcomeCounts(2, 1, 1, 0, 0)


@pytest.mark.parametrize("order", [("bare", "aliased"), ("aliased", "bare")])
@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (passed(OLD), Outcome.NOT_RUN),
        (skipped(OLD), Outcome.NOT_RUN),
        (failed(OLD), Outcome.FAILED),
    ],
)
def test_a_test_that_two_capabilities_find_differently_counts_as_the_worse(
    order: tuple[str, str], event: Event, outcome: Outcome
) -> None:
    listed = {"bare": {X: entry()}, "aliased": {X: entry(aliases=[OLD])}}
    verdict = judge(load(document({name: listed[name] for name in order})), event)
    (listings,) = group_by_test(verdict.counted_tests).values()
    assert len(listings) == 2
    assert choose_worst(listings).outcome is outcome
    assert count_tests(verdict.counted_tests).passed == 0
    assert count_tests(verdict.counted_tests).total == 1


def test_a_test_that_one_capability_flags_counts_in_the_other() -> None:
    made = load(document({"one": {X: entry(flagged=True)}, "two": {X: entry()}}))
    verdict = judge(made, failed(X))
    assert (
        count_tests(verdict.counted_tests)
        == count_tests(verdict.required_tests)
        == OutcomeCounts(1, 0, 0, 1, 0)
    )
    strict = judge(made, failed(X), terms=ScoringOptions(strict=True))
    assert count_tests(strict.counted_tests) == OutcomeCounts(1, 0, 0, 1, 0)
