"""JUnit XML is red exactly where the verdict is no pass, and follows its schema."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import xmlschema
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from defcheck.report.formats import junit
from defcheck.results.models import Event, Outcome
from defcheck.scoring.policy import ScoringOptions
from tests.unit.report.conftest import build_document

SCHEMA = xmlschema.XMLSchema10(Path(__file__).resolve().parents[3] / "reports/schemas/junit-1.xsd")
NAMES = ("m.A.test_put", "m.A.test_odd", "m.B.test_get", "m.A.test_old", "m.C.test_new")
Document = dict[str, Any]


def read(document: Document) -> Element:
    root: Element = ElementTree.fromstring(junit.render_verdict_junit(document))
    return root


def case(root: Element, capability: str, method: str) -> Element:
    found = root.find(f"testsuite[@name='{capability}']/testcase[@name='{method}']")
    assert found is not None
    return found


@pytest.mark.parametrize("fixture", ["passing", "mixed", "hostile"])
def test_it_follows_its_schema(fixture: str, request: pytest.FixtureRequest) -> None:
    SCHEMA.validate(junit.render_verdict_junit(request.getfixturevalue(fixture)))


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Outcome)), max_size=8),
    st.sampled_from([(), ("cut off",)]),
    st.booleans(),
)
def test_it_is_red_exactly_where_the_verdict_is_no_pass(
    results: list[tuple[str, Outcome]], problems: tuple[str, ...], strict: bool
) -> None:
    events = [Event(name, outcome, "why") for name, outcome in results]
    document = build_document(*events, problems=problems, terms=ScoringOptions(strict=strict))
    root = read(document)
    red = [one for one in root.iter("testcase") if one.find("failure") is not None]
    red += [one for one in root.iter("testcase") if one.find("error") is not None]
    assert bool(red) == (document["verdict"] != "pass")
    assert int(root.get("failures", "")) + int(root.get("errors", "")) == len(red)


def test_a_failed_test_says_why_and_a_skip_of_a_counted_test_is_no_skip(mixed: Document) -> None:
    root = read(mixed)
    failure = case(root, "put", "test_put").find("failure")
    assert failure is not None
    assert failure.get("message") == "failed: http.Error: 500"
    assert "Traceback" in (failure.text or "")
    error = case(root, "put", "test_odd").find("error")
    assert error is not None
    assert error.get("type") == "skipped"
    assert not list(case(root, "get", "test_get"))


def test_flagged_and_advisory_tests_are_skipped_and_say_why(mixed: Document) -> None:
    root = read(mixed)
    flagged = case(root, "old", "test_old").find("skipped")
    assert flagged is not None
    assert flagged.get("message") == "flagged D404; failed: flagged and failed"
    advisory = case(root, "new", "test_new").find("skipped")
    assert advisory is not None
    assert advisory.get("message") == "the capability is advisory; not run"


def test_damaged_results_are_an_error_though_every_test_passed(passing: Document) -> None:
    damaged = build_document(
        *(Event(name, Outcome.PASSED) for name in NAMES[:3]), problems=("a packet is cut off",)
    )
    error = case(read(damaged), "verdict", "OpenStack Powered Storage, guideline 2031.01")
    assert "a packet is cut off" in (error[0].text or "")
    assert not list(read(passing).iter("error"))
