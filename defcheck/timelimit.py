"""Bound the whole time of something that only bounds the time between two bytes."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(
    seconds: float, work: Callable[[threading.Event], T], late: Callable[[], Exception]
) -> T:
    """Return what `work` returns, or raise what it raises, after so many seconds at the most.

    Then the exception of `late` is raised, and the event that `work` was given
    is set: what it does after that is seen by nobody.
    """
    answers: queue.Queue[T | _Failure] = queue.Queue()
    given_up = threading.Event()

    def run() -> None:
        try:
            answers.put(work(given_up))
        except Exception as error:
            answers.put(_Failure(error))

    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise late() from None
    finally:
        given_up.set()
    if isinstance(answer, _Failure):
        raise answer.error
    return answer


class _Failure:
    """What the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error
