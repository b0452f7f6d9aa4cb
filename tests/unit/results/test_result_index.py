"""What a result set says of a test: the worst of its own events and its class's."""

from itertools import permutations, product

import pytest

from defcheck.results.models import SEVERITY, Event, Outcome
from defcheck.results.result_set import Attempt, ResultIndex, choose_worst_attempt
from tests.unit.shared import failed, passed, results, skipped, unfinished

X = "a.b.C.test_x"


def outcome(*events: Event, name: str = X) -> Outcome:
    """Return what became of a test; the order of the events must not matter."""
    found = {
        ResultIndex(results(*order)).find_outcome(name).outcome for order in permutations(events)
    }
    assert len(found) == 1
    return found.pop()


def test_every_outcome_has_its_severity() -> None:
    assert sorted(SEVERITY) == sorted(Outcome)


def test_a_test_that_is_not_reported_was_not_run() -> None:
    assert outcome(passed("a.b.C.test_y"), failed("setUpClass (a.b.D)")) is Outcome.NOT_RUN


@pytest.mark.parametrize("name", [X, f"{X}[id-1]", f"{X}[id-1,smoke]"])
def test_attributes_do_not_hide_a_test(name: str) -> None:
    assert outcome(passed(name)) is Outcome.PASSED
    assert outcome(passed(f"{name}(v6)")) is Outcome.NOT_RUN
    assert outcome(passed(f"{name}(v6)"), name=f"{X}(v6)") is Outcome.PASSED


@pytest.mark.parametrize(
    ("worse", "expected"),
    [
        (failed(X), Outcome.FAILED),
        (skipped(X), Outcome.SKIPPED),
        (unfinished(X), Outcome.UNFINISHED),
    ],
)
def test_of_the_same_test_twice_the_worst_counts(worse: Event, expected: Outcome) -> None:
    assert outcome(passed(X), worse) is expected
    assert outcome(passed(f"{X}[id-1]"), worse, passed(X)) is expected


def test_a_skip_does_not_hide_that_the_test_began_another_time_and_did_not_end() -> None:
    assert outcome(skipped(X), unfinished(X)) is Outcome.UNFINISHED
    assert outcome(skipped("setUpClass (a.b.C)"), unfinished(X)) is Outcome.UNFINISHED


@pytest.mark.parametrize("owner", ["Class (a.b.C)", "Module (a.b)", "Module (a)"])
@pytest.mark.parametrize(
    ("stage", "reported", "own", "expected"),
    [
        ("setUp", "skip", None, Outcome.SKIPPED),
        ("setUp", "fail", None, Outcome.FIXTURE_ERROR),
        ("setUp", "unfinished", None, Outcome.UNFINISHED),
        ("setUp", "pass", None, Outcome.NOT_RUN),
        ("setUp", "skip", "pass", Outcome.SKIPPED),
        ("setUp", "fail", "pass", Outcome.FIXTURE_ERROR),
        ("setUp", "fail", "skip", Outcome.FIXTURE_ERROR),
        ("setUp", "skip", "fail", Outcome.FAILED),
        ("setUp", "pass", "pass", Outcome.PASSED),
        ("tearDown", "fail", "pass", Outcome.TEARDOWN_ERROR),
        ("tearDown", "unfinished", "pass", Outcome.TEARDOWN_ERROR),
        ("tearDown", "fail", "fail", Outcome.FAILED),
        ("tearDown", "fail", "skip", Outcome.SKIPPED),
        ("tearDown", "fail", None, Outcome.NOT_RUN),
        ("tearDown", "pass", "pass", Outcome.PASSED),
    ],
)
def test_a_fixture_is_expanded_onto_the_tests_of_its_owner(
    owner: str, stage: str, reported: str, own: str | None, expected: Outcome
) -> None:
    make = {"pass": passed, "fail": failed, "skip": skipped, "unfinished": unfinished}
    events = [make[reported](f"{stage}{owner}")]
    if own:
        events.append(make[own](f"{X}[id-1]"))
    assert outcome(*events) is expected


@pytest.mark.parametrize("owner", ["a.b.D", "a.b.C2", "a.b.C.D", "a.c", "b"])
def test_a_fixture_says_nothing_of_other_classes(owner: str) -> None:
    assert outcome(passed(X), failed(f"setUpClass ({owner})")) is Outcome.PASSED


def test_a_failed_import_fails_every_test_of_the_module_or_package() -> None:
    for owner in ("a.b", "a", "a.b.C"):
        assert outcome(failed(f"unittest.loader._FailedTest.{owner}")) is Outcome.FIXTURE_ERROR


def test_a_fixture_counts_for_every_scenario() -> None:
    events = (passed(f"{X}[id-1](v6)"), failed("tearDownClass (a.b.C)"))
    assert outcome(*events, name=f"{X}(v6)") is Outcome.TEARDOWN_ERROR


def test_the_event_of_the_class_gives_the_reason() -> None:
    finding = ResultIndex(results(skipped("setUpClass (a.b.C)", "no admin"))).find_outcome(X)
    assert finding.event is not None
    assert finding.event.reason == "no admin"


def test_passed_names_are_without_attributes_and_keep_scenarios() -> None:
    tally = ResultIndex(
        results(
            passed(f"{X}[id-1]"),
            passed(f"{X}[id-1](v6)"),
            failed("a.C.test_y"),
            passed("setUpClass (a.C)"),
            failed("a.C.test_z"),
            passed("a.C.test_z"),
        )
    )
    assert tally.passed_names == {X, f"{X}(v6)", "a.C.test_z"}


@pytest.mark.parametrize(("one", "other"), list(product(Outcome, Outcome)))
def test_the_worst_of_two_is_the_more_severe(one: Outcome, other: Outcome) -> None:
    expected = min(one, other, key=SEVERITY.index)
    assert choose_worst_attempt([Attempt(one), Attempt(other)]).outcome is expected


def test_the_worst_of_nothing_is_not_run() -> None:
    assert choose_worst_attempt([]) == Attempt(Outcome.NOT_RUN)


@pytest.mark.parametrize("name", ["(odd)", "-", "[id-1]"])
def test_failure_under_an_odd_name_is_of_no_other_test(name: str) -> None:
    tally = ResultIndex(results(failed(name), passed("a.b.C.test_x")))
    assert tally.find_outcome("a.b.C.test_x").outcome is Outcome.PASSED
    assert tally.find_outcome(failed(name).test.name).outcome is Outcome.FAILED
