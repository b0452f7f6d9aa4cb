"""A test that capabilities list with aliases of their own is told by what says most against it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.selection import find_target
from defcheck.report.models.comparison import build_comparison_document
from defcheck.report.models.gate import build_gate_document
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.scoring.gate import GateRule
from defcheck.scoring.verdict import score_results

TEST, ALIAS, OTHER = "m.A.test_put", "m.O.test_put", "m.A.test_get"
BARE: dict[str, Any] = {TEST: {}, OTHER: {}}
ORDERS = [("bare", "aliased"), ("aliased", "bare")]
ALIASED: dict[str, Any] = {TEST: {"aliases": [ALIAS]}}


def verdict(order: Sequence[str], *events: Event, advisory: Sequence[str] = ()) -> dict[str, Any]:
    """Return the verdict where one capability knows the test by an alias too."""
    capabilities = {"bare": {"tests": BARE}, "aliased": {"tests": ALIASED}}
    statuses = {
        "required": [name for name in order if name not in advisory],
        "advisory": list(advisory),
    }
    document = {
        "metadata": {"id": "2031.01", "schema": "2.0"},
        "platforms": {"OpenStack Powered Storage": {"components": [{"name": "store"}]}},
        "components": {"store": {"capabilities": statuses}},
        "capabilities": {name: capabilities[name] for name in order},
    }
    guideline = load_guideline_bytes(json.dumps(document).encode(), "own")
    results = ResultSet((Event(OTHER, Outcome.PASSED), *events), "subunit v2", ())
    found = score_results(guideline, find_target(guideline), results)
    return build_verdict_document(found, source="s", results_sha256="0" * 64)


@pytest.mark.parametrize("order", ORDERS)
def test_a_gate_sees_the_worse_of_two(order: Sequence[str]) -> None:
    accepted = verdict(order)
    failed = verdict(order, Event(ALIAS, Outcome.FAILED))
    assert build_gate_document(failed, accepted, [GateRule.FAIL])["gate"] == "closed"
    passed = verdict(order, Event(ALIAS, Outcome.PASSED))
    assert passed["verdict"] == "incomplete"
    assert build_gate_document(passed, None, [GateRule.FAIL])["gate"] == "unclear"


@pytest.mark.parametrize("order", ORDERS)
def test_a_test_that_did_not_run_for_one_of_two_is_not_accepted_as_skipped(
    order: Sequence[str],
) -> None:
    skipped = verdict(order, Event(ALIAS, Outcome.SKIPPED))
    gate = build_gate_document(skipped, None, [GateRule.FAIL], accept_incomplete=True)
    assert gate["gate"] == "unclear"
    assert [one["outcome"] for one in gate["unaccepted"]] == ["not run"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_capability_for_which_it_does_not_count_tells_nothing(order: Sequence[str]) -> None:
    failed = verdict(order, Event(ALIAS, Outcome.FAILED), advisory=["aliased"])
    assert failed["verdict"] == "incomplete"
    assert build_gate_document(failed, None, [GateRule.FAIL])["gate"] == "unclear"


@pytest.mark.parametrize("order", ORDERS)
def test_a_comparison_sees_the_worse_of_two(order: Sequence[str]) -> None:
    both = Event(TEST, Outcome.PASSED)
    verdicts = [verdict(order, both), verdict(order, Event(ALIAS, Outcome.FAILED))]
    changes = build_comparison_document(["before", "after"], verdicts)["changes"]
    assert [one["name"] for one in changes["broke"]] == [TEST]
    assert changes["lost"] == []
