"""Ask independent questions at the same time, each with an answer or a reason."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from defcheck.cloud.failures import (
    REFUSED,
    TEMPORARY,
    clean_words,
    describe_failure,
    is_unavailable,
    status_of,
)
from defcheck.cloud.survey.facts import Fact, Unseen

T = TypeVar("T")


class AnswerError(Exception):
    """An answer that cannot be used; why, in words for a person, and its HTTP status if bad."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.http_status = status


def ask(question: Callable[[], T]) -> Fact[T]:
    """Return the answer, or why there is none; nothing that a server says gets through."""
    try:
        return question()
    except Exception as error:  # whatever a strange answer does to a library
        status = status_of(error)
        return Unseen(
            in_words(error),
            refused=status in REFUSED,
            unavailable=is_unavailable(error),
            status=status,
        )


def together(questions: Mapping[str, Callable[[], Any]], deadline: float) -> dict[str, Any]:
    """Ask all at once; what has no answer by `deadline` (monotonic clock) is `Unseen`."""
    answers: dict[str, Any] = {}
    begun = time.monotonic()
    threads = []
    for name, question in questions.items():

        def answer(name: str = name, question: Callable[[], Any] = question) -> None:
            answers[name] = ask(question)

        # A question that hangs must not keep the process from ending.
        threads.append(threading.Thread(target=answer, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    waited = max(1, round(deadline - begun))
    late = Unseen(f"no answer within {waited} s", unavailable=True)
    return {name: answers.get(name, late) for name in questions}


def in_words(error: Exception) -> str:
    """Return why there is no answer, for a person."""
    status = status_of(error)
    if status in REFUSED:
        return f"this login may not ask (HTTP {status})"
    if status in TEMPORARY:
        return f"it answers with HTTP {status}, however often it is asked"
    return describe_failure(error) or _unexpected(error)


def _unexpected(error: Exception) -> str:
    """Return what is strange about an answer that a library or this program could not read."""
    said = clean_words(str(error))
    if isinstance(error, KeyError) and said:
        return f"its answer has no {said}"
    if isinstance(error, AnswerError):
        return said
    return "its answer has an unexpected form"


def items(proxy: Any, path: str, key: str) -> Any:
    """Return what stands under `key` in a service's answer to a GET."""
    from openstack.exceptions import raise_from_response

    answer = proxy.get(path)
    raise_from_response(answer)
    return answer.json()[key]


def numbers(found: Mapping[str, Any]) -> dict[str, int]:
    """Return the entries that are whole numbers."""
    return {name: value for name, value in found.items() if type(value) is int}
