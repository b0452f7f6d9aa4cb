"""Whether a pipeline may go on: what is new against an accepted baseline; pure.

A test that did not run tells nothing, so that it never opens a gate: where
neither the baseline nor the user accepts it, the gate is unclear.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from defcheck.guideline.overlay import FlagState, LocalFlag
from defcheck.results.model import Outcome
from defcheck.scoring.policy import Judgement

SILENT = (Outcome.NOT_RUN, Outcome.UNFINISHED, Outcome.ABSENT)
"""Outcomes that tell nothing of the cloud."""


class Rule(StrEnum):
    """What closes a gate."""

    FAIL = "fail"
    """A counted test that failed, and did not fail in the baseline."""

    REGRESSION = "regression"
    """A counted test that passed in the baseline and has no pass any more."""

    INCOMPLETE = "incomplete"
    """As fail, and a counted test without a pass that had one or was not demanded before."""

    ADVISORY = "advisory"
    """The same for the tests of advisory capabilities."""


class State(StrEnum):
    """What a gate says."""

    OPEN = "open"
    CLOSED = "closed"
    UNCLEAR = "unclear"
    """Nothing closes it, but the results do not tell enough to open it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One test of a verdict, whatever capabilities demand it."""

    test: str
    counted: bool
    advisory: bool
    """Demanded by an advisory capability, and not flagged."""

    outcome: Outcome
    judgement: Judgement
    reason: str
    flaky: bool
    """It passed and failed in the same results."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A test that closes the gate, keeps it unclear, or is accepted, and why."""

    standing: Standing
    before: Judgement | None
    """In the baseline; None where there is none, or where it did not demand the test."""

    known: LocalFlag | None = None
    """The user's entry for it, in force or not."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate says, with everything that led to it."""

    state: State
    rules: tuple[Rule, ...]
    closing: tuple[Fact, ...]
    silent: tuple[Fact, ...]
    """Tests that did not run and that nobody accepted."""

    accepted: tuple[Fact, ...]
    """Tests without a pass that the baseline or the user's list accepts."""

    mended: tuple[str, ...]
    """Tests that pass and did not in the baseline."""

    stale: tuple[LocalFlag, ...]
    """Known failures in force that pass, or that no test of the target has."""

    problems: tuple[str, ...]
    """Why the results are not whole."""

    watched: int
    """How many tests the gate looks at."""


def judge(
    standings: Sequence[Standing],
    baseline: Mapping[str, Judgement] | None,
    known: Sequence[LocalFlag],
    day: str,
    rules: Collection[Rule],
    problems: Sequence[str] = (),
) -> Gate:
    """Judge the tests of a verdict against a baseline, by test name, on a day (YYYY-MM-DD).

    `known` are the user's known failures for this guideline.
    """
    before = baseline or {}
    watched = [one for one in standings if one.counted or (Rule.ADVISORY in rules and one.advisory)]
    closing, silent, accepted = [], [], []
    for one in watched:
        if one.judgement is Judgement.PASS:
            continue
        fact = Fact(one, before.get(one.test), _entry(known, one.test, day))
        if fact.known is not None and fact.known.state(day) is FlagState.ACTIVE:
            accepted.append(fact)
        elif _closes(fact, rules):
            closing.append(fact)
        elif one.outcome in SILENT and fact.before in (None, Judgement.PASS):
            silent.append(fact)
        else:
            accepted.append(fact)
    state = State.OPEN
    if problems or silent or not any(one.judgement is Judgement.PASS for one in watched):
        state = State.UNCLEAR
    if closing:
        state = State.CLOSED
    return Gate(
        state,
        tuple(rule for rule in Rule if rule in rules),
        tuple(closing),
        tuple(silent),
        tuple(accepted),
        _mended(watched, before),
        _stale(standings, known, day),
        tuple(problems),
        len(watched),
    )


def _closes(fact: Fact, rules: Collection[Rule]) -> bool:
    one, before = fact.standing, fact.before
    if Rule.REGRESSION in rules and before is Judgement.PASS:
        return True
    if one.judgement is Judgement.FAIL:
        return before is not Judgement.FAIL and bool({*rules} - {Rule.REGRESSION})
    return Rule.INCOMPLETE in rules and before in (None, Judgement.PASS)


def _entry(known: Iterable[LocalFlag], test: str, day: str) -> LocalFlag | None:
    """Return the user's entry for a test, one in force before any other."""
    entries = [one for one in known if one.test == test]
    return next((one for one in entries if one.state(day) is FlagState.ACTIVE), None) or next(
        iter(entries), None
    )


def _mended(watched: Iterable[Standing], before: Mapping[str, Judgement]) -> tuple[str, ...]:
    return tuple(
        one.test
        for one in watched
        if one.judgement is Judgement.PASS
        and before.get(one.test) in (Judgement.FAIL, Judgement.INCOMPLETE)
    )


def _stale(
    standings: Iterable[Standing], known: Iterable[LocalFlag], day: str
) -> tuple[LocalFlag, ...]:
    without_pass = {one.test for one in standings if one.judgement is not Judgement.PASS}
    return tuple(
        one for one in known if one.state(day) is FlagState.ACTIVE and one.test not in without_pass
    )
