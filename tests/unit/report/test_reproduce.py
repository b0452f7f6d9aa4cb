"""The command that does the same again is one that the program takes."""

import shlex
from typing import Any

import click
import pytest

from defcheck.cli.run import run_command
from defcheck.cli.scoring import score_command
from defcheck.guideline import catalog
from defcheck.guideline.overlay import LocalFlag, Overlay
from defcheck.report.reproduce_command import build_command
from defcheck.runner.record import RunRecord
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.records import change_record
from tests.unit.report.test_predicted_skips import record
from tests.unit.shared import guideline, passed, results

FLAG = LocalFlag("m.A.test_a", "r", "a", "2030-01-01", "2031-01-01")


def verdict(terms: ScoringOptions = DEFAULT_OPTIONS) -> Verdict:
    wanted = guideline({"m.A.test_a": {}, "m.A.test_b": {}})
    return score_results(wanted, wanted.targets[0], results(passed("m.A.test_b")), options=terms)


def told(
    source: str = "s", terms: ScoringOptions = DEFAULT_OPTIONS, of: RunRecord | None = None
) -> list[str]:
    """Return the words of the command, after its own parser has taken them."""
    words = shlex.split(build_command(verdict(terms), source, of))
    known: click.Command = run_command if words[1] == "run" else score_command
    with known.make_context("x", words[2:]) as context:
        assert context.params
    return words


def test_results_of_others_are_scored_again() -> None:
    assert told("my results.xml")[:3] == ["defcheck", "score", "my results.xml"]
    assert told("standard input")[2] == "-"


def test_a_run_names_cloud_guideline_target_and_workers() -> None:
    words = told(of=record())
    assert words[:4] == ["defcheck", "run", "--cloud", "c"]
    assert words[-2:] == ["--workers", "1"]


def test_a_guideline_that_defcheck_has_is_named_by_its_id() -> None:
    own = catalog.load_guideline("2020.06")
    found = score_results(own, own.targets[0], results(passed("m.A.test_a")))
    assert "--guideline 2020.06 --target platform" in build_command(found, "s", None)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"credentials": "dynamic"}, "--users dynamic"),
        ({"credentials": "accounts"}, "--accounts accounts.yaml"),
        ({"statuses": ["required", "advisory"]}, "--type required,advisory"),
        ({"files": ["--tempest-conf"]}, "--tempest-conf tempest.conf"),
        ({"tempest_name": "old"}, "--tempest old"),
        ({"reruns": [{"round": 2, "tests": [], "offset": 0}]}, "--rerun failed=2"),
        ({"rerun_failed": 3}, "--rerun failed=3"),
        ({"settings": ["compute.image_ref=an id"]}, "--set 'compute.image_ref=an id'"),
        ({"cacert": "../our/ca.pem"}, "--cacert ca.pem"),
        ({"regardless": True}, "--regardless"),
        ({"class_seconds": 90.0}, "--class-timeout 1.5"),
        ({"users": "dynamic"}, "--users dynamic"),
        (
            {"settings": ["identity.ca_certificates_file=/home/me/ca.pem"]},
            "--set identity.ca_certificates_file=ca.pem",
        ),
    ],
)
def test_what_a_run_was_told_is_told_again(more: dict[str, Any], said: str) -> None:
    asked = change_record(record(), **more)
    assert said in build_command(verdict(), "s", asked)


def test_options_of_the_verdict_are_told_again() -> None:
    terms = ScoringOptions(
        strict=True,
        forbid_skips=True,
        reruns=RerunRule.ANY,
        overlay=Overlay((FLAG,), "/home/me/mine.yaml", "0" * 64),
        day="2030-06-01",
    )
    said = build_command(verdict(terms), "s", record())
    assert said.endswith("--strict --forbid-skips --reruns any --overlay overlay.yaml")
    assert "/home" not in said


def test_a_cloud_with_an_odd_name_is_quoted() -> None:
    odd = change_record(record(), cloud={**record().inputs.cloud, "name": "a; rm -rf b"})
    assert shlex.split(build_command(verdict(), "s", odd))[3] == "a; rm -rf b"


def test_what_was_not_asked_for_is_not_told() -> None:
    said = build_command(
        verdict(), "s", change_record(record(), users="pool", class_seconds=1800.0)
    )
    assert said.endswith("--guideline 2030.06.json --target platform --workers 1")
    old = build_command(verdict(), "s", record())
    assert said == old
