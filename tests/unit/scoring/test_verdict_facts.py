"""What a verdict says of each test beside its outcome."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.selection import find_target, require_counted_tests
from defcheck.results.models import Event, Outcome
from defcheck.scoring.refstack_answer import RefStackAnswer
from tests.unit.scoring.judging import INCOMPLETE, judge, tempest
from tests.unit.shared import document, entry, failed, guideline, load, passed, skipped

X, Y = "a.b.C.test_x", "a.b.C.test_y"
BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
END = BEGIN + timedelta(seconds=3)


def test_component_time_and_traceback_are_those_of_the_event_that_counts() -> None:
    event = replace(failed(X), started=BEGIN, stopped=END)
    x, y = judge(guideline({X: entry(), Y: entry()}), event, passed(Y)).tests
    assert (x.component, x.seconds, x.details) == ("compute", 3.0, "Traceback …")
    assert (y.component, y.seconds, y.details, y.reason) == ("compute", None, "", "")


def test_the_time_of_a_fixture_is_not_the_time_of_its_tests() -> None:
    event = replace(failed("setUpClass (a.b.C)"), started=BEGIN, stopped=END)
    (x,) = judge(guideline({X: entry()}), event).tests
    assert (x.outcome, x.seconds) == (Outcome.FIXTURE_ERROR, None)


def test_tests_that_share_an_id_and_disagree_leave_the_required_one_not_run() -> None:
    names = ("a.n.C.test_n[id-1]", "a.n.D.test_n[id-1]")
    verdict = judge(
        guideline({X: entry("id-1")}), passed(names[0]), failed(names[1]), inventory=tempest(*names)
    )
    assert verdict.judgement is INCOMPLETE
    assert verdict.tests[0].outcome is Outcome.NOT_RUN
    assert "differ in outcome" in verdict.tests[0].reason


def test_what_an_inventory_lacks_is_named_three_at_most() -> None:
    strangers = [passed(f"z.C.test_{number}") for number in range(5)]
    (problem,) = judge(guideline({X: entry()}), *strangers, inventory=tempest(X)).problems
    assert problem.endswith("as z.C.test_0, z.C.test_1, z.C.test_2")


def test_flagged_tests_alone_require_nothing_unless_they_count() -> None:
    made = guideline({X: entry(flagged=True)})
    with pytest.raises(InputError, match="requires no test"):
        require_counted_tests(made, made.targets[0])
    require_counted_tests(made, made.targets[0], flagged=True)


def test_of_several_targets_one_has_to_be_named() -> None:
    with pytest.raises(InputError, match=r"Guideline 2020\.06 has several targets") as raised:
        find_target(catalog.load_guideline("2020.06"))
    assert "platform, compute, object" in raised.value.advice


def test_an_event_without_a_reason_says_nothing() -> None:
    x, _ = judge(guideline({X: entry(), Y: entry()}), Event(Y, Outcome.PASSED)).tests
    assert (x.reason, x.details, x.found, x.attempts) == ("", "", (), ())


@pytest.mark.parametrize("passes_only", [True, False])
def test_results_of_which_no_name_is_known_say_so_with_an_example(passes_only: bool) -> None:
    made = guideline({X: entry(), Y: entry(aliases=["old.C.test_y"])})
    stranger = passed(f"prefix.{X}")
    (x, y) = judge(made, stranger, passed("z.C.test_z"), passes_only=passes_only).tests
    assert x.outcome is y.outcome is Outcome.NOT_RUN
    assert x.reason == y.reason
    assert x.reason.endswith(f"guideline 2030.06; the results contain, for example, prefix.{X}")
    for known in (
        passed(Y),
        passed("old.C.test_y"),
        skipped("setUpClass (a.b.C)"),
        failed("tearDownClass (a.b.C)"),
        skipped("a.b.C"),
    ):
        found = judge(made, stranger, known, passes_only=passes_only).tests[0]
        assert "No name in the results" not in found.reason


@pytest.mark.parametrize("known", [X, f"prefix.{X}"])
def test_missing_test_is_not_blamed_on_names_where_the_tempest_is_known(known: str) -> None:
    """Whether the inventory holds what ran or, as another Tempest's, lacks it."""
    made = guideline({X: entry()})
    (test,) = judge(made, passed(f"prefix.{X}"), inventory=tempest(known)).tests
    assert test.outcome is not Outcome.PASSED
    assert "No name in the results" not in test.reason


def test_a_capability_of_two_components_is_told_under_the_first() -> None:
    made = document({"cap": {X: entry()}})
    target = made["platforms"]["OpenStack Powered Platform"]
    target["components"].append({"name": "storage"})
    made["components"]["storage"] = {"capabilities": {"required": ["cap"]}}
    verdict = judge(load(made), passed(X))
    assert [test.component for test in verdict.tests] == ["compute"]


def test_in_schema_2_the_strongest_status_wins_in_refstacks_answer_too() -> None:
    """Only a target of schema 1.x that is a component itself takes the one listed last."""
    made = document({"cap": {X: entry()}}, advisory=["cap"], required=["cap"])
    platform = made["platforms"].pop("OpenStack Powered Platform")
    made["platforms"]["OpenStack Powered Compute"] = platform
    verdict = judge(load(made))
    assert verdict.target.name in verdict.guideline.components
    assert isinstance(verdict.refstack, RefStackAnswer)
    assert verdict.refstack.required.count == 1


def test_a_target_of_several_words_is_found_with_dashes_and_underscores() -> None:
    made = document({"cap": {X: entry()}})
    made["components"]["os_powered_shared_file_system"] = {"capabilities": {"required": ["cap"]}}
    found = load(made)
    for name in ("shared_file_system", "shared-file-system", "Shared-File-System"):
        assert find_target(found, name).name == "shared_file_system"
