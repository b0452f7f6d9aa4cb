"""Listing, showing, sharing and deleting what a server has."""

import json
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.errors import InputError, UnusableError
from defcheck.submission.refstack.authentication import SessionCookie
from defcheck.submission.refstack.client import (
    MAX_PAGES,
    RefStackClient,
    describe_response,
    unexpected_response_error,
)
from defcheck.submission.refstack.result_fields import format_time, parse_period
from defcheck.submission.refstack.transport import HttpResponse
from tests.refstack import RefStack
from tests.unit.submission.conftest import Connect
from tests.webserver import serving

RUN = {"cpid": "cloud", "duration_seconds": 12, "results": [{"name": "a.C.test_x"}]}


def ids(client: RefStackClient, **filters: str) -> list[str]:
    return [item["id"] for page in client.iterate_pages(filters) for item in page]


def test_pages_are_read_to_the_end(server: RefStack, connect: Connect) -> None:
    for number in range(45):
        server.store({**RUN, "cpid": f"cloud {number % 2} &ö"})
    assert ids(connect(server.url)) == [run["id"] for run in server.runs]
    assert len(server.seen) == 3
    assert len(ids(connect(server.url), cpid="cloud 1 &ö")) == 22


def test_a_result_that_moves_on_to_the_next_page_is_given_once(
    server: RefStack, connect: Connect
) -> None:
    for _ in range(30):
        server.store({**RUN})
    wanted = [run["id"] for run in server.runs]
    pages = connect(server.url).iterate_pages({})
    found = [item["id"] for item in next(pages)]
    server.store({**RUN})
    found += [item["id"] for page in pages for item in page]
    assert found == wanted


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-02", "2026-11-01"), ("2026-11-02T12:00:00", "2026-11-02 11:59:59")],
)
def test_period_that_ends_before_it_begins_is_refused(since: str, until: str) -> None:
    """RefStack answers 400, "start_date more than end_date" (parse_input_params)."""
    with pytest.raises(InputError, match=r"--since 2026-11-02 .* is later than --until") as caught:
        parse_period(since, until)
    assert "Swap" in caught.value.advice


def test_period_may_be_open_or_a_single_day() -> None:
    assert parse_period("", "") == {"start_date": "", "end_date": ""}
    day = {"start_date": "2026-11-02 00:00:00", "end_date": "2026-11-02 23:59:59"}
    assert parse_period("2026-11-02", "2026-11-02") == day


def test_an_empty_server(server: RefStack, connect: Connect) -> None:
    assert ids(connect(server.url)) == []


def test_since_and_until_include_both_days(server: RefStack, connect: Connect) -> None:
    for day in range(1, 5):
        server.store({**RUN})
        server.runs[0]["created_at"] = f"2026-11-0{day} 12:00:00"
    found = ids(
        connect(server.url),
        start_date=format_time("2026-11-02", "--since"),
        end_date=format_time("2026-11-03", "--until", end=True),
    )
    assert found == [run["id"] for run in server.runs[1:3]]


@pytest.mark.parametrize(
    ("text", "end", "wanted"),
    [
        ("2026-11-25", False, "2026-11-25 00:00:00"),
        ("2026-11-25", True, "2026-11-25 23:59:59"),
        ("2026-11-25 14:30:00", True, "2026-11-25 14:30:00"),
        ("2026-11-25T14:30:00", False, "2026-11-25 14:30:00"),
        ("2026-11-25T14:30:00Z", False, "2026-11-25 14:30:00"),
    ],
)
def test_time_option_is_sent_as_refstack_reads_it(text: str, end: bool, wanted: str) -> None:
    assert format_time(text, "--until", end=end) == wanted


@pytest.mark.parametrize("text", ["", "today", "2026-02-30", "25.11.2026", "2026-11-25T14"])
def test_invalid_day_of_since_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="after --since is not a date"):
        format_time(text, "--since")


def test_the_owner_sees_shares_and_deletes(server: RefStack, connect: Connect) -> None:
    run_id = server.store({**RUN}, "owner")["test_id"]
    owner, stranger = connect(server.url, "cookie"), connect(server.url)
    assert ids(stranger) == []
    assert ids(owner, signed="true") == [run_id]
    with pytest.raises(UnusableError, match="401 Unauthorized") as caught:
        stranger.get_result(run_id)
    assert "DEFCHECK_REFSTACK_SESSION" in caught.value.advice
    owner.set_metadata(run_id, "guideline", "2020.06.json")
    owner.set_metadata(run_id, "shared", "true")
    assert stranger.get_result(run_id)["meta"] == {"shared": "true", "guideline": "2020.06.json"}
    with pytest.raises(UnusableError, match="403 Forbidden"):
        stranger.delete_result(run_id)
    owner.delete_metadata(run_id, "shared")
    assert ids(stranger) == []
    owner.delete_result(run_id)
    assert server.runs == []
    with pytest.raises(UnusableError, match=f"404 Not Found.*Test result {run_id} not found"):
        owner.delete_result(run_id)


