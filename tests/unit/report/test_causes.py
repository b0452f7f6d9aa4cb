"""Causes are put together from what real runs of Tempest said."""

from typing import Any

import pytest

from defcheck.report.advice import RULES, Symptom, find_advice
from defcheck.report.causes import group_causes
from defcheck.report.failure_text import read_failure
from defcheck.report.formats import registry
from defcheck.results.result_set import find_error_line
from defcheck.workflows.verdicts import score_results
from tests.unit.shared import DATA, SHARED

LIB = "/opt/tempest/lib/python3.11/site-packages/tempest/lib"
ID = "req-d52ec1a7-aff5-4642-8ff8-89b81c6af844"


def traceback(service: str, client: str, function: str, method: str, end: str) -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "{LIB}/services/{service}/{client}.py", line 105, in {function}\n'
        "    resp, body = self.post('x', post_body)\n"
        "                 ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        f'  File "{LIB}/common/rest_client.py", line 299, in post\n'
        f"    return self.request('{method}', url, extra_headers, headers, body, chunked)\n"
        f'  File "{LIB}/services/compute/base_compute_client.py", line 47, in request\n'
        "    resp, resp_body = super(BaseComputeClient, self).request(\n"
        f"{end}\n\n"
    )


FORBIDDEN = traceback(
    *("compute", "servers_client", "create_server", "POST"),
    "tempest.lib.exceptions.Forbidden: Forbidden\nDetails: {'code': 403, 'message': \"Policy "
    "doesn't allow os_compute_api:servers:create to be performed.\"}",
)
IMAGE = traceback(
    *("image/v2", "images_client", "create_image", "POST"),
    "tempest.lib.exceptions.Forbidden: Forbidden\nDetails: {'message': 'You are not authorized to "
    "complete add_image action.<br /><br />\\n\\n\\n', 'code': '403 Forbidden', 'title': 'x'}",
)
UNAVAILABLE = traceback(
    *("object_storage", "object_client", "create_object", "PUT"),
    "tempest.lib.exceptions.UnexpectedResponseCode: Unexpected response code received\n"
    "Details: 503",
)


def refused(status: int, method: str, path: str, request_id: str) -> dict[str, Any]:
    return {"status": status, "method": method, "path": path, "request_id": request_id}


def facts(name: str, details: str = "", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "counted": True,
        "outcome": "failed",
        "judgement": "fail",
        "reason": find_error_line(details),
        "details": details,
        "calls": [],
        **more,
    }


def skip(name: str, reason: str, judgement: str = "incomplete") -> dict[str, Any]:
    return facts(name, outcome="skipped", reason=reason, judgement=judgement)


def of(*tests: dict[str, Any]) -> list[dict[str, Any]]:
    return group_causes([{"name": "c", "tests": list(tests)}])


def test_the_same_status_and_call_are_one_cause_whatever_else_differs() -> None:
    calls = [
        refused(404, "GET", "/v2.1/servers/{id}", "req-other"),
        refused(403, "POST", "/v2.1/servers", ID),
    ]
    cause, other = of(
        facts("a", FORBIDDEN),
        facts("b", FORBIDDEN, outcome="fixture error", calls=calls),
        facts("c", IMAGE),
    )
    assert cause["title"] == "403 Forbidden"
    assert cause["outcomes"] == {"failed": 1, "fixture error": 1}
    assert cause["call"] == "compute servers_client.create_server"
    assert cause["request"] == "POST /v2.1/servers"
    assert cause["messages"] == [
        "Policy doesn't allow os_compute_api:servers:create to be performed."
    ]
    assert cause["request_ids"] == [ID]
    assert cause["kind"] == "policy"
    assert other["call"] == "image images_client.create_image"
    assert other["messages"] == ["You are not authorized to complete add_image action."]


def test_a_status_under_details_is_told_in_words() -> None:
    (cause,) = of(facts("a", UNAVAILABLE))
    assert (cause["title"], cause["status"]) == ("503 Service Unavailable", 503)
    assert cause["kind"] == "service error"


def test_a_request_id_in_the_text_is_found() -> None:
    error = f"tempest.exceptions.BuildErrorException: Server x failed to build\nDetails: {ID} y"
    assert read_failure(facts("a", error)).request_ids == (ID,)


def test_errors_that_differ_in_numbers_alone_are_one_cause() -> None:
    found = of(
        *(facts(str(n), f"builtins.ValueError: volume {n} of 0x7f{n} is odd") for n in range(3))
    )
    assert [len(cause["tests"]) for cause in found] == [3]


