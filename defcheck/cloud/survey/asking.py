"""Ask independent questions at the same time, each with an answer or a reason."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from defcheck.cloud.survey.facts import Fact, Unseen

T = TypeVar("T")


def ask(question: Callable[[], T]) -> Fact[T]:
    """Return the answer, or why there is none; nothing that a server says gets through."""
    try:
        return question()
    except Exception as error:  # whatever a strange answer does to a library
        status = status_of(error)
        return Unseen(in_words(error), status in (401, 403), status)


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
    return {name: answers.get(name, Unseen(f"no answer within {waited} s")) for name in questions}


def status_of(error: Exception) -> int:
    """Return the HTTP status in an error of keystoneauth or openstacksdk, else 0."""
    for name in ("http_status", "status_code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return 0


def in_words(error: Exception) -> str:
    """Return what went wrong, for a person, without an address's whole query."""
    status = status_of(error)
    if status in (401, 403):
        return f"this login may not ask (HTTP {status})"
    said = " ".join(str(error).split())
    for sign, words in CAUSES.items():
        if sign in said:
            return words
    return (said or type(error).__name__)[:200]


CAUSES = {
    "Connection refused": "the connection was refused",
    "No route to host": "there is no route to it",
    "Network is unreachable": "its network cannot be reached",
    "Name or service not known": "its host name is not known",
    "Temporary failure in name resolution": "its host name is not known",
    "nodename nor servname": "its host name is not known",
    "self-signed certificate": "its certificate is self-signed and not trusted",
    "certificate has expired": "its certificate has expired",
    "Hostname mismatch": "its certificate is for another host",
    "unable to get local issuer": "its certificate is of an unknown authority",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "Remote end closed connection": "it closed the connection",
    "Connection reset": "it reset the connection",
    "timed out": "no answer in time",
    "Timeout": "no answer in time",
    "Request to": "no answer in time",
}
"""What libraries say, shortened to what a person has to know; the first that fits counts."""


def items(proxy: Any, path: str, key: str) -> Any:
    """Return what stands under `key` in a service's answer to a GET."""
    from openstack.exceptions import raise_from_response

    answer = proxy.get(path)
    raise_from_response(answer)
    return answer.json()[key]


def numbers(found: Mapping[str, Any]) -> dict[str, int]:
    """Return the entries that are whole numbers."""
    return {name: value for name, value in found.items() if type(value) is int}
