"""Events of classes and modules, told from those of tests."""

import pytest

from defcheck.results.non_test_events import FixtureStage, parse_fixture, split_events
from tests.unit.shared import failed, passed, skipped


@pytest.mark.parametrize(
    ("name", "owner", "stage"),
    [
        ("setUpClass (a.b.C)", "a.b.C", FixtureStage.SET_UP),
        ("tearDownClass (a.b.C)", "a.b.C", FixtureStage.TEAR_DOWN),
        ("setUpModule (a.b)", "a.b", FixtureStage.SET_UP),
        ("tearDownModule (a.b)", "a.b", FixtureStage.TEAR_DOWN),
        ("unittest.loader._FailedTest.a.b", "a.b", FixtureStage.SET_UP),
        ("a.b.C.setUpClass", "a.b.C", FixtureStage.SET_UP),
        ("a.b.C.tearDownClass", "a.b.C", FixtureStage.TEAR_DOWN),
        ("a.b.setUpModule", "a.b", FixtureStage.SET_UP),
        ("<nose.suite.ContextSuite context=a.b.C>:setup", "a.b.C", FixtureStage.SET_UP),
        ("<nose.suite.ContextSuite context=a.b>:teardown", "a.b", FixtureStage.TEAR_DOWN),
        *(
            (f"{loader}.{kind}.a.b", "a.b", FixtureStage.SET_UP)
            for loader in ("unittest.loader", "unittest2.loader", "nose2.loader", "discover")
            for kind in ("_FailedTest", "ModuleImportFailure", "LoadTestsFailure", "ModuleSkipped")
        ),
    ],
)
def test_a_fixture_is_known_by_its_name(name: str, owner: str, stage: FixtureStage) -> None:
    event = failed(name)
    fixture = parse_fixture(event)
    assert fixture is not None
    assert (fixture.owner, fixture.stage, fixture.event) == (owner, stage, event)


@pytest.mark.parametrize(
    "name",
    [
        "a.b.C.test_x",
        "a.b.C.test_setUpClass",
        "a.b.My_FailedTest.test_x",
        "a.b.C.test_setUpClass (a.b.C)",
        "a.b.C.test_x[id-1](setUpClass)",
        "setUpClass",
        "<nose.suite.ContextSuite context=a.b>:other",
        "unittest.loader._FailedTest",
    ],
)
def test_a_test_is_no_fixture(name: str) -> None:
    assert parse_fixture(passed(name)) is None


def test_events_are_split_and_keep_their_order() -> None:
    events = [passed("a.C.test_x"), skipped("setUpClass (a.D)"), failed("a.C.test_y")]
    tests, fixtures = split_events(events)
    assert tests == [events[0], events[2]]
    assert [fixture.event for fixture in fixtures] == [events[1]]