def test_a_class_is_no_part_of_why_it_was_skipped() -> None:
    why = "skipped because the configured credential provider is not able to provide credentials"
    role = f"{why} with the ResellerAdmin role assigned."
    (cause,) = of(skip("a", f"AccountQuotasTest {role}"), skip("b", f"NegativeTest {role}"))
    assert cause["title"].startswith("The configured credential provider")
    assert "ResellerAdmin" in cause["advice"]


@pytest.mark.parametrize(
    "text",
    [
        "a.B: '" + "message': '" * 6_000,
        "x" * 65_536,
        "A." * 30_000 + "b",
        "a.B: <bound method " + "> returned" * 6_000,
        'File "/services/' * 4_000,
        "Details: " + "\n" * 60_000,
    ],
)
def test_hostile_text_takes_no_long_time(text: str) -> None:
    (cause,) = of(facts("a", text, reason=text))
    assert len(cause["title"]) <= 300


def test_failures_come_first_then_the_larger_cause() -> None:
    found = of(
        skip("a", "no x"),
        skip("b", "no y"),
        skip("c", "no y"),
        facts("d", FORBIDDEN),
        skip("e", "no z", "pass"),
    )
    assert [(cause["judgement"], len(cause["tests"])) for cause in found] == [
        ("fail", 1),
        ("incomplete", 2),
        ("incomplete", 1),
        ("pass", 1),
    ]


def test_what_does_not_count_or_passed_is_no_cause() -> None:
    assert of(facts("a", FORBIDDEN, counted=False), facts("b", outcome="passed")) == []


@pytest.mark.parametrize("outcome", ["not run", "absent", "unfinished", "failed", "skipped"])
def test_every_cause_has_a_title(outcome: str) -> None:
    (cause,) = of(facts("a", outcome=outcome, judgement="incomplete"))
    assert cause["title"]


KINDS = [
    ("unreachable", "MaxRetryError: no answer from c:80: [Errno 111] Connection refused", None),
    ("certificate", "SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", None),
    ("no service", "EndpointNotFound: Endpoint not found", None),
    ("no service", "skipped:Skipped because the volume service is not available", None),
    ("users", "InvalidCredentials: Insufficient number of users provided.", None),
    ("users", "skipped:It needs a second account in another project, which --accounts", None),
    ("users", "skipped:Must use dynamic credentials.", None),
    ("login", "Unauthorized: The request you have made requires authentication.", 401),
    ("rate limit", "RateLimitExceeded: Rate limit exceeded", 429),
    ("quota", "Forbidden: Quota exceeded for cores: Requested 1, but already used 8 of 8", 403),
    ("quota", "OverLimit: VolumeLimitExceeded: Maximum number of volumes allowed (10)", 413),
    ("quota", "Conflict: Quota exceeded for resources: ['network'].", 409),
    ("too large", "OverLimit: Request entity is too large", 413),
    ("policy", "Forbidden: rule:create_network is disallowed by policy", 403),
    ("image", "skipped:Image format enforcement prevents testing with bogus image data", None),
    ("image", "BadRequest: Image 1-2 could not be found.", 400),
    ("flavor", "BadRequest: Flavor's disk is too small for requested image.", 400),
    ("no host", "BuildErrorException: failed to build. Fault: No valid host was found.", 500),
    ("server build", "BuildErrorException: Server x failed to build and is in ERROR status", None),
    ("network", "Conflict: Multiple possible networks found, use a Network ID", 409),
    ("network", "skipped:Floating ips are not available", None),
    ("ssh", "SSHTimeout: Connection to the 192.0.2.1 via SSH timed out.", None),
    ("log in to servers", "skipped:Instance validation tests are disabled.", None),
    ("time-out", "TimeoutException: Request timed out", None),
    ("time-out", "ServerFault: Gateway", 504),
    ("service error", "ServerFault: Got server fault", 500),
    ("service error", "UnexpectedResponseCode: Unexpected response code received", 503),
    ("known bug", "skipped:Skipped because of bug#2147232.", None),
    ("extension", "skipped:Skipped because network extension: router is not enabled", None),
    ("feature", "skipped:Security compliance not available.", None),
    ("feature", "skipped:DHCPv6 attributes are not enabled.", None),
    ("Tempest", "AttributeError: module 'collections' has no attribute 'Mapping'", None),
    ("damaged run", "ModuleNotFoundError: No module named 'x'", None),
    ("form of the answer", "InvalidHTTPResponseBody: HTTP response body is invalid", None),
    ("request refused", "BadRequest: Bad request", 400),
    ("not found", "NotFound: Object not found", 404),
    ("conflict", "Conflict: Conflict with state of target resource", 409),
    ("behaviour", "MismatchError: 1 != 2", None),
    ("behaviour", "AssertionError: False is not true", None),
]


