"""No reader makes a verdict better than what happened, nor worse without saying why."""

import os
from collections import Counter
from functools import lru_cache

import pytest
from hypothesis import given, settings

from defcheck.errors import InputError
from defcheck.guideline.matching import parse_test_name
from defcheck.guideline.models import Guideline
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome, ResultSet
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import Judgement, ScoringOptions
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.results.dialects import DIALECTS, Dialect
from tests.unit.results.worlds import (
    JUDGEMENTS,
    PASS,
    TESTS,
    UNRELATED,
    Kind,
    Truth,
    World,
    base,
    worlds,
)
from tests.unit.shared import entry, guideline

WORLDS = int(os.environ.get("DEFCHECK_WORLDS", "75"))
"""How many worlds are tried; `tox -e search` tries more, and others each time."""

many = settings(max_examples=WORLDS)
INVENTORY = tuple(parse_test_name(name) for name in TESTS + UNRELATED)
tried: Counter[str] = Counter()


@lru_cache
def guideline_of(required: tuple[str, ...], policy: str) -> Guideline:
    ids = {base(test): test.partition("[")[2].partition("]")[0].split(",")[0] for test in TESTS}
    return guideline({name: entry(ids[name]) for name in required}, policy=policy)


def judge(world: World, results: ResultSet, rule: RerunRule, *, known: bool = False) -> Verdict:
    """Score results of a world, where `known` with all tests of its Tempest at hand."""
    made = guideline_of(world.required, world.policy if world.policy == "scs" else "")
    inventory = INVENTORY if known else ()
    return score_results(made, made.targets[0], results, inventory, ScoringOptions(reruns=rule))


def rank(judgement: Judgement) -> int:
    return JUDGEMENTS.index(judgement)


def check_never_better(verdict: Verdict, truth: Truth, where: str) -> None:
    assert rank(verdict.judgement) <= rank(truth.judgement), where
    for test in verdict.counted_tests:
        better = rank(test.judgement) > rank(truth.tests[test.name])
        # A listed test that never began is a problem of the whole, not an end of its own.
        assert not better or (verdict.problems and verdict.judgement is not PASS), where


def check_worse_only_with_a_reason(verdict: Verdict, truth: Truth, where: str) -> None:
    for test in verdict.counted_tests:
        if rank(test.judgement) < rank(truth.tests[test.name]):
            assert verdict.problems or test.reason, (where, test.name, test.outcome)
    if rank(verdict.judgement) < rank(truth.judgement):
        without_pass = [
            test for test in verdict.counted_tests if test.outcome is not Outcome.PASSED
        ]
        assert verdict.problems or any(test.reason for test in without_pass), where


def check_world(world: World, name: str, dialect: Dialect) -> None:
    told = dialect.tell(world)
    written = dialect.write(world, told)
    try:
        results = load_bytes(written.data, "x")
    except InputError:
        assert not any(fact.name in TESTS and fact.kind is not Kind.LISTED for fact in told), name
        tried["nothing told"] += 1
        return
    for rule in RerunRule:
        for known in (False, True):
            truth = dialect.judge(world, told, rule, known=known)
            verdict = judge(world, results, rule, known=known)
            where = f"{name}, {rule}, {known}: {written.data!r}"
            check_never_better(verdict, truth, where)
            check_worse_only_with_a_reason(verdict, truth, where)
            tried[verdict.judgement] += 1


@pytest.mark.timeout(900)  # a world is read in every dialect, which takes long on a busy machine
@many
@given(worlds())
def test_verdict_is_that_of_the_facts_in_every_dialect(world: World) -> None:
    tried["worlds"] += 1
    for name, dialect in DIALECTS.items():
        check_world(world, name, dialect)
