"""Each format of a verdict has a writer, a golden file and a documented schema."""

import csv
import dataclasses
import io
import json
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from defcheck import __version__
from defcheck.cli import passes
from defcheck.cli.documents import score_given
from defcheck.cli.outputs import PASSES, parse_outputs
from defcheck.report import formats

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests/data/golden"
RESULTS = PROJECT / "tests/data/quotas-fail.subunit.gz"
SCHEMAS = PROJECT / "reports/schemas"

FORMATS = ("html", "json", "markdown", "junit", "csv", "rst", "refstack", "text")
"""What defcheck promises to write of a run."""


def write(name: str) -> str:
    """Return the report of a real run that failed."""
    document, given = score_given(str(RESULTS), "2020.06", "storage")
    if name != PASSES:
        return formats.render(name, document)
    results = dataclasses.replace(given.results, cpid="a cloud")
    return passes.payload_of(dataclasses.replace(given, results=results)).body.decode()


def golden(name: str) -> str:
    return (GOLDEN / f"report.{name}").read_text(encoding="utf-8")


def test_every_promised_format_can_be_asked_for_and_no_other() -> None:
    assert {name for name, _ in parse_outputs(FORMATS)} == set(FORMATS)
    assert {*formats.VERDICT, PASSES} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_report_of_a_real_run_is_as_it_was(name: str) -> None:
    assert write(name).replace(__version__, "VERSION") == golden(name)


def test_no_golden_file_is_of_a_format_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"report.{name}" for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described_among_the_schemas(name: str) -> None:
    told = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    assert f"`-f {name}`" in told or f"`{name}`" in told


def test_every_schema_is_named_there() -> None:
    told = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    for path in SCHEMAS.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in told, path.name


@pytest.mark.parametrize(("name", "schema"), [("json", "verdict-1"), ("refstack", "refstack-1")])
def test_golden_json_follows_its_schema(name: str, schema: str) -> None:
    rules = json.loads((SCHEMAS / f"{schema}.json").read_bytes())
    jsonschema.Draft202012Validator(rules).validate(json.loads(golden(name)))


def test_golden_junit_follows_its_schema() -> None:
    xmlschema.XMLSchema10(SCHEMAS / "junit-1.xsd").validate(golden("junit"))


def test_golden_csv_has_the_columns_of_its_schema() -> None:
    columns = next(csv.reader(io.StringIO(golden("csv"))))
    fields = json.loads((SCHEMAS / "csv-1.json").read_bytes())["fields"]
    assert columns == [field["name"] for field in fields]
