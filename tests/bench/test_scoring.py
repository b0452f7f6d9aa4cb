"""Loading and scoring one result set against everything that is bundled."""

import gzip
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.report import formats
from defcheck.report.document import build
from defcheck.results import sources
from defcheck.scoring.verdict import score

STREAM = Path(__file__).resolve().parents[3] / "shared/results/full-dynamic-c2.subunit.gz"

pytestmark = pytest.mark.skipif(
    not STREAM.exists(), reason="../shared, with the recorded streams, is not beside the checkout"
)


def score_everything(data: bytes) -> int:
    """Read the results once, load every guideline anew, score every target."""
    catalog.entries.cache_clear()
    catalog._load_entry.cache_clear()
    results = sources.read_bytes(data, "recorded")
    verdicts = 0
    for entry in catalog.entries():
        guideline = catalog.load(entry.id)
        for target in guideline.targets:
            try:
                score(guideline, target, results)
                verdicts += 1
            except InputError:
                continue
    return verdicts


@pytest.mark.benchmark(group="score")
def test_score_everything(benchmark: BenchmarkFixture) -> None:
    data = gzip.decompress(STREAM.read_bytes())
    assert benchmark.pedantic(score_everything, [data], rounds=5, warmup_rounds=1) > 50


@pytest.mark.benchmark(group="report")
@pytest.mark.parametrize("name", formats.FORMATS)
def test_report(benchmark: BenchmarkFixture, name: str) -> None:
    guideline = catalog.load("2020.06")
    verdict = score(guideline, guideline.targets[0], sources.read(str(STREAM)))
    document = build(verdict, source="recorded", results_sha256="0" * 64)
    assert benchmark(formats.render, name, document)
