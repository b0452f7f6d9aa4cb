"""CSV has one row a test, follows its schema, and holds no formula."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from defcheck.report.formats import csv_table
from defcheck.results.models import Event, Outcome
from tests.unit.report.conftest import build_document

FIELDS = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/csv-1.json").read_bytes()
)["fields"]
Document = dict[str, Any]


def rows(document: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_table.render_verdict_csv(document))))


@pytest.mark.parametrize("fixture", ["passing", "mixed", "hostile"])
def test_it_follows_its_schema(fixture: str, request: pytest.FixtureRequest) -> None:
    found = rows(request.getfixturevalue(fixture))
    assert found
    for row in found:
        assert list(row) == [field["name"] for field in FIELDS]
        for field in FIELDS:
            cell, rules = row[field["name"]], field.get("constraints", {})
            allowed = rules.get("enum") or [*field.get("trueValues", ()), "no"]
            assert cell or not rules.get("required")
            if "enum" in rules or field["type"] == "boolean":
                assert cell in allowed
            if cell and field["type"] == "number":
                assert float(cell) >= 0


def test_every_test_has_its_row(mixed: Document) -> None:
    tests = [test["name"] for item in mixed["capabilities"] for test in item["tests"]]
    assert [row["test"] for row in rows(mixed)] == tests
    failed = next(row for row in rows(mixed) if row["test"] == "m.A.test_put")
    assert (failed["judgement"], failed["reason"]) == ("fail", "http.Error: 500")


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\x1b[31m=1"])
def test_no_cell_is_a_formula(reason: str) -> None:
    document = build_document(Event("m.A.test_put", Outcome.FAILED, reason))
    cell = next(row["reason"] for row in rows(document) if row["test"] == "m.A.test_put")
    assert cell[0] == "'"
