"""Class events belong to the tests that were selected when they happened."""

from datetime import timedelta
from io import BytesIO

import pytest

from defcheck.results import worker_listings
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome
from defcheck.results.readers.subunit import read_resumed_subunit
from defcheck.results.result_set import ResultIndex
from defcheck.results.worker_listings import Interruption
from tests.unit.results.streams import BEGIN, Packet, begun, ended, v1, v2

X, Y, Z = (f"a.b.C.test_{letter}[id-{letter}]" for letter in "xyz")
SET_UP, TEAR_DOWN = "setUpClass (a.b.C)", "tearDownClass (a.b.C)"
P, F, S, E = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.FIXTURE_ERROR
T = Outcome.TEARDOWN_ERROR


def listed(*names: str, worker: str = "worker-0") -> list[Packet]:
    tags = {worker} if worker else None
    return [{"test_id": name, "test_status": "exists", "test_tags": tags} for name in names]


def ran(name: str, status: str = "success", worker: str = "worker-0") -> list[Packet]:
    return [begun(name, worker=worker), ended(name, status, worker=worker)]


def attempts(*parts: list[Packet], test: str = "x") -> list[Outcome]:
    packets = [dict(packet) for part in parts for packet in part]
    for number, packet in enumerate(packets):
        packet["timestamp"] = BEGIN + timedelta(seconds=number)
    found = load_bytes(v2(*packets), "x")
    return [one.outcome for one in ResultIndex(found).list_attempts(f"a.b.C.test_{test}")]


FIRST = [*listed(X, Y, Z), *ran(X), *ran(Y, "fail"), *ran(Z)]


@pytest.mark.parametrize(
    ("name", "status", "charged"),
    [(SET_UP, "fail", E), (SET_UP, "skip", S), (TEAR_DOWN, "fail", None)],
)
def test_event_of_a_rerun_is_charged_to_the_selected_tests_alone(
    name: str, status: str, charged: Outcome | None
) -> None:
    again = [*listed(Y), *ran(name, status)]
    assert attempts(FIRST, again) == [P]
    assert attempts(FIRST, again, test="z") == [P]
    assert attempts(FIRST, again, test="y") == [F, *([charged] if charged else [])]
    assert attempts(FIRST, again, again) == [P]
    assert attempts(FIRST, again, [*listed(X), *ran(X)]) == [P, P]


def test_event_of_the_first_round_is_charged_to_all() -> None:
    for name, outcome in ((SET_UP, E), (TEAR_DOWN, T)):
        again = [*listed(Y), *ran(Y)]
        assert attempts(FIRST, ran(name, "fail"), again) == [P, outcome]
        assert attempts(FIRST, ran(name, "fail"), again, test="z") == [P, outcome]


def test_module_event_of_a_rerun_is_charged_to_the_selected_tests_alone() -> None:
    again = [*listed(Y), *ran("setUpModule (a.b)", "fail")]
    assert attempts(FIRST, again) == [P]
    assert attempts(FIRST, again, test="y") == [F, E]


@pytest.mark.parametrize("worker", ["worker-0", "worker-1", ""])
def test_event_that_no_listing_explains_is_charged_to_all(worker: str) -> None:
    without_listing = [*ran(X), *ran(Y, "fail")]
    assert attempts(without_listing, ran(SET_UP, "fail", worker)) == [P, E]
    assert attempts(FIRST, ran(SET_UP, "fail", worker)) == [P, E]
    other_class = listed("a.b.D.test_x", worker=worker)
    assert attempts(FIRST, other_class, ran(SET_UP, "fail", worker)) == [P, E]


@pytest.mark.parametrize("worker", ["worker-0", ""])
def test_runner_that_lists_each_test_just_before_it_runs_excepts_none(worker: str) -> None:
    one_by_one = [
        *listed(X, worker=worker),
        *ran(X, worker=worker),
        *listed(Y, worker=worker),
        *ran(Y, worker=worker),
    ]
    assert attempts(one_by_one, ran(TEAR_DOWN, "fail", worker)) == [P, T]
    assert attempts(one_by_one, one_by_one, ran(TEAR_DOWN, "fail", worker)) == [P, P, T]


def test_listing_again_before_a_test_has_ended_excepts_none() -> None:
    for worker in ("worker-0", ""):
        parts = [
            *listed(X, Y, worker=worker),
            *ran(X, worker=worker),
            *listed(Y, worker=worker),
            *ran(Y, worker=worker),
        ]
        assert attempts(parts, ran(TEAR_DOWN, "fail", worker)) == [P, T]


def test_listing_of_an_unknown_worker_excepts_none() -> None:
    parts = [*listed(X, worker=""), *listed(Y, worker="worker-0"), *ran(X), *ran(Y)]
    assert attempts(parts, ran(TEAR_DOWN, "fail", "worker-0")) == [P, T]


def test_class_that_two_workers_share_is_judged_by_worker() -> None:
    failing = ran(SET_UP, "fail", "worker-1")
    both = [*listed(X, Z), *listed(Y, worker="worker-1"), *ran(X)]
    assert attempts(both, failing) == [P]
    assert attempts(both, failing, test="y") == [E]
    listed_one_by_one = [*listed(Y, worker="worker-1"), *ran(Y, worker="worker-1"), *listed(X)]
    assert attempts(listed_one_by_one, ran(X), failing) == [P, E]


