"""What evidence a test has: its events, and the rules for reruns."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from defcheck.guideline.matching import (
    AcceptedNames,
    Match,
    Resolution,
    TempestTest,
    TempestTestIndex,
    list_owners,
    resolve_reported_test,
    resolve_test,
)
from defcheck.guideline.models import Test
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.non_test_events import is_failed_import, parse_fixture
from defcheck.results.result_set import Attempt, ResultIndex, choose_worst_attempt


class RerunRule(StrEnum):
    """What counts where a test was run more than once."""

    WORST = "worst"
    """Every result counts, so that the worst decides."""

    LAST = "last"
    """The result that ended last; where times are missing, the worst."""

    ANY = "any"
    """One pass is enough, unless a teardown failed after it."""


RULE_SENTENCES = {
    RerunRule.WORST: "",
    RerunRule.LAST: "Of several results of a test the last counts.",
    RerunRule.ANY: "Of several results of a test one pass is enough.",
}
"""The rule in a sentence; nothing for the one that needs no mention."""


def choose_result(attempts: Sequence[Attempt], rule: RerunRule) -> Attempt:
    """Return the attempt that counts.

    A failed teardown or import is never hidden by a pass or a skip, unless it is known
    to have ended before that began. A skipped class does not hide the failure of a test
    that perhaps was not selected for the rerun.
    """
    if rule is RerunRule.WORST:
        return choose_worst_attempt(attempts)
    ran = [attempt for attempt in attempts if attempt.outcome is not Outcome.TEARDOWN_ERROR]
    unclean = [attempt for attempt in attempts if _is_unclean(attempt)]
    if rule is RerunRule.LAST:
        last = _find_last(ran)
        if last is None:
            return choose_worst_attempt(attempts)
        if last.outcome is Outcome.SKIPPED:
            before = [one for one in ran if one.is_certain or one.outcome is not Outcome.SKIPPED]
            last = choose_worst_attempt([last, *filter(None, [_find_last(before)])])
        candidates = [last]
    else:
        candidates = [one for one in ran if one.outcome is Outcome.PASSED] or [
            choose_worst_attempt(ran)
        ]
    for chosen in candidates:
        # What is perhaps of other tests of the class says nothing about a tear-down before it.
        after = [one for one in unclean if not (chosen.is_certain and _ended_before(one, chosen))]
        if not after or chosen.outcome not in (Outcome.PASSED, Outcome.SKIPPED):
            return chosen
    return after[0]


def _is_unclean(attempt: Attempt) -> bool:
    if attempt.outcome is Outcome.TEARDOWN_ERROR:
        return True
    event = attempt.event
    return event is not None and event.outcome is Outcome.FAILED and is_failed_import(event.name)


def find_flaky(
    attempts: Sequence[Attempt], names: Sequence[str]
) -> Iterator[tuple[str, list[Attempt]]]:
    """Yield each test among `names` that passed and failed, with its own results, one a run.

    Several tests may prove one test of the guideline; different results among them are
    not flaky. A failed teardown or import is not another run of the test.
    """
    for name in names:
        own = [
            one
            for one in attempts
            if one.event is not None and _is_event_of(one.event, name) and not _is_unclean(one)
        ]
        found = {one.outcome for one in own}
        if Outcome.PASSED in found and found & {Outcome.FAILED, Outcome.FIXTURE_ERROR}:
            yield name, own


def _is_event_of(event: Event, name: str) -> bool:
    fixture = parse_fixture(event)
    return event.test.name == name if fixture is None else fixture.owner in list_owners(name)


def _find_last(attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the attempt that ended last, None where the end of one is not known."""
    ends = [attempt.event.stopped if attempt.event else None for attempt in attempts]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or not known:
        return None
    last = max(known)
    return choose_worst_attempt(
        attempt for attempt, end in zip(attempts, ends, strict=True) if end == last
    )


def _ended_before(attempt: Attempt, other: Attempt) -> bool:
    """Return whether an attempt is known to have ended before another one began."""
    ended = attempt.event.stopped if attempt.event else None
    began = other.event.started if other.event else None
    before = ended is not None and began is not None and ended < began
    return before and attempt.order < other.order


