"""Questions to a cloud: each has an answer or a reason, whatever the others do."""

import threading
import time

import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure, Forbidden
from openstack.exceptions import raise_from_response

from defcheck.cloud.discovery.endpoints import gather_concurrently, run_query, select_integers
from defcheck.cloud.discovery.model import Unavailable, is_available, value_or


def refuse() -> None:
    raise Forbidden


def break_off() -> None:
    raise ConnectFailure("Unable to connect: [Errno 111] Connection refused')")


def test_value_of_a_query_is_available() -> None:
    fact = run_query(lambda: 3)
    assert is_available(fact)
    assert value_or(fact, 0) == 3


def test_a_refusal_is_told_from_a_failure() -> None:
    assert run_query(refuse) == Unavailable(
        "this account is not permitted to see it (HTTP 403)", refused=True, status=403
    )
    assert run_query(break_off) == Unavailable("the connection was refused", no_answer=True)


def test_an_answer_of_another_shape_is_a_reason_and_no_accident() -> None:
    empty: dict[str, int] = {}
    fact = run_query(lambda: empty["flavors"])
    assert isinstance(fact, Unavailable)
    assert "flavors" in fact.reason


def test_one_that_never_answers_does_not_keep_the_others_from_it() -> None:
    never = threading.Event()
    answers = gather_concurrently(
        {"slow": never.wait, "quick": lambda: 1, "broken": break_off}, time.monotonic() + 2
    )
    assert answers["quick"] == 1
    assert answers["broken"] == Unavailable("the connection was refused", no_answer=True)
    assert answers["slow"] == Unavailable("no response within 2 s", no_answer=True)
    never.set()


def test_an_answer_of_another_form_is_described_without_a_class_name() -> None:
    def silent() -> None:
        raise KeyError

    assert run_query(silent) == Unavailable("its response has an unexpected format")


def test_what_is_no_number_is_no_quota() -> None:
    assert select_integers({"a": 1, "b": -1, "c": True, "d": "5", "e": {"limit": 1}}) == {
        "a": 1,
        "b": -1,
    }


@pytest.mark.parametrize(
    ("status", "unavailable"),
    [
        (400, False),
        (401, False),
        (403, False),
        (404, False),
        (409, False),
        (501, False),
        (429, True),
        (500, True),
        (502, True),
        (503, True),
        (504, True),
    ],
)
def test_a_refusal_is_an_answer_and_a_server_error_is_none(
    status: int, *, unavailable: bool
) -> None:
    response = requests.Response()
    response.status_code = status
    found = run_query(lambda: raise_from_response(response))
    assert isinstance(found, Unavailable)
    assert found.no_answer is unavailable
    assert found.refused is (status in (401, 403))
