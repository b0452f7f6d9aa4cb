"""Score results against a target of a guideline: pure, no clock, no files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.guideline.matching import Match, Resolution, TempestTest, claims
from defcheck.guideline.model import Guideline, Status, Target, Test
from defcheck.guideline.overlay import FlagState, LocalFlag
from defcheck.guideline.select import Listed, by_status, require_counted
from defcheck.results.calls import Call
from defcheck.results.model import Outcome, ResultSet
from defcheck.results.tally import Finding
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.policy import Judgement, Policy
from defcheck.scoring.refstack import Answer, UndefinedAnswerError, answer
from defcheck.scoring.terms import PLAIN, Terms


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """One test of one capability, and what became of it."""

    capability: str
    status: Status
    component: str
    test: Test
    set_aside: bool
    """Whether a flag, the guideline's or a local one, takes it out of what counts."""

    local_flag: LocalFlag | None
    """The user's own flag that is in force for it."""

    match: Match
    found: tuple[str, ...]
    """Names under which it was found, without attributes."""

    outcome: Outcome
    reason: str
    details: str
    seconds: float | None
    judgement: Judgement
    """What it contributes, or would contribute if it counted."""

    attempts: tuple[Finding, ...] = ()
    """Every result that stands for it, in the order of the results."""

    calls: tuple[Call, ...] = ()
    """Calls that the cloud refused while it failed."""

    excluded: bool = False
    """Whether the run left it out on purpose; `reason` says why."""

    @property
    def name(self) -> str:
        """The name that the guideline gives it."""
        return self.test.name

    @property
    def counted(self) -> bool:
        """Whether the verdict depends on it: required and not set aside."""
        return self.status is Status.REQUIRED and not self.set_aside


@dataclass(frozen=True, slots=True)
class LocalFlagUse:
    """A flag of the user's overlay, and what it does to the target."""

    flag: LocalFlag
    state: FlagState
    capabilities: tuple[str, ...]
    """Capabilities of the target that have the test; empty where the flag meets none."""


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

    refstack: Answer | UndefinedAnswerError | None
    """RefStack's answer, why it has no sound one, or None for a guideline it never had."""

    result_format: str
    terms: Terms
    """What was asked for beside the guideline's policy."""

    local_flags: tuple[LocalFlagUse, ...] = ()
    """The flags of the overlay for this guideline, in force or not."""

    without_overlay: Judgement | None = None
    """The verdict without local flags, where any is in force for a counted test."""

    @property
    def counted(self) -> tuple[TestVerdict, ...]:
        """The tests that the verdict depends on, once for each capability that requires them."""
        return tuple(test for test in self.tests if test.counted)

    @property
    def required(self) -> tuple[TestVerdict, ...]:
        """The tests of required capabilities, once for each, flagged ones included."""
        return tuple(test for test in self.tests if test.status is Status.REQUIRED)


def score(
    guideline: Guideline,
    target: Target,
    results: ResultSet,
    inventory: Collection[TempestTest] = (),
    terms: Terms = PLAIN,
) -> Verdict:
    """Score `results` against `target`.

    `inventory` is every test of the Tempest that made the results, where that
    is known. Raises `InputError` when nothing is left to count.
    """
    return judge(guideline, target, Evidence(results, inventory), terms)


