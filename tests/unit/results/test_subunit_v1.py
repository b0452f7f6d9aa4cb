"""Subunit version 1, the form in which stestr keeps its runs."""

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome
from tests.unit.results.streams import begun, ended, ran, v1, v2

STREAM = [
    *ran("a.C.test_x[id-1,smoke]", log="fine"),
    *ran("a.C.test_f", "fail", traceback="Traceback …\nKeyError: 'x'"),
    *ran("a.C.test_s", "skip", reason="Cinder is not available"),
]


def test_it_says_what_version_2_says() -> None:
    old, new = load_bytes(v1(*STREAM), "x"), load_bytes(v2(*STREAM), "x")
    assert (old.format, new.format) == ("subunit v1", "subunit v2")
    assert old.problems == new.problems == ()
    assert old.events == new.events
    assert [event.outcome for event in old.events] == [
        Outcome.PASSED,
        Outcome.FAILED,
        Outcome.SKIPPED,
    ]


@pytest.mark.parametrize("status", ["xfail", "uxsuccess"])
def test_what_broke_its_own_expectation_is_a_failure(status: str) -> None:
    (event,) = load_bytes(v1(*ran("a.C.test_x", status)), "x").events
    assert event.outcome is Outcome.FAILED


def test_times_and_workers_are_kept() -> None:
    name = "a.C.test_x"
    stream = v1(
        begun(name, at=2, worker="worker-1"), ended(name, "success", at=4.5, worker="worker-1")
    )
    (event,) = load_bytes(stream, "x").events
    assert (event.seconds, event.worker) == (2.5, "worker-1")


def test_the_handwritten_form_is_read() -> None:
    text = b"test: a.C.test_x\nsuccess: a.C.test_x\ntest a.C.test_y\nfailure a.C.test_y [\nno\n]\n"
    found = load_bytes(text, "x")
    assert [(event.name, event.outcome) for event in found.events] == [
        ("a.C.test_x", Outcome.PASSED),
        ("a.C.test_y", Outcome.FAILED),
    ]
    assert found.events[1].reason == "no"


def test_strange_bytes_behind_a_word_are_a_problem() -> None:
    found = load_bytes(v1(*ran("a.C.test_x")) + b"a word \x00\n", "x")
    assert found.problems == ("9 bytes are neither subunit nor text",)


def test_line_with_a_blank_before_it_is_printed_by_a_test() -> None:
    found = load_bytes(v1(*ran("a.C.test_x")) + b" test: a.C.test_y\n", "x")
    assert [event.name for event in found.events] == ["a.C.test_x"]
    assert found.problems == ()


def test_worker_named_inside_a_test_is_of_that_test_alone() -> None:
    stream = (
        b"tags: worker-0\ntest: a.C.test_x\ntags: -worker-0 worker-1\nsuccess: a.C.test_x\n"
        b"test: a.C.test_y\nsuccess: a.C.test_y\n"
    )
    assert [event.worker for event in load_bytes(stream, "x").events] == ["worker-1", "worker-0"]


def test_a_pass_of_a_test_that_never_began_is_no_result() -> None:
    with pytest.raises(InputError, match="contains no test result"):
        load_bytes(b"success: a.C.test_x\n", "x")


def test_the_end_of_another_test_does_not_end_the_one_in_progress() -> None:
    found = load_bytes(b"test: a.C.test_x\nsuccess: a.C.test_y\n", "x")
    assert [(event.name, event.outcome) for event in found.events] == [
        ("a.C.test_x", Outcome.UNFINISHED)
    ]
    assert found.problems == (
        "there are subunit version 1 events in a place where they cannot be read",
        "a.C.test_x began and did not finish",
    )


def test_text_between_tests_is_passed_over() -> None:
    stream = b"starting\n" + v1(*STREAM) + b"all done\n"
    assert load_bytes(stream, "x").events == load_bytes(v1(*STREAM), "x").events


def test_a_failure_that_speaks_of_a_lost_connection_is_not_a_pass() -> None:
    (event,) = load_bytes(
        v1(*ran("a.C.test_x", "fail", traceback="lost connection during upload")), "x"
    ).events
    assert event.outcome in (Outcome.FAILED, Outcome.UNFINISHED)


@pytest.mark.parametrize("text", ["servidor número uno: creación", "3 m³", "Łódź"])
def test_logs_in_any_language_are_no_obstacle(text: str) -> None:
    found = load_bytes(v1(*ran("a.C.test_x", log=text), *ran("a.C.test_y", "fail")), "x")
    assert [event.outcome for event in found.events] == [Outcome.PASSED, Outcome.FAILED]


@pytest.mark.parametrize(
    "line",
    [
        b"time: yesterday\n",
        b"time: 2026-13-01 00:00:00Z\n",
        b"progress: many\n",
        b"tags: \xff\n",
        b"test: \xff\n",
        b"test: a.C.test_y\nsuccess: a.C.test_y [ multipart\nContent-Type: text\n",
    ],
)
def test_a_damaged_line_is_noticed_and_takes_no_result_away(line: bytes) -> None:
    found = load_bytes(v1(*STREAM) + line, "x")
    assert found.events[:3] == load_bytes(v1(*STREAM), "x").events
    assert found.problems


def test_what_it_said_before_the_damage_and_what_was_wrong_are_both_told() -> None:
    found = load_bytes(
        b"test: a.C.test_x\nsuccess: a.C.test_x\ntest: a.C.test_y\ntime: soon\n", "x"
    )
    assert [(event.name, event.outcome) for event in found.events] == [
        ("a.C.test_x", Outcome.PASSED),
        ("a.C.test_y", Outcome.UNFINISHED),
    ]
    assert found.problems[0].startswith("the stream is damaged (")
    assert found.problems[1] == "a.C.test_y began and did not finish"


@pytest.mark.parametrize(
    "line", [b"", b"tesu: tearDownClass (a.C)\n", b"test; tearDownClass (a.C)\n"]
)
def test_a_failure_whose_beginning_is_damaged_is_noticed(line: bytes) -> None:
    stream = v1(*ran("a.C.test_x")) + line + b"failure: tearDownClass (a.C) [\nKeyError\n]\n"
    assert load_bytes(stream, "x").problems


def test_bytes_between_tests_that_are_no_text_are_a_problem() -> None:
    assert load_bytes(v1(*ran("a.C.test_x")) + bytes(range(256)), "x").problems
