"""The list of Tempests, for people and programs."""

import json
from pathlib import Path

import jsonschema

from defcheck.report.models.tempests import (
    TempestListRow,
    build_tempests_document,
    format_tempest_lines,
)

SCHEMA = Path(__file__).resolve().parents[3] / "reports" / "schemas" / "tempests-1.json"
ROWS = [
    TempestListRow("default", "47.0.0", True, False, None, None, "3.11.7", {}),
    TempestListRow("22.1.0", "22.1.0", False, False, None, None, "", {}),
    TempestListRow(
        "46.0.0+heat", "46.0.0", True, True, 1700, 2**20 * 80, "3.11.7", {"heat": "3.0"}
    ),
]


def test_the_document_is_by_its_schema() -> None:
    document = build_tempests_document(ROWS, "/t")
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(document)
    assert [one["in_use"] for one in document["tempests"]] == [False, False, True]


def test_the_text_marks_the_one_in_use_and_the_one_not_whole() -> None:
    assert list(format_tempest_lines(ROWS)) == [
        "  TEMPEST      VERSION   TESTS     SIZE  PLUGINS",
        "  default      47.0.0        ?",
        "  22.1.0       incomplete: remove it or install it again",
        "* 46.0.0+heat  46.0.0     1700   80 MiB  heat 3.0",
        "* is used unless a command names another.",
    ]