def judge(
    guideline: Guideline, target: Target, evidence: Evidence, terms: Terms = PLAIN
) -> Verdict:
    """Score evidence, which may be held against many guidelines, against one target."""
    require_counted(guideline, target, flagged=terms.strict)
    policy = terms.policy(guideline.policy)
    flags = terms.local_flags(guideline.id)
    active = [flag for flag, state in flags if state is FlagState.ACTIVE]
    claimed = claims(guideline)
    problems = evidence.problems_beside(claimed.answers)
    example = evidence.example_of_unknown_names(claimed.answers)
    no_name_known = (
        f"No name in the results is that of a test of guideline {guideline.id}; "
        f"for example, they hold {example}"
        if example
        else ""
    )

    def test_verdict(item: Listed, test: Test) -> TestVerdict:
        resolution = evidence.resolve(test, claimed)
        local = next((one for one in active if one.covers(item.capability.name, test.name)), None)
        return _test_verdict(item, test, resolution, evidence, policy, local, no_name_known)

    tests = tuple(
        test_verdict(item, test)
        for item in by_status(guideline, target).values()
        for test in item.capability.tests
    )
    if not any(test.counted for test in tests):
        raise InputError(
            f"The overlay {terms.overlay.source} flags every test that target {target.name} of "
            f"guideline {guideline.id} demands.",
            "An empty requirement is never a pass; take flags out.",
        )
    bare = [
        test
        for test in tests
        if test.status is Status.REQUIRED and not _set_aside(test.test, None, policy)
    ]
    return Verdict(
        guideline=guideline,
        target=target,
        policy=policy,
        judgement=_judge([test for test in tests if test.counted], problems, policy),
        tests=tests,
        problems=problems,
        refstack=_answer_as_refstack(guideline, target, evidence),
        result_format=evidence.format,
        terms=terms,
        local_flags=tuple(
            LocalFlagUse(flag, state, _covered(flag, tests)) for flag, state in flags
        ),
        without_overlay=(
            None if all(test.counted for test in bare) else _judge(bare, problems, policy)
        ),
    )


def _judge(tests: Sequence[TestVerdict], problems: Collection[str], policy: Policy) -> Judgement:
    """Return the verdict on the counted tests; with a problem it is never pass."""
    judgement = policy.judge([test.outcome for test in tests])
    if problems and judgement is Judgement.PASS:
        return Judgement.INCOMPLETE
    return judgement


def _answer_as_refstack(
    guideline: Guideline, target: Target, evidence: Evidence
) -> Answer | UndefinedAnswerError | None:
    """Return what RefStack would have answered; None where it never had the guideline."""
    if not guideline.known_to_refstack:
        return None
    try:
        return answer(guideline, target, evidence.passed_names)
    except UndefinedAnswerError as error:
        return error


def _set_aside(test: Test, local: LocalFlag | None, policy: Policy) -> bool:
    return not policy.counts_flagged and (test.flag is not None or local is not None)


def _covered(flag: LocalFlag, tests: Sequence[TestVerdict]) -> tuple[str, ...]:
    return tuple(test.capability for test in tests if flag.covers(test.capability, test.test.name))


def _test_verdict(
    item: Listed,
    test: Test,
    resolution: Resolution,
    evidence: Evidence,
    policy: Policy,
    local: LocalFlag | None,
    no_name_known: str,
) -> TestVerdict:
    finding = evidence.finding(resolution, policy.reruns)
    event = finding.event
    return TestVerdict(
        capability=item.capability.name,
        status=item.status,
        component=item.component,
        test=test,
        set_aside=_set_aside(test, local, policy),
        local_flag=local,
        match=resolution.match,
        found=resolution.names,
        outcome=finding.outcome,
        reason=event.reason if event else _why_nothing(resolution, evidence) or no_name_known,
        details=event.details if event else "",
        seconds=event.seconds if event and event.test.name in resolution.names else None,
        judgement=policy.judge_test(finding.outcome),
        attempts=evidence.attempts(resolution),
        calls=event.calls if event else (),
        excluded=finding.outcome is Outcome.NOT_RUN and bool(evidence.why_not_run(resolution)),
    )


def _why_nothing(resolution: Resolution, evidence: Evidence) -> str:
    if resolution.match is Match.ID:
        return "Several tests carry its id and differ in outcome: " + ", ".join(resolution.names)
    if resolution.siblings:
        return "Only tests that cannot stand for it are there: " + ", ".join(resolution.siblings)
    return evidence.why_not_run(resolution)
