"""The matrix in every format: the same verdicts, nothing hostile, the schema kept."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline import catalog
from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.report.formats import registry
from defcheck.report.models.comparison import build_matrix_document, group_into_tables, merge_steps
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import score_matrix
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from tests.unit.report.conftest import HOSTILE
from tests.unit.shared import document as guideline_document
from tests.unit.shared import entry, load

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/matrix-1.json").read_bytes()
)
EDITIONS = [catalog.load_guideline(one.id) for one in catalog.list_entries()]
STORAGE = [
    test.name
    for capability in catalog.load_guideline("2020.06").capabilities.values()
    if capability.project == "swift"
    for test in capability.tests
]


def made(
    *events: Event, problems: tuple[str, ...] = (), terms: ScoringOptions = DEFAULT_OPTIONS
) -> dict[str, Any]:
    evidence = Evidence(ResultSet(events, "subunit v2", problems))
    cells = score_matrix(EDITIONS, evidence, terms)
    return build_matrix_document(
        cells, evidence, terms, source="results.subunit", results_sha256="0" * 64
    )


@pytest.fixture(scope="module")
def mixed() -> dict[str, Any]:
    """Return the matrix of a run of storage tests, one of which fails."""
    events = [Event(name, Outcome.PASSED) for name in STORAGE[1:]]
    return made(*events, Event(STORAGE[0], Outcome.FAILED, "http.Error: 500"))


@pytest.mark.parametrize("name", registry.MATRIX_FORMATS)
def test_every_format_names_every_guideline_and_the_failure(
    name: str, mixed: dict[str, Any]
) -> None:
    shown = registry.render_document(name, mixed)
    for one in catalog.list_entries():
        assert one.id in shown
    assert "http.Error: 500" in shown
    assert "FAIL" in shown or name == "json"


def test_json_follows_its_schema(mixed: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(
        json.loads(registry.render_document("json", mixed))
    )


def test_there_is_a_verdict_for_each_target_or_a_reason(mixed: dict[str, Any]) -> None:
    assert len(mixed["verdicts"]) == sum(len(one.targets) for one in EDITIONS)
    for row in mixed["verdicts"]:
        assert (row["verdict"] is None) == bool(row["error"]) == (row["counted"] is None)


def test_guidelines_with_the_same_targets_share_a_table(mixed: dict[str, Any]) -> None:
    found = group_into_tables(mixed)
    assert next(iter(found)) == ("platform", "compute", "object")
    assert sum(len(lines) for lines in found.values()) == len(EDITIONS)
    for targets, lines in found.items():
        assert all(len(rows) == len(targets) for rows in lines)


def test_steps_that_lack_the_same_are_told_once(mixed: dict[str, Any]) -> None:
    (outlook,) = [one for one in mixed["outlooks"] if one["target"] == "object"]
    names = [name for guidelines, _ in merge_steps(outlook["steps"]) for name in guidelines]
    assert sorted(names) == sorted(step["guideline"] for step in outlook["steps"])


def test_targets_of_which_nothing_ran_have_no_outlook_on_a_terminal(mixed: dict[str, Any]) -> None:
    shown = registry.render_document("text", mixed)
    assert "Outlook for object" in shown
    assert "Outlook for dns" not in shown
    assert "not run 0/10" in shown


def test_verbose_names_every_test_and_reason() -> None:
    half = len(STORAGE) // 2
    failed = [Event(name, Outcome.FAILED, f"reason {n}") for n, name in enumerate(STORAGE[:half])]
    document = made(*failed, *(Event(name, Outcome.PASSED) for name in STORAGE[half:]))
    usual = registry.render_document("text", document)
    verbose = registry.render_document("text", document, verbose=True)
    assert "more reasons" in usual
    assert " more" not in verbose
    assert all(f"reason {n}\n" in verbose for n in range(half))


def test_problems_and_changes_are_said() -> None:
    terms = ScoringOptions(strict=True)
    document = made(Event(STORAGE[0], Outcome.PASSED), problems=("cut off",), terms=terms)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    for name in registry.MATRIX_FORMATS:
        shown = registry.render_document(name, document)
        assert "cut off" in shown
        assert "strict" in shown


def test_a_pass_by_local_flags_is_marked() -> None:
    test = "a.b.C.test_x"
    guideline = load(guideline_document({"cap": {test: entry(), "a.b.C.test_y": entry()}}))
    overlay = Overlay((LocalFlag(test, "r", "a", "2030-01-01", "2030-12-31"),), "o", "0" * 64)
    terms = ScoringOptions(overlay=overlay, day="2030-06-01")
    evidence = Evidence(ResultSet((Event("a.b.C.test_y", Outcome.PASSED),), "subunit v2"))
    document = build_matrix_document(
        score_matrix([guideline], evidence, terms), evidence, terms, source="s", results_sha256=""
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["verdicts"][0]["without_overlay"] == "incomplete"
    assert "PASS 1/1, local flags" in registry.render_document("text", document)
    assert "by local flags" in registry.render_document("html", document)


class Page(HTMLParser):
    """Refuses what a page would load or run."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe")
        for key, value in attrs:
            assert key not in ("src", "href") or (value or "").startswith("#")
            assert not key.startswith("on")


def test_hostile_text_is_harmless() -> None:
    events = [Event(name, Outcome.SKIPPED, HOSTILE) for name in STORAGE]
    document = made(*events, problems=(HOSTILE,))
    document["results"]["source"] = HOSTILE
    html = registry.render_document("html", document)
    page = Page()
    page.feed(html)
    page.close()
    assert "default-src 'none'" in html
    for shown in (html, registry.render_document("text", document)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
