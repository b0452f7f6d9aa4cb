"""Score results against a target of a guideline: pure, no clock, no files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from defcheck.guideline.matching import (
    Claims,
    Index,
    Match,
    Resolution,
    TempestTest,
    claims,
    owners,
    resolve,
    resolve_reported,
)
from defcheck.guideline.model import Guideline, Status, Target, Test
from defcheck.guideline.select import Listed, by_status, require_counted
from defcheck.results.model import Outcome, ResultSet
from defcheck.results.tally import Finding, Tally, worst
from defcheck.scoring.policy import POLICIES, Judgement, Policy
from defcheck.scoring.refstack import Answer, UndefinedAnswerError, answer


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """One test of one capability, and what became of it."""

    capability: str
    status: Status
    component: str
    test: Test
    counted: bool
    """Whether the verdict depends on it: required and not flagged."""

    match: Match
    found: tuple[str, ...]
    """Names under which it was found, without attributes."""

    outcome: Outcome
    reason: str
    details: str
    seconds: float | None
    judgement: Judgement
    """What it contributes, or would contribute if it counted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pairs of capability and test had which fate."""

    total: int
    passed: int
    allowed: int
    """Did not pass, but the policy allows it: a skip under SCS."""

    failed: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one target, with everything that led to it."""

    guideline: Guideline
    target: Target
    policy: Policy
    judgement: Judgement
    tests: tuple[TestVerdict, ...]
    """Every test of every capability listed for the target, in file order."""

    problems: tuple[str, ...]
    """Why the results cannot be trusted to be whole; never with a pass."""

    refstack: Answer | UndefinedAnswerError
    result_format: str

    @property
    def counted(self) -> tuple[TestVerdict, ...]:
        """The tests that the verdict depends on."""
        return tuple(test for test in self.tests if test.counted)

    @property
    def required(self) -> tuple[TestVerdict, ...]:
        """The tests of required capabilities, flagged ones included."""
        return tuple(test for test in self.tests if test.status is Status.REQUIRED)


def counts(tests: Sequence[TestVerdict]) -> Counts:
    """Count some tests by what they contribute."""
    judgements = [test.judgement for test in tests]
    passed = sum(test.outcome is Outcome.PASSED for test in tests)
    return Counts(
        total=len(judgements),
        passed=passed,
        allowed=judgements.count(Judgement.PASS) - passed,
        failed=judgements.count(Judgement.FAIL),
        incomplete=judgements.count(Judgement.INCOMPLETE),
    )


def score(
    guideline: Guideline,
    target: Target,
    results: ResultSet,
    inventory: Collection[TempestTest] = (),
) -> Verdict:
    """Score `results` against `target`.

    `inventory` is every test of the Tempest that made the results, where that
    is known; without it no test is matched by its id or by scenarios alone.
    Raises `InputError` when the target demands nothing.
    """
    require_counted(guideline, target)
    policy = POLICIES[guideline.policy]
    tally = Tally(results)
    problems = (*results.problems, *tally.problems)
    unknown = _unknown(tally, inventory)
    if unknown:
        inventory = ()
        named = ", ".join(unknown[:3])
        problems = (*problems, f"the inventory of the Tempest lacks what ran, as {named}")
    matcher = _Matcher(tally, inventory, claims(guideline))
    tests = tuple(
        _test_verdict(item, test, matcher, policy)
        for item in by_status(guideline, target).values()
        for test in item.capability.tests
    )
    judgement = policy.judge([test.outcome for test in tests if test.counted])
    if problems and judgement is Judgement.PASS:
        judgement = Judgement.INCOMPLETE
    refstack: Answer | UndefinedAnswerError
    try:
        refstack = answer(guideline, target, tally.passed_names)
    except UndefinedAnswerError as error:
        refstack = error
    return Verdict(
        guideline=guideline,
        target=target,
        policy=policy,
        judgement=judgement,
        tests=tests,
        problems=problems,
        refstack=refstack,
        result_format=results.format,
    )


def _unknown(tally: Tally, inventory: Collection[TempestTest]) -> list[str]:
    """Return the tests, classes and modules that were reported and an inventory lacks."""
    if not inventory:
        return []
    names = {test.name for test in inventory}
    known_owners = {owner for name in names for owner in owners(name)}
    return sorted(tally.names - names) + sorted(tally.fixture_owners - known_owners)


class _Matcher:
    """Finds what became of a demanded test, whatever it is called in the results."""

    def __init__(self, tally: Tally, inventory: Collection[TempestTest], claimed: Claims) -> None:
        self._tally = tally
        self._claimed = claimed
        self._tempest = Index(inventory) if inventory else None

    def resolve(self, test: Test) -> Resolution:
        """Match in the Tempest that ran where it is known, else in the results alone."""
        if self._tempest is not None:
            return resolve(test, self._tempest, self._claimed)
        return resolve_reported(test, self._tally.index, self._tally.fixture_owners)

    def finding(self, resolution: Resolution) -> Finding:
        """Return what became of the tests that stand for a demanded one."""
        if resolution.match is Match.NONE:
            return Finding(Outcome.NOT_RUN if self._tempest is None else Outcome.ABSENT)
        findings = [self._tally.finding(name) for name in resolution.names]
        if resolution.match is Match.ID and len({finding.outcome for finding in findings}) > 1:
            # Tests that share the id disagree: which of them is meant is unknown.
            return Finding(Outcome.NOT_RUN)
        return worst(findings)


def _test_verdict(item: Listed, test: Test, matcher: _Matcher, policy: Policy) -> TestVerdict:
    resolution = matcher.resolve(test)
    finding = matcher.finding(resolution)
    event = finding.event
    return TestVerdict(
        capability=item.capability.name,
        status=item.status,
        component=item.component,
        test=test,
        counted=item.status is Status.REQUIRED and test.flag is None,
        match=resolution.match,
        found=resolution.names,
        outcome=finding.outcome,
        reason=event.reason if event else _why_nothing(resolution),
        details=event.details if event else "",
        seconds=event.seconds if event and event.test.name in resolution.names else None,
        judgement=policy.judge_test(finding.outcome),
    )


def _why_nothing(resolution: Resolution) -> str:
    if resolution.match is Match.ID:
        return "Several tests carry its id and differ in outcome: " + ", ".join(resolution.names)
    if resolution.siblings:
        return "Only tests that cannot stand for it are there: " + ", ".join(resolution.siblings)
    return ""
