"""Local flags, several results of one test and a changed policy show in every report."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.report.formats import registry
from defcheck.results.models import Event, Outcome
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import ScoringOptions
from tests.unit.report.conftest import HOSTILE, build_document

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/verdict-1.json").read_bytes()
)
PASSES = [Event(name, Outcome.PASSED) for name in ("m.A.test_put", "m.A.test_odd")]


def flag(test: str, **fields: str) -> LocalFlag:
    days = {"date": "2030-01-01", "expires": "2030-12-31"}
    return LocalFlag(test, "It loses packets.", "Operations", **{**days, **fields})


def flagged(*flags: LocalFlag, **terms: Any) -> dict[str, Any]:
    """Return the document of a run that passes but for one test, with local flags."""
    overlay = Overlay(flags, "own.yaml", "1" * 64)
    return build_document(
        *PASSES,
        Event("m.B.test_get", Outcome.FAILED, "http.Error: 500"),
        terms=ScoringOptions(overlay=overlay, day="2030-06-01", **terms),
    )


@pytest.mark.parametrize("name", registry.VERDICT_FORMATS)
def test_a_pass_by_a_local_flag_is_told_as_one(name: str) -> None:
    document = flagged(flag("m.B.test_get"))
    assert document["verdict"] == "pass"
    assert document["refstack"]["answer"] == "NO"
    shown = " ".join(registry.render_document(name, document).split())
    for words in ("test_get", "Operations", "It loses packets.", "2030-12-31", "own.yaml"):
        assert words in shown, words
    if name not in ("json", "csv"):
        assert "with local flags" in shown
        assert "Without the local flags it would be fail." in shown


def test_what_a_flag_does_follows_the_schema() -> None:
    expired = flag("m.A.test_put", expires="2030-01-31")
    stray = flag("m.Z.test_none")
    document = flagged(flag("m.B.test_get"), expired, stray)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    overlay = document["overlay"]
    assert (overlay["day"], overlay["verdict_without"]) == ("2030-06-01", "fail")
    assert [(one["state"], one["capabilities"]) for one in overlay["flags"]] == [
        ("active", ["get"]),
        ("expired", ["put"]),
        ("active", []),
    ]
    (get,) = [item for item in document["capabilities"] if item["name"] == "get"]
    assert get["judgement"] == "flagged"
    assert get["tests"][0]["local_flag"]["approver"] == "Operations"
    assert not get["tests"][0]["counted"]


def test_a_flag_without_effect_is_no_pass_with_local_flags() -> None:
    document = flagged(flag("m.B.test_get", expires="2030-01-31"), flag("m.Z.test_none"))
    assert document["verdict"] == "fail"
    text = registry.render_document("text", document)
    assert text.splitlines()[0] == "FAIL  OpenStack Powered Storage, guideline 2031.01"
    assert "expired" in text
    assert "matches no test of this target" in text


def test_an_overlay_for_other_guidelines_is_said() -> None:
    document = flagged(flag("m.B.test_get", guideline="1999.01"))
    assert document["verdict"] == "fail"
    assert "None of them applies to this guideline" in registry.render_document("text", document)
    assert "None of its flags applies to this guideline" in registry.render_document(
        "html", document
    )


@pytest.mark.parametrize("name", ["text", "html"])
@pytest.mark.parametrize(("rule", "verdict"), [(RerunRule.WORST, "fail"), (RerunRule.ANY, "pass")])
def test_a_flaky_test_is_shown_apart_whatever_counts(
    name: str, rule: RerunRule, verdict: str
) -> None:
    document = build_document(
        *PASSES,
        Event("m.B.test_get", Outcome.FAILED, "http.Error: 500"),
        Event("m.B.test_get", Outcome.PASSED),
        Event("m.B.test_get", Outcome.PASSED, worker="worker-1"),
        terms=ScoringOptions(reruns=rule),
    )
    assert document["verdict"] == verdict
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    counts = "failed" if verdict == "fail" else "passed"
    assert document["flaky"] == [
        {"name": "m.B.test_get", "passed": 2, "results": 3, "counts": counts}
    ]
    shown = " ".join(registry.render_document(name, document).split())
    assert "Flaky" in shown
    assert "passed 2 of 3" in shown
    assert f"{counts} counts" in shown
    assert "Run more than once" not in shown


@pytest.mark.parametrize("name", ["text", "html"])
def test_several_results_that_differ_without_a_failure_are_shown(name: str) -> None:
    document = build_document(
        *PASSES,
        Event("m.B.test_get", Outcome.SKIPPED, "no images"),
        Event("m.B.test_get", Outcome.PASSED),
    )
    assert document["flaky"] == []
    shown = " ".join(registry.render_document(name, document).split())
    assert "Run more than once, with different results" in shown
    assert "skipped counts" in shown


def test_a_class_that_failed_in_its_set_up_once_makes_its_tests_flaky() -> None:
    document = build_document(
        *PASSES,
        Event("setUpClass (m.B)", Outcome.FAILED, "no network"),
        Event("m.B.test_get", Outcome.PASSED),
    )
    (found,) = document["flaky"]
    assert found == {
        "name": "m.B.test_get",
        "passed": 1,
        "results": 2,
        "counts": "fixture error",
    }


def test_several_results_that_agree_are_kept_and_not_complained_of() -> None:
    document = build_document(
        *PASSES,
        Event("m.B.test_get", Outcome.PASSED, worker="worker-0"),
        Event("m.B.test_get", Outcome.PASSED, worker="worker-1"),
    )
    assert document["verdict"] == "pass"
    (get,) = [item for item in document["capabilities"] if item["name"] == "get"]
    assert [one["outcome"] for one in get["tests"][0]["attempts"]] == ["passed", "passed"]
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert "more than once" not in registry.render_document("text", document)
    assert get["tests"][0]["attempts"] != []
    once = build_document(*PASSES)
    assert all(not t["attempts"] for item in once["capabilities"] for t in item["tests"])


@pytest.mark.parametrize("name", registry.VERDICT_FORMATS)
def test_a_changed_policy_is_printed(name: str) -> None:
    terms = ScoringOptions(strict=True, forbid_skips=True, reruns=RerunRule.ANY)
    document = build_document(*PASSES, terms=terms)
    assert document["policy"]["changes"] == ["forbid-skips", "strict", "reruns any"]
    shown = " ".join(registry.render_document(name, document).split())
    if name == "csv":
        assert "forbid-skips; strict; reruns any" in shown
    else:
        assert "Flagged tests count too." in shown
        assert "one pass is enough" in shown


def test_hostile_flags_are_cleaned_and_escaped() -> None:
    hostile = LocalFlag("m.B.test_get", HOSTILE, HOSTILE, "2030-01-01", "2030-12-31", bug=HOSTILE)
    document = flagged(hostile)
    html = registry.render_document("html", document)
    assert "<script>alert" not in html
    for name in ("html", "text"):
        assert "\x1b" not in registry.render_document(name, document)
        assert "\u202e" not in registry.render_document(name, document)
