"""Beside a guideline that RefStack never had, no report shows an answer of RefStack's."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.cli.beside import compare, gate
from defcheck.cli.documents import explain, score_all, score_one
from defcheck.guideline import catalog
from defcheck.guideline.overlay import NO_OVERLAY, LocalFlag, Overlay
from defcheck.report import formats
from defcheck.report.document import build
from defcheck.report.matrix.document import build as build_matrix
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.gate import Rule
from defcheck.scoring.matrix import matrix
from defcheck.scoring.terms import PLAIN, Terms
from defcheck.scoring.verdict import judge
from tests.evidence import make_run
from tests.unit.shared import document as guideline_document
from tests.unit.shared import entry, failed, load, passed, results, skipped
from tests.unit.submit.package.runs import LISTED, compute_run

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


def verdict_of(run: str, policy: str, terms: Terms = PLAIN) -> dict[str, Any]:
    """Return the document of a run, scored under a policy."""
    own = load(guideline_document({"cap": {X: entry(), Y: entry()}}, policy=policy))
    verdict = judge(own, own.targets[0], RUNS[run][0], terms)
    return build(verdict, source="s", results_sha256="0" * 64)


@pytest.mark.parametrize("terms", [PLAIN, Terms(overlay=OVERLAY, day="2030-06-01")])
@pytest.mark.parametrize("run", RUNS)
def test_a_verdict_says_nothing_of_refstack(run: str, terms: Terms) -> None:
    document = verdict_of(run, "scs", terms)
    assert document["refstack"] is None
    validate(document)
    if terms is PLAIN:
        assert document["verdict"] == RUNS[run][1]
    for name in set(formats.VERDICT) - {"json"}:
        for verbose in [{"verbose": True}, {}] if name == "text" else [{}]:
            assert "refstack" not in formats.render(name, document, **verbose).lower(), name


@pytest.mark.parametrize("name", ["text", "html", "markdown", "rst"])
def test_an_imported_guideline_of_defcore_keeps_its_answer(name: str) -> None:
    document = verdict_of("pass", "")
    assert document["refstack"]["answer"] == "YES"
    assert "RefStack" in formats.render(name, document)


def test_a_matrix_has_answers_of_the_others_alone() -> None:
    editions = [catalog.load(name) for name in ("2020.06", "scs-0128")]
    evidence = Evidence(results(passed(LISTED)))
    cells = matrix(editions, evidence, PLAIN)
    document = build_matrix(cells, evidence, PLAIN, source="s", results_sha256="0" * 64)
    validate(document)
    told = {row["guideline"]: row["refstack"] for row in document["verdicts"]}
    assert told["scs-0128"] is None
    assert told["2020.06"]["answer"] == "NO"
    for name in formats.MATRIX:
        assert "scs-0128" in formats.render(name, document)


def test_a_pass_with_allowed_skips_is_no_contradiction_of_refstack_in_a_matrix() -> None:
    """Allowed skips made RefStack's answer differ from the verdict, and the table said so."""
    own = load(guideline_document({"cap": {X: entry(), Y: entry()}}, policy="scs"))
    evidence = RUNS["allowed skip"][0]
    cells = matrix([own], evidence, PLAIN)
    document = build_matrix(cells, evidence, PLAIN, source="s", results_sha256="0" * 64)
    assert document["verdicts"][0]["verdict"] == "pass"
    for name in ("text", "html"):
        assert "refstack" not in formats.render(name, document).lower()


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
    document = compare([runs[name] for name in pair], guideline, target, ["one", "two"])
    validate(document)
    assert [column["refstack"] for column in document["columns"]] == ["NO" if shown else None] * 2
    for name in ("text", "html", "markdown"):
        rendered = formats.render(name, document)
        assert ("refstack" in rendered.lower()) == shown, name
    table = [line for line in formats.render("markdown", document).splitlines() if line[:1] == "|"]
    assert {line.count("|") for line in table[:4]} == {7 if shown else 6}


def test_score_all_of_a_run_for_scs(runs: dict[str, str]) -> None:
    document = score_all(runs["scs"])
    validate(document)
    told = {row["guideline"]: row["refstack"] for row in document["verdicts"] if row["verdict"]}
    assert [name for name, answer in told.items() if answer is None] == ["scs-0128"]


def test_a_gate_with_a_verdict_of_scs_as_baseline(runs: dict[str, str], tmp_path: Path) -> None:
    baseline = tmp_path / "verdict.json"
    baseline.write_text(json.dumps(score_one(runs["scs"])))
    rules = (Rule.FAIL, Rule.REGRESSION)
    document = gate(runs["scs"], str(baseline), rules, NO_OVERLAY, "2030-01-01")
    validate(document)
    for name in formats.WRITERS[document["format"]]:
        assert "refstack" not in formats.render(name, document).lower(), name


def test_an_explanation_of_scs(runs: dict[str, str]) -> None:
    document = explain(LISTED, "", "", runs["scs"], PLAIN)
    validate(document)
    assert document["guideline"]["id"] == "scs-0128"
    assert "refstack" not in formats.render("text", document).lower()
