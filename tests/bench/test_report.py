"""Writing the report of a platform run in each format."""

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from defcheck.guideline import catalog
from defcheck.report import formats
from defcheck.report.document import build
from defcheck.results import sources
from defcheck.scoring.verdict import score

STREAM = Path(__file__).resolve().parents[3] / "shared/results/full-dynamic-c2.subunit.gz"

pytestmark = pytest.mark.skipif(
    not STREAM.exists(), reason="../shared, with the recorded streams, is not beside the checkout"
)


@pytest.mark.benchmark(group="report")
@pytest.mark.parametrize("name", formats.VERDICT)
def test_report(benchmark: BenchmarkFixture, name: str) -> None:
    guideline = catalog.load("2020.06")
    verdict = score(guideline, guideline.targets[0], sources.read(str(STREAM)))
    document = build(verdict, source="recorded", results_sha256="0" * 64)
    assert benchmark(formats.render, name, document)
