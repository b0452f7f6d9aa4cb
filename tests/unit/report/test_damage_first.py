"""What is wrong with results is told before what they lack, with how to get whole ones."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from defusedxml import ElementTree

from defcheck.report.formats import registry
from defcheck.workflows.comparison import compare_results
from defcheck.workflows.verdicts import score_against_all_guidelines, score_results
from tests.unit.report.wording import plain
from tests.unit.results.streams import ended, ran, v2
from tests.unit.shared import DATA


def cut(folder: Path) -> Path:
    """Return a real stream that ends in the middle of a packet."""
    whole = gzip.decompress((DATA / "storage.subunit.gz").read_bytes())
    path = folder / "cut.subunit"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def killed(folder: Path) -> Path:
    """Return the stream of a worker that was killed."""
    return DATA / "killed-worker.subunit.gz"


def damaged_junit(folder: Path) -> Path:
    path = folder / "cut.xml"
    path.write_text('<testsuite name="x"><testcase classname="a.b.C" name="test_x"/><testca')
    return path


@pytest.mark.parametrize("name", ["process-returncode", "Startup", "setUpModule (some.runner)"])
def test_failed_runner_is_told_from_a_run_that_was_cut_off(name: str, tmp_path: Path) -> None:
    path = tmp_path / "results.subunit"
    advice = "The test runner itself failed"
    for more, expected in ((b"", True), (b"\x00\n", False)):
        path.write_bytes(v2(*ran("tempest.api.x.C.test_x"), ended(name, "fail")) + more)
        document = score_results(str(path), "2020.06", "storage")
        assert len(document["problems"]) == 1 + bool(more)
        assert (advice in plain("text", document)) is expected


PROBLEM = "results are incomplete: |incomplete results: "


@pytest.mark.parametrize("make", [cut, killed, damaged_junit])
@pytest.mark.parametrize("name", ["text", "html", "markdown", "rst", "junit"])
def test_the_damage_is_told_before_the_tests_that_did_not_run(
    name: str, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    document = score_results(str(make(tmp_path)), "2020.06", "storage")
    assert document["problems"]
    shown = plain(name, document)
    first = re.search(PROBLEM, shown)
    assert first is not None
    missing = re.search(r"not run|Not in the results|did not pass|\d incomplete", shown)
    assert missing is not None
    assert first.start() < missing.start()
    causes = re.search(r"Blocking issues", shown)
    if causes is not None:
        part = shown[causes.end() :]
        problem, cause = re.search(PROBLEM, part), re.search(r"not run", part)
        assert problem is not None
        assert cause is not None
        assert problem.start() < part.index("Score the complete file") < cause.start()
    assert "Score the complete file that the test runner wrote" in shown
    assert "A run of the whole target includes it" not in shown
    assert "defcheck resume" not in shown


@pytest.mark.parametrize("make", [cut, killed, damaged_junit])
def test_the_line_of_a_damaged_result_begins_with_the_damage(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    document = score_results(str(make(tmp_path)), "2020.06", "storage")
    _, _, why = registry.summarize_document(document).partition("guideline 2020.06: ")
    assert why.startswith("The results are incomplete: ")
    names = list(json.loads(registry.render_document("json", document)))
    assert names.index("problems") < names.index("causes")


@pytest.mark.parametrize("name", ["text", "html", "markdown"])
def test_a_comparison_tells_the_damage_before_what_changed(name: str, tmp_path: Path) -> None:
    sources = [str(DATA / "storage.subunit.gz"), str(cut(tmp_path))]
    document = compare_results(sources, "2020.06", "storage")
    shown = plain(name, document)
    assert shown.index("are incomplete") < shown.index("From the first to the second")
    assert registry.summarize_document(document).startswith(
        "The results of cut.subunit are incomplete: "
    )


@pytest.mark.parametrize("name", ["text", "html"])
def test_a_matrix_tells_the_damage_before_the_verdicts(name: str, tmp_path: Path) -> None:
    shown = plain(name, score_against_all_guidelines(str(cut(tmp_path)), "object"))
    assert shown.index("are incomplete") < shown.index("2015.03")


def test_junit_says_what_to_do_about_damage(tmp_path: Path) -> None:
    document = score_results(str(cut(tmp_path)), "2020.06", "storage")
    root = ElementTree.fromstring(registry.render_document("junit", document))
    error = root.find("testsuite[@name='verdict']/testcase/error")
    assert error is not None
    assert error.get("message", "").startswith("The results are incomplete: ")
    assert (error.text or "").endswith(document["problems_advice"])
