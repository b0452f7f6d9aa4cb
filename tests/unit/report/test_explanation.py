"""Explanations: what is demanded, who flagged it, since when, and what came of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline import catalog
from defcheck.guideline.matching import find_subjects, parse_test_name
from defcheck.guideline.models import Guideline
from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.guideline.selection import find_target
from defcheck.report.formats import registry
from defcheck.report.models.explanation import ExplainedResults, build_explanation_document
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from tests.unit.report.conftest import HOSTILE
from tests.unit.shared import entry, failed, guideline, passed, skipped

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/explanation-1.json").read_bytes()
)
EDITIONS = [catalog.load_guideline(one.id) for one in catalog.list_entries()]
X, OLD = "a.b.C.test_x", "a.old.C.test_x"


def explained(
    word: str,
    made: Guideline,
    *events: Event,
    inventory: tuple[str, ...] = (),
    terms: ScoringOptions = DEFAULT_OPTIONS,
    problems: tuple[str, ...] = (),
) -> str:
    """Return the explanation as text, its document checked against the schema."""
    run = None
    if events:
        evidence = Evidence(
            ResultSet(events, "subunit v2", problems), tuple(map(parse_test_name, inventory))
        )
        run = ExplainedResults("a-run", made.targets[0], evidence)
    document = build_explanation_document(
        word, made, find_subjects(made, word), [*EDITIONS, made], terms, run
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(
        json.loads(registry.render_document("json", document))
    )
    return " ".join(registry.render_document("text", document).split())


ONE = guideline({X: entry("id-1", aliases=[OLD]), "a.b.C.test_y": entry()})


@pytest.mark.parametrize(
    ("events", "inventory", "words"),
    [
        ([passed(X)], (), ["passed", "found under its name"]),
        ([failed(OLD)], (), ["failed", f"found under an alias, {OLD}", "KeyError: 'x'"]),
        ([passed("z.D.test_z")], (), ["not run", "not found", "do not list the other tests"]),
        (
            [passed("a.n.C.test_x[id-1]")],
            ("a.n.C.test_x[id-1]",),
            ["passed", "found by its idempotent id, as a.n.C.test_x"],
        ),
        ([passed("z.D.test_z")], ("z.D.test_z",), ["absent", "not found"]),
        (
            [skipped("setUpClass (a.b.C)", "no admin")],
            (),
            ["skipped", "decided by setUpClass (a.b.C)", "no admin"],
        ),
        ([passed("a.n.C.test_x[id-1]")], (), ["Only tests that cannot prove it", "a.n.C"]),
    ],
)
def test_what_happened_and_how_it_was_matched(
    events: list[Event], inventory: tuple[str, ...], words: list[str]
) -> None:
    shown = explained(X, ONE, *events, inventory=inventory)
    for word in words:
        assert word in shown


def test_several_results_and_problems_are_told() -> None:
    shown = explained(X, ONE, passed(X), failed(X), problems=("cut off",))
    assert shown.count("result: ") == 2
    assert shown.startswith("The results in a-run are incomplete: cut off ")


def test_without_a_run_nothing_is_said_of_one() -> None:
    shown = explained(X, ONE)
    assert "a-run" not in shown
    assert "not flagged, so it counts" in shown
    assert f"also as {OLD}" in shown


def test_a_capability_that_no_target_lists_requires_nothing() -> None:
    made = catalog.load_guideline("next")
    listed = {
        name
        for component in made.components.values()
        for listing in component.listings
        for name in listing.capabilities
    }
    unlisted = [name for name in made.capabilities if name not in listed]
    if not unlisted:
        pytest.skip("every capability of next is listed")
    assert "it requires nothing" in explained(unlisted[0], made)


def test_who_flagged_a_test_and_why() -> None:
    made = catalog.load_guideline("2018.02")
    shown = explained("test_list_servers_filtered_by_ip", made)
    assert "flagged by guideline 2018.02 on 2016-06-13, D401" in shown
    assert "bugs.launchpad.net/tempest/+bug/1600349" in shown
    assert "not flagged" not in shown


@pytest.mark.parametrize(
    ("day", "state", "counts"), [("2030-06-01", "active", False), ("2031-06-01", "expired", True)]
)
def test_a_local_flag_names_its_approver_and_its_days(day: str, state: str, counts: bool) -> None:
    flag = LocalFlag(X, "It loses packets.", "Operations", "2030-01-01", "2030-12-31")
    terms = ScoringOptions(overlay=Overlay((flag,), "o.yaml", "0" * 64), day=day)
    shown = explained(X, ONE, failed(X), terms=terms)
    assert f"flagged locally by Operations, 2030-01-01 to 2030-12-31 ({state})" in shown
    assert ("not flagged, so it counts" in shown) is counts
    assert ("which does not count" in shown) is not counts


def test_since_when_a_capability_stands_in_which_guidelines() -> None:
    shown = explained("objectstore-slo-support", catalog.load_guideline("2020.06"))
    assert "2018.02: advisory for platform, object" in shown
    assert "2018.11 to 2020.06" in shown or "2018.11 to next" in shown


def test_the_history_of_a_test_in_two_capabilities_is_told_once() -> None:
    shown = explained("test_reserve_unreserve_volume", catalog.load_guideline("2018.02"))
    assert shown.count("history by edition:") == 1
    assert shown.count("Capability volumes-v") == 2
    assert "as tempest.api.volume.test_volumes_actions.VolumesV2ActionsTest" in shown


def test_hostile_text_is_harmless_on_a_terminal() -> None:
    made = guideline({X: entry("id-1")})
    event = Event(X, Outcome.FAILED, HOSTILE, HOSTILE)
    shown = explained(X, made, event)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_results_for_a_target_without_the_capability_are_said_so() -> None:
    made = catalog.load_guideline("2020.06")
    evidence = Evidence(ResultSet((passed("a.B.test_c"),), "subunit v2"))
    run = ExplainedResults("a-run", find_target(made, "object"), evidence)
    word = "compute-servers-create"
    document: dict[str, Any] = build_explanation_document(
        word, made, find_subjects(made, word), EDITIONS, DEFAULT_OPTIONS, run
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert all(test["result"] is None for test in document["capabilities"][0]["tests"])
    assert "the target does not have this capability" in registry.render_document("text", document)