@pytest.mark.parametrize("session", ["q w", "a;b", "a\r\nX: y", 'a"b', "ä", "a,b", "refstack="])
def test_what_is_not_a_session_is_refused(session: str) -> None:
    with pytest.raises(InputError, match="not the value of a cookie") as caught:
        SessionCookie.parse_cookie(session)
    assert session not in str(caught.value)


@pytest.mark.parametrize("result_id", ["", "..", "../guidelines", "a/b", "a?b", "a b", "é" * 3])
def test_what_is_no_id_is_not_asked_for(server: RefStack, connect: Connect, result_id: str) -> None:
    for call in (connect(server.url).get_result, connect(server.url).delete_result):
        with pytest.raises(InputError, match="is not a valid result id"):
            call(result_id)
    assert server.seen == []


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"results": []},
        {"results": [], "pagination": {}},
        {"results": [], "pagination": []},
        {"results": [], "pagination": {"current_page": 1, "total_pages": "1"}},
        {"results": [], "pagination": {"current_page": 2, "total_pages": 2}},
        {"results": {}, "pagination": {"current_page": 1, "total_pages": 1}},
        {"results": [{}], "pagination": {"current_page": 1, "total_pages": 1}},
        {"results": [{"id": 1}], "pagination": {"current_page": 1, "total_pages": 1}},
        {"results": [{"id": "1", "meta": 1}], "pagination": {"current_page": 1, "total_pages": 1}},
        "<html></html>",
    ],
)
def test_what_is_no_list_of_results(connect: Connect, document: object) -> None:
    body = document if isinstance(document, str) else json.dumps(document)
    with (
        serving(body.encode()) as url,
        pytest.raises(UnusableError, match="returned 200 OK, expected"),
    ):
        # The server gives the file under any path that begins so.
        ids(connect(f"{url}/file"))


def test_more_pages_than_anybody_reads(connect: Connect) -> None:
    pagination = {"current_page": 1, "total_pages": MAX_PAGES + 1}
    body = json.dumps({"results": [], "pagination": pagination}).encode()
    with serving(body) as url, pytest.raises(UnusableError, match="10,001 pages"):
        ids(connect(f"{url}/file"))


@pytest.mark.parametrize(
    "document", [{"id": "1"}, {"id": "1", "results": [1]}, {"results": ["a"]}, [], None]
)
def test_what_is_no_result(connect: Connect, document: object) -> None:
    with (
        serving(json.dumps(document).encode()) as url,
        pytest.raises(UnusableError, match="returned 200 OK, expected 200 with a result"),
    ):
        connect(f"{url}/file").get_result("1")


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_what_a_server_says_is_safe_to_show(body: bytes) -> None:
    said = describe_response(HttpResponse(400, "Bad", body, "https://host"))
    assert said
    assert not {unicodedata.category(letter) for letter in said} & {"Cc", "Cf", "Cs", "Co"}
    assert len(said) <= 320


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"code": 400, "title": "Bad\\u001b[31m", "detail": ""}', "Bad"),
        (b'{"title": "A", "detail": "B"}', "A: B"),
        (b'{"title": 7}', "7"),
        (b"[1]", "[1]"),
        (b" \n", "nothing"),
        (b"plain\nwords", "plain words"),
        (b"<html><title>A &amp; B</title>", "a web page called 'A & B'"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 10000, "[" * 199 + "…" + "[" * 100),
    ],
)
def test_what_a_server_said(body: bytes, said: str) -> None:
    assert describe_response(HttpResponse(400, "Bad", body, "https://host")) == said


def test_letters_of_ids() -> None:
    from defcheck.submission.refstack.client import result_path

    every = string.ascii_letters + string.digits
    assert result_path(every[:60]) == f"/v1/results/{every[:60]}"


@pytest.mark.parametrize(
    ("status", "advice"), [(500, "Try again later"), (302, "not a RefStack server")]
)
def test_server_that_failed_is_not_taken_for_a_wrong_address(status: int, advice: str) -> None:
    answer = HttpResponse(status, "Any", b"", "https://host")
    assert advice in unexpected_response_error(answer, "200").advice
    assert unexpected_response_error(answer, "200", "Do this.").advice == "Do this."
