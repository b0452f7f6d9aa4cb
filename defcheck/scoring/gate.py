"""Whether a pipeline may continue: what is new compared with an accepted baseline; pure.

A test that did not pass never opens a gate by itself. The baseline, the user's
list of known failures or the user's option has to accept it; otherwise it
closes the gate or leaves it unclear. Without a baseline nothing is accepted
by default.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from defcheck.guideline.overlay import FlagState, LocalFlag
from defcheck.results.models import Outcome
from defcheck.scoring.policy import Judgement

SILENT = (Outcome.NOT_RUN, Outcome.UNFINISHED, Outcome.ABSENT)
"""Outcomes that say nothing about the cloud."""

EXPLAINED = (Outcome.SKIPPED, Outcome.TEARDOWN_ERROR)
"""Outcomes that `accept_incomplete` accepts, beside tests that the run excluded.

The results say why these tests did not pass. A test that is merely missing may have
failed: RefStack uploads leave failures out, and a cut between two tests leaves no trace.
"""


class GateRule(StrEnum):
    """What closes a gate."""

    FAIL = "fail"
    """A counted test that failed, and did not fail in the baseline."""

    REGRESSION = "regression"
    """A counted test that passed in the baseline and now fails or is skipped."""

    INCOMPLETE = "incomplete"
    """As fail, and a counted test that did not pass but passed, or was not required, before."""

    ADVISORY = "advisory"
    """The same for the tests of advisory capabilities."""


class GateState(StrEnum):
    """The state of a gate."""

    OPEN = "open"
    CLOSED = "closed"
    UNCLEAR = "unclear"
    """Nothing closes it, but the results are not sufficient to open it."""


class GateAcceptance(StrEnum):
    """What accepts a test that did not pass."""

    KNOWN = "known"
    """Entries of the user's list, in force."""

    BASELINE = "baseline"
    """It counted in the baseline and did not pass there either."""

    OPTION = "accept-incomplete"
    """The user's option, which accepts what is explained and never a failure."""


@dataclass(frozen=True, slots=True)
class GateTest:
    """One test of a verdict, whichever capabilities require it."""

    test: str
    counted: bool
    advisory: bool
    """In an advisory capability, and not flagged."""

    outcome: Outcome
    judgement: Judgement
    reason: str
    flaky: bool
    """It passed and failed in the same results."""

    excluded: bool = False
    """The run excluded it and says why."""

    capabilities: tuple[str, ...] = ()
    """Those that require it; if it counts for any, only those for which it counts."""

    @property
    def is_explained(self) -> bool:
        """Whether the results say why it did not pass, and that it did not fail."""
        return self.outcome in EXPLAINED or self.excluded


@dataclass(frozen=True, slots=True)
class GateFinding:
    """A test that closes the gate, keeps it unclear, or is accepted, and why."""

    gate_test: GateTest
    before: Judgement | None
    """In the baseline; None where there is none, or where the test did not count there."""

    known: LocalFlag | None = None
    """The user's known-failure entry for it, active or not."""

    accepted_by: GateAcceptance | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """The state of a gate, with everything that led to it."""

    state: GateState
    rules: tuple[GateRule, ...]
    closing: tuple[GateFinding, ...]
    unaccepted: tuple[GateFinding, ...]
    """Tests without a pass that do not close the gate and that nobody accepted."""

    accepted: tuple[GateFinding, ...]
    """Tests that did not pass and are accepted; each entry says by what."""

    fixed: tuple[str, ...]
    """Tests that pass and did not in the baseline."""

    stale: tuple[LocalFlag, ...]
    """Active known failures that accept nothing."""

    problems: tuple[str, ...]
    """Why the results are incomplete."""

    watched_count: int
    """How many tests the gate looks at."""


