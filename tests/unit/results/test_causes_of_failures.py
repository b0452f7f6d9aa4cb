"""The exception's own line is the reason, wherever a writer put the traceback."""

from xml.sax.saxutils import escape, quoteattr

import pytest

from defcheck.results.loader import load_bytes, load_results
from defcheck.results.result_set import choose_reason, find_error_line
from tests.unit.shared import shared_files

FRAMES = 'Traceback (most recent call last):\n  File "/a b/c.py", line 12, in test_x\n    call()\n'
ERROR = "tempest.lib.exceptions.BadRequest: Bad request"
PLAIN = f"{FRAMES}{ERROR}\nDetails: {{'code': 400}}\n"
NESTED = f"testtools.testresult.real._StringException: {PLAIN}"
PYTHON2 = f"Traceback (most recent call last):\n{NESTED}"
PYTEST = f"self = <x>\n\n>       raise Y\nE       {ERROR}\nE       and more\n\na/b.py:7: BadRequest"
SEVERAL = f"traceback-1: {{{{{{\n{FRAMES}KeyError: 'clean-up'\n}}}}}}\n\n{PLAIN}"

TRACEBACKS = {
    "plain": PLAIN,
    "wrapped by testtools": NESTED,
    "wrapped twice": PYTHON2,
    "of pytest": PYTEST,
    "the last of several": SEVERAL,
}


@pytest.mark.parametrize("kind", TRACEBACKS)
def test_error_of_a_traceback_is_the_reason_wherever_it_stands(kind: str) -> None:
    text = TRACEBACKS[kind]
    assert find_error_line(text) == ERROR
    for element in (
        f"<failure>{escape(text)}</failure>",
        f"<failure message='test failure'>{escape(text)}</failure>",
        f"<failure message={quoteattr(text)}/>",
        f"<error type='x' message={quoteattr(text)}>short</error>",
    ):
        case = f"<testsuite><testcase name='a.b.C.test_x'>{element}</testcase></testsuite>"
        (event,) = load_bytes(case.encode(), "x").events
        assert event.reason == ERROR
        assert "Bad request" in event.details


@pytest.mark.parametrize("kind", ["plain", "wrapped by testtools", "wrapped twice"])
def test_error_is_found_where_an_attribute_lost_its_line_ends(kind: str) -> None:
    flat = " ".join(TRACEBACKS[kind].split("\n"))
    assert choose_reason("", flat) == ERROR


def test_error_that_is_all_there_is_of_pytests_lines_is_the_reason() -> None:
    assert find_error_line("E   KeyError: 'x'") == "KeyError: 'x'"
    assert find_error_line("E   KeyError: 'x'\nE   more of it\n") == "KeyError: 'x'"


def test_line_that_names_an_error_is_told_to_its_end() -> None:
    line = "The test failed with a.b.ServerFault: no Details: none"
    assert find_error_line(line) == line


def test_text_without_a_traceback_is_the_reason_itself() -> None:
    assert choose_reason("boom\nmore", "") == "boom"
    assert choose_reason("boom", "said") == "said"
    assert choose_reason("", "") == ""
    assert (
        find_error_line("testtools.testresult.real._StringException: returncode 9")
        == "returncode 9"
    )


@pytest.mark.parametrize("path", shared_files("cases/junit-traceback-in-message/*.xml"))
def test_two_errors_in_messages_are_two_reasons(path: object) -> None:
    reasons = [event.reason for event in load_results(str(path)).events]
    assert reasons == [ERROR, "tempest.lib.exceptions.TimeoutException: Request timed out"]
