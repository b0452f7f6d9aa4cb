"""What is kept of a test's attachments: why it failed, not how it worked."""

import pytest

from defcheck.results.collector import MAX_ATTACHMENTS
from defcheck.results.loader import load_bytes
from defcheck.results.result_set import MAX_DETAIL, find_error_line
from tests.unit.results.streams import attached, begun, ended, ran, v1, v2

NAME = "a.C.test_x"


def test_logs_are_not_kept() -> None:
    packets = ran(NAME, "fail", pythonlogging="x" * 100_000, stdout="y" * 100_000)
    for stream in (v1(*packets), v2(*packets)):
        (event,) = load_bytes(stream, "x").events
        assert (event.reason, event.details) == ("", "")


def test_of_a_long_traceback_the_end_is_kept() -> None:
    frame = '  File "x.py", line 1, in call\n    call()\n'
    text = "Traceback (most recent call last):\n" + frame * 5_000 + "ValueError: the end"
    (event,) = load_bytes(v2(*ran(NAME, "fail", traceback=text)), "x").events
    assert len(event.details) == MAX_DETAIL
    assert event.details.endswith("ValueError: the end")
    assert event.reason == "ValueError: the end"


def test_an_attachment_in_many_pieces_is_put_together_and_limited() -> None:
    pieces = [attached(NAME, "traceback", f"{number:07}\n") for number in range(20_000)]
    (event,) = load_bytes(v2(begun(NAME), *pieces, ended(NAME, "fail")), "x").events
    assert len(event.details) == MAX_DETAIL
    assert event.details.endswith("0019998\n0019999\n")


def test_a_character_cut_in_two_is_no_obstacle() -> None:
    text = "é" * MAX_DETAIL + "x"
    (event,) = load_bytes(v2(*ran(NAME, "fail", traceback=text)), "x").events
    assert event.details.endswith("éx")
    (event,) = load_bytes(
        v2(begun(NAME), attached(NAME, "traceback", b"\xff\xfe bad"), ended(NAME, "fail")), "x"
    ).events
    assert event.details.endswith(" bad")


def test_several_tracebacks_of_one_test_are_all_kept() -> None:
    packets = [
        begun(NAME),
        attached(NAME, "traceback", "KeyError: 'one'"),
        attached(NAME, "traceback-1", "KeyError: 'two'"),
        ended(NAME, "fail"),
    ]
    (event,) = load_bytes(v2(*packets), "x").events
    assert event.details == "KeyError: 'one'\nKeyError: 'two'"


def test_attachments_of_one_run_of_a_test_do_not_reach_the_next() -> None:
    stream = v2(*ran(NAME, "fail", traceback="KeyError: 'x'"), *ran(NAME))
    failure, success = load_bytes(stream, "x").events
    assert failure.details == "KeyError: 'x'"
    assert (success.details, success.reason) == ("", "")


def test_all_attachments_of_a_test_together_are_limited() -> None:
    pieces = [attached(NAME, f"traceback-{n}", "x" * MAX_DETAIL) for n in range(20)]
    (event,) = load_bytes(v2(begun(NAME), *pieces, ended(NAME, "fail")), "x").events
    assert event.details == "\n".join(["x" * MAX_DETAIL] * MAX_ATTACHMENTS)


def test_the_limit_of_attachments_counts_only_those_that_say_why() -> None:
    logs = [attached(NAME, f"log-{n}", "x") for n in range(20)]
    pieces = [attached(NAME, f"traceback-{n}", f"{n}") for n in range(20)]
    (event,) = load_bytes(v2(begun(NAME), *logs, *pieces, ended(NAME, "fail")), "x").events
    assert event.details == "\n".join("01234567"[:MAX_ATTACHMENTS])


def test_the_last_attachment_that_is_kept_is_kept_whole() -> None:
    pieces = [attached(NAME, f"traceback-{n}", f"{n}") for n in range(MAX_ATTACHMENTS)]
    more = attached(NAME, f"traceback-{MAX_ATTACHMENTS - 1}", "\nKeyError: 'the end'")
    (event,) = load_bytes(v2(begun(NAME), *pieces, more, ended(NAME, "fail")), "x").events
    assert event.details.endswith("\nKeyError: 'the end'")


@pytest.mark.parametrize(
    ("traceback", "line"),
    [
        ("", ""),
        ("\n \n", ""),
        ("KeyError: 'x'", "KeyError: 'x'"),
        (
            "Traceback (most recent call last):\n"
            '  File "x.py", line 1, in test_x\n'
            "    self.fail()\n"
            "AssertionError: one\n"
            "two\n",
            "AssertionError: one",
        ),
        (
            "Traceback (most recent call last):\n"
            '  File "x.py", line 1, in test_x\n'
            "    call()\n"
            "KeyError: 'x'\n"
            "\n"
            "During handling of the above exception, another exception occurred:\n"
            "\n"
            "Traceback (most recent call last):\n"
            '  File "y.py", line 2, in call\n'
            "    other()\n"
            "tempest.lib.exceptions.ServerFault: Got server fault\n"
            "Details: The server has either erred\n",
            "tempest.lib.exceptions.ServerFault: Got server fault",
        ),
        ('Traceback (most recent call last):\n  File "x.py", line 1', 'File "x.py", line 1'),
    ],
)
def test_the_line_that_names_the_error_is_the_first_after_the_last_frames(
    traceback: str, line: str
) -> None:
    assert find_error_line(traceback) == line
