"""The document's counts add up and keep flagged and advisory tests apart."""

import html
from typing import Any

import pytest

from defcheck.report.formats import registry
from defcheck.workflows.verdicts import score_results
from tests.unit.shared import DATA

Document = dict[str, Any]


def test_counted_and_flagged_are_kept_apart(mixed: Document) -> None:
    assert mixed["counts"]["counted"] == {
        "total": 3,
        "passed": 1,
        "allowed": 0,
        "failed": 1,
        "incomplete": 1,
    }
    assert mixed["counts"]["with_flagged"] == {
        "total": 4,
        "passed": 1,
        "allowed": 0,
        "failed": 2,
        "incomplete": 1,
    }


def test_capabilities_by_what_their_tests_say(mixed: Document) -> None:
    judged = {item["name"]: item["judgement"] for item in mixed["capabilities"]}
    assert judged == {
        "put": "fail",
        "get": "pass",
        "old": "flagged",
        "none": "untested",
        "new": "incomplete",
    }
    assert mixed["counts"]["capabilities"] == {
        "total": 2,
        "passed": 1,
        "failed": 1,
        "incomplete": 0,
        "flagged": 1,
        "untested": 1,
    }


def test_why_is_a_sentence_for_each_verdict(passing: Document, mixed: Document) -> None:
    assert (passing["verdict"], passing["why"]) == ("pass", "All 3 counted tests meet the rule.")
    assert (mixed["verdict"], mixed["why"]) == (
        "fail",
        "The results are incomplete: a damaged packet was skipped. 1 of 3 counted tests failed.",
    )


def test_refstack_s_answer_stands_beside(passing: Document, mixed: Document) -> None:
    assert passing["refstack"]["answer"] == "YES"
    assert (mixed["refstack"]["answer"], mixed["refstack"]["counted_passed"]) == ("NO", 1)


def test_a_test_of_two_capabilities_counts_once_and_twice_for_refstack() -> None:
    document = score_results(str(DATA / "storage.subunit.gz"), "2020.06", "storage")
    assert document["counts"]["counted"]["total"] == 58
    assert document["refstack"]["counted"] == 60
    for name in ("text", "html", "markdown", "rst"):
        shown = " ".join(html.unescape(registry.render_document(name, document)).split())
        assert "60 of 60 pairs" in shown, name
        assert "RefStack counts 60 pairs of a capability and an unflagged test" in shown.replace(
            "\\", ""
        ), name


@pytest.mark.parametrize("name", ["text", "html", "markdown", "rst"])
def test_where_no_test_counts_twice_nothing_is_said(name: str, mixed: Document) -> None:
    assert "different ones" not in registry.render_document(name, mixed)
