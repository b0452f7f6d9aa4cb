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
from defcheck.cli.output import REFSTACK_FORMAT, parse_outputs
from defcheck.guideline.overlay import NO_OVERLAY
from defcheck.report.formats import registry
from defcheck.report.models.comparison import build_comparison_document
from defcheck.report.models.verdict_report import Document
from defcheck.scoring.gate import GateRule
from defcheck.scoring.policy import DEFAULT_OPTIONS
from defcheck.workflows import submission
from defcheck.workflows.comparison import gate_results
from defcheck.workflows.verdicts import (
    explain_subject,
    score_against_all_guidelines,
    score_and_load,
    score_results,
)

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
    document, given = score_and_load(str(RESULTS), "2020.06", "storage")
    if name != REFSTACK_FORMAT:
        return registry.render_document(name, document)
    results = dataclasses.replace(given.results, cpid="a cloud")
    found = submission.build_results_payload(
        dataclasses.replace(given, results=results), warn=pytest.fail
    )
    return found.body.decode()


def golden(name: str, report: str = "report") -> str:
    return (GOLDEN / f"{report}.{name}").read_text(encoding="utf-8")


def compared() -> Document:
    verdicts = [score_results(str(run), "2020.06", "storage") for run in (ACCEPTED, RESULTS)]
    return build_comparison_document(["accepted", "today"], verdicts)


def gated() -> Document:
    rules = (GateRule.FAIL, GateRule.REGRESSION)
    return gate_results(
        str(RESULTS), str(ACCEPTED), rules, NO_OVERLAY, "2026-11-25", "2020.06", "storage"
    )


def gated_without_baseline() -> Document:
    rules = (GateRule.FAIL, GateRule.REGRESSION)
    return gate_results(
        *(str(SKIPPED), "", rules, NO_OVERLAY, "2026-11-25", "2020.06", "storage"),
        accept_incomplete=True,
    )


def all_of_one_target() -> Document:
    return score_against_all_guidelines(str(RESULTS), "object")


def explained() -> Document:
    capability = "objectstore-container-quotas"
    return explain_subject(capability, "2020.06", "storage", str(RESULTS), DEFAULT_OPTIONS)


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
    return registry.render_document(name, document_of(report))


def format_of(report: str) -> str:
    return report.partition("-")[0]


ALL = [
    (report, name)
    for report in OTHERS
    for name in registry.FORMATS_OF_DOCUMENT[f"defcheck {format_of(report)} 1"]
]


def test_every_report_has_golden_files() -> None:
    known = {f"defcheck {format_of(report)} 1" for report in ("verdict", *OTHERS)}
    assert known | WITHOUT_GOLDEN == set(registry.FORMATS_OF_DOCUMENT)


@pytest.mark.parametrize(("report", "name"), ALL)
def test_every_other_report_is_as_it_was(report: str, name: str) -> None:
    assert write_other(report, name).replace(__version__, "VERSION") == golden(name, report)


@pytest.mark.parametrize("report", OTHERS)
def test_other_golden_json_follows_its_schema(report: str) -> None:
    rules = json.loads((SCHEMAS / f"{format_of(report)}-1.json").read_bytes())
    jsonschema.Draft202012Validator(rules).validate(json.loads(golden("json", report)))


@pytest.mark.parametrize("stated", registry.FORMATS_OF_DOCUMENT)
def test_every_report_has_a_schema_of_its_own_format(stated: str) -> None:
    schema = json.loads((SCHEMAS / f"{stated.split()[1]}-1.json").read_bytes())
    assert schema["properties"]["format"] == {"const": stated}


def test_golden_comparison_has_the_columns_of_its_schema() -> None:
    columns = next(csv.reader(io.StringIO(golden("csv", "comparison"))))
    fields = json.loads((SCHEMAS / "comparison-csv-1.json").read_bytes())["fields"]
    assert columns == [*(field["name"] for field in fields), "accepted", "today"]


def test_every_promised_format_can_be_asked_for_and_no_other() -> None:
    assert {name for name, _ in parse_outputs(FORMATS)} == set(FORMATS)
    assert {*registry.VERDICT_FORMATS, REFSTACK_FORMAT} == set(FORMATS)


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
