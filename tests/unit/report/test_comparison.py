"""Verdicts side by side: what differs, what changed, in every format."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from defcheck.guideline.models import PolicyName
from defcheck.report.formats import registry
from defcheck.report.models.comparison import (
    ResultChange,
    build_comparison_document,
    choose_column_labels,
    classify_changes,
    describe_comparison,
)
from defcheck.results.models import Event, Outcome
from defcheck.scoring.policy import POLICIES
from tests.unit.report.conftest import HOSTILE, build_document

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/comparison-1.json").read_bytes()
)
PUT, ODD, GET = "m.A.test_put", "m.A.test_odd", "m.B.test_get"
NAMES = (PUT, ODD, GET, "m.A.test_old", "m.C.test_new")
Document = dict[str, Any]


def compared(*runs: list[Event]) -> Document:
    verdicts = [build_document(*events) for events in runs]
    return build_comparison_document([f"run {number}" for number in range(len(runs))], verdicts)


def passed(*names: str) -> list[Event]:
    return [Event(name, Outcome.PASSED) for name in names]


@pytest.fixture
def two() -> Document:
    return compared(
        [*passed(PUT, GET), Event(ODD, Outcome.FAILED, "http.Error: 500")],
        [*passed(ODD), Event(PUT, Outcome.FAILED, "http.Error: 404"), Event(GET, Outcome.SKIPPED)],
    )


def test_two_runs_tell_what_became_of_each_test(two: Document) -> None:
    changes = {kind: [one["name"] for one in tests] for kind, tests in two["changes"].items()}
    assert changes == {
        **{kind.value: [] for kind in ResultChange},
        "broke": [PUT],
        "lost": [GET],
        "mended": [ODD],
    }
    assert two["same"] == 2
    jsonschema.Draft202012Validator(SCHEMA).validate(two)


def test_more_than_two_runs_tell_where_they_differ() -> None:
    document = compared(passed(PUT, ODD, GET), passed(PUT, ODD), passed(PUT, ODD, GET))
    assert document["changes"] is None
    judgements = {item["name"]: item["judgements"] for item in document["capabilities"]}
    assert judgements["get"] == ["pass", "incomplete", "pass"]
    assert judgements["put"] == ["pass", "pass", "pass"]
    assert [test["name"] for test in document["tests"]] == [GET]
    assert [column["verdict"] for column in document["columns"]] == ["pass", "incomplete", "pass"]


def test_a_test_with_two_results_is_flaky() -> None:
    document = compared(passed(PUT), [*passed(PUT), Event(PUT, Outcome.FAILED)])
    assert [one["name"] for one in document["changes"]["flaky"]] == [PUT]
    assert [one["name"] for one in document["changes"]["broke"]] == [PUT]


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [
        (1.0, 5.9, False),
        (1.0, 6.0, True),
        (10.0, 19.9, False),
        (10.0, 20.0, True),
        (None, 9, False),
    ],
)
def test_slower_is_twice_as_long_and_no_chance(
    before: float | None, after: float | None, slower: bool
) -> None:
    result = {"outcome": "passed", "judgement": "pass", "flaky": False}
    found = classify_changes({**result, "seconds": before}, {**result, "seconds": after})
    assert found == ([ResultChange.SLOWER] if slower else [])


def result(outcome: Outcome, policy: PolicyName) -> Document:
    judgement = POLICIES[policy].judge_test(outcome).value
    return {"outcome": outcome.value, "judgement": judgement, "flaky": False, "seconds": None}


@pytest.mark.parametrize("policy", PolicyName)
@given(before=st.sampled_from(Outcome), after=st.sampled_from(Outcome))
def test_a_change_of_judgement_is_never_called_other(
    policy: PolicyName, before: Outcome, after: Outcome
) -> None:
    was, now = result(before, policy), result(after, policy)
    found = classify_changes(was, now)
    if was["judgement"] == "pass" != now["judgement"]:
        assert found in ([ResultChange.REGRESSED], [ResultChange.LOST_PASS])
    if was["judgement"] != "pass" == now["judgement"]:
        assert found == [ResultChange.FIXED]
    assert bool(found) == (before is not after)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (Outcome.SKIPPED, Outcome.FAILED, ResultChange.REGRESSED),
        (Outcome.SKIPPED, Outcome.FIXTURE_ERROR, ResultChange.REGRESSED),
        (Outcome.SKIPPED, Outcome.NOT_RUN, ResultChange.LOST_PASS),
        (Outcome.FAILED, Outcome.SKIPPED, ResultChange.FIXED),
        (Outcome.SKIPPED, Outcome.PASSED, ResultChange.FIXED),
        (Outcome.PASSED, Outcome.SKIPPED, ResultChange.LOST_PASS),
        (Outcome.NOT_RUN, Outcome.FAILED, ResultChange.OTHER),
    ],
)
def test_an_allowed_skip_can_be_lost(before: Outcome, after: Outcome, change: ResultChange) -> None:
    scs = PolicyName.SCS
    assert classify_changes(result(before, scs), result(after, scs)) == [change]


runs = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(Outcome)),
    max_size=8,
    unique_by=lambda x: x[0],
)


@given(runs, runs)
def test_every_test_is_alike_or_told(
    first: list[tuple[str, Outcome]], second: list[tuple[str, Outcome]]
) -> None:
    document = compared(
        [Event(*one, "why") for one in first], [Event(*one, "why") for one in second]
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["same"] + len(document["tests"]) == len(NAMES)
    told = {one["name"] for tests in document["changes"].values() for one in tests}
    assert told == {test["name"] for test in document["tests"]}


@given(runs)
def test_a_run_beside_itself_has_no_change(events: list[tuple[str, Outcome]]) -> None:
    same = [Event(*one, "why") for one in events]
    document = compared(same, same)
    assert document["tests"] == []
    assert not any(document["changes"].values())


@pytest.mark.parametrize("name", registry.COMPARISON_FORMATS)
def test_every_format_names_the_runs_and_what_broke(name: str, two: Document) -> None:
    shown = registry.render_document(name, two)
    for words in ("run 0", "run 1", "test_put"):
        assert words in shown.replace("\\", "")


def test_markdown_tables_are_tables(two: Document) -> None:
    html = MarkdownIt().enable("table").render(registry.render_document("markdown", two))
    assert html.count("<table>") == 2
    assert "|" not in html


def test_csv_has_a_column_for_each_run(two: Document) -> None:
    rows = list(csv.DictReader(io.StringIO(registry.render_document("csv", two))))
    assert {row["test"]: (row["run 0"], row["run 1"]) for row in rows} == {
        PUT: ("passed", "failed"),
        ODD: ("failed", "passed"),
        GET: ("passed", "skipped"),
    }


@pytest.mark.parametrize("name", ["text", "html", "markdown", "csv"])
def test_nothing_hostile_gets_through(name: str) -> None:
    verdicts = [
        build_document(Event(PUT, one, HOSTILE)) for one in (Outcome.FAILED, Outcome.SKIPPED)
    ]
    shown = registry.render_document(
        name, build_comparison_document([HOSTILE, f"{HOSTILE}2"], verdicts)
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    if name == "html":
        assert "<script" not in shown


def named(cloud: str, day: str, source: str = "s") -> Document:
    run = {"cloud": {"name": cloud}, "started": f"{day}T10:00:00+00:00"}
    return {"run": run, "results": {"source": source}}


@pytest.mark.parametrize(
    ("verdicts", "labels"),
    [
        ([named("east", "2031-01-01"), named("west", "2031-01-01")], ["east", "west"]),
        (
            [named("east", "2031-01-01"), named("east", "2031-01-02")],
            ["east 2031-01-01", "east 2031-01-02"],
        ),
        ([named("e", "2031-01-01", "a"), named("e", "2031-01-01", "b")], ["a", "b"]),
        ([named("e", "2031-01-01", "a"), named("e", "2031-01-01", "a")], ["a", "a (2)"]),
        ([{"run": None, "results": {"source": "x"}}, named("x", "2031-01-01", "y")], ["x", "y"]),
    ],
)
def test_no_two_labels_are_alike(verdicts: list[Document], labels: list[str]) -> None:
    assert choose_column_labels(verdicts) == labels


def test_it_says_first_which_pass_and_what_changed(two: Document) -> None:
    passes = "None of the 2 passes."
    told = f"{passes} From the first to the second: 1 regressed, 1 no longer passes, 1 was fixed."
    assert describe_comparison(two) == registry.summarize_document(two) == told
    for name in ("text", "html", "markdown"):
        assert told in " ".join(registry.render_document(name, two).replace("\\", "").split())


@pytest.mark.parametrize("was", [[], [Event(PUT, Outcome.SKIPPED)]], ids=["not run", "skipped"])
def test_a_new_failure_of_a_test_without_a_pass_is_not_called_nothing(was: list[Event]) -> None:
    document = compared([*passed(GET), *was], [*passed(GET), Event(PUT, Outcome.FAILED)])
    assert [one["name"] for one in document["changes"]["other"]] == [PUT]
    assert describe_comparison(document).endswith(
        "From the first to the second: 1 changed but does not pass."
    )


def test_what_does_not_count_changes_nothing_that_counts() -> None:
    flagged = "m.A.test_old"
    document = compared(passed(PUT, flagged), [*passed(PUT), Event(flagged, Outcome.FAILED)])
    assert [one["name"] for one in document["changes"]["broke"]] == [flagged]
    assert describe_comparison(document).endswith("no counted test changed.")
    assert "not counted" in registry.render_document("text", document)


def test_results_that_are_not_whole_are_told_of_in_every_text() -> None:
    verdicts = [build_document(*passed(PUT)), build_document(problems=("a packet is damaged",))]
    document = build_comparison_document(["first", "second"], verdicts)
    for name in ("text", "html", "markdown"):
        told = " ".join(registry.render_document(name, document).replace("\\", "").split())
        assert "second are incomplete: a packet is damaged" in told


def test_of_clouds_it_names_those_that_pass() -> None:
    every = passed(PUT, ODD, GET)
    assert describe_comparison(compared(every, passed(PUT), every)) == "2 of 3 pass: run 0, run 2."
    assert describe_comparison(compared(every, passed(PUT), passed(ODD))) == "1 of 3 passes: run 0."
    alike = describe_comparison(compared(every, every))
    assert alike == "All 2 pass. From the first to the second: no counted test changed."
