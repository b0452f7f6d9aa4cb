"""Writing the report of a platform run in each format."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from defcheck.guideline import catalog
from defcheck.guideline.loader import load_guideline_bytes
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.results import loader
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.scoring.verdict import score_results

STREAM = Path(__file__).resolve().parents[3] / "shared/results/full-dynamic-c2.subunit.gz"

WHOLE = 1575
"""Tests of Tempest 47."""


@pytest.mark.skipif(
    not STREAM.exists(), reason="../shared, with the recorded streams, is not beside the checkout"
)
@pytest.mark.benchmark(group="report")
@pytest.mark.parametrize("name", registry.VERDICT_FORMATS)
def test_report(benchmark: BenchmarkFixture, name: str) -> None:
    guideline = catalog.load_guideline("2020.06")
    verdict = score_results(guideline, guideline.targets[0], loader.load_results(str(STREAM)))
    document = build_verdict_document(verdict, source="recorded", results_sha256="0" * 64)
    assert benchmark(registry.render_document, name, document)


@pytest.mark.benchmark(group="page")
@pytest.mark.parametrize("tests", [300, WHOLE])
def test_page_of_tests_that_all_failed(benchmark: BenchmarkFixture, tests: int) -> None:
    """Each with 2 kB of traceback of its own: the most that a page has to hold."""
    document = all_failed(tests)
    page = benchmark(registry.render_document, "html", document)
    benchmark.extra_info["bytes"] = len(page.encode())
    assert page.count('class="test fail"') == tests


def all_failed(tests: int) -> dict[str, Any]:
    names = [f"tempest.api.x.test_{n // 40}.Case{n // 8}Test.test_thing_{n}" for n in range(tests)]
    capabilities: dict[str, dict[str, dict[str, object]]] = {
        f"capability-{n}": {"tests": {name: {} for name in names[n::200]}} for n in range(200)
    }
    guideline = load_guideline_bytes(
        json.dumps(
            {
                "metadata": {"id": "2031.01", "schema": "2.0"},
                "platforms": {"Whole": {"components": [{"name": "all"}]}},
                "components": {"all": {"capabilities": {"required": list(capabilities)}}},
                "capabilities": capabilities,
            }
        ).encode(),
        "bench",
    )
    begun = datetime(2031, 1, 1, tzinfo=UTC)
    frame = "  File \"/opt/tempest/x.py\", line 5, in call\n    return self.request('GET', url)\n"
    events = tuple(
        Event(
            name,
            Outcome.FAILED,
            f"tempest.lib.exceptions.ServerFault: {number}",
            (f"Traceback {number}:\n" + frame * 40)[:2000],
            begun + timedelta(seconds=number),
            begun + timedelta(seconds=number + 3),
            f"worker-{number % 4}",
        )
        for number, name in enumerate(names)
    )
    verdict = score_results(guideline, guideline.targets[0], ResultSet(events, "subunit v2"))
    return build_verdict_document(verdict, source="made up", results_sha256="0" * 64)