class Evidence:
    """Finds the result of a test of the guideline, whatever its name in the results.

    `inventory` is every test of the Tempest that made the results, where that
    is known; without it no test is matched by its id or by scenarios alone.
    `exclusions` says why the run excluded some tests, by name.
    """

    def __init__(
        self,
        results: ResultSet,
        inventory: Collection[TempestTest] = (),
        exclusions: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.format = results.format
        self._exclusions = exclusions
        self._index = ResultIndex(results)
        problems = [*results.problems, *self._index.problems]
        unknown = _find_unknown(self._index, inventory)
        if unknown:
            inventory = ()
            named = ", ".join(unknown[:3])
            problems.append(f"the Tempest inventory lacks tests that ran, such as {named}")
        self._problems = tuple(problems)
        self._tempest_is_known = bool(unknown or inventory)
        self._tempest = TempestTestIndex(inventory) if inventory else None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the results may be incomplete."""
        return self.list_problems(())

    def list_problems(self, known_tests: Iterable[str]) -> tuple[str, ...]:
        """Return why the results may be incomplete.

        Without an inventory, `known_tests` of a guideline say what is a test.
        """
        if self._tempest_is_known:
            return self._problems
        return (*self._problems, *self._index.failures.describe_unrecognised(known_tests))

    @property
    def knows_tempest(self) -> bool:
        """Whether all tests of the Tempest that ran are known."""
        return self._tempest is not None

    @property
    def passed_names(self) -> frozenset[str]:
        """Names with at least one pass: what RefStack would have been sent."""
        return self._index.passed_names

    def resolve_test(self, test: Test, accepted: AcceptedNames) -> Resolution:
        """Match in the Tempest that ran where it is known, else in the results alone."""
        if self._tempest is not None:
            return resolve_test(test, self._tempest, accepted)
        return resolve_reported_test(test, self._index.index, self._index.owners)

    def find_unknown_name(self, known: Collection[str]) -> str:
        """Return a name in the results where none of them is among `known`, else nothing.

        An event of a class or module that a known test is in counts as known.
        Nothing is returned where an inventory tells what every test is called.
        """
        if self._tempest_is_known:
            return ""
        if any(self._index.index.find_by_name(name) for name in known):
            return ""
        owned = {owner for name in known for owner in list_owners(name)}
        if owned & self._index.owners or owned & self._index.fixture_owners:
            return ""
        return min(self._index.names, default="")

    def find_exclusion(self, resolution: Resolution) -> str:
        """Return why the run excluded the tests of a resolution; empty if it did not."""
        return next(
            (self._exclusions[name] for name in resolution.names if name in self._exclusions), ""
        )

    def list_attempts(self, resolution: Resolution) -> tuple[Attempt, ...]:
        """Return all results of the tests of a resolution."""
        return tuple(one for name in resolution.names for one in self._index.list_attempts(name))

    def find_outcome(self, resolution: Resolution, reruns: RerunRule = RerunRule.WORST) -> Attempt:
        """Return the outcome of the tests of a resolution."""
        if resolution.match is Match.NONE:
            return Attempt(Outcome.NOT_RUN if self._tempest is None else Outcome.ABSENT)
        findings = [
            choose_result(self._index.list_attempts(name), reruns) for name in resolution.names
        ]
        if resolution.match is Match.ID and len({finding.outcome for finding in findings}) > 1:
            # Tests that share the id disagree: which of them is meant is unknown.
            return Attempt(Outcome.NOT_RUN)
        return choose_worst_attempt(findings)


def _find_unknown(index: ResultIndex, inventory: Collection[TempestTest]) -> list[str]:
    """Return the tests, classes and modules that were reported and an inventory lacks."""
    if not inventory:
        return []
    names = {test.name for test in inventory}
    known_owners = {owner for name in names for owner in list_owners(name)}
    return sorted(index.names - names - known_owners) + sorted(index.fixture_owners - known_owners)
