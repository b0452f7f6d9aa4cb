"""Worlds for the readers: what truly happened in a run, and the verdict that follows from it.

A world has a guideline of a few tests and rounds in which workers ran selections
of them. What happened is a list of facts in the order of time; `dialects` writes
them as each format. The truth is worked out here from the facts alone, with
nothing of the readers and the scoring but the names of outcomes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from hypothesis import strategies as st

from defcheck.results.models import Outcome
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import Judgement

P, F, S, U = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNFINISHED
E, T, N = Outcome.FIXTURE_ERROR, Outcome.TEARDOWN_ERROR, Outcome.NOT_RUN
PASS, FAIL, INCOMPLETE = Judgement.PASS, Judgement.FAIL, Judgement.INCOMPLETE
JUDGEMENTS = (FAIL, INCOMPLETE, PASS)
"""From worst to best."""

MODULES = ("tempest.api.x.test_m", "tempest.api.x.test_n")
SCENARIO = "tempest.api.x.test_n.E.test_s"
TESTS = (
    "tempest.api.x.test_m.C.test_x[id-00000000-0000-4000-8000-000000000001]",
    "tempest.api.x.test_m.C.test_y[id-00000000-0000-4000-8000-000000000002,smoke]",
    "tempest.api.x.test_m.D.test_x[id-00000000-0000-4000-8000-000000000003]",
    "tempest.api.x.test_n.E.test_x",
    f"{SCENARIO}[id-00000000-0000-4000-8000-000000000005](v2)",
    f"{SCENARIO}[id-00000000-0000-4000-8000-000000000005](v3)",
)
UNRELATED = (
    "tempest.scenario.test_minimum_basic.TestMinimumBasic.test_boot",
    "neutron_tempest_plugin.api.test_trunk.TrunkTest.test_list_trunks[id-1]",
)
"""Tests of Tempest that no guideline here requires."""

LOST_RESULTS = ("process-returncode", "subunit.parser", "broken-runner", "broken-runner-'0'")
"""What runners write in place of results that they lost."""

NOT_UNDERSTOOD = (
    "nose.failure.Failure.runTest",
    "nose.suite.ContextSuite.context=AccountTest>:setup",
    "pytest.internal",
    "twisted.trial.runner.ErrorHolder",
    "zope.testrunner.layer.UnitTests.setUp",
    "some.runner.WorkerDied.tempest.api.x.test_m",
    "Startup",
    "worker 3",
    "tempest.api.x.test_m.C.runBefore",
    "tempest.api.x.test_m.C.setUp",
    "unittest2.loader._FailedTest.test_m",
)
"""Names of no test, of which nobody can tell what a failure under them means."""

ENDS = {"success": P, "fail": F, "skip": S, "xfail": F, "uxsuccess": F}
"""An expected failure did fail, an unexpected success broke its own expectation."""


class Kind(StrEnum):
    """What a fact is."""

    LISTED = "listed"
    BEGUN = "begun"
    ENDED = "ended"


class Stage(StrEnum):
    """When something happened to a class or module."""

    IMPORT = "import"
    SKIPPED_IMPORT = "skipped import"
    SET_UP = "setUp"
    TEAR_DOWN = "tearDown"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to a test, a class or module, or to the runner itself."""

    kind: Kind
    name: str
    """Of a test with its attributes, otherwise of the class, the module or the report."""

    status: str = ""
    """How it ended, in subunit's words."""

    stage: Stage | None = None
    """Of a class or module."""

    selection: int = -1
    """The selection that it happened in; -1 for what is of no selection."""

    round: int = 0
    worker: str = ""
    at: float = 0
    """Seconds since the run began."""

    @property
    def text(self) -> str:
        """Why it ended so."""
        return f"{self.status} of {self.name} at {self.at:.0f}"


@dataclass(frozen=True, slots=True)
class World:
    """What a guideline requires and what happened."""

    policy: str
    required: tuple[str, ...]
    """Names without attributes and scenario."""

    selections: tuple[tuple[str, ...], ...]
    """The tests that a worker ran together, round after round."""

    facts: tuple[Fact, ...]
    one_suite: bool = False
    """Whether JUnit XML of it has one suite for all rounds."""


def base(test: str) -> str:
    """Return a test's name without attributes and scenario."""
    return test.partition("[")[0].partition("(")[0]


def bare(test: str) -> str:
    """Return a test's name without attributes, with its scenario."""
    return base(test) + test.partition("]")[2]


def class_of(test: str) -> str:
    """Return the class of a test."""
    return base(test).rpartition(".")[0]


def module_of(test: str) -> str:
    """Return the module of a test."""
    return class_of(test).rpartition(".")[0]


