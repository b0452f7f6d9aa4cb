"""What a source may hold at the most, and what is left of it beyond."""

import pytest

from defcheck.errors import InputError
from defcheck.results import ledger
from defcheck.results.ledger import Ledger
from defcheck.results.model import MAX_NAME, Event, Outcome


def failed(number: int) -> Event:
    return Event(f"a.C.test_{number}", Outcome.FAILED, reason="KeyError", details="12345")


def test_tracebacks_are_kept_up_to_the_bound_and_reasons_beyond_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger, "MAX_DETAILS", 10)
    taken = Ledger()
    for number in range(3):
        taken.add(failed(number))
    assert [event.details for event in taken.events] == ["12345", "12345", ""]
    assert {event.reason for event in taken.events} == {"KeyError"}


def test_as_many_results_as_the_bound_are_taken_and_one_more_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ledger, "MAX_EVENTS", 2)
    taken = Ledger()
    taken.add(failed(0))
    taken.add(failed(1))
    with pytest.raises(InputError, match="more than 2 results"):
        taken.add(failed(2))


def test_problems_beyond_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_PROBLEMS", 2)
    taken = Ledger()
    for problem in "abcd":
        taken.complain(problem)
    assert taken.results("x").problems == ("a", "b", "2 more problems")


@pytest.mark.parametrize("size", [0, MAX_NAME + 1])
def test_result_without_a_usable_name_is_a_problem(size: int) -> None:
    taken = Ledger()
    taken.add(Event("x" * size, Outcome.FAILED))
    assert taken.results("x").events == ()
    assert taken.results("x").problems == (f"the name of a test has {size} characters",)


def test_name_of_the_greatest_length_is_usable() -> None:
    taken = Ledger()
    taken.add(Event("x" * MAX_NAME, Outcome.FAILED))
    assert (len(taken.results("x").events), taken.results("x").problems) == (1, ())
