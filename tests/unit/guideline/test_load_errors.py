"""What is no guideline is an `InputError`: exit code 2, one or two lines, no traceback."""

import json
from pathlib import Path
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.guideline.loader import (
    MAX_BYTES,
    SCHEMA_READERS,
    load_guideline_bytes,
    load_guideline_file,
)
from tests.unit.shared import JSON, document, entry


def refuse(data: bytes) -> InputError:
    """Load bytes that are no guideline; return the error, which is short."""
    with pytest.raises(InputError) as caught:
        load_guideline_bytes(data, "x/a.json")
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith("x/a.json")
    assert caught.value.advice
    assert len(str(caught.value).splitlines()) <= 2
    assert len(str(caught.value)) < 400
    return caught.value


@pytest.mark.parametrize(
    "data",
    [b"", b" ", b"{", b"{'a': 1}", b"not json", b"\xff\xfe\xfd", b"\x00", b'{"a": }', b"{}{}"],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    assert "is not JSON" in refuse(data).message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[]", "a list"),
        (b'[{"schema": "2.0"}]', "a list"),
        (b'"text"', "text"),
        (b"7", "a number"),
        (b"null", "null"),
        (b"true", "true/false"),
    ],
)
def test_what_is_no_object_is_refused(data: bytes, kind: str) -> None:
    assert f"holds {kind}, not a JSON object" in refuse(data).message


@pytest.mark.parametrize("opening", [b"[", b'{"metadata":'])
def test_deep_nesting_is_refused(opening: bytes) -> None:
    refuse(opening * 100_000)
    refuse(opening * 100_000 + b"1" + {b"[": b"]"}.get(opening, b"}") * 100_000)


def test_a_number_too_long_to_read_is_refused() -> None:
    refuse(b'{"schema": ' + b"9" * 10_000 + b"}")


@pytest.mark.parametrize("schema", ["1.0", "1.1", "3.0", "", "2", "latest"])
def test_an_unknown_schema_is_refused_and_the_known_ones_are_named(schema: str) -> None:
    for made in ({"schema": schema}, {"metadata": {"schema": schema}}):
        error = refuse(json.dumps(made).encode())
        assert schema in error.message
        assert error.advice == f"Supported versions: {', '.join(SCHEMA_READERS)}."


@pytest.mark.parametrize("data", [b"{}", b'{"metadata": {}}', b'{"results": []}'])
def test_a_missing_schema_is_refused(data: bytes) -> None:
    assert "states the schema version none" in refuse(data).message


def broken(path: str, value: Any) -> JSON:
    """Return a whole document in which one field has the wrong kind."""
    made = document({"cap": {"a.C.test_x": entry("id-1", aliases=["b.C.test_x"])}})
    made["metadata"]["scoring"] = {"cutoff_score": 74, "criteria": {"atomic": {"weight": 8}}}
    made["metadata"]["os_trademark_approval"] = {"releases": ["train"]}
    made["designated_sections"] = {"nova": {"required": {"sections": {"api": {}}}}}
    made["test_repositories"] = {"tempest": {"repository": "https://x.org"}}
    load_guideline_bytes(json.dumps(made).encode(), "whole.json")
    *steps, last = path.split("/")
    inner: Any = made
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    inner[int(last) if last.isdigit() else last] = value
    return made


WRONG_KINDS: list[tuple[str, Any]] = [
    ("metadata", []),
    ("metadata/id", []),
    ("metadata/schema", {}),
    ("metadata/policy", 7),
    ("metadata/scoring", "high"),
    ("metadata/scoring/cutoff_score", "high"),
    ("metadata/scoring/cutoff_score", 7.5),
    ("metadata/scoring/criteria", []),
    ("metadata/scoring/criteria/atomic", 8),
    ("metadata/os_trademark_approval", None),
    ("metadata/os_trademark_approval/releases", "train"),
    ("metadata/os_trademark_approval/releases", [1]),
    ("platforms", []),
    ("platforms/OpenStack Powered Platform", "compute"),
    ("platforms/OpenStack Powered Platform/components", {"name": "compute"}),
    ("platforms/OpenStack Powered Platform/components", ["compute"]),
    ("platforms/OpenStack Powered Platform/components/0/name", None),
    ("components", []),
    ("components/compute", []),
    ("components/compute/capabilities", ["cap"]),
    ("components/compute/capabilities/required", "cap"),
    ("components/compute/capabilities/required", [["cap"]]),
    ("components/compute/capabilities/required", {"cap": {}}),
    ("capabilities", ["cap"]),
    ("capabilities/cap", None),
    ("capabilities/cap/tests", "a.C.test_x"),
    ("capabilities/cap/tests", [1]),
    ("capabilities/cap/tests", [{"name": "a.C.test_x"}]),
    ("capabilities/cap/tests/a.C.test_x", "id-1"),
    ("capabilities/cap/tests/a.C.test_x", None),
    ("capabilities/cap/tests/a.C.test_x/idempotent_id", ["id-1"]),
    ("capabilities/cap/tests/a.C.test_x/idempotent_id", None),
    ("capabilities/cap/tests/a.C.test_x/aliases", "b.C.test_x"),
    ("capabilities/cap/tests/a.C.test_x/aliases", [None]),
    ("capabilities/cap/admin", "false"),
    ("capabilities/cap/achievements", "atomic"),
    ("designated_sections", []),
    ("designated_sections/nova", []),
    ("designated_sections/nova/required/sections", "all"),
    ("designated_sections/nova/required/sections/api/designated", "yes"),
    ("test_repositories", ["tempest"]),
    ("test_repositories/tempest/repository", {}),
]


@pytest.mark.parametrize(
    ("path", "value"), WRONG_KINDS, ids=[f"{path}={value}" for path, value in WRONG_KINDS]
)
def test_a_field_of_the_wrong_kind_is_named(path: str, value: Any) -> None:
    error = refuse(json.dumps(broken(path, value)).encode())
    last = [step for step in path.split("/") if not step.isdigit()][-1]
    assert last in error.message
    assert " must be " in error.message


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        load_guideline_file(tmp_path / "2020.06.json")
    assert "defcheck guideline list" in caught.value.advice


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Is a directory"):
        load_guideline_file(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than 32 MiB"):
        load_guideline_file(path)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document({"cap": {}})), "utf-8-sig")
    assert load_guideline_file(path).id == "2030.06"


@pytest.mark.parametrize("half", [b"\\ud800", b"\\uDFFF", b"\xed\xa0\x80"])
def test_half_a_surrogate_pair_is_refused(half: bytes) -> None:
    whole = json.dumps(document({"cap": {"a.C.test_x": entry()}})).encode()
    assert "is not JSON" in refuse(whole.replace(b'"cap"', b'"cap' + half + b'"')).message
    pair = whole.replace(b'"cap"', b'"cap\\ud83d\\ude00"')
    assert list(load_guideline_bytes(pair, "a.json").capabilities) == ["cap\U0001f600"]
