"""Parallel work that ends when its time is up."""

import threading
import time
from collections.abc import Callable

import pytest

from defcheck.util.concurrency import (
    DeadlineError,
    map_in_threads,
    run_until_deadline,
    run_with_deadline,
)


def refuse() -> int:
    raise ConnectionRefusedError


def test_each_task_has_its_result_its_error_or_a_deadline_error() -> None:
    never = threading.Event()
    tasks: list[Callable[[], int]] = [never.wait, lambda: 1, refuse]
    late, one, refused = run_until_deadline(tasks, time.monotonic() + 1, 3)
    assert isinstance(late, DeadlineError)
    assert one == 1
    assert isinstance(refused, ConnectionRefusedError)
    never.set()


def test_no_task_starts_after_the_deadline() -> None:
    started = threading.Event()
    [late] = run_until_deadline([started.set], time.monotonic() - 1, 1)
    assert isinstance(late, DeadlineError)
    assert not started.is_set()
    assert run_until_deadline([], time.monotonic(), 1) == []


def test_fewer_threads_than_tasks_run_all_of_them() -> None:
    tasks = [lambda number=number: number for number in range(20)]
    assert run_until_deadline(tasks, time.monotonic() + 10, 2) == list(range(20))


def test_work_that_is_late_is_told_so_and_its_caller_gets_the_error() -> None:
    told = threading.Event()

    def work(given_up: threading.Event) -> None:
        given_up.wait(10)
        told.set()

    with pytest.raises(LookupError):
        run_with_deadline(0.1, work, LookupError)
    assert told.wait(10)


def test_an_error_of_the_work_is_raised_as_it_is() -> None:
    with pytest.raises(ConnectionRefusedError):
        run_with_deadline(10, lambda _: refuse(), LookupError)


def test_results_of_threads_stand_in_the_order_of_the_items() -> None:
    def wait_less(number: int) -> int:
        time.sleep(0.02 * (5 - number))
        return number

    assert map_in_threads(wait_less, range(5), 5) == list(range(5))


def test_nothing_begins_after_an_error_and_what_began_is_waited_for() -> None:
    begun: list[int] = []
    ended: list[int] = []
    second = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            assert second.wait(10)
            raise ConnectionRefusedError
        second.set()
        time.sleep(0.3)
        ended.append(number)

    with pytest.raises(ConnectionRefusedError):
        map_in_threads(work, range(50), 2)
    assert len(begun) < 50
    assert sorted(ended) == sorted(set(begun) - {0})
