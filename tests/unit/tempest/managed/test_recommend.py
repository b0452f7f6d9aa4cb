"""The Tempest with most counted tests is recommended, but none that cannot run."""

import json
from pathlib import Path

import jsonschema
import pytest

from defcheck.guideline import catalog
from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.models import Guideline
from defcheck.guideline.selection import find_target
from defcheck.report.models import tempests as report
from defcheck.tempest.inventory import PresenceState
from defcheck.tempest.managed import known_tempests
from defcheck.tempest.managed.known_tempests import (
    Candidate,
    Recommendation,
    TempestOrigin,
    recommend_tempest,
)

SCHEMAS = Path(__file__).resolve().parents[4] / "reports" / "schemas"
FLAG = {"flagged": {"reason": "D400 x", "date": "", "action": ""}}


def guideline(*names: str, flagged: tuple[str, ...] = ()) -> Guideline:
    tests: dict[str, object] = {name: {} for name in names}
    tests |= dict.fromkeys(flagged, FLAG)
    document = {
        "metadata": {"id": "own", "schema": "2.0"},
        "platforms": {"Own": {"components": [{"name": "c"}]}},
        "components": {"c": {"capabilities": {"required": ["a"]}}},
        "capabilities": {"a": {"tests": tests}},
    }
    return load_guideline_bytes(json.dumps(document).encode(), "own")


def known_one(version: str, *tests: str, sound: bool = True) -> Candidate:
    return Candidate(version, version, TempestOrigin.KNOWN, tests, sound)


def default(*tests: str) -> Candidate:
    return Candidate("default", "47.0.0", TempestOrigin.DEFAULT, tests)


A, B, C = (f"tempest.C.test_{letter}" for letter in "abc")


def shown(found: Recommendation) -> str:
    jsonschema.Draft202012Validator(
        json.loads((SCHEMAS / "recommendation-1.json").read_bytes())
    ).validate(report.build_recommendation_document(found))
    return "\n".join(report.format_recommendation_lines(found))


def test_the_one_with_most_counted_tests_is_recommended() -> None:
    found = recommend_tempest(
        guideline(A, B, flagged=(C,)), None, [default(A, C), known_one("40.0.0", A, B)]
    )
    assert (found.best.candidate.name, found.counted, found.best.found) == ("40.0.0", 2, 2)
    lacking = {one.candidate.name: dict(one.lacking) for one in found.coverages}
    assert lacking == {"40.0.0": {}, "default": {B: PresenceState.GONE}}
    text = shown(found)
    assert "defcheck tempest install 40.0.0\n  defcheck run --tempest 40.0.0" in text
    assert "47.0.0 (default)  1 of 2" in text


def test_of_equals_the_default_goes_first_then_the_newest() -> None:
    own = guideline(A)
    others = [known_one("40.0.0", A), known_one("41.0.0", A)]
    assert recommend_tempest(own, None, [*others, default(A)]).best.candidate.name == "default"
    assert recommend_tempest(own, None, [*others, default(B)]).best.candidate.name == "41.0.0"
    installed = Candidate("41.0.0", "41.0.0", TempestOrigin.INSTALLED, (A,))
    found = recommend_tempest(own, None, [*others, installed, default(B)])
    assert found.best.candidate.origin is TempestOrigin.INSTALLED
    assert "tempest install" not in shown(found)


def test_what_cannot_run_today_is_named_and_not_recommended() -> None:
    found = recommend_tempest(
        guideline(A, B), None, [known_one("12.2.0", A, B, sound=False), default(A)]
    )
    assert found.best.candidate.name == "default"
    assert found.most.candidate.name == "12.2.0"
    text = shown(found)
    assert "Tempest 12.2.0 has 2, but was written for an older Python" in text
    assert "12.2.0 (old)" in text


def test_a_test_that_none_has_is_named() -> None:
    found = recommend_tempest(guideline(A, B), None, [known_one("40.0.0", A), default(A)])
    assert found.nowhere == (B,)
    assert f"{B} (in no known Tempest)" in shown(found)


def test_versions_that_lack_the_same_share_a_line() -> None:
    candidates = [known_one(f"{number}.0.0", A) for number in (38, 39, 40)]
    found = recommend_tempest(
        guideline(A, B), None, [*candidates, known_one("41.0.0", A, B), default(A)]
    )
    lines = shown(found).splitlines()
    assert [line.split("  ")[0] for line in lines if " of 2" in line] == [
        "38.0.0 to 40.0.0",
        "41.0.0",
        "47.0.0 (default)",
    ]


def test_an_add_on_needs_its_plugin() -> None:
    own = catalog.load_guideline("orchestration.2020.06")
    found = recommend_tempest(own, None, [known_one("40.0.0", A), default(A)])
    assert found.plugins == ("heat-tempest-plugin",)
    assert found.nowhere == ()
    assert "defcheck tempest install 47.0.0 --plugin heat-tempest-plugin" in shown(found)


@pytest.mark.parametrize(
    ("guideline_id", "target", "version", "found"),
    [
        ("2015.07", "platform", "12.2.0", 98),
        ("2015.07", "platform", "47.0.0", 95),
        ("2016.08", "platform", "47.0.0", 211),
        ("2020.06", "platform", "16.1.0", 272),
        ("2020.06", "platform", "28.1.0", 273),
        ("scs-0128", "", "28.1.0", 258),
    ],
)
def test_known_tempest_has_the_number_of_tests_that_was_measured(
    guideline_id: str, target: str, version: str, found: int
) -> None:
    own = catalog.load_guideline(guideline_id)
    candidate = known_one(version, *known_tempests.load_known_tempests().list_tests(version))
    assert recommend_tempest(own, find_target(own, target), [candidate]).best.found == found
