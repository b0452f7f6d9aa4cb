"""Questions to a cloud: each has an answer or a reason, whatever the others do."""

import threading
import time

from keystoneauth1.exceptions import ConnectFailure, Forbidden

from defcheck.cloud.survey.asking import ask, numbers, together
from defcheck.cloud.survey.facts import Unseen, known, seen


def refuse() -> None:
    raise Forbidden


def break_off() -> None:
    raise ConnectFailure("Unable to connect: [Errno 111] Connection refused')")


def test_a_value_is_a_fact() -> None:
    fact = ask(lambda: 3)
    assert seen(fact)
    assert known(fact, 0) == 3


def test_a_refusal_is_told_from_a_failure() -> None:
    assert ask(refuse) == Unseen("this login may not ask (HTTP 403)", refused=True, status=403)
    assert ask(break_off) == Unseen("the connection was refused")


def test_an_answer_of_another_shape_is_a_reason_and_no_accident() -> None:
    empty: dict[str, int] = {}
    fact = ask(lambda: empty["flavors"])
    assert isinstance(fact, Unseen)
    assert "flavors" in fact.why


def test_one_that_never_answers_does_not_keep_the_others_from_it() -> None:
    never = threading.Event()
    answers = together(
        {"slow": never.wait, "quick": lambda: 1, "broken": break_off}, time.monotonic() + 2
    )
    assert answers["quick"] == 1
    assert answers["broken"] == Unseen("the connection was refused")
    assert answers["slow"] == Unseen("no answer within 2 s")
    never.set()


def test_an_answer_without_words_is_named_by_its_kind() -> None:
    def silent() -> None:
        raise KeyError

    assert ask(silent) == Unseen("KeyError")


def test_what_is_no_number_is_no_quota() -> None:
    assert numbers({"a": 1, "b": -1, "c": True, "d": "5", "e": {"limit": 1}}) == {"a": 1, "b": -1}
