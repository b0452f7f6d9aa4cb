"""One fact has one number, in every format that tells it and in every place that counted it."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from defcheck.report.formats import registry
from defcheck.report.formats import text as text_report
from defcheck.report.models.comparison import build_comparison_document
from defcheck.report.models.gate import list_standings
from defcheck.workflows.verdicts import score_against_all_guidelines, score_results
from tests.unit.report.wording import plain
from tests.unit.shared import DATA, shared_files

Document = dict[str, Any]
Numbers = dict[str, Any]

RECORDED = ("storage", "quotas-fail", "killed-worker", "class-skip", "class-setup-fails")
STREAMS = [
    *(pytest.param(DATA / f"{name}.subunit.gz", id=name) for name in RECORDED),
    *shared_files("results/*.subunit.gz"),
]
TARGETS = [
    ("2020.06", "storage"),
    ("2020.06", "platform"),
    ("2018.02", "platform"),
    ("scs-0128", ""),
]


@cache
def scored(path: Path, guideline: str, target: str) -> Document:
    return score_results(str(path), guideline, target)


def of_text(document: Document) -> Numbers:
    text = plain("text", document)
    rows = [
        *re.findall(
            r"(?:counted tests|with flagged tests) (\d+) of (\d+) passed"
            r"(?:, \d+ allowed skips)? (\d+) failed (\d+) incomplete",
            text,
        ),
        *re.findall(r"capabilities (\d+) of (\d+) proved (\d+) failed (\d+) incomplete", text),
    ]
    return {
        "rows": numbers(rows),
        "refstack": numbers(re.findall(r"RefStack's answer \w+, (\d+) of (\d+) pairs", text)),
        "causes": causes_of_text(document),
    }


OUTCOME = (
    r"\d+ (?:failed|fixture errors?|unfinished|absent|not run|skipped|passed, teardown errors?)"
)


def causes_of_text(document: Document) -> list[int]:
    """Return how many tests the summary names for each cause, however many causes there are."""
    shown = text_report.render_verdict_text(document, verbose=True, width=200)
    heads = re.findall(rf"^  ({OUTCOME}(?:, {OUTCOME})*): ", shown, re.MULTILINE)
    return sorted(sum(map(int, re.findall(r"\d+", head))) for head in heads)


def of_markdown(document: Document) -> Numbers:
    text = plain("markdown", document)
    return {
        "rows": numbers(re.findall(r"\| [a-z ]+ \| (\d+) of (\d+) \| (\d+) \| (\d+) \|", text)),
        "refstack": numbers(re.findall(r"would have said \w+: (\d+) of (\d+) pairs", text)),
        "causes": listed(re.findall(r"<summary>(\d+) tests?</summary>", text)),
    }


def of_rst(document: Document) -> Numbers:
    text = plain("rst", document)
    return {
        "rows": numbers(re.findall(r"\* - [a-z ]+ - (\d+) of (\d+) - (\d+) - (\d+)", text)),
        "refstack": numbers(re.findall(r"would have said \w+: (\d+) of (\d+) pairs", text)),
    }


def of_html(document: Document) -> Numbers:
    text = plain("html", document)
    counted = re.findall(
        r"(\d+)/(\d+) counted tests passed(?:, \d+ more were allowed skips)? (\d+) failed "
        r"(\d+) incomplete",
        text,
    )
    return {
        "counted": numbers(counted)[0],
        "capabilities": numbers(re.findall(r"(\d+) of (\d+) required capabilities proved", text))[
            0
        ],
        "refstack": numbers(re.findall(r"would have said \w+, (\d+) of (\d+) pairs", text)),
        "causes": listed(re.findall(r"(\d+) tests? of \d+ capabilit", text)),
    }


def numbers(found: list[tuple[str, ...]]) -> list[tuple[int, ...]]:
    return [tuple(map(int, one)) for one in found]


def listed(found: Iterable[int | str]) -> list[int]:
    return sorted(map(int, found))


def row(counts: Document) -> tuple[int, ...]:
    return (counts["passed"], counts["total"], counts["failed"], counts["incomplete"])


@pytest.mark.parametrize(("guideline", "target"), TARGETS)
@pytest.mark.parametrize("path", STREAMS)
def test_every_report_tells_the_numbers_of_the_document(
    path: Path, guideline: str, target: str
) -> None:
    document = scored(path, guideline, target)
    counts, refstack = document["counts"], document["refstack"] or {"answer": None}
    rows = [row(counts[kind]) for kind in ("counted", "with_flagged", "capabilities")]
    pairs = [(refstack["counted_passed"], refstack["counted"])] if refstack["answer"] else []
    causes = listed(len(cause["tests"]) for cause in document["causes"])
    for one in (of_text(document), of_markdown(document), of_rst(document)):
        assert one["rows"] == rows
        assert one["refstack"] == pairs
        assert one.get("causes", causes) == causes
    page = of_html(document)
    assert page["counted"] == rows[0]
    assert page["capabilities"] == rows[2][:2]
    assert page["refstack"] == pairs
    assert page["causes"] == causes
    assert sum(causes) == counts["counted"]["total"] - counts["counted"]["passed"]
    for total in re.findall(r"(?:of|All) (\d+) (?:counted tests|did not pass)", document["why"]):
        assert int(total) == counts["counted"]["total"]
    for kind in ("counted", "with_flagged", "capabilities"):
        number, total, failed, incomplete = row(counts[kind])
        assert number + counts[kind].get("allowed", 0) + failed + incomplete == total


@pytest.mark.parametrize("path", STREAMS)
def test_the_matrix_counts_as_the_verdict_does(path: Path) -> None:
    document = score_against_all_guidelines(str(path))
    found = {(one["guideline"], one["target"]["name"]): one for one in document["verdicts"]}
    for guideline, target in (("2020.06", "object"), ("2020.06", "platform")):
        own = scored(path, guideline, target)["counts"]["counted"]
        assert found[guideline, target]["counted"] == own
        missing = [
            len(cause["tests"])
            for cause in scored(path, guideline, target)["causes"]
            if set(cause["outcomes"]) <= {"not run", "absent"}
        ]
        assert found[guideline, target]["ran"] == own["total"] - sum(missing)
    for outlook in document["outlooks"]:
        for step in outlook["steps"]:
            names = [gap["test"] for gap in step["required"]]
            assert len(names) == len(set(names))
            cell = found[step["guideline"], outlook["target"]]["counted"]
            assert step["counted"] == cell["total"]
            assert len(names) == cell["failed"] + cell["incomplete"]


@pytest.mark.parametrize("path", STREAMS)
def test_a_comparison_and_a_gate_count_as_the_verdict_does(path: Path) -> None:
    document = scored(path, "2020.06", "storage")
    total = document["counts"]["counted"]["total"]
    compared = build_comparison_document(["a", "b"], [document, document])
    assert compared["columns"][0]["counted"]["total"] == total
    assert sum(one.counted for one in list_standings(document)) == total
    shown = " ".join(registry.render_document("text", compared).split())
    assert f" {document['counts']['counted']['passed']}/{total} " in shown
