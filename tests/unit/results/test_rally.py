"""Rally's JSON report: all its verifications, and nothing unknown is a pass."""

import json
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results
from defcheck.results.models import Outcome, ResultSet
from defcheck.results.result_set import ResultIndex
from tests.unit.results.writers import RALLY_COUNTS, report
from tests.unit.shared import DATA

P, F, S, U = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNFINISHED
ID = "id-00000000-0000-4000-8000-00000000000"


def load(document: Any) -> ResultSet:
    return load_bytes(json.dumps(document).encode(), "x")


def test_what_rally_made_of_every_kind_of_result() -> None:
    found = load_results(str(DATA / "kinds-rally.json"))
    assert (found.format, found.problems, found.passes_only) == ("rally JSON", (), False)
    assert [(event.name, event.outcome) for event in found.events] == [
        (f"suite.test_kinds.Good.test_error[{ID}4]", F),
        (f"suite.test_kinds.Good.test_expected[{ID}5]", F),
        (f"suite.test_kinds.Good.test_fail[{ID}2]", F),
        (f"suite.test_kinds.Good.test_pass[{ID}1,smoke]", P),
        (f"suite.test_kinds.Good.test_skip[{ID}3]", S),
        (f"suite.test_kinds.Good.test_unexpected[{ID}6]", F),
        (f"suite.test_kinds.SetUpFails.test_never[{ID}8]", F),
        (f"suite.test_kinds.SetUpSkips.test_never[{ID}7]", S),
        (f"suite.test_kinds.TearDownFails.test_pass[{ID}9]", P),
    ]
    events = {event.name.split("[")[0].split(".", 2)[-1]: event for event in found.events}
    assert events["SetUpFails.test_never"].reason == "RuntimeError: no network"
    assert events["SetUpSkips.test_never"].reason == "not for this cloud"
    assert events["Good.test_expected"].seconds == 0.013


def test_of_several_verifications_the_worse_counts() -> None:
    found = load_results(str(DATA / "two-rally.json"))
    assert [event.outcome for event in found.events] == [P, F]
    assert ResultIndex(found).find_outcome("suite.test_kinds.Good.test_pass").outcome is F
    found = load(report({"a.C.test_x": "skip"}, {"a.C.test_x": "success"}))
    assert ResultIndex(found).find_outcome("a.C.test_x").outcome is S


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("success", P),
        ("fail", F),
        ("skip", S),
        ("xfail", F),
        ("uxsuccess", F),
        ("init", U),
        ("inprogress", U),
        ("passed", U),
        ("Success", U),
        ("", U),
    ],
)
def test_what_each_status_means(status: str, outcome: Outcome) -> None:
    found = load(report({"a.C.test_x": status}))
    assert [event.outcome for event in found.events] == [outcome]
    assert bool(found.problems) == (outcome is U)


def test_reason_of_a_skip_is_told_whole() -> None:
    document = report({"a.C.test_x": "skip"})
    (result,) = document["tests"]["a.C.test_x"]["by_verification"].values()
    result["details"] = "not for this cloud\nas it has no volumes\n"
    (event,) = load(document).events
    assert (event.reason, event.details) == ("not for this cloud\nas it has no volumes", "")


def test_a_test_that_did_not_run_is_named() -> None:
    found = load(report({"a.C.test_x": "init"}))
    assert found.problems == ("a.C.test_x began and did not finish",)


@pytest.mark.parametrize(
    "changes",
    [{field: 7} for field in ("tests_count", *RALLY_COUNTS.values())]
    + [{"success": "1"}, {"success": None}, {"status": "running"}, {"status": "crashed"}],
)
def test_a_verification_that_contradicts_its_tests_is_a_problem(changes: dict[str, Any]) -> None:
    runs = ({"a.C.test_x": "success"}, {"a.C.test_x": "success"})
    assert load(report(*runs)).problems == ()
    assert len(load(report(*runs, **changes)).problems) == 2


def test_a_result_of_an_unknown_verification_is_a_problem() -> None:
    document = report({"a.C.test_x": "success"})
    document["tests"]["a.C.test_x"]["by_verification"]["other"] = {"status": "success"}
    assert load(document).problems


def test_names_get_the_id_that_stands_in_the_tags() -> None:
    key = f"a.C.test_x[{ID}1,smoke]"
    document = report({key: "success"})
    (event,) = load(document).events
    assert event.name == key
    document["tests"] = {"a.C.test_x": document["tests"][key]}
    (event,) = load(document).events
    assert event.name == key


def test_a_scenario_stays_in_the_name() -> None:
    """Rally cuts the name at the first bracket, and what it takes for tags is wrong then."""
    document = report({f"a.C.test_x[{ID}1](v4)": "success"})
    (event,) = load(document).events
    assert event.test.name == "a.C.test_x(v4)"


def test_a_test_under_the_name_of_another_is_a_problem() -> None:
    document = report({"a.C.test_x": "success"})
    document["tests"]["a.C.test_x"]["name"] = "a.C.test_y"
    assert load(document).problems


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("verifications",), [], "`verifications` is not an object"),
        (("tests",), None, "`tests` is not an object"),
        (("tests", "a.C.test_x"), 7, "is not an object"),
        (("tests", "a.C.test_x", "by_verification"), [], "is not an object"),
        (("tests", "a.C.test_x", "by_verification", "v0"), "success", "is not an object"),
        (("tests", "a.C.test_x", "name"), 7, "has no `name`"),
        (("tests", "a.C.test_x", "tags"), "x", "no list of `tags`"),
        (("tests", "a.C.test_x", "outcome"), "fail", "has the field outcome, unknown to rally"),
        (("verifications", "v0"), None, "is not an object"),
    ],
)
def test_what_rally_does_not_write_is_refused(
    place: tuple[str, ...], value: Any, words: str
) -> None:
    document = report({"a.C.test_x": "success"})
    part = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(InputError, match=words):
        load(document)


def test_a_report_without_a_test_is_refused() -> None:
    with pytest.raises(InputError, match="contains no test result"):
        load(report({}))


def test_a_name_that_is_said_twice_is_refused() -> None:
    """The last one would hide what the first one says."""
    text = json.dumps(report({"a.C.test_x": "fail"}))
    twice = text.replace('"status": "fail"', '"status": "fail", "status": "success"')
    with pytest.raises(InputError, match="duplicate key 'status'"):
        load_bytes(twice.encode(), "x")


def test_a_report_that_is_cut_off_is_refused_at_every_length() -> None:
    data = (DATA / "two-rally.json").read_bytes()
    for length in range(1, len(data)):
        with pytest.raises(InputError, match="looks like JSON but is not"):
            load_bytes(data[:length], "x")
