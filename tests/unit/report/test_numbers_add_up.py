"""The numbers of a verdict's document add up, over generated guidelines and results."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.scoring.policy import ScoringOptions
from tests.properties import scale_examples
from tests.unit.report.conftest import build_document
from tests.unit.report.test_predicted_skips import record
from tests.unit.scoring.strategies import World, worlds
from tests.unit.scoring.test_properties import verdict_on
from tests.unit.shared import passed

Document = dict[str, Any]
TERMS = st.sampled_from(
    [ScoringOptions(), ScoringOptions(strict=True), ScoringOptions(forbid_skips=True)]
)
PROBLEMS = st.sampled_from([(), (), ("the stream ends in the middle of a packet",)])


def document_of(
    world: World, problems: tuple[str, ...], terms: ScoringOptions, **more: Any
) -> Document:
    verdict = verdict_on(world, problems=problems, terms=terms)
    return build_verdict_document(
        verdict,
        source="s",
        results_sha256="0" * 64,
        record=record(foreseen={}, **more) if more else None,
    )


def counted(document: Document) -> dict[str, list[Document]]:
    """Return the counted listings of each test, read from the document itself."""
    found: dict[str, list[Document]] = {}
    for capability in document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                found.setdefault(test["name"], []).append(test)
    return found


@settings(max_examples=scale_examples(400))
@given(worlds(), PROBLEMS, TERMS)
def test_tests_by_fate_and_causes_add_up_to_the_different_tests(
    world: World, problems: tuple[str, ...], terms: ScoringOptions
) -> None:
    document = document_of(world, problems, terms)
    tests, counts = counted(document), document["counts"]["counted"]
    assert counts["total"] == len(tests) >= 1
    for found in (counts, document["counts"]["with_flagged"]):
        fates = (found["passed"], found["allowed"], found["failed"], found["incomplete"])
        assert sum(fates) == found["total"]
    lacking = {
        name for name, listed in tests.items() if {one["outcome"] for one in listed} != {"passed"}
    }
    named = [test["name"] for cause in document["causes"] for test in cause["tests"]]
    assert len(named) == len(set(named))
    assert set(named) == lacking
    assert counts["total"] - counts["passed"] == len(lacking)
    by_judgement: Counter[str] = Counter()
    for cause in document["causes"]:
        assert sum(cause["outcomes"].values()) == len(cause["tests"])
        by_judgement[cause["judgement"]] += len(cause["tests"])
        for test in cause["tests"]:
            assert set(test["capabilities"]) <= {
                item["name"]
                for item in document["capabilities"]
                if any(one["name"] == test["name"] and one["counted"] for one in item["tests"])
            }
            assert test["capabilities"]
    assert by_judgement["fail"] == counts["failed"]
    assert by_judgement["incomplete"] == counts["incomplete"]
    assert by_judgement["pass"] == counts["allowed"]


@settings(max_examples=scale_examples(200))
@given(worlds(), PROBLEMS, TERMS)
def test_capabilities_by_state_add_up(
    world: World, problems: tuple[str, ...], terms: ScoringOptions
) -> None:
    document = document_of(world, problems, terms)
    found = document["counts"]["capabilities"]
    required = [item for item in document["capabilities"] if item["status"] == "required"]
    assert found["passed"] + found["failed"] + found["incomplete"] == found["total"]
    assert found["total"] + found["flagged"] + found["untested"] == len(required)
    assert found["total"] == len(
        [item for item in required if any(test["counted"] for test in item["tests"])]
    )
    if document["verdict"] == "pass":
        assert found["passed"] == found["total"] >= 1


@settings(max_examples=scale_examples(200))
@given(worlds(), TERMS, st.booleans())
def test_what_is_wrong_with_the_results_comes_first(
    world: World, terms: ScoringOptions, with_run: bool
) -> None:
    problem = "the stream ends in the middle of a packet"
    more: dict[str, Any] = {"withheld": {}} if with_run else {}
    document = document_of(world, (problem,), terms, **more)
    assert document["why"].startswith(f"The results are incomplete: {problem}")
    keys = list(document)
    assert keys.index("problems") < keys.index("counts") < keys.index("causes")
    advice = document["problems_advice"]
    assert ("defcheck resume" in advice) == with_run
    for cause in document["causes"]:
        assert "A run of the whole target includes it" not in cause["advice"]
        if cause["title"].startswith(("Not in the results", "Began but did not finish")):
            assert cause["advice"] == advice
    other = document_of(world, (), terms, **more)  # its inventory may still lack what ran
    assert bool(other["problems"]) == bool(other["problems_advice"])
    assert bool(other["problems"]) == ("are incomplete" in other["why"])


@pytest.mark.parametrize(
    ("problems", "words"),
    [
        (("one",), "The results are incomplete: one. "),
        (("one.", "two"), "The results are incomplete: one, and 1 more problem. "),
        (("one", "two", "three"), "The results are incomplete: one, and 2 more problems. "),
    ],
)
def test_the_first_problem_is_named_and_the_others_are_counted(
    problems: tuple[str, ...], words: str, mixed: Document
) -> None:
    document = build_document(problems=problems)
    assert document["why"].startswith(words)
    assert mixed["why"].endswith("1 of 3 counted tests failed.")


def test_a_pass_of_damaged_results_is_not_trusted() -> None:
    names = ("m.A.test_put", "m.A.test_odd", "m.B.test_get")
    document = build_document(*map(passed, names), problems=("cut off",))
    assert document["verdict"] == "incomplete"
    assert document["causes"] == []
    assert document["why"] == (
        "The results are incomplete: cut off. All 3 counted tests meet the rule, but a pass cannot "
        "be trusted."
    )
