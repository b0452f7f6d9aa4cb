"""What is said of passed tests for a RefStack server beside a guideline it never had."""

from pathlib import Path

import pytest

from defcheck.cli.documents import score_given
from defcheck.cli.given import gather
from defcheck.cli.outputs import PASSES
from defcheck.cli.passes import wanted_payload, warn_of_own_guideline
from defcheck.runner.directory import GUIDELINE
from tests.unit.submit.package.runs import compute_run

TOLD = (
    "RefStack never had guideline scs-0128: its server takes the passed tests and gives no answer "
    "on that guideline.\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run for SCS-0128."""
    return compute_run(tmp_path / "run", "scs-0128", "scs-iaas")


@pytest.mark.parametrize(
    ("guideline", "target", "form", "told"),
    [
        ("", "", PASSES, TOLD),
        ("scs-0128", "", PASSES, TOLD),
        ("", "", "text", ""),
        ("2020.06", "compute", PASSES, ""),
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
    document, given = score_given(str(run), guideline, target)
    found = wanted_payload([(form, None)], given, document)
    assert (b"FlavorsV2TestJSON.test_list_flavors" in found) == (form == PASSES)
    assert b"scs" not in found
    assert capsys.readouterr().err == told


def test_an_upload_of_a_run_for_scs_says_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_own_guideline(run, gather(str(run), own_guideline=False))
    assert capsys.readouterr().err == TOLD


def test_an_upload_of_another_run_says_nothing_and_needs_no_guideline(
    tmp_path: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = compute_run(tmp_path / "other", "2020.06", "compute")
    warn_of_own_guideline(other, gather(str(other), own_guideline=False))
    (run / GUIDELINE).write_text("{}")
    warn_of_own_guideline(run, gather(str(run), own_guideline=False))
    stream = run / "results.subunit"
    warn_of_own_guideline(stream, gather(str(stream), own_guideline=False))
    assert capsys.readouterr().err == ""
