"""Score results against a guideline: the verdict, with its counts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from defcheck.errors import InputError
from defcheck.guideline.matching import Match, Resolution, TempestTest, collect_accepted_names
from defcheck.guideline.models import Guideline, Status, Target, Test
from defcheck.guideline.overlay import FlagState, LocalFlag
from defcheck.guideline.selection import (
    ListedCapability,
    require_counted_tests,
    select_capabilities,
)
from defcheck.results.models import SEVERITY, Event, Outcome, RefusedCall, ResultSet
from defcheck.results.non_test_events import is_failed_import, parse_fixture
from defcheck.results.result_set import Attempt
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.policy import DEFAULT_OPTIONS, Judgement, Policy, ScoringOptions
from defcheck.scoring.refstack_answer import (
    RefStackAnswer,
    UndefinedAnswerError,
    compute_refstack_answer,
)

WORST_FIRST = (Judgement.FAIL, Judgement.INCOMPLETE, Judgement.PASS)


class JudgedTest(Protocol):
    """A test as one capability lists it, with its result."""

    @property
    def name(self) -> str:
        """Its name in the guideline."""

    @property
    def judgement(self) -> Judgement:
        """Its contribution to the verdict."""

    @property
    def outcome(self) -> Outcome:
        """Its outcome."""


T = TypeVar("T", bound=JudgedTest)


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Number of different tests by result; the other numbers add up to the total."""

    total: int
    passed: int
    allowed: int
    """Did not pass, but the policy allows it: a skip under SCS."""

    failed: int
    incomplete: int


def group_by_test(listings: Iterable[T]) -> dict[str, list[T]]:
    """Return the listings of each different test by its name, in the order of the first ones."""
    found: dict[str, list[T]] = {}
    for listing in listings:
        found.setdefault(listing.name, []).append(listing)
    return found


def choose_worst(listings: Iterable[T]) -> T:
    """Return the worst listing of a test.

    Capabilities may list a test with different aliases, so it can be found for one and
    not for another.
    """
    return min(
        listings, key=lambda one: (WORST_FIRST.index(one.judgement), SEVERITY.index(one.outcome))
    )


def count_tests(listings: Iterable[JudgedTest]) -> OutcomeCounts:
    """Count the different tests by what they contribute."""
    tests = [choose_worst(same) for same in group_by_test(listings).values()]
    judgements = [test.judgement for test in tests]
    passed = sum(test.outcome is Outcome.PASSED for test in tests)
    return OutcomeCounts(
        total=len(tests),
        passed=passed,
        allowed=judgements.count(Judgement.PASS) - passed,
        failed=judgements.count(Judgement.FAIL),
        incomplete=judgements.count(Judgement.INCOMPLETE),
    )


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """One test of one capability, with its result."""

    capability: str
    status: Status
    component: str
    test: Test
    set_aside: bool
    """Whether a flag, of the guideline or local, excludes it from the verdict."""

    local_flag: LocalFlag | None
    """The local flag that is active for it."""

    match: Match
    found: tuple[str, ...]
    """Names under which it was found, without attributes."""

    outcome: Outcome
    reason: str
    details: str
    seconds: float | None
    judgement: Judgement
    """Its contribution, or what it would be if the test counted."""

    attempts: tuple[Attempt, ...] = ()
    """All its results, in the order of the results."""

    calls: tuple[RefusedCall, ...] = ()
    """Calls that the cloud refused while it failed."""

    excluded: bool = False
    """Whether the run excluded it; `reason` says why."""

    @property
    def name(self) -> str:
        """Its name in the guideline."""
        return self.test.name

    @property
    def is_counted(self) -> bool:
        """Whether the verdict depends on it: required and not set aside."""
        return self.status is Status.REQUIRED and not self.set_aside


@dataclass(frozen=True, slots=True)
class LocalFlagUse:
    """A flag of the user's overlay, and what it does to the target."""

    flag: LocalFlag
    state: FlagState
    capabilities: tuple[str, ...]
    """Capabilities of the target that have the test; empty if none has."""


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
    """Why the results may be incomplete; never present with a pass."""

    refstack: RefStackAnswer | UndefinedAnswerError | None
    """RefStack's answer, why it has no sound one, or None for a guideline it never had."""

    result_format: str
    options: ScoringOptions
    """The scoring options that were used."""

    local_flags: tuple[LocalFlagUse, ...] = ()
    """The flags of the overlay for this guideline, in force or not."""

    without_overlay: Judgement | None = None
    """The verdict without local flags, where any is in force for a counted test."""

    @property
    def counted_tests(self) -> tuple[TestVerdict, ...]:
        """The tests that the verdict depends on, once for each capability that requires them."""
        return tuple(test for test in self.tests if test.is_counted)

    @property
    def required_tests(self) -> tuple[TestVerdict, ...]:
        """The tests of required capabilities, once for each, flagged ones included."""
        return tuple(test for test in self.tests if test.status is Status.REQUIRED)


def score_results(
    guideline: Guideline,
    target: Target,
    results: ResultSet,
    inventory: Collection[TempestTest] = (),
    options: ScoringOptions = DEFAULT_OPTIONS,
) -> Verdict:
    """Score `results` against `target`.

    `inventory` is every test of the Tempest that made the results, where that
    is known. Raises `InputError` when nothing is left to count.
    """
    return score_evidence(guideline, target, Evidence(results, inventory), options)


