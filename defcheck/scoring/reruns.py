"""Which of several results of one test counts: a rule that a user chooses, never a silent one."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from defcheck.guideline.matching import owners
from defcheck.results.fixtures import fixture_of, is_failed_import
from defcheck.results.model import Event, Outcome
from defcheck.results.tally import Finding, worst


class Reruns(StrEnum):
    """What counts where a test was run more than once."""

    WORST = "worst"
    """Every result counts, so that the worst decides."""

    LAST = "last"
    """The result that ended last; where times are missing, the worst."""

    ANY = "any"
    """One pass is enough, unless a tear-down failed after it."""


RULES = {
    Reruns.WORST: "",
    Reruns.LAST: "Of several results of a test the last counts.",
    Reruns.ANY: "Of several results of a test one pass is enough.",
}
"""The rule in a sentence; nothing for the one that needs no mention."""


def choose(attempts: Sequence[Finding], rule: Reruns) -> Finding:
    """Return the finding that counts.

    A tear-down that failed, or a module that could not be imported, never hides
    behind a pass, unless it is known to have ended before that pass began. A
    class that was skipped heals no failure of a test that perhaps was not to
    run again.
    """
    if rule is Reruns.WORST:
        return worst(attempts)
    ran = [attempt for attempt in attempts if attempt.outcome is not Outcome.TEARDOWN_ERROR]
    unclean = [attempt for attempt in attempts if _is_unclean(attempt)]
    if rule is Reruns.LAST:
        last = _last(ran)
        if last is None:
            return worst(attempts)
        if last.outcome is Outcome.SKIPPED:
            before = [one for one in ran if one.is_certain or one.outcome is not Outcome.SKIPPED]
            last = worst([last, *filter(None, [_last(before)])])
        candidates = [last]
    else:
        candidates = [one for one in ran if one.outcome is Outcome.PASSED] or [worst(ran)]
    for chosen in candidates:
        after = [one for one in unclean if not _ended_before(one, chosen)]
        if chosen.outcome is not Outcome.PASSED or not after:
            return chosen
    return after[0]


def _is_unclean(attempt: Finding) -> bool:
    if attempt.outcome is Outcome.TEARDOWN_ERROR:
        return True
    event = attempt.event
    return event is not None and event.outcome is Outcome.FAILED and is_failed_import(event.name)


def flaky(attempts: Sequence[Finding], names: Sequence[str]) -> Iterator[tuple[str, list[Finding]]]:
    """Yield each test among `names` that passed and failed, with its own results, one a run.

    Several tests may stand for a demanded one: that they differ is nothing flaky.
    A tear-down that failed, or an import, is no further run of the test.
    """
    for name in names:
        own = [
            one
            for one in attempts
            if one.event is not None and _is_of(one.event, name) and not _is_unclean(one)
        ]
        found = {one.outcome for one in own}
        if Outcome.PASSED in found and found & {Outcome.FAILED, Outcome.FIXTURE_ERROR}:
            yield name, own


def _is_of(event: Event, name: str) -> bool:
    fixture = fixture_of(event)
    return event.test.name == name if fixture is None else fixture.owner in owners(name)


def _last(attempts: Sequence[Finding]) -> Finding | None:
    """Return the attempt that ended last, None where the end of one is not known."""
    ends = [attempt.event.stopped if attempt.event else None for attempt in attempts]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or not known:
        return None
    last = max(known)
    return worst(attempt for attempt, end in zip(attempts, ends, strict=True) if end == last)


def _ended_before(attempt: Finding, other: Finding) -> bool:
    """Return whether an attempt is known to have ended before another one began."""
    ended = attempt.event.stopped if attempt.event else None
    began = other.event.started if other.event else None
    before = ended is not None and began is not None and ended < began
    return before and attempt.order < other.order
