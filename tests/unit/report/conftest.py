"""One result fixture for every format's test: a verdict with a bit of everything."""

import json
from typing import Any

import pytest

from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.selection import find_target
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.runner.record import RunRecord
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import score_results

HOSTILE = '<script>alert(1)</script>\x1b[31mred\x1b]0;title\x07 \u202eevil\u202c {{ 7 * 7 }} & "q"'


def guideline_document() -> dict[str, Any]:
    return {
        "metadata": {
            "id": "2031.01",
            "schema": "2.0",
            "os_trademark_approval": {"status": "draft", "releases": ["zed"]},
        },
        "platforms": {"OpenStack Powered Storage": {"components": [{"name": "store"}]}},
        "components": {
            "store": {
                "capabilities": {"required": ["put", "get", "old", "none"], "advisory": ["new"]}
            }
        },
        "capabilities": {
            "put": {
                "description": "Put <things>",
                "tests": {"m.A.test_put": {}, "m.A.test_odd": {}},
            },
            "get": {
                "tests": {"m.B.test_get": {"idempotent_id": "id-1", "aliases": ["m.O.test_get"]}}
            },
            "old": {
                "tests": {
                    "m.A.test_old": {
                        "flagged": {
                            "reason": "D404 Doubled. https://example.org/1",
                            "action": "Drop.",
                            "date": "2030-01-02",
                        }
                    }
                }
            },
            "none": {"tests": {}},
            "new": {"tests": {"m.C.test_new": {}}},
        },
    }


def build_document(
    *events: Event,
    with_run: bool = True,
    problems: tuple[str, ...] = (),
    terms: ScoringOptions = DEFAULT_OPTIONS,
) -> dict[str, Any]:
    guideline = load_guideline_bytes(json.dumps(guideline_document()).encode(), "own")
    results = ResultSet(events, "subunit v2", problems)
    verdict = score_results(guideline, find_target(guideline), results, options=terms)
    record = RunRecord.build(
        defcheck="0",
        tempest="47.0.0",
        python="3.11",
        target="object",
        statuses=["required"],
        guideline={"id": "2031.01", "sha256": guideline.sha256, "schema": "2.0"},
        cloud={"name": "c", "auth_url": "http://127.0.0.1/v3", "region": "R", "cpid": "x"},
        credentials="accounts",
        workers=2,
        planned=["a"],
        absent=[],
        inventory_sha256="0" * 64,
        started="2031-01-01T00:00:00+00:00",
        finished="2031-01-01T00:01:00+00:00",
        state="finished",
    )
    return build_verdict_document(
        verdict, source="s", results_sha256="0" * 64, record=record if with_run else None
    )


@pytest.fixture
def passing() -> dict[str, Any]:
    names = ("m.A.test_put", "m.A.test_odd", "m.B.test_get")
    return build_document(*(Event(name, Outcome.PASSED) for name in names))


@pytest.fixture
def mixed() -> dict[str, Any]:
    return build_document(
        Event(
            "m.A.test_put", Outcome.FAILED, "http.Error: 500", "Traceback\n  File\nhttp.Error: 500"
        ),
        Event("m.A.test_odd", Outcome.SKIPPED, "no feature"),
        Event("m.O.test_get", Outcome.PASSED),
        Event("m.A.test_old", Outcome.FAILED, "flagged and failed"),
        problems=("a damaged packet was skipped",),
    )


@pytest.fixture
def hostile() -> dict[str, Any]:
    return build_document(
        Event("m.A.test_put", Outcome.FAILED, HOSTILE, HOSTILE * 5000),
        Event("m.A.test_odd", Outcome.SKIPPED, HOSTILE),
        problems=(HOSTILE,),
    )