@pytest.mark.parametrize(("kind", "text", "status"), KINDS)
def test_each_kind_of_cause_has_its_advice(kind: str, text: str, status: int | None) -> None:
    skipped = text.startswith("skipped:")
    error = "" if skipped else text.partition(":")[0]
    outcome = "skipped" if skipped else "failed"
    symptom = Symptom(text.removeprefix("skipped:"), status, error, outcome)
    found, advice = find_advice(symptom)
    assert (found, bool(advice)) == (kind, True)


def test_no_rule_is_without_a_test() -> None:
    tried = {kind for kind, _, _ in KINDS}
    by_outcome = {"absent", "not run", "cut off", "names", "temporary URL", "versions of objects"}
    assert {rule.kind for rule in RULES} == tried | by_outcome


def test_where_no_rule_fits_nothing_is_advised() -> None:
    assert find_advice(Symptom("RuntimeError: x", None, "RuntimeError")) == ("", "")


COMPUTE = "tempest.api.compute.servers.test_servers.ServersTestJSON.test_x"
OBJECTS = "tempest.api.object_storage.test_{}.C.test_x"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("UnexpectedResponseCode: Unexpected response code received", 503),
        ("UnexpectedResponseCode: Unexpected response code received", 502),
        ("ServerFault: Gateway", 504),
        ("RateLimitExceeded: Rate limit exceeded", 429),
        ("TimeoutException: HTTPConnectionPool(host='c', port=80): Read timed out.", None),
        ("MaxRetryError: no answer from c:80: [Errno 111] Connection refused", None),
        ("ProtocolError: ('Connection aborted.', RemoteDisconnected())", None),
    ],
)
def test_fault_on_the_way_is_held_against_how_many_calls_went_well(
    text: str, status: int | None
) -> None:
    error, tests = text.partition(":")[0], [OBJECTS.format("y")]
    _, usual = find_advice(Symptom(text, status, error, "failed", tests, 2))
    _, rare = find_advice(Symptom(text, status, error, "failed", tests, 57))
    assert "--rerun failed" not in usual
    assert rare.startswith("57 other tests of the same API passed")
    assert "--rerun failed" in rare


def test_answer_of_the_service_itself_is_no_passing_fault() -> None:
    for text, status in (("Conflict: x", 409), ("ServerFault: x", 500), ("BadRequest: x", 400)):
        symptom = Symptom(text, status, text.partition(":")[0], "failed", [COMPUTE], 500)
        assert "--rerun" not in find_advice(symptom)[1]


@pytest.mark.parametrize(
    ("text", "test", "option"),
    [
        ("TimeoutException: Read timed out. (read timeout=60)", COMPUTE, "service-clients.http_t"),
        ("TimeoutException: Request timed out", COMPUTE, "compute.build_timeout"),
        (
            "TimeoutException: not available within the required time (300 s)",
            "tempest.api.volume.test_volumes_get.VolumesGetTest.test_x",
            "volume.build_timeout",
        ),
        ("TimeoutException: Request timed out", OBJECTS.format("y"), "_timeout in tempest.conf"),
    ],
)
def test_option_that_is_named_is_the_one_that_governs(text: str, test: str, option: str) -> None:
    assert option in find_advice(Symptom(text, None, "TimeoutException", "failed", [test]))[1]


def test_status_alone_decides_nothing_where_the_test_says_more() -> None:
    for name, status, kind in (
        ("object_temp_url", 403, "temporary URL"),
        ("object_temp_url", 401, "temporary URL"),
        ("object_version", 412, "versions of objects"),
        ("container_acl", 403, "policy"),
        ("container_services", 412, "conflict"),
    ):
        symptom = Symptom("Forbidden: x", status, "Forbidden", "failed", [OBJECTS.format(name)])
        assert find_advice(symptom)[0] == kind


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        (
            "MaxRetryError: HTTPConnectionPool(host='10.0.0.1', port=80): Max retries exceeded "
            "(Caused by NewConnectionError: [Errno 111] Connection refused)",
            "MaxRetryError: no answer: [Errno 111] Connection refused",
        ),
        (
            "KeyError: thing 5bd7c7b8-5dba-4b8e-a5b4-7d3a0ed3ee08 of 10.1.2.3:8774 is away",
            "KeyError: thing {id} of is away",
        ),
        (f"TypeError: gone (Request-ID: {ID})", "TypeError: gone"),
    ],
)
def test_headline_has_no_ids_of_requests_and_no_hosts(reason: str, title: str) -> None:
    (cause,) = of(facts("a", reason=reason))
    assert cause["title"] == title