def evaluate_gate(
    tests: Sequence[GateTest],
    baseline: Mapping[str, GateTest] | None,
    known: Sequence[LocalFlag],
    day: str,
    rules: Collection[GateRule],
    problems: Sequence[str] = (),
    *,
    accept_incomplete: bool = False,
) -> GateResult:
    """Judge the tests of a verdict against a baseline, by test name, on a day (YYYY-MM-DD).

    `known` are the user's known failures for this guideline. `accept_incomplete` accepts
    tests without a pass that are explained, by their outcome or by the run, and would leave
    the gate unclear; it opens nothing that `rules` close.
    """
    before = baseline or {}
    watched = [one for one in tests if _is_watched(one, rules)]
    closing, unaccepted, accepted = [], [], []
    for one in watched:
        was = _accepted_state(before.get(one.test), rules)
        closes = _closes_gate(one, was, rules)
        if one.judgement is Judgement.PASS and not closes:
            continue
        fact = GateFinding(one, was.judgement if was else None, _find_entry(known, one, day))
        if _is_known_failure(known, one, day):
            accepted.append(replace(fact, accepted_by=GateAcceptance.KNOWN))
        elif closes:
            closing.append(fact)
        elif was is not None and was.judgement is not Judgement.PASS:
            accepted.append(replace(fact, accepted_by=GateAcceptance.BASELINE))
        elif accept_incomplete and one.is_explained:
            accepted.append(replace(fact, accepted_by=GateAcceptance.OPTION))
        else:
            unaccepted.append(fact)
    state = GateState.OPEN
    if problems or unaccepted or not any(one.outcome is Outcome.PASSED for one in watched):
        state = GateState.UNCLEAR
    if closing:
        state = GateState.CLOSED
    return GateResult(
        state,
        tuple(rule for rule in GateRule if rule in rules),
        tuple(closing),
        tuple(unaccepted),
        tuple(accepted),
        _find_fixed(watched, before),
        _find_stale(_select_without_pass(tests, accepted), known, day),
        tuple(problems),
        len(watched),
    )


def _is_watched(test: GateTest, rules: Collection[GateRule]) -> bool:
    return test.counted or (GateRule.ADVISORY in rules and test.advisory)


def _accepted_state(was: GateTest | None, rules: Collection[GateRule]) -> GateTest | None:
    """Return the baseline's test; None if the baseline does not accept it.

    A local flag that excluded a failing test accepted it until the flag expired. That the
    baseline contains the failure does not extend this.
    """
    if was is None or was.judgement is Judgement.PASS or _is_watched(was, rules):
        return was
    return None


def _closes_gate(test: GateTest, was: GateTest | None, rules: Collection[GateRule]) -> bool:
    """Return whether a test closes the gate unless it is a known failure.

    Even if the policy allows skips, a passed test that is now skipped has changed.
    """
    if test.outcome is Outcome.PASSED:
        return False
    lost = was is not None and (
        was.outcome is Outcome.PASSED
        or (was.judgement is Judgement.PASS and test.judgement is not Judgement.PASS)
    )
    if test.judgement is Judgement.FAIL:
        new = was is None or was.judgement is not Judgement.FAIL
        return new and (lost or {*rules} != {GateRule.REGRESSION})
    if GateRule.INCOMPLETE in rules:
        return lost or (was is None and test.judgement is Judgement.INCOMPLETE)
    return lost and GateRule.REGRESSION in rules and test.outcome not in SILENT


def _is_known_failure(known: Iterable[LocalFlag], test: GateTest, day: str) -> bool:
    """Return whether entries in force accept a test, in each capability that it is watched for."""
    active = [flag for flag in known if flag.state_on(day) is FlagState.ACTIVE]
    return all(
        any(flag.covers(capability, test.test) for flag in active)
        for capability in test.capabilities or ("",)
    )


def _find_entry(known: Iterable[LocalFlag], test: GateTest, day: str) -> LocalFlag | None:
    """Return the user's entry for a test, one in force before any other."""
    entries = [
        flag
        for flag in known
        if any(flag.covers(name, test.test) for name in test.capabilities or ("",))
    ]
    return next((flag for flag in entries if flag.state_on(day) is FlagState.ACTIVE), None) or next(
        iter(entries), None
    )


def _find_fixed(watched: Iterable[GateTest], before: Mapping[str, GateTest]) -> tuple[str, ...]:
    return tuple(
        one.test
        for one in watched
        if one.judgement is Judgement.PASS
        and one.test in before
        and before[one.test].judgement is not Judgement.PASS
    )


def _select_without_pass(
    standings: Iterable[GateTest], accepted: Iterable[GateFinding]
) -> list[GateTest]:
    """Return the tests that an entry may be for, with the allowed skips that one accepts."""
    lacking = [one for one in standings if one.judgement is not Judgement.PASS]
    return lacking + [fact.gate_test for fact in accepted]


def _find_stale(
    lacking: Iterable[GateTest], known: Iterable[LocalFlag], day: str
) -> tuple[LocalFlag, ...]:
    needed = {(name, one.test) for one in lacking for name in one.capabilities or ("",)}
    return tuple(
        flag
        for flag in known
        if flag.state_on(day) is FlagState.ACTIVE and not any(flag.covers(*one) for one in needed)
    )
