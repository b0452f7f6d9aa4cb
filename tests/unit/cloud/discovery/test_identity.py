"""The cloud's clock, by the Date header of an answer."""

from datetime import UTC, datetime

import pytest

from defcheck.cloud.discovery.endpoints import AnswerError
from defcheck.cloud.discovery.services import read_date

DATE = "Sun, 30 Nov 2031 17:00:00 GMT"


@pytest.mark.parametrize(
    "header", [DATE, f"{DATE}, {DATE}", f"{DATE}, {DATE.replace('00 G', '01 G')}"]
)
def test_a_second_date_of_a_proxy_does_not_matter(header: str) -> None:
    assert read_date(header) == datetime(2031, 11, 30, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "no valid Date header"),
        ("yesterday", "no valid Date header"),
        (f"{DATE}, {DATE.replace('17', '18')}", "two Date headers that differ"),
    ],
)
def test_a_date_that_cannot_be_relied_on_is_said(header: str, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        read_date(header)
