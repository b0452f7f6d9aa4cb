"""Nothing is handed in twice, and nothing deleted is missed, in any order of failures."""

import pytest

from defcheck.errors import UnusableError
from defcheck.submission.refstack.client import RETRY_WAITS, RefStackClient
from defcheck.submission.refstack.payload import PassedTest, Payload
from defcheck.submission.refstack.upload import upload_payload
from tests.refstack import RefStack, refstack
from tests.unit.submission.conftest import Connect

PAYLOAD = Payload("my cloud", 12, (PassedTest("a.C.test_x"), PassedTest("a.C.test_y")))
STORED = {
    "cpid": "my cloud",
    "duration_seconds": 12,
    "results": [{"name": one.name} for one in PAYLOAD.tests],
}


def test_what_a_server_stores_after_its_gateway_gave_up_is_waited_for(
    server: RefStack, connect: Connect
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(RETRY_WAITS):
            server.store({**STORED})

    server.faults.append("time_out")
    receipt = upload_payload(RefStackClient(connect(server.url).server, sleep=sleep), PAYLOAD, {})
    assert (receipt.id, receipt.recovered) == (server.runs[0]["id"], server.runs[0]["created_at"])
    assert (len(server.posts()), server.stored, slept) == (1, 1, list(RETRY_WAITS))


def test_what_was_not_stored_when_a_gateway_gave_up_is_sent_again(
    server: RefStack, connect: Connect, slept: list[float]
) -> None:
    server.faults.append("time_out")
    receipt = upload_payload(connect(server.url), PAYLOAD, {})
    assert not receipt.recovered
    assert (len(server.posts()), server.stored) == (2, 1)
    assert slept == [*RETRY_WAITS, RETRY_WAITS[0]]


@pytest.mark.parametrize("fault", ["store_and_drop", "store_and_time_out", "drop", "busy"])
def test_a_server_that_a_redirect_led_to_is_not_asked_again(
    server: RefStack, connect: Connect, fault: str
) -> None:
    """Its results are not those of the server that would be asked for them."""
    with refstack() as other:
        server.other = other.url
        server.faults.append("elsewhere")
        other.faults.append(fault)
        with pytest.raises(UnusableError, match="is unknown") as caught:
            upload_payload(connect(server.url), PAYLOAD, {})
        assert f"--url {server.url} --cpid 'my cloud'`" in caught.value.advice
        assert (len(other.posts()), len(server.posts())) == (1, 1)
        assert other.stored == fault.startswith("store")


def test_a_result_that_went_without_an_answer_is_gone(server: RefStack, connect: Connect) -> None:
    server.store({**STORED}, "owner")
    gone = server.runs[0]["id"]
    server.faults.append("gone")
    client = connect(server.url, "cookie")
    client.delete_result(gone)
    assert server.runs == []
    with pytest.raises(UnusableError, match="404 Not Found"):
        client.delete_result(gone)
