"""Each format of each report has a writer, a golden file and a documented schema."""

import csv
import dataclasses
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import xmlschema

from defcheck import __version__
from defcheck.cli import passes
from defcheck.cli.beside import gate
from defcheck.cli.documents import explain, score_all, score_given, score_one
from defcheck.cli.outputs import PASSES, parse_outputs
from defcheck.guideline.overlay import NO_OVERLAY
from defcheck.report import formats
from defcheck.report.comparison.document import build as build_comparison
from defcheck.report.document import Document
from defcheck.scoring.gate import Rule
from defcheck.scoring.terms import PLAIN

PROJECT = Path(__file__).resolve().parents[3]
GOLDEN = PROJECT / "tests/data/golden"
RESULTS = PROJECT / "tests/data/quotas-fail.subunit.gz"
ACCEPTED = PROJECT / "tests/data/quotas.subunit.gz"
SKIPPED = PROJECT / "tests/data/class-skip.subunit.gz"
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


def golden(name: str, report: str = "report") -> str:
    return (GOLDEN / f"{report}.{name}").read_text(encoding="utf-8")


def compared() -> Document:
    verdicts = [score_one(str(run), "2020.06", "storage") for run in (ACCEPTED, RESULTS)]
    return build_comparison(["accepted", "today"], verdicts)


def gated() -> Document:
    rules = (Rule.FAIL, Rule.REGRESSION)
    return gate(str(RESULTS), str(ACCEPTED), rules, NO_OVERLAY, "2026-11-25", "2020.06", "storage")


def gated_without_baseline() -> Document:
    rules = (Rule.FAIL, Rule.REGRESSION)
    return gate(
        *(str(SKIPPED), "", rules, NO_OVERLAY, "2026-11-25", "2020.06", "storage"),
        accept_incomplete=True,
    )


def all_of_one_target() -> Document:
    return score_all(str(RESULTS), "object")


def explained() -> Document:
    capability = "objectstore-container-quotas"
    return explain(capability, "2020.06", "storage", str(RESULTS), PLAIN)


OTHERS: dict[str, Callable[[], Document]] = {
    "comparison": compared,
    "gate": gated,
    "gate-without-baseline": gated_without_baseline,
    "matrix": all_of_one_target,
    "explanation": explained,
}
"""Reports other than a verdict, all of real runs. The first word is the name of their format."""

WITHOUT_GOLDEN = {"defcheck cleanup 1"}
"""What a cloud held after a run; its texts are compared in tests/unit/report/test_lines.py."""


@cache
def document_of(report: str) -> Document:
    return OTHERS[report]()


def write_other(report: str, name: str) -> str:
    """Return a report other than a verdict in a format."""
    return formats.render(name, document_of(report))


def format_of(report: str) -> str:
    return report.partition("-")[0]


ALL = [
    (report, name)
    for report in OTHERS
    for name in formats.WRITERS[f"defcheck {format_of(report)} 1"]
]


def test_every_report_has_golden_files() -> None:
    known = {f"defcheck {format_of(report)} 1" for report in ("verdict", *OTHERS)}
    assert known | WITHOUT_GOLDEN == set(formats.WRITERS)


@pytest.mark.parametrize(("report", "name"), ALL)
def test_every_other_report_is_as_it_was(report: str, name: str) -> None:
    assert write_other(report, name).replace(__version__, "VERSION") == golden(name, report)


@pytest.mark.parametrize("report", OTHERS)
def test_other_golden_json_follows_its_schema(report: str) -> None:
    rules = json.loads((SCHEMAS / f"{format_of(report)}-1.json").read_bytes())
    jsonschema.Draft202012Validator(rules).validate(json.loads(golden("json", report)))


@pytest.mark.parametrize("stated", formats.WRITERS)
def test_every_report_has_a_schema_of_its_own_format(stated: str) -> None:
    schema = json.loads((SCHEMAS / f"{stated.split()[1]}-1.json").read_bytes())
    assert schema["properties"]["format"] == {"const": stated}


def test_golden_comparison_has_the_columns_of_its_schema() -> None:
    columns = next(csv.reader(io.StringIO(golden("csv", "comparison"))))
    fields = json.loads((SCHEMAS / "comparison-csv-1.json").read_bytes())["fields"]
    assert columns == [*(field["name"] for field in fields), "accepted", "today"]


def test_every_promised_format_can_be_asked_for_and_no_other() -> None:
    assert {name for name, _ in parse_outputs(FORMATS)} == set(FORMATS)
    assert {*formats.VERDICT, PASSES} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_report_of_a_real_run_is_as_it_was(name: str) -> None:
    assert write(name).replace(__version__, "VERSION") == golden(name)


def test_no_golden_file_is_of_a_format_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {
        *(f"report.{name}" for name in FORMATS),
        *(f"{report}.{name}" for report, name in ALL),
    }


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
