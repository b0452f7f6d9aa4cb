"""RefStack's answer: its rule, and where it has none that is sound."""

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Status
from defcheck.guideline.selection import find_target
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.refstack_answer import (
    RefStackAnswer,
    UndefinedAnswerError,
    compute_refstack_answer,
)
from defcheck.scoring.verdict import score_results
from tests.unit.shared import JSON, document, entry, guideline, load, passed, results


def ask(made: JSON, *names: str) -> RefStackAnswer:
    """Return the answer for a document's only target."""
    loaded = load(made)
    return compute_refstack_answer(loaded, loaded.targets[0], names)


TWO = {"cap": {"a.C.test_x": entry("id-1", aliases=["old.C.test_x"]), "a.C.test_y": entry("id-2")}}


def test_every_required_test_must_pass() -> None:
    assert ask(document(TWO), "a.C.test_x", "a.C.test_y").is_yes
    assert not ask(document(TWO), "a.C.test_x").is_yes
    assert not ask(document(TWO)).is_yes


def test_an_alias_passes_a_test_only_in_the_capability_that_names_it() -> None:
    made = document({**TWO, "other": {"a.C.test_x": entry("id-1")}})
    found = ask(made, "old.C.test_x", "a.C.test_y")
    assert (found.counted, found.counted_passed) == (3, 2)


def test_an_id_or_another_case_of_letters_passes_nothing() -> None:
    found = ask(document(TWO), "m.C.test_x[id-1]", "A.C.TEST_X", "a.C.test_y ")
    assert (found.counted, found.counted_passed) == (2, 0)


def test_counts_are_per_capability_and_test() -> None:
    made = document({"one": {"a.C.test_x": entry()}, "two": {"a.C.test_x": entry()}})
    assert ask(made, "a.C.test_x").required.count == 2


def test_a_flagged_pass_does_not_compensate() -> None:
    made = document({"cap": {"a.C.test_x": entry(), "a.C.test_y": entry(flagged=True)}})
    found = ask(made, "a.C.test_y")
    assert (found.required.passed, found.counted, found.counted_passed) == (1, 1, 0)
    assert found.flagged == 1
    assert found.failed == 1
    assert (found.percent, found.counted_percent) == (50, 0)
    assert not found.is_yes
    assert ask(made, "a.C.test_x").is_yes


def test_when_all_are_flagged_there_is_no_counted_percent() -> None:
    found = ask(document({"cap": {"a.C.test_y": entry(flagged=True)}}))
    assert (found.counted, found.counted_percent) == (0, None)
    assert found.is_yes


@pytest.mark.parametrize("required", [[], ["empty"]])
def test_an_empty_requirement_has_no_answer(required: list[str]) -> None:
    made = document({"empty": {}, "wish": {"a.C.test_x": entry()}}, required, advisory=["wish"])
    with pytest.raises(UndefinedAnswerError, match="requires no test") as caught:
        ask(made, "a.C.test_x")
    assert isinstance(caught.value, InputError)


def test_a_listed_capability_that_is_not_defined_has_no_answer() -> None:
    made = document(TWO, removed=["gone"])
    with pytest.raises(UndefinedAnswerError, match="removed capability gone"):
        ask(made, "a.C.test_x", "a.C.test_y")
    loaded = load(made)
    verdict = score_results(
        loaded, loaded.targets[0], results(passed("a.C.test_x"), passed("a.C.test_y"))
    )
    assert verdict.judgement == "pass"
    assert isinstance(verdict.refstack, UndefinedAnswerError)


@pytest.mark.parametrize(("edition", "defined"), [("2018.02", False), ("next", False)])
def test_the_bundled_guidelines_that_refstack_crashed_on(edition: str, defined: bool) -> None:
    loaded = catalog.load_guideline(edition)
    with pytest.raises(UndefinedAnswerError, match="which it does not define"):
        compute_refstack_answer(loaded, find_target(loaded, "platform"), [])
    assert not defined


@pytest.mark.parametrize("names", [(), ("a.C.test_x",), ("a.C.test_x", "a.C.test_y")])
@pytest.mark.parametrize(
    "terms", [DEFAULT_OPTIONS, ScoringOptions(forbid_skips=True), ScoringOptions(strict=True)]
)
def test_a_guideline_that_refstack_never_had_has_no_answer(
    names: tuple[str, ...], terms: ScoringOptions
) -> None:
    never, known = load(document(TWO, policy="scs")), load(document(TWO))
    found = results(*map(passed, names))
    assert score_results(never, never.targets[0], found, options=terms).refstack is None
    assert isinstance(
        score_results(known, known.targets[0], found, options=terms).refstack, RefStackAnswer
    )


def test_refstack_knew_every_bundled_guideline_but_scs_0128() -> None:
    loaded = [catalog.load_guideline(entry.id) for entry in catalog.list_entries()]
    assert [one.id for one in loaded if not one.known_to_refstack] == ["scs-0128"]


def old(schema: str, *order: str) -> JSON:
    """Return a guideline of schema 1.x that lists a capability more than once."""
    return {
        "id": "s",
        "schema": schema,
        "platform": {"required": ["compute"]},
        "components": {"compute": {status: ["cap", "more"] for status in order}},
        "capabilities": {"cap": {"tests": {"a.C.test_x": {}}}, "more": {"tests": {}}},
    }


def test_of_two_statuses_the_strongest_wins_for_a_platform() -> None:
    loaded = load(old("1.6", "required", "advisory"))
    found = compute_refstack_answer(loaded, find_target(loaded, "platform"), [])
    assert list(found.statuses[Status.REQUIRED].capabilities) == ["cap", "more"]


def test_of_two_statuses_the_last_wins_for_a_component_of_schema_1() -> None:
    loaded = load(old("1.6", "advisory", "required"))
    assert compute_refstack_answer(loaded, find_target(loaded, "compute"), []).required.count == 1
    loaded = load(old("1.6", "required", "advisory"))
    with pytest.raises(UndefinedAnswerError):
        compute_refstack_answer(loaded, find_target(loaded, "compute"), [])
    assert score_results(
        loaded, find_target(loaded, "compute"), results(passed("a.C.test_x"))
    ).counted_tests


def test_the_answer_of_a_verdict_takes_what_the_old_client_would_have_sent() -> None:
    loaded = guideline({"a.C.test_x": entry("id-1")})
    for name in ("a.C.test_x", "a.C.test_x[id-1,smoke]"):
        verdict = score_results(loaded, loaded.targets[0], results(passed(name)))
        assert isinstance(verdict.refstack, RefStackAnswer)
        assert verdict.refstack.is_yes