def is_in(test: str, owner: str) -> bool:
    """Return whether a test is in a class or module."""
    return owner in (class_of(test), module_of(test))


# What the truth is.

WORST_FIRST = (F, E, U, N, T, S, P)


def attempts(world: World, facts: Sequence[Fact], test: str) -> list[Outcome]:
    """Return what became of a test in each selection that it was in, so far as facts tell.

    Where they tell nothing of it, what happened to its class in others speaks.
    """
    found = [
        (test in selection, _attempt(test, [fact for fact in facts if fact.selection == number]))
        for number, selection in enumerate(world.selections)
    ]
    own = [outcome for selected, outcome in found if selected and outcome is not None]
    return own or [outcome for _, outcome in found if outcome is not None]


def _attempt(test: str, facts: Iterable[Fact]) -> Outcome | None:
    outcome = None
    ends: list[Outcome] = []
    for fact in facts:
        if fact.name == test and fact.kind is Kind.LISTED:
            outcome = outcome or N
        elif fact.name == test and fact.kind is Kind.BEGUN:
            outcome = U
        elif fact.name == test:
            ends.append(ENDS[fact.status])
            outcome = min(ends, key=WORST_FIRST.index)
        elif fact.kind is Kind.ENDED and fact.stage is not None and is_in(test, fact.name):
            if fact.stage is not Stage.TEAR_DOWN:
                outcome = S if fact.status == "skip" else E
            elif outcome is P and fact.status == "fail":
                outcome = T
    return outcome


def choose(found: Sequence[Outcome], rule: RerunRule) -> Outcome:
    """Return the outcome that counts of several attempts, the last one last.

    worst: the worst of all. last: the last one. any: a pass of which the
    tear-down was clean, else a pass of which it was not, else the worst.
    """
    if not found:
        return N
    if rule is RerunRule.LAST:
        return found[-1]
    if rule is RerunRule.ANY and (P in found or T in found):
        return P if P in found else T
    return min(found, key=WORST_FIRST.index)


def judge_outcome(outcome: Outcome, policy: str) -> Judgement:
    """Return what an outcome means: a pass counts, a skip where the policy allows it."""
    if outcome in (F, E):
        return FAIL
    return PASS if outcome is P or (outcome is S and policy == "scs") else INCOMPLETE


@dataclass(frozen=True, slots=True)
class Truth:
    """The verdict that follows from some facts."""

    tests: dict[str, Judgement]
    """Of each required test."""

    judgement: Judgement


def judge_facts(
    world: World, facts: Sequence[Fact], rule: RerunRule, *, known: bool = True
) -> Truth:
    """Return the verdict that follows from facts, a required test having all its scenarios.

    Where the tests of the Tempest are not `known`, its scenarios prove nothing
    of a required test, not even a failure.
    """
    outcomes = {
        name: min(
            (choose(attempts(world, facts, test), rule) for test in TESTS if base(test) == name),
            key=WORST_FIRST.index,
        )
        for name in world.required
    }
    tests = {name: judge_outcome(outcome, world.policy) for name, outcome in outcomes.items()}
    if not known and tests.get(SCENARIO) is FAIL:
        tests[SCENARIO] = INCOMPLETE
    total = min(tests.values(), key=JUDGEMENTS.index)
    if total is PASS and (P not in outcomes.values() or any(map(is_damage, facts))):
        total = INCOMPLETE
    return Truth(tests, total)


def is_damage(fact: Fact) -> bool:
    """Return whether a fact means that results were lost, or nobody knows what it means."""
    return fact.status == "fail" and fact.stage is None and fact.name not in TESTS + UNRELATED


# How a world comes about.

TROUBLES = (
    (Stage.SET_UP, "fail"),
    (Stage.SET_UP, "skip"),
    (Stage.TEAR_DOWN, "fail"),
    (Stage.IMPORT, "fail"),
    (Stage.SKIPPED_IMPORT, "skip"),
)
Trouble = tuple[Stage, str]
END = st.sampled_from(("success",) * 7 + ("fail", "fail", "skip", "xfail", "uxsuccess"))
CLASS_TROUBLE = st.sampled_from((None,) * 4 + TROUBLES[:3])
MODULE_TROUBLE = st.sampled_from((None,) * 7 + TROUBLES)
DEATH = st.sampled_from((None,) * 7 + (1, 1, 2, 3, 4))
"""After how many facts a worker dies, its listing aside.

Not right after its listing: a worker of the same name that went on to list other
tests would leave the same results as one that listed them all."""

REPORTS = st.sampled_from((*LOST_RESULTS, *NOT_UNDERSTOOD))


