"""What is demanded: required, not flagged, and never nothing."""

from dataclasses import replace

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline, Status
from defcheck.scoring.verdict import OutcomeCounts, count_tests, score_results
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, judge, outcomes
from tests.unit.shared import document, entry, failed, guideline, load, passed, results, skipped

X, Y = "a.C.test_x", "b.D.test_y"


def test_a_flagged_test_is_shown_and_does_not_count() -> None:
    made = guideline({X: entry("id-1"), Y: entry("id-2", flagged=True)})
    verdict = judge(made, passed(X), failed(Y))
    assert verdict.judgement is PASS
    assert outcomes(verdict) == {X: "passed", Y: "failed"}
    assert [test.is_counted for test in verdict.tests] == [True, False]
    assert [test.judgement for test in verdict.tests] == [PASS, FAIL]
    assert count_tests(verdict.counted_tests) == OutcomeCounts(1, 1, 0, 0, 0)
    assert count_tests(verdict.required_tests) == OutcomeCounts(2, 1, 0, 1, 0)


def test_a_flagged_pass_never_compensates() -> None:
    made = guideline({X: entry("id-1"), Y: entry("id-2", flagged=True)})
    assert judge(made, passed(Y)).judgement is INCOMPLETE
    assert judge(made, passed(Y), failed(X)).judgement is FAIL


def test_a_flagged_pass_is_not_the_one_pass_that_scs_needs() -> None:
    made = guideline({X: entry("id-1"), Y: entry("id-2", flagged=True)}, policy="scs")
    assert judge(made, skipped(X), passed(Y)).judgement is INCOMPLETE


def test_a_test_flagged_in_one_capability_counts_in_the_other() -> None:
    made = load(document({"one": {X: entry(flagged=True)}, "two": {X: entry()}}))
    assert [test.is_counted for test in judge(made, passed(X)).tests] == [False, True]
    assert judge(made, failed(X)).judgement is FAIL


def test_advisory_tests_are_shown_and_do_not_count() -> None:
    made = guideline({X: entry("id-1")}, advisory={Y: entry("id-2")})
    verdict = judge(made, passed(X), failed(Y))
    assert verdict.judgement is PASS
    assert outcomes(verdict) == {X: "passed", Y: "failed"}
    assert [test.status for test in verdict.tests] == [Status.REQUIRED, Status.ADVISORY]
    assert judge(made, passed(Y)).judgement is INCOMPLETE


@pytest.mark.parametrize("status", ["advisory", "deprecated", "removed"])
def test_only_required_capabilities_count(status: str) -> None:
    made = load(
        document({"cap": {X: entry()}, "more": {Y: entry()}}, policy="", **{status: ["more"]})
    )
    verdict = judge(made, passed(X), failed(Y))
    assert verdict.judgement is PASS
    assert len(verdict.tests) == 2
    assert len(verdict.counted_tests) == len(verdict.required_tests) == 1


def test_a_capability_that_is_required_once_counts() -> None:
    made = load(document({"cap": {X: entry()}}, ["cap"], advisory=["cap"]))
    assert judge(made, failed(X)).judgement is FAIL


def test_a_test_in_two_capabilities_is_one_test() -> None:
    made = load(document({"one": {X: entry()}, "two": {X: entry(), Y: entry()}}))
    verdict = judge(made, passed(X), passed(Y))
    assert count_tests(verdict.counted_tests) == OutcomeCounts(2, 2, 0, 0, 0)
    assert [test.capability for test in verdict.tests] == ["one", "two", "two"]


EMPTY = {
    "nothing required": document({"wish": {X: entry()}}, advisory=["wish"]),
    "no test": document({"cap": {}}),
    "all flagged": document({"cap": {X: entry(flagged=True), Y: entry(flagged=True)}}),
    "no component": {**document({"cap": {X: entry()}}), "platforms": {"Empty": {}}},
}


@pytest.mark.parametrize("kind", EMPTY)
@pytest.mark.parametrize("policy", ["defcore", "scs"])
def test_an_empty_requirement_is_an_error_and_never_a_pass(kind: str, policy: str) -> None:
    made = EMPTY[kind]
    made["metadata"]["policy"] = policy
    with pytest.raises(InputError, match="requires no test") as caught:
        judge(load(made), passed(X), passed(Y))
    assert caught.value.exit_code == 2
    assert "never a pass" in caught.value.advice


@pytest.mark.parametrize("name", ["dns.next", "orchestration.next"])
def test_the_bundled_add_ons_that_require_nothing_have_no_verdict(name: str) -> None:
    made = catalog.load_guideline(name)
    names = [test.name for one in made.capabilities.values() for test in one.tests]
    with pytest.raises(InputError, match=f"guideline {name} requires no test"):
        judge(made, *map(passed, names))


DEMANDING = [
    one.id for one in catalog.list_entries() if one.id not in ("dns.next", "orchestration.next")
]


@pytest.mark.parametrize("name", DEMANDING)
def test_every_bundled_target_can_be_passed_and_one_missing_test_is_noticed(name: str) -> None:
    made = catalog.load_guideline(name)
    for target in made.targets:
        every = results(
            *(
                passed(f"{test.name}[{test.idempotent_id}]")
                for owner in (made, *made.linked.values())
                for one in owner.capabilities.values()
                for test in one.tests
            )
        )
        verdict = score_results(made, target, every)
        assert verdict.judgement is PASS
        lost = verdict.counted_tests[len(verdict.counted_tests) // 2].test.name
        lacking = [event for event in every.events if event.test.name != lost]
        verdict = score_results(made, target, results(*lacking))
        assert verdict.judgement is INCOMPLETE
        assert lost in {
            test.test.name for test in verdict.counted_tests if test.judgement is INCOMPLETE
        }


def borrowing(name: str) -> Guideline:
    """Return a guideline whose target takes a component from another one.

    Its own component requires `cap` with X, the other's `cap` with Y.
    """
    made = document({"cap": {X: entry()}})
    reference = {"name": name, "source": "https://x.org/other.json"}
    components = made["platforms"]["OpenStack Powered Platform"]["components"]
    if name in made["components"]:
        components.clear()
    components.append(reference)
    other = document({"cap": {Y: entry()}})
    other["components"] = {name: other["components"]["compute"]}
    other["platforms"] = {}
    return replace(load(made), linked={"other": load(other)})


def test_two_different_capabilities_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two different capabilities cap from two guidelines"):
        judge(borrowing("far"), passed(X), failed(Y))
    with pytest.raises(InputError, match="two different capabilities"):
        judge(borrowing("far"), passed(X), passed(Y))


def test_one_capability_that_two_guidelines_define_alike_is_taken_once() -> None:
    made = borrowing("far")
    alike = replace(made, capabilities=made.linked["other"].capabilities)
    verdict = judge(alike, passed(Y))
    assert (verdict.judgement, outcomes(verdict)) == (PASS, {Y: "passed"})
    assert judge(alike, failed(Y)).judgement is FAIL


def test_a_component_with_a_source_is_taken_from_there() -> None:
    verdict = judge(borrowing("compute"), passed(X), failed(Y))
    assert (verdict.judgement, outcomes(verdict)) == (FAIL, {Y: "failed"})
    assert judge(borrowing("compute"), passed(X)).judgement is INCOMPLETE


def test_a_component_from_a_guideline_that_is_not_at_hand_is_refused() -> None:
    made = replace(borrowing("compute"), linked={})
    with pytest.raises(InputError, match="takes the component compute from guideline other"):
        judge(made, passed(X), passed(Y))
