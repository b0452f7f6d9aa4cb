"""What was foreseen before a run, held against what became of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline.selection import find_target
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.results.models import Event
from defcheck.runner.record import RunRecord
from defcheck.scoring.verdict import score_results
from tests.unit.shared import failed, guideline, passed, results, skipped

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/verdict-1.json").read_bytes()
)
SKIP = {"outcome": "skipped", "reason": "so"}
BROKEN = {"outcome": "fixture error", "reason": "so"}


def record(**more: Any) -> RunRecord:
    return RunRecord.build(
        **dict.fromkeys(("defcheck", "tempest", "python", "started"), "x"),
        guideline={"id": "2030.06", "sha256": "0" * 64, "schema": "2.0"},
        target="platform",
        statuses=["required"],
        cloud={"name": "c", "auth_url": "http://c", "region": "R", "cpid": "x"},
        credentials="single account",
        workers=1,
        planned=[],
        absent=[],
        inventory_sha256="0" * 64,
        **more,
    )


def document(events: list[Event], **more: Any) -> dict[str, Any]:
    wanted = guideline({f"m.A.test_{name}": {} for name in "abcd"})
    verdict = score_results(wanted, find_target(wanted), results(*events))
    found = build_verdict_document(
        verdict, source="s", results_sha256="0" * 64, record=record(**more)
    )
    jsonschema.validate(found, SCHEMA)
    return found


def test_predictions_are_compared_with_what_happened() -> None:
    found = document(
        [skipped("m.A.test_a"), passed("m.A.test_b"), skipped("m.A.test_c"), passed("m.A.test_d")],
        foreseen={"m.A.test_a": SKIP, "m.A.test_b": SKIP, "m.Other.test_x": SKIP},
    )
    assert found["run"]["foresight"]["skips"] == {
        "foreseen": 2,
        "came_true": 1,
        "not_true": ["m.A.test_b"],
        "not_foreseen": ["m.A.test_c"],
    }
    text = registry.render_document("text", found)
    assert "predicted skips" in text
    assert "1 of 2 correct" in text
    assert "1 not predicted" in text
    html = registry.render_document("html", found)
    assert "1 of 2 predicted skips were correct, 1 not predicted" in html
    assert 'not predicted: <span class="name">m.A.test_c</span>' in html
    for name in ("markdown", "rst"):
        written = registry.render_document(name, found)
        assert "1 of 2 predicted skips were correct, 1 not predicted" in written
        assert "Not predicted: `" in written
        assert "Predicted wrongly: `" in written


def test_a_fixture_that_fails_is_no_skip() -> None:
    found = document(
        [failed("setUpClass (m.A)")],
        foreseen={"m.A.test_a": BROKEN, "m.A.test_b": SKIP},
        second_account=["m.A.test_a", "m.Other.test_x"],
    )
    foresight = found["run"]["foresight"]
    assert foresight["fixture_errors"]["came_true"] == 1
    assert foresight["fixture_errors"]["not_foreseen"] == [f"m.A.test_{name}" for name in "bcd"]
    assert foresight["skips"]["not_true"] == ["m.A.test_b"]
    assert found["run"]["second_account"] == ["m.A.test_a"]
    assert "are needed for 1 test" in registry.render_document("text", found)
    assert "m.A.test_a" in registry.render_document("html", found)


def test_reports_are_silent_where_no_skips_were_predicted() -> None:
    found = document([passed("m.A.test_a")])
    assert found["run"]["foresight"] is None
    assert "foreseen" not in registry.render_document("text", found)
    for name in ("html", "markdown", "rst"):
        assert "Foreseen" not in registry.render_document(name, found)


def test_record_keeps_predicted_skips() -> None:
    kept = json.loads(json.dumps(record(foreseen={"m.A.test_a": SKIP}).build_document()))
    assert RunRecord.parse_document(kept).inputs.foreseen == {"m.A.test_a": SKIP}


@pytest.mark.parametrize("wrong", [[], {"a": None}, {"a": {"outcome": 1}}, "x"])
def test_a_record_with_other_words_is_none_of_ours(wrong: object) -> None:
    kept = record().build_document() | {"foreseen": wrong}
    with pytest.raises(ValueError, match="foreseen"):
        RunRecord.parse_document(kept)
