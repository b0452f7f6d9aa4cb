"""Flag requests: what would come of them, and how a guideline's file has them."""

import json
from pathlib import Path

import pytest

from defcheck.guideline.loader import load_guideline_bytes
from defcheck.scoring.policy import Judgement
from defcheck.submission.package import checks, forms, model
from defcheck.submission.package.model import PackageFacts
from tests.evidence import make_run_of
from tests.unit.recordings import raw
from tests.unit.submission.package.runs import Files, complete, facts_of


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> PackageFacts:
    """Return the facts of a recorded run in which two of the storage tests failed."""
    run = tmp_path_factory.mktemp("flags") / "run"
    return facts_of(make_run_of(run, raw("quotas-fail.subunit"), "2020.06", "object"))


def requests(files: Files) -> list[dict[str, str]]:
    return checks.select_requested_flags(forms.read_form(model.FLAGS, complete(files)[model.FLAGS]))


def test_verdict_with_granted_flags_is_computed(failing: Files, facts: PackageFacts) -> None:
    every = requests(failing)
    failed = [flag for flag in every if flag["outcome"] == "failed"]
    assert checks.judge_with_flags(facts, every) is Judgement.PASS
    assert checks.judge_with_flags(facts, failed) is Judgement.INCOMPLETE
    assert checks.judge_with_flags(facts, failed[:1]) is Judgement.FAIL
    assert checks.judge_with_flags(facts, []) is Judgement.FAIL


def test_flags_do_not_complete_incomplete_results(failing: Files, tmp_path: Path) -> None:
    stream = raw("quotas-fail.subunit")
    cut = facts_of(make_run_of(tmp_path / "cut", stream, "2020.06", "object", state="interrupted"))
    assert checks.judge_with_flags(cut, requests(failing)) is Judgement.INCOMPLETE


def test_the_guideline_s_file_takes_the_flags_as_they_are(
    failing: Files, facts: PackageFacts
) -> None:
    blocks = json.loads(checks.render_guideline_flags(facts, requests(failing)))
    folder = Path(__file__).parents[4] / "guidelines"
    guideline = json.loads((folder / "2020.06.json").read_bytes())
    assert blocks["guideline"] == "2020.06"
    for name, capability in blocks["capabilities"].items():
        for test, entry in capability["tests"].items():
            own = guideline["capabilities"][name]["tests"][test]
            assert own["idempotent_id"] == entry["idempotent_id"]
            own["flagged"] = entry["flagged"]
    loaded = load_guideline_bytes(json.dumps(guideline).encode(), "2020.06.json", "2020.06")
    wanted = {one.test for one in facts.unpassed_tests}
    found = {
        test.name: test.flag
        for capability in loaded.capabilities.values()
        for test in capability.tests
        if test.name in wanted and test.flag
    }
    assert set(found) == wanted
    for flag in found.values():
        assert (flag.code, flag.date) == ("D401", "2026-11-25")
        assert flag.references == ("https://bugs.example.org/1",)
        assert flag.action == "Take the flag away once the bug is mended."


def test_tests_for_which_nobody_asks_are_in_no_block(failing: Files, facts: PackageFacts) -> None:
    one = requests(failing)[:1]
    document = json.loads(checks.render_guideline_flags(facts, one))
    named = [test for part in document["capabilities"].values() for test in part["tests"]]
    assert named == [one[0]["test"]]