def run_selection(
    tests: Sequence[str],
    ends: Sequence[str],
    troubles: dict[str, Trouble | None],
    death: int | None,
) -> list[Fact]:
    """Return what happens where a worker runs tests in a process of its own."""
    listed, happened = [], []
    for module in dict.fromkeys(map(module_of, tests)):
        own = [test for test in tests if module_of(test) == module]
        stage, status = troubles.get(module) or (None, "")
        if stage in (Stage.IMPORT, Stage.SKIPPED_IMPORT):
            listed.append(Fact(Kind.LISTED, module, stage=stage))
            happened += _end(module, status, stage)
            continue
        listed += [Fact(Kind.LISTED, test) for test in own]
        if stage is Stage.SET_UP:
            happened += _end(module, status, stage)
            continue
        for owner in dict.fromkeys(map(class_of, own)):
            happened += _run_class(
                [(test, end) for test, end in zip(tests, ends, strict=True) if is_in(test, owner)],
                owner,
                troubles.get(owner),
            )
        if stage is Stage.TEAR_DOWN:
            happened += _end(module, status, stage)
    return [*listed, *happened[:death]]


def _run_class(tests: Sequence[tuple[str, str]], owner: str, trouble: Trouble | None) -> list[Fact]:
    stage, status = trouble or (None, "")
    if stage is Stage.SET_UP:
        return _end(owner, status, stage)
    happened = [fact for test, end in tests for fact in _end(test, end)]
    return happened + (_end(owner, status, stage) if stage is Stage.TEAR_DOWN else [])


def _end(name: str, status: str, stage: Stage | None = None) -> list[Fact]:
    return [Fact(Kind.BEGUN, name, stage=stage), Fact(Kind.ENDED, name, status, stage)]


def interleave(parts: Sequence[list[Fact]], order: int) -> Iterator[Fact]:
    """Yield the facts of workers that ran at the same time, in an order that a number tells."""
    rest = [list(part) for part in parts if part]
    while rest:
        order, turn = divmod(order, len(rest)) if order else (0, 0)
        yield rest[turn].pop(0)
        rest = [part for part in rest if part]


@st.composite
def worlds(draw: st.DrawFn, rounds: int = 3) -> World:
    """Draw a world of up to so many rounds."""
    names = st.sampled_from(tuple(dict.fromkeys(map(base, TESTS))))
    required = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    more = draw(st.lists(names, max_size=2, unique=True))
    chosen = {*required[draw(st.sampled_from((0, 0, 0, 0, 1))) :], *more} or {required[0]}
    tests = [test for test in TESTS if base(test) in chosen]
    selections: list[tuple[str, ...]] = []
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, rounds))):
        parts = []
        selected = draw(st.lists(st.sampled_from(tests), min_size=1, unique=True))
        for worker, own in enumerate(_share(draw, tests if number == 0 else selected)):
            happened = run_selection(
                own,
                draw(st.lists(END, min_size=len(own), max_size=len(own))),
                {
                    **{module: draw(MODULE_TROUBLE) for module in set(map(module_of, own))},
                    **{owner: draw(CLASS_TROUBLE) for owner in set(map(class_of, own))},
                },
                draw(DEATH),
            )
            told_in = partial(
                replace, selection=len(selections), round=number, worker=f"worker-{worker}"
            )
            if happened:  # of a worker that died before it said a word nothing is known
                parts.append([told_in(fact) for fact in happened])
                selections.append(tuple(own))
        facts += interleave(parts, draw(st.integers(0, 255)))
    for name in draw(st.lists(REPORTS | st.sampled_from(UNRELATED), max_size=1)):
        place = draw(st.integers(0, len(facts)))
        number = facts[min(place, len(facts) - 1)].round if facts else 0
        facts[place:place] = [replace(fact, round=number) for fact in _end(name, "fail")]
    return World(
        policy=draw(st.sampled_from(("defcore", "scs"))),
        required=tuple(required),
        selections=tuple(selections),
        facts=in_time(facts),
        one_suite=draw(st.booleans()),
    )


def _share(draw: st.DrawFn, tests: list[str]) -> list[list[str]]:
    """Share tests among one or two workers, mostly class by class."""
    turn = draw(st.sampled_from((None, None, class_of, base)))
    if turn is None:
        return [tests]
    keys = list(dict.fromkeys(map(turn, tests)))
    parts = [[test for test in tests if keys.index(turn(test)) % 2 == part] for part in (0, 1)]
    return [part for part in parts if part]


def in_time(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts with their times, a second after each other."""
    return tuple(replace(fact, at=number) for number, fact in enumerate(facts))
