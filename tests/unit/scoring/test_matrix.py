"""One set of results against many guidelines, and what lies ahead."""

import pytest

from defcheck.guideline.models import Guideline
from defcheck.results.models import Event
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import MatrixCell, TargetOutlook, build_outlooks, score_matrix
from defcheck.scoring.policy import ScoringOptions
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS
from tests.unit.shared import JSON, document, entry, failed, load, passed, results, skipped

X, Y, Z, W = (f"a.b.C.test_{letter}" for letter in "xyzw")


def edition(
    name: str, required: dict[str, JSON], *, status: str = "approved", advisory: str = ""
) -> Guideline:
    """Return an edition that requires some tests and has one as a wish."""
    capabilities = {"cap": required}
    if advisory:
        capabilities["wish"] = {advisory: entry()}
    listings: dict[str, list[str]] = {"advisory": ["wish"]} if advisory else {}
    made = document(capabilities, policy="", **listings)
    made["metadata"] |= {"id": name, "os_trademark_approval": {"status": status}}
    return load(made, guideline_id=name)


ONE = edition("2030.01", {X: entry("id-1")}, status="superseded")
TWO = edition("2030.06", {X: entry("id-1"), Y: entry("id-2")})
THREE = edition("2031.01", {X: entry("id-1"), Y: entry("id-2"), Z: entry("id-3")})
DRAFT = edition("next", {X: entry("id-1")}, status="draft", advisory=W)
EDITIONS = (ONE, TWO, THREE, DRAFT)


def cells(*events: Event, terms: ScoringOptions | None = None) -> tuple[MatrixCell, ...]:
    return score_matrix(EDITIONS, Evidence(results(*events)), terms or ScoringOptions())


def ahead(*events: Event) -> TargetOutlook:
    (outlook,) = build_outlooks(cells(*events))
    return outlook


def gaps(outlook: TargetOutlook) -> dict[str, tuple[list[str], list[str]]]:
    return {
        step.cell.guideline.id: (
            [gap.test.name for gap in step.required],
            [gap.test.name for gap in step.advisory],
        )
        for step in outlook.steps
    }


def test_each_guideline_has_its_own_verdict() -> None:
    found = [cell.verdict and cell.verdict.judgement for cell in cells(passed(X), failed(Y))]
    assert found == [PASS, FAIL, FAIL, PASS]
    assert [cell.ran for cell in cells(passed(X), failed(Y))] == [1, 2, 2, 1]


def test_terms_reach_every_cell() -> None:
    scs = load(document({"cap": {X: entry(), Y: entry()}}, policy="scs"))
    evidence = Evidence(results(passed(X), skipped(Y)))
    for terms, verdict in (
        (ScoringOptions(), PASS),
        (ScoringOptions(forbid_skips=True), INCOMPLETE),
    ):
        (cell,) = score_matrix([scs], evidence, terms)
        assert cell.verdict is not None
        assert cell.verdict.judgement is verdict


def test_the_next_one_the_newest_and_the_drafts_are_ahead() -> None:
    outlook = ahead(passed(X))
    assert outlook.passed == "2030.01"
    assert gaps(outlook) == {
        "2030.06": ([Y], []),
        "2031.01": ([Y, Z], []),
        "next": ([], [W]),
    }


def test_what_an_older_edition_flags_is_lacking_where_it_counts() -> None:
    # The newest edition is lost over a test that an older one, which passes, had flagged.
    older = edition("2030.06", {X: entry(), Y: entry(flagged=True)})
    newest = edition("2031.01", {X: entry(), Y: entry()})
    (outlook,) = build_outlooks(
        score_matrix([older, newest], Evidence(results(passed(X), failed(Y))))
    )
    assert outlook.passed == "2030.06"
    assert gaps(outlook) == {"2031.01": ([Y], [])}


def test_of_many_editions_ahead_the_first_and_the_newest_are_told() -> None:
    editions = [
        edition(
            f"203{number}.01", {X: entry(), **{f"a.b.C.test_{n}": entry() for n in range(number)}}
        )
        for number in range(5)
    ]
    (outlook,) = build_outlooks(score_matrix(editions, Evidence(results(passed(X)))))
    assert (outlook.target, outlook.passed) == ("platform", "2030.01")
    assert [step.cell.guideline.id for step in outlook.steps] == ["2031.01", "2034.01"]


def test_a_cloud_that_passes_the_newest_sees_only_the_drafts() -> None:
    outlook = ahead(passed(X), passed(Y), passed(Z))
    assert outlook.passed == "2031.01"
    assert gaps(outlook) == {"next": ([], [W])}
    assert gaps(ahead(*map(passed, (X, Y, Z, W)))) == {"next": ([], [])}


def test_a_cloud_that_passes_nothing_sees_the_newest() -> None:
    outlook = ahead(passed(Y))
    assert outlook.passed == ""
    assert list(gaps(outlook)) == ["2031.01", "next"]
    assert gaps(outlook)["2031.01"] == ([X, Z], [])


def test_a_later_edition_that_passes_counts_though_an_earlier_one_does_not() -> None:
    newest = edition("2031.01", {X: entry()})
    (outlook,) = build_outlooks(score_matrix([TWO, newest], Evidence(results(passed(X)))))
    assert (outlook.passed, outlook.steps) == ("2031.01", ())


def test_a_flagged_advisory_test_is_no_gap() -> None:
    made = document({"cap": {X: entry()}, "wish": {W: entry(flagged=True)}}, advisory=["wish"])
    made["metadata"] |= {"id": "next", "os_trademark_approval": {"status": "draft"}}
    (outlook,) = build_outlooks(score_matrix([load(made)], Evidence(results(passed(X)))))
    assert gaps(outlook) == {"next": ([], [])}


def test_target_that_requires_nothing_has_words_instead_of_a_verdict() -> None:
    nothing = edition("2031.01", {X: entry(flagged=True)})
    (cell,) = score_matrix([nothing], Evidence(results(passed(X))))
    assert cell.verdict is None
    assert cell.guideline is nothing
    assert "requires no test" in cell.error
    assert not cell.passed
    (outlook,) = build_outlooks([cell])
    assert (outlook.passed, outlook.steps) == ("", ())


def test_results_with_a_problem_pass_nothing() -> None:
    cells_ = score_matrix(EDITIONS, Evidence(results(passed(X), problems=["cut off"])))
    assert not any(cell.passed for cell in cells_)


@pytest.mark.parametrize("target", ["", "platform", "compute"])
def test_one_target_can_be_asked_for(target: str) -> None:
    found = score_matrix(EDITIONS, Evidence(results(passed(X))), target=target)
    assert len(found) == (0 if target == "compute" else len(EDITIONS))
