"""What people give in the place of results is recognised, with what to give instead."""

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results
from tests.unit.shared import SHARED, shared_files

NAME = "tempest.api.object_storage.test_account_services.AccountTest.test_list_extensions"
PAGE = "<title>{}</title></head><body>{}</body></html>"

CASES: dict[str, tuple[str | bytes, str, str]] = {
    "stestr": (
        f"{{0}} {NAME} [0.245090s] ... ok\n",
        "the output of tempest or stestr",
        "--subunit",
    ),
    "stestr in colour": (
        f"{{0}} {NAME} [0.2s] ... \x1b[32;1mok\x1b[0m\n",
        "the output of",
        "--subunit",
    ),
    "class skipped": ("{1} setUpClass (a.b.C) ... SKIPPED: no\n", "the output of", "--subunit"),
    "Zuul and stestr": (
        f"2026-01-01 12:00:00.123456 | controller | {{0}} {NAME} [0.1s] ... ok\n",
        "the output of tempest or stestr",
        "--subunit",
    ),
    "Zuul": ("2026-01-01 12:00:00.123456 | Job console starting\n", "the Zuul log", "--subunit"),
    "Tempest's log": (
        "2026-01-01 12:00:00.123 4711 INFO tempest.lib.common.rest_client [req-1] Request\n",
        "Tempest's log",
        "--subunit",
    ),
    "stestr, discovery": ("\n=====\nFailures during discovery\n=====\n", "discovery", "import"),
    "testtools": ("Tests running...\n..F\n", "the output of a test runner", "--subunit"),
    "failures alone": (
        f"======\nFAIL: {NAME}\n------\n",
        "the output of a test runner",
        "--subunit",
    ),
    "pytest": ("===== test session starts =====\n", "the output of pytest", "JUnit XML file"),
    "rally's table": (
        "+----+---+\n| name | time | status |\n",
        "the output of rally",
        "rally verify",
    ),
    "stestr's table": ("+----+\n| Run ID | Passed |\n", "table", "--subunit"),
    "a list": (f"{NAME}[id-1,smoke]\n{NAME}(v2)\n", "list of tests, not results", "--subunit"),
    "subunit2csv": ("test,status,start_time,stop_time\n", "CSV", "--subunit"),
    "TAP": ("TAP version 13\n1..2\nok 1 - a\n", "TAP", "--subunit"),
    "skips": ("known_failures:\n  - test: a\n", "list of tests to skip", "--subunit"),
    "subunit2html": (
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">\n<html><head>'
        '<meta name="generator" content="subunit2html 3.0.0"/>' + PAGE,
        "made by subunit2html",
        "--subunit",
    ),
    "rally's page": ("<!doctype html>\n<html><head>" + PAGE.format("Rally |", ""), "rally", "JSON"),
    "another page": ("<HTML><head>" + PAGE, "an HTML page, not results", "--subunit"),
    "rally 0.7": (
        '{"tests": 1, "success": 1, "test_cases": {"id": {"name": "a.b", "status": "success"}}}',
        "rally before 0.8",
        "with a current rally",
    ),
    "rally 0.0": (
        '{"tests": 1, "errors": 0, "failures": 0, "time": 1}',
        "rally before 0.8",
        "with a current rally",
    ),
    "functest": (
        '{"project_name": "functest", "case_name": "tempest", "details": {"tests": 9}}',
        "functest or xtesting",
        "subunit_stream",
    ),
    "Allure": ('{"uuid": "1", "historyId": "2", "fullName": "a#b"}', "Allure", "JUnit"),
    "text before XML": (
        f'No handlers could be found\n<testsuite><testcase name="{NAME}"/></testsuite>',
        "other text before it",
        "--no-passthrough",
    ),
    "packets before XML": (
        b'\xb3!@@\x06stdout\x05hello\x00\x00\x00\x00<?xml version="1.0"?><testsuite/>',
        "other text before it",
        "--no-passthrough",
    ),
    "ZIP": (b"PK\x03\x04" + b"x" * 60, "ZIP archive", "Unpack"),
    "SQLite": (b"SQLite format 3\x00" + b"x" * 60, "SQLite", "--subunit"),
}


@pytest.mark.parametrize("kind", CASES)
def test_file_that_holds_no_results_is_named_with_what_to_give(kind: str) -> None:
    content, what, advice = CASES[kind]
    data = content.encode() if isinstance(content, str) else content
    for data_now in (data, b"\xef\xbb\xbf" + data, b"\n\n" + data):
        with pytest.raises(InputError) as refused:
            load_bytes(data_now, "x")
        assert refused.value.message.startswith("x is ")
        assert what in refused.value.message
        assert advice in refused.value.advice


@pytest.mark.parametrize("text", ["hello\n", "{", "<x/>", '{"a": 1}', "\x00\x01"])
def test_file_of_no_known_kind_is_told_what_could_be_read(text: str) -> None:
    with pytest.raises(InputError) as refused:
        load_bytes(text.encode(), "x")
    assert "Give a run directory, a subunit stream" in refused.value.advice


def test_results_with_text_before_them_are_still_read() -> None:
    stream = f"{{0}} {NAME} ... ok\ntest: {NAME}\nsuccess: {NAME}\n"
    assert [event.name for event in load_bytes(stream.encode(), "x").events] == [NAME]


@pytest.mark.parametrize(
    "path",
    [one for one in shared_files("cases/results-of-no-format/*") if "README" not in str(one)],
)
def test_recorded_file_that_holds_no_results_is_named(path: object) -> None:
    with pytest.raises(InputError) as refused:
        load_results(str(path))
    assert " is " in refused.value.message
    assert str(SHARED) not in refused.value.advice