def test_two_tests_that_should_have_been_refused_are_one_cause() -> None:
    document = score_results(str(DATA / "quotas-fail.subunit.gz"), "2020.06", "storage")
    cause, missing = document["causes"]
    assert cause["title"].endswith("create_object succeeded, but the test requires an error")
    assert [one["capabilities"] for one in cause["tests"]] == [["objectstore-container-quotas"]] * 2
    assert cause["kind"] == "behaviour"
    assert (missing["kind"], len(missing["tests"])) == ("not run", 53)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not beside the checkout")
@pytest.mark.parametrize(
    ("stream", "kind", "tests"),
    [("small-cloud-dies-c2", "unreachable", 5), ("small-one-account-c2", "users", 33)],
)
def test_a_cloud_that_died_and_one_account_too_few(stream: str, kind: str, tests: int) -> None:
    document = score_results(str(SHARED / f"results/{stream}.subunit.gz"), "2020.06", "platform")
    first = document["causes"][0]
    assert (first["kind"], len(first["tests"])) == (kind, tests)


@pytest.mark.parametrize("name", ["text", "markdown", "rst", "html"])
def test_every_report_for_people_has_causes_advice_and_ids(
    name: str, mixed: dict[str, Any]
) -> None:
    item = next(one for one in mixed["capabilities"] if one["name"] == "put")
    item["tests"][0] |= {
        "reason": "tempest.lib.exceptions.Forbidden: Forbidden",
        "details": FORBIDDEN,
        "calls": [refused(403, "POST", "/v2.1/servers", ID)],
    }
    mixed["causes"] = group_causes(mixed["capabilities"])
    shown = registry.render_document(name, mixed)
    assert "403 Forbidden" in shown
    assert "POST /v2.1/servers" in shown
    assert ID in shown
    assert "policy forbids the call" in shown
    assert "POST /v2.1/servers" in registry.render_document("json", mixed)


def test_a_test_of_several_capabilities_is_named_once_with_those_in_which_it_lacks_a_pass() -> None:
    """One capability knows it by an alias, and finds it."""
    lacking, found = facts("a", outcome="not run", judgement="incomplete"), facts("a")
    found |= {"outcome": "passed", "judgement": "pass"}
    capabilities = [
        {"name": "one", "tests": [lacking]},
        {"name": "two", "tests": [found]},
        {"name": "three", "tests": [lacking]},
    ]
    (cause,) = group_causes(capabilities)
    assert cause["tests"] == [{"name": "a", "capability": "one", "capabilities": ["one", "three"]}]
    assert cause["outcomes"] == {"not run": 1}


def test_of_a_test_that_capabilities_see_differently_the_worse_is_its_cause() -> None:
    missing = facts("a", outcome="not run", judgement="incomplete")
    failed = facts("a", FORBIDDEN)
    for tests in ([missing, failed], [failed, missing]):
        (cause,) = group_causes({"name": str(n), "tests": [test]} for n, test in enumerate(tests))
        assert (cause["judgement"], cause["outcomes"]) == ("fail", {"failed": 1})


@pytest.mark.parametrize("outcome", ["not run", "unfinished"])
def test_damage_explains_what_is_missing_and_nothing_else(outcome: str) -> None:
    told = facts("a", outcome="skipped", reason="No quota.", judgement="incomplete")
    reasoned = facts("b", outcome="not run", reason="More accounts.", judgement="incomplete")
    missing = facts("c", outcome=outcome, judgement="incomplete")
    absent = facts("d", outcome="absent", judgement="incomplete")
    for damaged in ("", "Do this."):
        found = group_causes([{"name": "c", "tests": [told, reasoned, missing, absent]}], damaged)
        by_name = {one["tests"][0]["name"]: one for one in found}
        assert (by_name["c"]["advice"] == "Do this.") == bool(damaged)
        assert by_name["c"]["title"].endswith(", which are incomplete") == bool(damaged)
        assert not any("Do this" in by_name[name]["advice"] for name in "abd")
