"""A gate as one JSON-ready document, from the verdicts that it is judged by.

Its schema is reports/schemas/gate-1.json.
"""

from collections import Counter
from collections.abc import Collection, Sequence, Set

from defcheck import __version__
from defcheck.guideline.overlay import NO_OVERLAY, Overlay
from defcheck.report.clean import clean_line
from defcheck.report.comparison.document import FAILURES, Change
from defcheck.report.comparison.reading import changed
from defcheck.report.document import Document
from defcheck.report.listings import Listing, binding, each_test, worst
from defcheck.results.model import Outcome
from defcheck.scoring.gate import Acceptance, Fact, Rule, Standing, State, judge
from defcheck.scoring.policy import Judgement

FORMAT = "defcheck gate 1"

LACKING = {
    Outcome.FAILED: ("failed", "failed"),
    Outcome.FIXTURE_ERROR: ("failed", "failed"),
    Outcome.UNFINISHED: ("did not end", "did not end"),
    Outcome.ABSENT: ("did not run", "did not run"),
    Outcome.NOT_RUN: ("did not run", "did not run"),
    Outcome.TEARDOWN_ERROR: ("passed with a failed clean-up", "passed with a failed clean-up"),
    Outcome.SKIPPED: ("was skipped", "were skipped"),
}
"""Why a test has no pass, as the headline says it of one test and of several."""


def build(
    verdict: Document,
    baseline: Document | None,
    rules: Collection[Rule],
    *,
    known: Overlay = NO_OVERLAY,
    day: str = "",
    accept_incomplete: bool = False,
) -> Document:
    """Return the document for a verdict held against a baseline of the same target.

    `known` has the user's known failures, in force or not on `day` (YYYY-MM-DD).
    `accept_incomplete` accepts skipped tests and failed clean-ups.
    """
    entries = [flag for flag in known.flags if flag.is_for(verdict["guideline"]["id"])]
    gate = judge(
        standings(verdict),
        None if baseline is None else {one.test: one for one in standings(baseline)},
        entries,
        day,
        rules,
        verdict["problems"],
        accept_incomplete=accept_incomplete,
    )
    document = {
        "format": FORMAT,
        "defcheck": __version__,
        "gate": gate.state.value,
        "why": "",
        "fail_on": [rule.value for rule in gate.rules],
        "accept_incomplete": accept_incomplete,
        "guideline": {key: verdict["guideline"][key] for key in ("id", "sha256")},
        "target": verdict["target"],
        "verdict": verdict["verdict"],
        "results": verdict["results"],
        "baseline": None if baseline is None else {**baseline["results"], **_verdict(baseline)},
        "known": {"source": known.source, "sha256": known.sha256, "day": day}
        if known.flags
        else None,
        "watched": gate.watched,
        "closing": [_fact(fact, day) for fact in gate.closing],
        "unaccepted": [_fact(fact, day) for fact in gate.unaccepted],
        "accepted": [_fact(fact, day) for fact in gate.accepted],
        "mended": list(gate.mended),
        "stale": [{"test": flag.test, "expires": flag.expires} for flag in gate.stale],
        "problems": list(gate.problems),
    }
    return {**document, "why": _why(gate.state, document)}


def standings(verdict: Document) -> list[Standing]:
    """Return each test of a verdict once."""
    flaky = {one["name"] for one in verdict["flaky"]}
    return [_standing(name, listings, flaky) for name, listings in each_test(verdict).items()]


def _standing(name: str, listings: Sequence[Listing], flaky: Set[str]) -> Standing:
    test = worst(listings)
    return Standing(
        test=name,
        counted=any(one.counted for one in listings),
        advisory=any(one.advisory for one in listings),
        outcome=Outcome(test["outcome"]),
        judgement=Judgement(test["judgement"]),
        reason=test["reason"],
        excluded=test.get("excluded", False),  # a verdict.json of an older version has none
        flaky=any(not flaky.isdisjoint(one.test["found"]) for one in listings),
        capabilities=tuple(one.capability for one in binding(listings)),
    )


def _verdict(baseline: Document) -> Document:
    started = baseline["run"]["started"] if baseline["run"] else ""
    return {"verdict": baseline["verdict"], "started": started}


def _fact(fact: Fact, day: str) -> Document:
    one, known = fact.standing, fact.known
    return {
        "test": one.test,
        "outcome": one.outcome.value,
        "before": fact.before.value if fact.before else None,
        "reason": one.reason,
        "flaky": one.flaky,
        "accepted_by": fact.accepted_by.value if fact.accepted_by else None,
        "known": None
        if known is None
        else {
            "state": known.state(day).value,
            "expires": known.expires,
            "approver": known.approver,
            "reason": known.reason,
        },
    }


def _why(state: State, document: Document) -> str:
    """Return the gate in a few words: what decides, what was accepted, whether against a baseline.

    The first sentence is the reason for the state.
    """
    sentences = [
        _reason(state, document),
        _accepted(document["accepted"]),
        "" if document["baseline"] else "There is no baseline.",
    ]
    return " ".join(filter(None, sentences))


def _reason(state: State, document: Document) -> str:
    watched, lacking = document["watched"], _lacking(document["unaccepted"])
    if state is State.CLOSED:
        closing = document["closing"]
        had = [fact for fact in closing if fact["before"] == "pass"]
        broke = sum(fact["outcome"] in FAILURES for fact in had)
        lost, new = len(had) - broke, len(closing) - len(had)
        words = [changed(Change.BROKE, broke), changed(Change.LOST, lost)]
        since = " and ".join(filter(None, words)) + " since the baseline" if had else ""
        told = ", ".join(filter(None, (since, _new(new))))
        more = f"{lacking}." if lacking else ""
        return " ".join(
            filter(None, (f"Of {watched} different tests {told}.", more, _damage(document)))
        )
    if state is State.UNCLEAR:
        if document["problems"]:
            return f"{_damage(document)} Such results open no gate."
        if lacking:
            nobody = "--accept-incomplete does not accept"
            nobody = nobody if document["accept_incomplete"] else "nobody accepted"
            return f"Of {watched} different tests {lacking}, which {nobody}."
        return "No test passed."
    if document["baseline"]:
        return f"Nothing new stands against {watched} different tests."
    meeting = watched - len(document["accepted"])
    return f"{meeting} of {watched} different tests meet{'s' * (meeting == 1)} the rule."


def _damage(document: Document) -> str:
    """Return what is wrong with the results, empty where they are whole."""
    problems = document["problems"]
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"The results are not whole: {clean_line(problems[0], 160)}{more}." if problems else ""


def _new(number: int) -> str:
    """Return how many tests close the gate that did not pass in a baseline."""
    return f"{number} failed or {'lack' if number > 1 else 'lacks'} a pass" if number else ""


def _lacking(facts: Sequence[Document]) -> str:
    """Return how many tests have no pass for which reason; empty where there is none."""
    numbers = Counter(LACKING[Outcome(fact["outcome"])] for fact in facts)
    words = [
        f"{numbers[words]} {words[numbers[words] > 1]}"
        for words in dict.fromkeys(LACKING.values())
        if words in numbers
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _accepted(facts: Sequence[Document]) -> str:
    """Return how many tests without a pass are accepted, and how many by the option alone."""
    total = len(facts)
    option = sum(fact["accepted_by"] == Acceptance.OPTION for fact in facts)
    by = " by --accept-incomplete" if option else ""
    if 0 < option < total:
        by = f", {option} of them{by}"
    return f"{total} without a pass {'are' if total > 1 else 'is'} accepted{by}." if total else ""
