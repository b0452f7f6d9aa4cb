"""What is said of passed tests for a RefStack server beside a guideline it never had."""

from pathlib import Path

import pytest

from defcheck.cli.output import REFSTACK_FORMAT, build_wanted_payload
from defcheck.cli.terminal import print_warning
from defcheck.runner.run_directory import GUIDELINE
from defcheck.workflows.submission import warn_unknown_run_guideline
from defcheck.workflows.verdicts import load_results, score_and_load
from tests.unit.submission.package.runs import compute_run

TOLD = (
    "RefStack never had guideline scs-0128: its server stores the passed tests but cannot score "
    "them against that guideline.\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run for SCS-0128."""
    return compute_run(tmp_path / "run", "scs-0128", "scs-iaas")


@pytest.mark.parametrize(
    ("guideline", "target", "form", "told"),
    [
        ("", "", REFSTACK_FORMAT, TOLD),
        ("scs-0128", "", REFSTACK_FORMAT, TOLD),
        ("", "", "text", ""),
        ("2020.06", "compute", REFSTACK_FORMAT, ""),
    ],
)
def test_a_payload_beside_a_guideline_that_refstack_never_had_is_written_and_said(
    run: Path,
    capsys: pytest.CaptureFixture[str],
    guideline: str,
    target: str,
    form: str,
    told: str,
) -> None:
    document, given = score_and_load(str(run), guideline, target)
    found = build_wanted_payload([(form, None)], given, document)
    assert (b"FlavorsV2TestJSON.test_list_flavors" in found) == (form == REFSTACK_FORMAT)
    assert b"scs" not in found
    assert capsys.readouterr().err == told


def test_an_upload_of_a_run_for_scs_says_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warn_unknown_run_guideline(run, load_results(str(run), own_guideline=False), print_warning)
    assert capsys.readouterr().err == TOLD


def test_an_upload_of_another_run_says_nothing_and_needs_no_guideline(
    tmp_path: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = compute_run(tmp_path / "other", "2020.06", "compute")
    warn_unknown_run_guideline(other, load_results(str(other), own_guideline=False), print_warning)
    (run / GUIDELINE).write_text("{}")
    warn_unknown_run_guideline(run, load_results(str(run), own_guideline=False), print_warning)
    stream = run / "results.subunit"
    warn_unknown_run_guideline(
        stream, load_results(str(stream), own_guideline=False), print_warning
    )
    assert capsys.readouterr().err == ""
