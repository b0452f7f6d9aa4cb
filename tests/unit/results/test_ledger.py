"""What a source may hold at the most, and what is left of it beyond."""

import pytest

from defcheck.errors import InputError
from defcheck.results import result_set
from defcheck.results.models import MAX_NAME, Event, Outcome
from defcheck.results.result_set import ResultBuilder


def failed(number: int) -> Event:
    return Event(f"a.C.test_{number}", Outcome.FAILED, reason="KeyError", details="12345")


def test_tracebacks_are_kept_up_to_the_bound_and_reasons_beyond_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_set, "MAX_DETAILS", 10)
    taken = ResultBuilder()
    for number in range(3):
        taken.add_event(failed(number))
    assert [event.details for event in taken.events] == ["12345", "12345", ""]
    assert {event.reason for event in taken.events} == {"KeyError"}


def test_as_many_results_as_the_bound_are_taken_and_one_more_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(result_set, "MAX_EVENTS", 2)
    taken = ResultBuilder()
    taken.add_event(failed(0))
    taken.add_event(failed(1))
    with pytest.raises(InputError, match="more than 2 results"):
        taken.add_event(failed(2))


def test_problems_beyond_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_set, "MAX_PROBLEMS", 2)
    taken = ResultBuilder()
    for problem in "abcd":
        taken.add_problem(problem)
    assert taken.build_results("x").problems == ("a", "b", "2 more problems")


@pytest.mark.parametrize("size", [0, MAX_NAME + 1])
def test_result_without_a_usable_name_is_a_problem(size: int) -> None:
    taken = ResultBuilder()
    taken.add_event(Event("x" * size, Outcome.FAILED))
    assert taken.build_results("x").events == ()
    assert taken.build_results("x").problems == (f"a test name has {size} characters",)


def test_name_of_the_greatest_length_is_usable() -> None:
    taken = ResultBuilder()
    taken.add_event(Event("x" * MAX_NAME, Outcome.FAILED))
    assert (len(taken.build_results("x").events), taken.build_results("x").problems) == (1, ())
