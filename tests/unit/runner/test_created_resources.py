"""What a run notes of what it made, from what Tempest's client really logs."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from defcheck.redaction.redactor import Redactor
from defcheck.runner import journal

UUID = "0b98cf96-d904-47bd-a4b4-6f31aeb1508c"


def said(status: int, method: str, path: str, answer: object) -> list[dict[str, str]]:
    return list(journal.parse_created(status, method, f"http://127.0.0.1:1{path}", answer))


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("/v3/projects", {"project": {"id": "1" * 32, "name": "n"}}, ("projects", "1" * 32, "n")),
        (
            "/compute/v2.1/servers",
            {"server": {"id": UUID, "adminPass": "canary"}},
            ("servers", UUID, ""),
        ),
        ("/v2.1/os-keypairs", {"keypair": {"name": "k"}}, ("os-keypairs", "k", "k")),
        (
            "/v2.0/floatingips",
            {"floatingip": {"id": UUID, "port_id": None}},
            ("floatingips", UUID, ""),
        ),
        ("/v2/images", {"id": UUID, "name": "i", "status": "queued"}, ("images", UUID, "i")),
        (
            f"/volume/v3/{'a' * 32}/volumes",
            {"volume": {"id": UUID, "name": None}},
            ("volumes", UUID, ""),
        ),
    ],
)
def test_a_creation_is_noted(
    path: str, answer: dict[str, object], expected: tuple[str, str, str]
) -> None:
    kind, number, name = expected
    body = str(json.dumps(answer).encode())  # as Tempest logs bytes
    assert said(201, "POST", path, body) == [{"kind": kind, "id": number, "name": name}]


def test_several_made_at_once_are_all_noted() -> None:
    body = json.dumps({"ports": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]})
    assert [one["id"] for one in said(201, "POST", "/v2.0/ports", body)] == ["1", "2"]


@pytest.mark.parametrize(
    ("status", "method", "path"),
    [
        (409, "POST", "/v3/projects"),
        (500, "POST", "/v3/projects"),
        (200, "GET", "/v3/projects"),
        (200, "PATCH", "/v3/projects"),
        (201, "POST", f"/v2.1/servers/{UUID}/action"),
        (200, "POST", f"/v2.1/servers/{UUID}/os-volume_attachments"),
        (201, "POST", "/v3/auth/tokens"),
        (201, "POST", f"/v2/images/{UUID}/members"),
        (201, "POST", f"/v3/users/{UUID}/credentials/OS-EC2"),
    ],
)
def test_what_makes_nothing_is_not_noted(status: int, method: str, path: str) -> None:
    assert said(status, method, path, json.dumps({"thing": {"id": UUID}})) == []


def test_a_container_is_noted_only_where_it_is_new() -> None:
    path = "/v1/AUTH_x/tempest-a%20b"
    expected = {
        "kind": "container",
        "account": "AUTH_x",
        "id": "tempest-a b",
        "name": "tempest-a b",
    }
    assert said(201, "PUT", path, "") == [expected]
    assert said(202, "PUT", path, "") == []
    assert said(201, "PUT", f"{path}/object", "") == []
    assert said(204, "DELETE", path, "") == [{**expected, "deleted": "true"}]
    assert said(404, "DELETE", path, "") == said(409, "DELETE", path, "") == []
    assert said(204, "DELETE", f"{path}/object", "") == []


class Answer(dict[str, str]):
    """Headers with a status, as Tempest's HTTP client gives them."""

    def __init__(self, status: int) -> None:
        super().__init__(status=str(status))
        self.status = status


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[journal.ResourceLogHandler]:
    listener = journal.ResourceLogHandler(tmp_path / journal.RESOURCE_LOG, Redactor())
    yield listener
    listener.close()


def test_the_lines_of_tempest_s_client_are_understood(
    tmp_path: Path, listener: journal.ResourceLogHandler
) -> None:
    rest_client = pytest.importorskip("tempest.lib.common.rest_client")
    client = rest_client.RestClient.__new__(rest_client.RestClient)
    client.trace_requests = ""
    logger = logging.getLogger(journal.CLIENT_LOGGER)
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        for method, status in (("POST", 201), ("GET", 200), ("POST", 403)):
            client._log_request(
                *(method, "http://127.0.0.1:1/v3/users"),
                Answer(status),
                secs=0.1,
                req_headers={"X-Auth-Token": "canary"},
                req_body='{"user": {"password": "canary"}}',
                resp_body=b'{"user": {"id": "%s", "name": "n\xc3\xbc"}}' % (b"1" * 32),
            )
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
    assert list(journal.read_resource_log(tmp_path)) == [
        {"kind": "users", "id": "1" * 32, "name": "nü"}
    ]
    assert "canary" not in (tmp_path / journal.RESOURCE_LOG).read_text()


@pytest.mark.parametrize("arguments", [(), ("a",), ("c", "x", "POST", "u", "s"), None])
def test_a_line_of_another_kind_disturbs_nobody(
    tmp_path: Path, listener: journal.ResourceLogHandler, arguments: tuple[str, ...] | None
) -> None:
    listener.emit(logging.LogRecord("n", logging.INFO, "p", 1, "text", arguments, None))
    listener.emit(logging.LogRecord("n", logging.DEBUG, "p", 1, "t", ("a", "b", "c", "{"), None))
    assert list(journal.read_resource_log(tmp_path)) == []


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    good = {"kind": "users", "id": "1", "name": "n"}
    lines = [json.dumps(good), "[]", '{"kind": "users"}', '{"kind": "users", "id": 1, "name": "n"}']
    (tmp_path / journal.RESOURCE_LOG).write_text("\n".join([*lines, '{"kind": "us']))
    assert list(journal.read_resource_log(tmp_path)) == [good]
    assert list(journal.read_resource_log(tmp_path / "none")) == []


def test_who_listens_twice_notes_once(tmp_path: Path) -> None:
    logger = logging.getLogger(journal.CLIENT_LOGGER)
    before = list(logger.handlers)
    journal.start_resource_log(tmp_path, Redactor())
    journal.start_resource_log(tmp_path, Redactor())
    (listener,) = (one for one in logger.handlers if one not in before)
    assert isinstance(listener, journal.ResourceLogHandler)
    logger.removeHandler(listener)
    listener.close()


def test_what_probes_created_stands_first_and_the_tests_add_to_it(tmp_path: Path) -> None:
    probe = {"kind": "container", "account": "AUTH_1", "id": "c", "name": "c"}
    journal.log_created(tmp_path, [probe])
    listener = journal.ResourceLogHandler(tmp_path / journal.RESOURCE_LOG, Redactor())
    try:
        listener.emit(record("caller", 201, "PUT", "http://s/v1/AUTH_2/d", 0.1))
        listener.emit(record({}, None, {}, ""))
    finally:
        listener.close()
    assert [entry["id"] for entry in journal.read_resource_log(tmp_path)] == ["c", "d"]
    assert (tmp_path / journal.RESOURCE_LOG).stat().st_mode & 0o777 == 0o600


def record(*said: object) -> logging.LogRecord:
    return logging.LogRecord(journal.CLIENT_LOGGER, logging.DEBUG, "", 0, "", said, None)


def test_without_probes_there_is_no_note(tmp_path: Path) -> None:
    journal.log_created(tmp_path, ())
    assert not (tmp_path / journal.RESOURCE_LOG).exists()
