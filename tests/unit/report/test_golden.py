"""Each format of a verdict has a writer, a golden file and a line among the schemas."""

from pathlib import Path

import pytest

from defcheck import __version__
from defcheck.cli.documents import score_one
from defcheck.report import formats

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests/data/golden"
RESULTS = PROJECT / "tests/data/quotas-fail.subunit.gz"


@pytest.mark.parametrize("name", formats.VERDICT)
def test_the_report_of_a_real_run_is_as_it_was(name: str) -> None:
    written = formats.render(name, score_one(str(RESULTS), "2020.06", "storage"))
    golden = GOLDEN / f"report.{name}"
    assert written.replace(__version__, "VERSION") == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_of_a_format_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"report.{one}" for one in formats.VERDICT}


@pytest.mark.parametrize("name", formats.VERDICT)
def test_every_format_is_described_among_the_schemas(name: str) -> None:
    told = (PROJECT / "reports/schemas/README.md").read_text(encoding="utf-8")
    assert f"`-f {name}`" in told or f"`{name}`" in told
