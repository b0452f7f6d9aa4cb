"""A preflight as text and JSON: schema, wording, and nothing hostile gets through."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.cloud.discovery.model import Unavailable
from defcheck.cloud.preflight.checks import run_checks
from defcheck.cloud.preflight.context import PredictedSkip, PreflightContext, UserSetup
from defcheck.guideline import catalog
from defcheck.guideline.selection import find_target
from defcheck.report.formats import cloud_text
from defcheck.report.models.cloud import build_preflight_document
from defcheck.runner.preflight import PreflightResult
from tests.unit.cloud.preflight import clouds

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/preflight-1.json").read_bytes()
)
RUN = "defcheck run --cloud mine -g 2020.06 -t platform"
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \u202eevil\u202c"


def document(scene: PreflightContext) -> dict[str, Any]:
    guideline = catalog.load_guideline("2020.06")
    target = find_target(guideline, "platform")
    found = build_preflight_document(
        PreflightResult(guideline, target, "47.0.0", scene, tuple(run_checks(scene))), RUN
    )
    jsonschema.validate(found, SCHEMA)
    return found


def lacking() -> PreflightContext:
    many = {test: PredictedSkip("skipped", "Not here.") for test in clouds.ALL[:6]}
    survey = clouds.survey(
        image={"images": Unavailable("no response in time")}, network={"networks": ()}
    )
    return clouds.scene(
        survey=survey, predicted=many, users=UserSetup("accounts"), conf={}, with_more_users=None
    )


def test_a_fine_cloud_is_clear() -> None:
    found = document(clouds.SCENE)
    assert found["clear"] is True
    shown = cloud_text.render_preflight_text(found)
    assert "No blocking issues." in shown
    assert shown.splitlines()[-1] == f"Next: {RUN}"


def test_what_blocks_a_pass_is_counted_and_named() -> None:
    found = document(lacking())
    assert found["clear"] is False
    assert found["tests"]["foreseen"][clouds.SERVER] == {
        "outcome": "skipped",
        "reason": "Not here.",
    }
    shown = cloud_text.render_preflight_text(found)
    assert re.search(r"not seen +images +no response in time", shown)
    assert "tests will not pass with this cloud as it is" in shown


def test_a_run_that_would_be_refused_is_said_to_be() -> None:
    conf = {"compute": {"flavor_ref": "elsewhere", "image_ref": "i1"}}
    found = document(clouds.scene(conf=conf))
    assert (
        cloud_text.render_preflight_text(found).splitlines()[-1]
        == f"Next: {RUN} --regardless, or fix the cloud first"
    )


def test_a_flagged_test_alone_leaves_it_clear() -> None:
    scene = clouds.scene(
        predicted={clouds.NET: PredictedSkip("skipped", "x")}, with_more_users=None
    )
    flagged = replace(scene, planned=replace(scene.planned, counted=frozenset({clouds.VOLUME})))
    assert document(flagged)["clear"] is True


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    shown = cloud_text.render_preflight_text(document(lacking()), width=width)
    assert max(map(len, shown.splitlines())) <= width


def test_long_lists_are_counted_and_with_verbose_named() -> None:
    found = document(lacking())
    assert clouds.ROUTER not in cloud_text.render_preflight_text(found)
    shown = cloud_text.render_preflight_text(found, verbose=True, width=120)
    for test in clouds.ALL[:6]:
        owner, _, method = test.rpartition(".")
        assert owner in shown
        assert method in shown


def test_nothing_hostile_gets_to_the_terminal() -> None:
    survey = clouds.survey(compute={"flavors": Unavailable(HOSTILE), "zones": (HOSTILE,)})
    shown = cloud_text.render_preflight_text(
        document(clouds.scene(survey=replace(survey, cloud=HOSTILE)))
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "evil" in shown
