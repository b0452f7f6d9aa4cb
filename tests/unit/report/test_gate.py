"""Every format of a gate says why it opens or not, who accepted what, and what the baseline is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.guideline.selection import find_target
from defcheck.report.formats import registry
from defcheck.report.models.gate import build_gate_document
from defcheck.report.models.verdict_report import Document, build_verdict_document
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.scoring.gate import GateRule
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import score_results

DAY = "2031-06-01"
DEFAULT = (GateRule.FAIL, GateRule.REGRESSION)
PASSED, FAILED, SKIPPED = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED
NOT_RUN, UNCLEAN = Outcome.NOT_RUN, Outcome.TEARDOWN_ERROR


def verdict(
    *outcomes: Outcome, terms: ScoringOptions = DEFAULT_OPTIONS, problems: Sequence[str] = ()
) -> Document:
    """Return the verdict on one test for each outcome: m.A.test, m.B.test, …"""
    owners = [f"m.{chr(ord('A') + number)}" for number in range(len(outcomes))]
    document = {
        "metadata": {"id": "2031.01", "schema": "2.0"},
        "platforms": {"OpenStack Powered Storage": {"components": [{"name": "store"}]}},
        "components": {"store": {"capabilities": {"required": ["all"]}}},
        "capabilities": {"all": {"tests": {f"{owner}.test": {} for owner in owners}}},
    }
    guideline = load_guideline_bytes(json.dumps(document).encode(), "own")
    events = [
        event
        for owner, outcome in zip(owners, outcomes, strict=True)
        for event in told(owner, outcome)
    ]
    results = ResultSet(tuple(events), "subunit v2", tuple(problems))
    found = score_results(guideline, find_target(guideline), results, (), terms)
    return build_verdict_document(found, source="s", results_sha256="0" * 64)


def told(owner: str, outcome: Outcome) -> Sequence[Event]:
    """Return what results say of a class with one test."""
    if outcome is NOT_RUN:
        return ()
    if outcome is UNCLEAN:
        return (Event(f"{owner}.test", PASSED), Event(f"tearDownClass ({owner})", FAILED))
    return (Event(f"{owner}.test", outcome, reason="why"),)


def flags(*tests: str, expires: str = "2031-12-31") -> Overlay:
    return Overlay(tuple(LocalFlag(one, "why", "who", "2031-01-01", expires) for one in tests), "k")


def gate(now: Document, before: Document | None = None, **more: Any) -> Document:
    return build_gate_document(now, before, more.pop("rules", DEFAULT), day=DAY, **more)


BOTH = verdict(PASSED, PASSED)


@pytest.mark.parametrize(
    ("document", "state", "why"),
    [
        (gate(BOTH), "open", "2 of 2 different tests meet the rule. There is no baseline."),
        (gate(BOTH, BOTH), "open", "No new problems in 2 different tests."),
        (
            gate(verdict(PASSED, SKIPPED)),
            "unclear",
            "Of 2 different tests, 1 was skipped, which nothing accepts. There is no baseline.",
        ),
        (
            gate(verdict(PASSED, NOT_RUN, SKIPPED, SKIPPED, UNCLEAN)),
            "unclear",
            "Of 5 different tests, 1 did not run, 1 passed with a failed cleanup and 2 were "
            "skipped, which nothing accepts. There is no baseline.",
        ),
        (
            gate(verdict(PASSED, SKIPPED), accept_incomplete=True),
            "open",
            "1 of 2 different tests meets the rule. 1 test that did not pass is accepted by "
            "--accept-incomplete. There is no baseline.",
        ),
        (
            gate(verdict(PASSED, SKIPPED, NOT_RUN), accept_incomplete=True),
            "unclear",
            "Of 3 different tests, 1 did not run, which --accept-incomplete does not accept. "
            "1 test that did not pass is accepted by --accept-incomplete. There is no baseline.",
        ),
        (
            gate(verdict(PASSED, SKIPPED, FAILED), known=flags("m.C.test"), accept_incomplete=True),
            "open",
            "1 of 3 different tests meets the rule. 2 tests that did not pass are accepted, 1 of "
            "them by --accept-incomplete. There is no baseline.",
        ),
        (
            gate(verdict(PASSED, FAILED, SKIPPED)),
            "closed",
            "Of 3 different tests, 1 failed or is incomplete. 1 was skipped. There is no baseline.",
        ),
        (
            gate(verdict(SKIPPED), accept_incomplete=True),
            "unclear",
            "No test passed. 1 test that did not pass is accepted by --accept-incomplete. "
            "There is no baseline.",
        ),
        (
            gate(verdict(PASSED, PASSED, problems=["cut off"]), accept_incomplete=True),
            "unclear",
            "The results are incomplete: cut off. The gate does not open on incomplete results. "
            "There is no baseline.",
        ),
        (
            gate(verdict(PASSED, SKIPPED), verdict(PASSED, SKIPPED)),
            "open",
            "No new problems in 2 different tests. 1 test that did not pass is accepted.",
        ),
        (
            gate(verdict(PASSED, SKIPPED), BOTH, rules=[GateRule.FAIL]),
            "unclear",
            "Of 2 different tests, 1 was skipped, which nothing accepts.",
        ),
    ],
)
def test_the_headline_says_why_and_whether_there_is_a_baseline(
    document: Document, state: str, why: str
) -> None:
    assert (document["gate"], document["why"]) == (state, why)
    for name in registry.FORMATS_OF_DOCUMENT[document["format"]]:
        written = " ".join(registry.render_document(name, document).split())
        # Markdown puts a backslash before what it would take as a mark of its own.
        assert why in written.replace("\\", ""), name


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_what_the_option_accepts_is_listed(name: str) -> None:
    document = gate(verdict(PASSED, SKIPPED, UNCLEAN), accept_incomplete=True)
    written = registry.render_document(name, document)
    for test, outcome in (("B.test", "skipped"), ("C.test", "passed, teardown error")):
        (line,) = [line for line in written.splitlines() if test in line]
        assert f"{outcome}, accepted by --accept-incomplete" in line
    assert document["accept_incomplete"] is True
    assert [one["accepted_by"] for one in document["accepted"]] == ["accept-incomplete"] * 2


def test_markdown_names_the_baseline_or_says_that_there_is_none() -> None:
    assert "\nBaseline: none\n" in registry.render_document("markdown", gate(BOTH))
    assert "\nBaseline: s, pass\n" in registry.render_document("markdown", gate(BOTH, BOTH))


@pytest.mark.parametrize(
    ("now", "states"),
    [
        (FAILED, {"flagged": "closed", "counted": "open"}),
        (SKIPPED, {"flagged": "unclear", "counted": "open"}),
        (PASSED, {"flagged": "open", "counted": "open"}),
    ],
)
def test_a_flag_that_expired_is_not_prolonged_by_the_baseline(
    now: Outcome, states: Mapping[str, str]
) -> None:
    flagged = ScoringOptions(overlay=flags("m.B.test", expires="2031-05-31"), day="2031-05-01")
    accepted = verdict(PASSED, FAILED, terms=flagged)
    assert accepted["verdict"] == "pass"
    baselines = {"flagged": accepted, "counted": verdict(PASSED, FAILED)}
    today = verdict(PASSED, now, terms=ScoringOptions(overlay=flagged.overlay, day=DAY))
    found = {name: gate(today, before)["gate"] for name, before in baselines.items()}
    assert found == states
