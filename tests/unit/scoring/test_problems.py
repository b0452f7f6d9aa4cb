"""Results that are not whole: a problem never coexists with a pass."""

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes
from defcheck.scoring.verdict import score_results
from tests.unit.results.streams import begun, ended, ran, v1, v2, v2_packets
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge
from tests.unit.shared import entry, failed, guideline, passed, skipped

X, Y = "a.b.C.test_x", "a.b.C.test_y"
TESTS = {X: entry("id-1"), Y: entry("id-2")}


@pytest.mark.parametrize("policy", ["defcore", "scs"])
def test_results_with_a_problem_never_pass(policy: str) -> None:
    made = guideline(TESTS, policy=policy)
    assert judge(made, passed(X), passed(Y)).judgement is PASS
    verdict = judge(made, passed(X), passed(Y), problems=["a damaged packet was skipped"])
    assert verdict.judgement is INCOMPLETE
    assert verdict.problems == ("a damaged packet was skipped",)


def test_results_with_a_problem_still_fail() -> None:
    verdict = judge(guideline(TESTS), passed(X), failed(Y), problems=["cut off"])
    assert verdict.judgement is FAIL


@pytest.mark.parametrize("policy", ["defcore", "scs"])
def test_a_test_that_is_not_required_and_did_not_end_blocks_a_pass(policy: str) -> None:
    made = guideline(TESTS, policy=policy)
    stream = v2(*ran(X), *ran(Y), begun("z.Z.test_other"))
    verdict = score_results(made, made.targets[0], load_bytes(stream, "x"))
    assert verdict.judgement is INCOMPLETE
    assert verdict.problems == ("z.Z.test_other began and did not finish",)


def test_a_cut_off_stream_passes_only_where_every_required_test_ended() -> None:
    made = guideline(TESTS)
    stream = v2(*ran(f"{X}[id-1]", log="fine"), *ran(f"{Y}[id-2]"))
    whole = score_results(made, made.targets[0], load_bytes(stream, "x"))
    assert whole.judgement is PASS
    for length in range(len(v2(*ran(f"{X}[id-1]", log="fine"))), len(stream)):
        verdict = score_results(made, made.targets[0], load_bytes(stream[:length], "x"))
        assert verdict.judgement is INCOMPLETE


def test_both_versions_of_subunit_give_the_same_verdict() -> None:
    made = guideline(TESTS)
    for status, expected in (("success", PASS), ("fail", FAIL), ("skip", INCOMPLETE)):
        packets = [*ran(f"{X}[id-1]"), *ran(f"{Y}[id-2,smoke]", status)]
        for stream in (v1(*packets), v2(*packets)):
            verdict = score_results(made, made.targets[0], load_bytes(stream, "x"))
            assert verdict.judgement is expected


def test_the_class_of_a_test_that_did_not_end_may_be_skipped_too() -> None:
    made = guideline(TESTS, policy="scs")
    verdict = judge(made, passed(X), skipped(Y), problems=[f"{Y} began and did not finish"])
    assert verdict.judgement is INCOMPLETE


@pytest.mark.parametrize("fixture", ["setUpClass (a.b.C)", "tearDownClass (a.b.C)"])
def test_one_wrong_byte_never_makes_a_pass(fixture: str) -> None:
    made = guideline(TESTS)
    *packets, failure = v2_packets(*ran(X), *ran(Y), ended(fixture, "fail"))
    stream = b"".join(packets)
    verdict = score_results(made, made.targets[0], load_bytes(stream + failure, "x"))
    assert verdict.judgement is not PASS
    damaged = stream + b"\x33" + failure[1:]
    verdict = score_results(made, made.targets[0], load_bytes(damaged, "x"))
    assert verdict.judgement is not PASS


def test_a_report_in_json_of_another_tool_has_no_verdict() -> None:
    text = b'{"results": [{"name": "%b", "status": "fail"}, {"name": "%b"}]}'
    with pytest.raises(InputError, match="unknown to RefStack"):
        load_bytes(text % (X.encode(), Y.encode()), "x")


@pytest.mark.parametrize("fixture", ["setUpClass (a.b.C)", "tearDownClass (a.b.C)"])
def test_one_wrong_byte_of_version_1_never_makes_a_pass(fixture: str) -> None:
    made = guideline(TESTS)
    stream = v1(*ran(X), *ran(Y), *ran(fixture, "fail"))
    begin = stream.index(b"test: " + fixture.encode())
    for position in range(begin, len(stream)):
        damaged = bytearray(stream)
        damaged[position] ^= 0x01
        verdict = score_results(made, made.targets[0], load_bytes(bytes(damaged), "x"))
        assert verdict.judgement is not PASS


def test_results_of_both_versions_in_one_file_never_pass_with_a_failure() -> None:
    made = guideline(TESTS)
    new, old = v2(*ran(X), *ran(Y)), v1(*ran(X, "fail"))
    for stream in (new + old, old + new):
        verdict = score_results(made, made.targets[0], load_bytes(stream, "x"))
        assert verdict.judgement is not PASS
