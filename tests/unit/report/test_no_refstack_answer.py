"""Beside a guideline that RefStack never had, no report shows an answer of RefStack's."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline import catalog
from defcheck.guideline.overlay import NO_OVERLAY, LocalFlag, Overlay
from defcheck.report.formats import registry
from defcheck.report.models.comparison import build_matrix_document
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.gate import GateRule
from defcheck.scoring.matrix import score_matrix
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import score_evidence
from defcheck.workflows.comparison import compare_results, gate_results
from defcheck.workflows.verdicts import explain_subject, score_against_all_guidelines, score_results
from tests.evidence import make_run
from tests.unit.shared import document as guideline_document
from tests.unit.shared import entry, failed, load, passed, results, skipped
from tests.unit.submission.package.runs import LISTED, compute_run

SCHEMAS = Path(__file__).resolve().parents[3] / "reports/schemas"
X, Y = "a.C.test_x", "a.C.test_y"
OVERLAY = Overlay((LocalFlag(Y, "r", "a", "2030-01-01", "2030-12-31"),), "own.yaml", "1" * 64)

RUNS: dict[str, tuple[Evidence, str]] = {
    "pass": (Evidence(results(passed(X), passed(Y))), "pass"),
    "allowed skip": (Evidence(results(passed(X), skipped(Y))), "pass"),
    "fail": (Evidence(results(passed(X), failed(Y))), "fail"),
    "not run": (Evidence(results(passed(X))), "incomplete"),
    "cut off": (Evidence(results(passed(X), passed(Y), problems=["it is cut off"])), "incomplete"),
}


def validate(document: dict[str, Any]) -> None:
    name = document["format"].split()[1]
    rules = json.loads((SCHEMAS / f"{name}-1.json").read_bytes())
    jsonschema.Draft202012Validator(rules).validate(document)


def verdict_of(run: str, policy: str, terms: ScoringOptions = DEFAULT_OPTIONS) -> dict[str, Any]:
    """Return the document of a run, scored under a policy."""
    own = load(guideline_document({"cap": {X: entry(), Y: entry()}}, policy=policy))
    verdict = score_evidence(own, own.targets[0], RUNS[run][0], terms)
    return build_verdict_document(verdict, source="s", results_sha256="0" * 64)


@pytest.mark.parametrize(
    "terms", [DEFAULT_OPTIONS, ScoringOptions(overlay=OVERLAY, day="2030-06-01")]
)
@pytest.mark.parametrize("run", RUNS)
def test_a_verdict_says_nothing_of_refstack(run: str, terms: ScoringOptions) -> None:
    document = verdict_of(run, "scs", terms)
    assert document["refstack"] is None
    validate(document)
    if terms is DEFAULT_OPTIONS:
        assert document["verdict"] == RUNS[run][1]
    for name in set(registry.VERDICT_FORMATS) - {"json"}:
        for verbose in [{"verbose": True}, {}] if name == "text" else [{}]:
            assert "refstack" not in registry.render_document(name, document, **verbose).lower(), (
                name
            )


@pytest.mark.parametrize("name", ["text", "html", "markdown", "rst"])
def test_an_imported_guideline_of_defcore_keeps_its_answer(name: str) -> None:
    document = verdict_of("pass", "")
    assert document["refstack"]["answer"] == "YES"
    assert "RefStack" in registry.render_document(name, document)


def test_a_matrix_has_answers_of_the_others_alone() -> None:
    editions = [catalog.load_guideline(name) for name in ("2020.06", "scs-0128")]
    evidence = Evidence(results(passed(LISTED)))
    cells = score_matrix(editions, evidence, DEFAULT_OPTIONS)
    document = build_matrix_document(
        cells, evidence, DEFAULT_OPTIONS, source="s", results_sha256="0" * 64
    )
    validate(document)
    told = {row["guideline"]: row["refstack"] for row in document["verdicts"]}
    assert told["scs-0128"] is None
    assert told["2020.06"]["answer"] == "NO"
    for name in registry.MATRIX_FORMATS:
        assert "scs-0128" in registry.render_document(name, document)


def test_a_pass_with_allowed_skips_is_no_contradiction_of_refstack_in_a_matrix() -> None:
    """Allowed skips made RefStack's answer differ from the verdict, and the table said so."""
    own = load(guideline_document({"cap": {X: entry(), Y: entry()}}, policy="scs"))
    evidence = RUNS["allowed skip"][0]
    cells = score_matrix([own], evidence, DEFAULT_OPTIONS)
    document = build_matrix_document(
        cells, evidence, DEFAULT_OPTIONS, source="s", results_sha256="0" * 64
    )
    assert document["verdicts"][0]["verdict"] == "pass"
    for name in ("text", "html"):
        assert "refstack" not in registry.render_document(name, document).lower()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return run directories for SCS-0128 and for 2020.06."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        "scs": str(compute_run(folder / "scs", "scs-0128", "scs-iaas")),
        "defcore": str(compute_run(folder / "defcore", "2020.06", "compute")),
        "storage": str(make_run(folder / "storage")),
    }


@pytest.mark.parametrize(
    ("pair", "guideline", "target", "shown"),
    [
        (("scs", "scs"), "", "", False),
        (("scs", "defcore"), "scs-0128", "", False),
        (("defcore", "scs"), "2020.06", "compute", True),
        (("defcore", "defcore"), "", "", True),
    ],
)
def test_a_comparison_has_a_column_of_answers_where_there_are_any(
    runs: dict[str, str], pair: tuple[str, str], guideline: str, target: str, *, shown: bool
) -> None:
    document = compare_results([runs[name] for name in pair], guideline, target, ["one", "two"])
    validate(document)
    assert [column["refstack"] for column in document["columns"]] == ["NO" if shown else None] * 2
    for name in ("text", "html", "markdown"):
        rendered = registry.render_document(name, document)
        assert ("refstack" in rendered.lower()) == shown, name
    table = [
        line
        for line in registry.render_document("markdown", document).splitlines()
        if line[:1] == "|"
    ]
    assert {line.count("|") for line in table[:4]} == {7 if shown else 6}


def test_score_all_of_a_run_for_scs(runs: dict[str, str]) -> None:
    document = score_against_all_guidelines(runs["scs"])
    validate(document)
    told = {row["guideline"]: row["refstack"] for row in document["verdicts"] if row["verdict"]}
    assert [name for name, answer in told.items() if answer is None] == ["scs-0128"]


def test_a_gate_with_a_verdict_of_scs_as_baseline(runs: dict[str, str], tmp_path: Path) -> None:
    baseline = tmp_path / "verdict.json"
    baseline.write_text(json.dumps(score_results(runs["scs"])))
    rules = (GateRule.FAIL, GateRule.REGRESSION)
    document = gate_results(runs["scs"], str(baseline), rules, NO_OVERLAY, "2030-01-01")
    validate(document)
    for name in registry.FORMATS_OF_DOCUMENT[document["format"]]:
        assert "refstack" not in registry.render_document(name, document).lower(), name


def test_an_explanation_of_scs(runs: dict[str, str]) -> None:
    document = explain_subject(LISTED, "", "", runs["scs"], DEFAULT_OPTIONS)
    validate(document)
    assert document["guideline"]["id"] == "scs-0128"
    assert "refstack" not in registry.render_document("text", document).lower()
