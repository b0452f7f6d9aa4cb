"""Generated guidelines, results and inventories that know each other's names.

Few draws make a world, so that many worlds can be tried: whole tests, whole
events and whole id tables are drawn at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from defcheck.guideline.matching import TempestTest
from defcheck.guideline.models import Guideline
from defcheck.results.models import Event, Outcome
from tests.unit.scoring.judging import tempest
from tests.unit.shared import document, entry, load

CLASSES = ("a.b.C", "a.b.D", "a.e.F")
NAMES = tuple(f"{owner}.test_{method}" for owner in CLASSES for method in "xyz")
FIXTURES = tuple(f"{stage}Class ({owner})" for stage in ("setUp", "tearDown") for owner in CLASSES)
REPORTED = (Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNFINISHED)
SCENARIOS = ("", "(v4)", "(v6)")

ID_TABLES = ("123456789", "123123123", "111222333", "12-12-12-", "111111111", "---------")
"""The id of each test of `NAMES`: all differ, shared by methods or classes, missing."""

tests = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from((None, None, *NAMES)),
        st.sampled_from((False, False, False, False, True)),
    ),
    max_size=3,
)
"""Demanded tests: name, alias or none, flagged or not."""

reported = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from((*REPORTED[1:], *(Outcome.PASSED,) * 9)),
        st.sampled_from(("", "", "", "", "(v4)", "(v6)")),
    ),
    max_size=9,
)
"""What was reported of tests, mostly passes: name, outcome, scenario."""

of_fixtures = st.lists(st.tuples(st.sampled_from(FIXTURES), st.sampled_from(REPORTED)), max_size=1)


hostile = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(FIXTURES),
    st.text(st.sampled_from("ab.CtestX_()[]-id1,\n "), max_size=16),
    st.text(max_size=6),
    st.builds(
        "{0}{2}{1}{3}".format,
        st.sampled_from(("", "[x]", "\n", " ", "setUpClass (", "unittest.loader._FailedTest.")),
        st.sampled_from(("", "[id-1]", "[id-1,smoke]", "[id-1][id-2]", "(v4)", "[", "[]")),
        st.sampled_from((*NAMES, *CLASSES)),
        st.sampled_from(("", "(v4)", "(v6)", ")", "]", "\n", "[x]", "(\n)", " (v4)")),
    ),
)
"""Names as no Tempest reports them, many of them close to a demanded one."""

ID_OF_ONE = "id-1"


@dataclass(frozen=True)
class World:
    """A guideline, what happened, and the tests of the Tempest where they are known."""

    guideline: Guideline
    events: tuple[Event, ...]
    inventory: tuple[TempestTest, ...]


@st.composite
def worlds(
    draw: st.DrawFn,
    policies: Sequence[str] = ("defcore", "scs"),
    inventories: Sequence[bool] = (False, True),
    *,
    scenarios: bool = True,
    fixtures: bool = True,
) -> World:
    """Draw a guideline that demands a test, events and an inventory of one Tempest."""
    table = draw(st.sampled_from(ID_TABLES))
    ids = {
        name: "" if digit == "-" else f"id-{digit}"
        for name, digit in zip(NAMES, table, strict=True)
    }
    first = draw(st.sampled_from(NAMES))
    # With one demanded test alone its id is shared with no other demanded one.
    more = tests if draw(st.booleans()) else st.just([])
    capabilities = {
        "first": [(first, None, False), *draw(more)],
        "second": draw(more),
        "wish": draw(more),
    }
    made = document(
        {
            name: {
                test: entry(ids[test], aliases=[alias] if alias else (), flagged=flagged)
                for test, alias, flagged in reversed(listed)
            }
            for name, listed in capabilities.items()
        },
        policy=draw(st.sampled_from(list(policies))),
        **{draw(st.sampled_from(("advisory", "deprecated"))): ["wish"]},
    )
    guideline = load(made)
    events = [Event(full(first, ids), Outcome.PASSED)] if draw(st.booleans()) else []
    for name, outcome, scenario in draw(reported):
        events.append(Event(full(name, ids) + (scenario if scenarios else ""), outcome))
    for name, outcome in draw(of_fixtures) if fixtures else []:
        events.append(Event(name, outcome))
    if not draw(st.sampled_from(list(inventories))):
        return World(guideline, tuple(events), ())
    idle = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    there = {event.name for event in events if "Class (" not in event.name}
    there |= {full(name, ids) for name in idle}
    return World(guideline, tuple(events), tempest(*sorted(there)))


def demanding_one() -> World:
    """Return a world that demands one test, in which nothing happened."""
    made = document({"cap": {NAMES[0]: entry(ID_OF_ONE)}})
    return World(load(made), (), ())


def full(name: str, ids: dict[str, str]) -> str:
    """Return a name as Tempest reports it."""
    return f"{name}[{ids[name]},smoke]" if ids[name] else name


def without(world: World, name: str) -> World:
    """Return a world in which nothing is reported of a test."""
    kept = tuple(event for event in world.events if event.test.name != name)
    return replace(world, events=kept)


def only_passed(world: World) -> list[str]:
    """Return the names of tests of which nothing but passes are reported."""
    outcomes: dict[str, set[Outcome]] = {}
    for event in world.events:
        if "Class (" not in event.name:
            outcomes.setdefault(event.test.name, set()).add(event.outcome)
    return [name for name, found in outcomes.items() if found == {Outcome.PASSED}]
