"""RefStack's JSON: what its client uploaded and what its server gave out."""

import json
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome
from defcheck.results.result_set import ResultIndex
from tests.unit.shared import shared_files


def encode(results: Any, **more: Any) -> bytes:
    """Return an upload with some results."""
    return json.dumps({"cpid": "x", "duration_seconds": 60, "results": results, **more}).encode()


def test_the_clients_upload_has_objects() -> None:
    found = load_bytes(encode([{"name": "a.C.test_x", "uuid": "1"}, {"name": "a.C.test_y"}]), "x")
    assert [event.name for event in found.events] == ["a.C.test_x", "a.C.test_y"]
    assert {event.outcome for event in found.events} == {Outcome.PASSED}
    assert (found.format, found.passes_only, found.problems) == ("RefStack JSON", True, ())


def test_the_servers_answer_has_plain_names() -> None:
    found = load_bytes(encode(["a.C.test_x", "a.C.test_y"], id="7", user_role="user"), "x")
    assert [event.name for event in found.events] == ["a.C.test_x", "a.C.test_y"]
    assert found.passes_only


def test_names_are_taken_as_they_stand() -> None:
    tally = ResultIndex(load_bytes(encode(["a.C.test_x[id-1]", "a.C.test_y ", "A.C.test_z"]), "x"))
    assert tally.passed_names == {"a.C.test_x[id-1]", "a.C.test_y ", "A.C.test_z"}
    for name in ("a.C.test_x", "a.C.test_y", "a.C.test_z"):
        assert tally.find_outcome(name).outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b'{"results": {}}', b'{"results": null}', b'{"results": "a.C.test_x"}']
)
def test_json_without_results_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="x is JSON without a list of `results`"):
        load_bytes(data, "x")


@pytest.mark.parametrize("item", [None, 7, {}, {"name": None}, {"uuid": "1"}, ["a.C.test_x"]])
def test_a_result_without_a_name_is_refused_by_its_number(item: Any) -> None:
    with pytest.raises(InputError, match=r"results\[1\] has no name"):
        load_bytes(encode(["a.C.test_x", item]), "x")


def test_no_result_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="contains no test result"):
        load_bytes(encode([]), "x")


@pytest.mark.parametrize("data", [b"{", b'{"results": [', b"[WARNING] no", b"{'results': []}"])
def test_what_only_looks_like_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="looks like JSON but is not"):
        load_bytes(data, "x")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InputError, match="looks like JSON but is not"):
        load_bytes(b"[" * 100_000, "x")


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"name": "a.C.test_x", "status": "fail"}, "status"),
        ({"name": "a.C.test_x", "outcome": "skipped"}, "outcome"),
        ({"name": "a.C.test_x", "passed": False}, "passed"),
        ({"name": "a.C.test_x", "uuid": "1", "Name": "", "id": 1}, "Name"),
        ({"status": "success"}, "status"),
    ],
)
def test_a_result_that_says_more_than_a_name_is_refused(item: Any, field: str) -> None:
    message = rf"results\[1\] has the field {field}, unknown to RefStack"
    with pytest.raises(InputError, match=message) as caught:
        load_bytes(encode([{"name": "a.C.test_y"}, item]), "x")
    assert "passed tests only" in caught.value.advice


@pytest.mark.parametrize("name", ["a.C.test_x[id-1]", "a.C.test_x(v4)", "a.C.test_x[id-1](v4)"])
def test_nothing_is_taken_off_a_name(name: str) -> None:
    tally = ResultIndex(load_bytes(encode([{"name": name, "uuid": "1"}]), "x"))
    assert tally.names == tally.passed_names == {name}
    assert tally.index.find_by_id("1") == ()
    assert tally.find_outcome("a.C.test_x").outcome is Outcome.NOT_RUN


@pytest.mark.parametrize("path", shared_files("refstack/exchanges/client_upload_*.json"))
def test_the_recorded_uploads_of_the_real_client_are_read(path: Any) -> None:
    exchange = json.loads(path.read_bytes())["exchanges"][0]
    body = exchange["request"]["body"]
    found = load_bytes(body.encode(), "x")
    expected = [item["name"] for item in json.loads(body)["results"]]
    assert [event.name for event in found.events] == expected
    assert expected


def test_cloud_duration_and_ids_are_those_of_the_upload() -> None:
    found = load_bytes(encode([{"name": "a.C.test_x", "uuid": "id-1"}, "a.C.test_y"]), "x")
    assert (found.cpid, found.seconds) == ("x", 60)
    assert [event.uuid for event in found.events] == ["1", ""]
    odd = encode([{"name": "a.C.test_x", "uuid": 1}], cpid=1, duration_seconds="60")
    found = load_bytes(odd, "x")
    assert (found.cpid, found.seconds, found.events[0].uuid) == ("", None, "")
