"""The calls that a cloud refused, from the log that a real Tempest 47 attached to a test."""

from defcheck.results.loader import load_bytes
from defcheck.results.models import MAX_CALLS, RefusedCall, extract_refused_calls
from tests.unit.results.streams import ran, v1, v2

SWIFT = "/v1/AUTH_93a6f4b465484cab8fab8a979fbf8f9c/tempest-TestContainer-15314/tempest-Src-13051"
ID = "req-d52ec1a7-aff5-4642-8ff8-89b81c6af844"


def logged(status: int, method: str, url: str, request_id: str = ID) -> str:
    return (
        "2026-11-25 12:38:51,569 21734 INFO     [tempest.lib.common.rest_client] "
        f"Request (ObjectTest:test_copy_object_2d_way): {status} {method} {url} 0.082s\n"
        "2026-11-25 12:38:51,569 21734 DEBUG    [tempest.lib.common.rest_client] "
        "Request - Headers: {'Accept': 'application/json', 'X-Auth-Token': '<omitted>'}\n"
        "        Body: None\n"
        "    Response - Headers: {'content-length': '118', 'x-compute-request-id': "
        f"'{request_id}', 'x-openstack-request-id': '{request_id}', 'status': '{status}'}}\n"
        "        Body: b'{}'\n"
    )


def test_a_refused_call_has_status_path_and_request_id() -> None:
    log = logged(201, "POST", "http://c/v3/auth/tokens") + logged(
        403, "POST", "https://compute.example.org:8774/v2.1/servers"
    )
    assert extract_refused_calls(log) == (RefusedCall(403, "POST", "/v2.1/servers", ID),)


def test_ids_names_host_and_query_are_left_out() -> None:
    (swift,) = extract_refused_calls(
        logged(503, "PUT", f"http://127.0.0.1:18081{SWIFT}?temp_url_sig=x")
    )
    assert swift.path == "/v1/AUTH_{id}/{name}/{name}"
    server = "http://c/v2.1/servers/39189f52-173c-4014-8ec5-4b8f16676e36"
    assert extract_refused_calls(logged(404, "GET", server))[0].path == "/v2.1/servers/{id}"


def test_an_id_belongs_to_the_call_before_it() -> None:
    log = logged(500, "GET", "http://c/a").splitlines()[0] + "\n"
    log += logged(200, "GET", "http://c/b", "req-00000000-0000-0000-0000-000000000000")
    assert extract_refused_calls(log) == (RefusedCall(500, "GET", "/a", ""),)


def test_log_that_lost_its_beginning_gives_the_calls_behind_it() -> None:
    """Only the end of a long log is kept, and that may begin with the headers of an answer."""
    headers = logged(500, "GET", "http://c/a").split("\n", 3)[3]
    assert headers.startswith("    Response - Headers: ")
    assert extract_refused_calls(headers + logged(409, "PUT", "http://c/b")) == (
        RefusedCall(409, "PUT", "/b", ID),
    )


def test_odd_line_between_a_call_and_its_headers_takes_no_id_away() -> None:
    first, rest = logged(409, "PUT", "http://c/b").split("\n", 1)
    assert extract_refused_calls(f"{first}\nRequest (x) odd\n{rest}") == (
        RefusedCall(409, "PUT", "/b", ID),
    )


def test_the_last_calls_are_kept() -> None:
    log = "".join(logged(409, "DELETE", f"http://c/x{number}y") for number in range(MAX_CALLS + 5))
    found = extract_refused_calls(log)
    assert len(found) == MAX_CALLS
    assert found[-1].path == f"/x{MAX_CALLS + 4}y"


def test_what_is_no_log_gives_no_call() -> None:
    for text in ("", "Request (", "Request (x): 403", "Request (x): 403 GET http://[", "\x00" * 99):
        assert all(call.path == "" for call in extract_refused_calls(text))


def test_a_very_long_path_is_cut() -> None:
    (call,) = extract_refused_calls(logged(500, "GET", "http://c/" + "x-1" * 300_000))
    assert len(call.path) == 200


def test_only_a_failed_test_has_calls_and_its_log_is_not_kept() -> None:
    log = logged(403, "POST", "http://c/v2.1/servers")
    packets = [
        *ran("a.C.test_failed", "fail", traceback="KeyError: 'x'", pythonlogging=log),
        *ran("a.C.test_passed", "success", pythonlogging=log),
    ]
    for stream in (v1(*packets), v2(*packets)):
        failed, passed = load_bytes(stream, "x").events
        assert [call.request_id for call in failed.calls] == [ID]
        assert failed.details == "KeyError: 'x'"
        assert passed.calls == ()
