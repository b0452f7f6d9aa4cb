"""Tests that a stream lists before they run: what never began shows that it was cut off."""

import pytest

from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome
from tests.unit.results.streams import Packet, begun, ended, ran, v2

X, Y = "a.C.test_x[id-1]", "a.C.test_y"


def listed(*names: str) -> list[Packet]:
    return [{"test_id": name, "test_status": "exists"} for name in names]


def test_a_run_of_all_that_was_listed_is_whole() -> None:
    assert load_bytes(v2(*listed(X, Y), *ran(X), *ran(Y, "fail")), "x").problems == ()


def test_a_cut_between_two_tests_is_noticed() -> None:
    found = load_bytes(v2(*listed(X, Y), *ran(X)), "x")
    assert found.problems == (f"1 selected test never began: {Y}",)
    assert [event.outcome for event in found.events] == [Outcome.PASSED]


@pytest.mark.parametrize("owner", ["setUpClass (a.C)", "setUpModule (a)"])
@pytest.mark.parametrize("status", ["skip", "fail"])
def test_the_tests_of_a_class_that_could_not_be_set_up_are_not_missed(
    owner: str, status: str
) -> None:
    found = load_bytes(v2(*listed(X, Y), ended(owner, status)), "x")
    assert found.problems == ()


def test_the_class_of_another_test_excuses_nothing() -> None:
    found = load_bytes(v2(*listed(X, Y), ended("setUpClass (a.D)", "skip")), "x")
    assert found.problems[0].startswith("2 selected tests never began: a.C.test_x")


def test_a_second_run_does_not_override_a_beginning_without_an_end() -> None:
    found = load_bytes(v2(begun(X), *ran(X), *ran(Y)), "x")
    assert [event.outcome for event in found.events] == [
        Outcome.UNFINISHED,
        Outcome.PASSED,
        Outcome.PASSED,
    ]
    assert found.problems == (f"{X} began and did not finish",)


def test_the_same_test_by_two_workers_at_a_time_is_two_results() -> None:
    packets = [
        {**packet, "route_code": code}
        for code in ("0", "1")
        for packet in (begun(X), ended(X, "success"))
    ]
    found = load_bytes(v2(packets[0], packets[2], packets[1], packets[3]), "x")
    assert found.problems == ()
    assert len(found.events) == 2