def require_scorable(guideline: Guideline, target: Target, options: ScoringOptions) -> None:
    """Raise `InputError` where the options leave no test that a verdict can depend on."""
    require_counted_tests(guideline, target, flagged=options.strict)
    policy = options.build_policy(guideline.policy)
    flags = options.list_active_flags(guideline.id)
    if not any(
        item.status is Status.REQUIRED
        and not _is_set_aside(test, _find_local_flag(flags, item, test), policy)
        for item in select_capabilities(guideline, target).values()
        for test in item.capability.tests
    ):
        raise InputError(
            f"The overlay {options.overlay.source} flags every test that target {target.name} of "
            f"guideline {guideline.id} requires.",
            "An empty requirement is never a pass; remove some flags.",
        )


def score_evidence(
    guideline: Guideline,
    target: Target,
    evidence: Evidence,
    options: ScoringOptions = DEFAULT_OPTIONS,
) -> Verdict:
    """Score evidence against one target; the same evidence can be scored many times."""
    require_scorable(guideline, target, options)
    policy = options.build_policy(guideline.policy)
    flags = options.list_local_flags(guideline.id)
    active = options.list_active_flags(guideline.id)
    claimed = collect_accepted_names(guideline)
    problems = evidence.list_problems(claimed.tests_by_name)
    example = evidence.find_unknown_name(claimed.tests_by_name)
    no_name_known = (
        f"No name in the results is that of a test of guideline {guideline.id}; "
        f"the results contain, for example, {example}"
        if example
        else ""
    )

    def score_test(item: ListedCapability, test: Test) -> TestVerdict:
        resolution = evidence.resolve_test(test, claimed)
        local = _find_local_flag(active, item, test)
        return _test_verdict(item, test, resolution, evidence, policy, local, no_name_known)

    tests = tuple(
        score_test(item, test)
        for item in select_capabilities(guideline, target).values()
        for test in item.capability.tests
    )
    bare = [
        test
        for test in tests
        if test.status is Status.REQUIRED and not _is_set_aside(test.test, None, policy)
    ]
    return Verdict(
        guideline=guideline,
        target=target,
        policy=policy,
        judgement=_judge_tests([test for test in tests if test.is_counted], problems, policy),
        tests=tests,
        problems=problems,
        refstack=_answer_as_refstack(guideline, target, evidence),
        result_format=evidence.format,
        options=options,
        local_flags=tuple(
            LocalFlagUse(flag, state, _list_covered(flag, tests)) for flag, state in flags
        ),
        without_overlay=(
            None if all(test.is_counted for test in bare) else _judge_tests(bare, problems, policy)
        ),
    )


def _judge_tests(
    tests: Sequence[TestVerdict], problems: Collection[str], policy: Policy
) -> Judgement:
    """Return the verdict on the counted tests; with a problem it is never pass."""
    judgement = policy.judge_outcomes([test.outcome for test in tests])
    if problems and judgement is Judgement.PASS:
        return Judgement.INCOMPLETE
    return judgement


def _answer_as_refstack(
    guideline: Guideline, target: Target, evidence: Evidence
) -> RefStackAnswer | UndefinedAnswerError | None:
    """Return what RefStack would have answered; None where it never had the guideline."""
    if not guideline.known_to_refstack:
        return None
    try:
        return compute_refstack_answer(guideline, target, evidence.passed_names)
    except UndefinedAnswerError as error:
        return error


def _is_set_aside(test: Test, local: LocalFlag | None, policy: Policy) -> bool:
    return not policy.counts_flagged and (test.flag is not None or local is not None)


def _find_local_flag(
    flags: Sequence[LocalFlag], item: ListedCapability, test: Test
) -> LocalFlag | None:
    """Return the first flag that is in force for a test of a capability."""
    return next((flag for flag in flags if flag.covers(item.capability.name, test.name)), None)


def _list_covered(flag: LocalFlag, tests: Sequence[TestVerdict]) -> tuple[str, ...]:
    return tuple(test.capability for test in tests if flag.covers(test.capability, test.test.name))


def _test_verdict(
    item: ListedCapability,
    test: Test,
    resolution: Resolution,
    evidence: Evidence,
    policy: Policy,
    local: LocalFlag | None,
    no_name_known: str,
) -> TestVerdict:
    finding = evidence.find_outcome(resolution, policy.reruns)
    event = finding.event
    return TestVerdict(
        capability=item.capability.name,
        status=item.status,
        component=item.component,
        test=test,
        set_aside=_is_set_aside(test, local, policy),
        local_flag=local,
        match=resolution.match,
        found=resolution.names,
        outcome=finding.outcome,
        reason=_describe_reason(event)
        if event
        else _explain_missing(resolution, evidence) or no_name_known,
        details=event.details if event else "",
        seconds=event.seconds if event and event.test.name in resolution.names else None,
        judgement=policy.judge_test(finding.outcome),
        attempts=evidence.list_attempts(resolution),
        calls=event.calls if event else (),
        excluded=finding.outcome is Outcome.NOT_RUN and bool(evidence.find_exclusion(resolution)),
    )


def _describe_reason(event: Event) -> str:
    """Return why a test has no pass, with the module where that could not be imported."""
    fixture = parse_fixture(event) if is_failed_import(event.name) else None
    if fixture is None or fixture.owner in event.reason:
        return event.reason
    return f"{fixture.owner} could not be imported: {event.reason}".removesuffix(": ")


def _explain_missing(resolution: Resolution, evidence: Evidence) -> str:
    if resolution.match is Match.ID:
        return "Several tests carry its id and differ in outcome: " + ", ".join(resolution.names)
    if resolution.siblings:
        return "Only tests that cannot prove it are in the results: " + ", ".join(
            resolution.siblings
        )
    return evidence.find_exclusion(resolution)