def test_lost_test_is_not_excused_by_the_skip_of_another_selection() -> None:
    """Under a policy that allows skips, an excuse would be a pass."""
    rerun = [*listed(X, Y), *ran(X, "fail"), *listed(X), *ran(SET_UP, "skip")]
    shared = [*listed(Y, Z), *listed(X, worker="worker-1"), *ran(SET_UP, "skip", "worker-1")]
    for packets in (rerun, shared):
        found = load_bytes(v2(*packets), "x")
        assert any(Y in problem for problem in found.problems)
        assert ResultIndex(found).find_outcome("a.b.C.test_y").outcome is Outcome.NOT_RUN
    whole = [*listed(X), *listed(Y), *ran(X, "fail"), *ran(SET_UP, "skip")]
    assert load_bytes(v2(*whole), "x").problems == ()


def test_listing_before_a_cut_does_not_excuse_a_test_that_another_worker_lost() -> None:
    """The skip of `worker-0` is about the test that it listed after the cut, not about both."""
    before = v2(*listed(X, Y))
    after = v2(*listed(X, worker="worker-1"), *listed(Y), *ran(SET_UP, "skip"))
    cut = Interruption(len(before), frozenset({X, Y}))
    found = read_resumed_subunit(BytesIO(before + after), [cut])
    assert found.problems == (f"1 selected test never began: {X}",)


def test_test_lost_before_a_cut_is_not_excused_by_a_skip_after_it() -> None:
    before = v2(*listed(X, Y))
    after = v2(*listed(Y, worker="worker-1"), *ran(SET_UP, "skip", worker=""))
    found = read_resumed_subunit(
        BytesIO(before + after), [Interruption(len(before), frozenset({Y}))]
    )
    assert found.problems == (f"1 selected test never began: {X}",)


def test_test_that_was_not_to_run_again_stays_cut_off_though_it_passed() -> None:
    before, after = v2(*listed(X), begun(X)), v2(*ran(X), *ran(Y))
    found = read_resumed_subunit(
        BytesIO(before + after), [Interruption(len(before), frozenset({Y}))]
    )
    assert found.problems == (f"{X} began and did not finish",)
    assert ResultIndex(found).find_outcome("a.b.C.test_x").outcome is Outcome.UNFINISHED


def test_set_up_of_unlisted_tests_is_not_made_good_by_other_tests() -> None:
    before, after = v2(begun(SET_UP)), v2(*listed("a.b.D.test_x"), *ran("a.b.D.test_x"))
    cut = Interruption(len(before), frozenset({"a.b.D.test_x"}))
    found = read_resumed_subunit(BytesIO(before + after), [cut])
    assert found.problems == (f"{SET_UP} began and did not finish",)


def test_set_up_that_did_not_end_before_a_cut_is_no_end_of_a_test_to_run_again() -> None:
    before = v2(*listed(X, Y), begun(SET_UP, worker="worker-0"))
    found = read_resumed_subunit(BytesIO(before), [Interruption(len(before), frozenset({Y}))])
    assert f"{SET_UP} began and did not finish" in found.problems
    assert f"{Y} was selected for a rerun and did not finish" in found.problems


@pytest.mark.parametrize("worker", ["worker-0", ""])
def test_test_that_was_listed_twice_and_ran_once_was_lost_once(worker: str) -> None:
    twice = [*listed(X, worker=worker), *listed(X, worker=worker)]
    found = load_bytes(v2(*twice, *ran(X, worker=worker)), "x")
    lost = (f"1 selected test never began: {X}",)
    assert found.problems == lost
    before, after = v2(*twice), v2(*ran(Y, worker=worker))
    assert (
        read_resumed_subunit(
            BytesIO(before + after), [Interruption(len(before), frozenset())]
        ).problems
        == lost
    )


def test_beginning_before_the_first_of_two_cuts_is_unfinished_without_an_end() -> None:
    begin = v2(begun(Y))
    after = v2(*ran(X))
    cuts = [
        Interruption(len(begin), frozenset({X, Y})),
        Interruption(len(begin), frozenset({X, Y})),
    ]
    found = read_resumed_subunit(BytesIO(begin + after), cuts)
    assert found.problems == (f"{Y} began and did not finish",)
    assert [event.outcome for event in found.events] == [P, Outcome.UNFINISHED]
    whole = read_resumed_subunit(BytesIO(begin + after + v2(*ran(Y))), cuts)
    assert (whole.problems, [event.outcome for event in whole.events]) == ((), [P, P])


@pytest.mark.parametrize("end", [*ran(X, worker="worker-1")[:1], *ran(X, worker="")[:1]])
def test_event_of_an_unknown_worker_is_charged_to_the_tests_of_known_ones(end: Packet) -> None:
    """It may be of the worker that listed them."""
    shared = [*listed(X, Z, worker=""), *listed(Y, worker="worker-1"), end]
    assert attempts(shared, ran(SET_UP, "fail", worker=""), test="y") == [E]


def test_version_1_tells_no_selection_and_charges_all() -> None:
    packets = [*ran(X), *ran(Y, "fail"), *ran(SET_UP, "fail")]
    found = ResultIndex(load_bytes(v1(*packets), "x"))
    assert [one.outcome for one in found.list_attempts("a.b.C.test_x")] == [P, E]


def test_stream_made_to_be_slow_excepts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_listings, "MAX_COMPARISONS", 10)
    again = [*listed(Y), *ran(SET_UP, "fail")]
    assert attempts(FIRST, *[again] * 9)[-1] is E


def test_stream_of_many_workers_without_end_excepts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_listings, "MAX_COMPARISONS", 10)
    many = [packet for number in range(9) for packet in listed(X, worker=f"worker-{number}")]
    again = [*listed(Y, worker=""), *ran(SET_UP, "fail", worker="")]
    assert attempts(many, [*ran(X, worker=""), *ran(X, worker="")], again)[-1] is E
