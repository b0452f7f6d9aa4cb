"""A gate as one JSON-ready document, from the verdicts that it is judged by.

Its schema is reports/schemas/gate-1.json.
"""

from collections.abc import Collection, Sequence, Set

from defcheck import __version__
from defcheck.guideline.overlay import NO_OVERLAY, Overlay
from defcheck.report.comparison.document import FAILURES, Change
from defcheck.report.comparison.reading import changed
from defcheck.report.document import Document
from defcheck.report.listings import Listing, binding, each_test, worst
from defcheck.results.model import Outcome
from defcheck.scoring.gate import Fact, Rule, Standing, State, judge
from defcheck.scoring.policy import Judgement

FORMAT = "defcheck gate 1"


def build(
    verdict: Document,
    baseline: Document | None,
    rules: Collection[Rule],
    *,
    known: Overlay = NO_OVERLAY,
    day: str = "",
) -> Document:
    """Return the document for a verdict held against a baseline of the same target.

    `known` has the user's known failures, in force or not on `day` (YYYY-MM-DD).
    """
    entries = [flag for flag in known.flags if flag.is_for(verdict["guideline"]["id"])]
    gate = judge(
        standings(verdict),
        None if baseline is None else {one.test: one for one in standings(baseline)},
        entries,
        day,
        rules,
        verdict["problems"],
    )
    document = {
        "format": FORMAT,
        "defcheck": __version__,
        "gate": gate.state.value,
        "why": "",
        "fail_on": [rule.value for rule in gate.rules],
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
        "silent": [_fact(fact, day) for fact in gate.silent],
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
    """Return the gate in a sentence."""
    closing, accepted = document["closing"], document["accepted"]
    are = "are" if len(accepted) > 1 else "is"
    beside = f" {len(accepted)} without a pass {are} accepted." if accepted else ""
    if state is State.CLOSED:
        had = [fact for fact in closing if fact["before"] == "pass"]
        broke = sum(fact["outcome"] in FAILURES for fact in had)
        lost, new = len(had) - broke, len(closing) - len(had)
        words = [changed(Change.BROKE, broke), changed(Change.LOST, lost)]
        since = " and ".join(filter(None, words)) + " since the baseline" if had else ""
        told = ", ".join(filter(None, (since, _new(new))))
        silent = len(document["silent"])
        beside = f" {silent} did not run.{beside}" if silent else beside
        return f"Of {document['watched']} different tests {told}.{beside}"
    if state is State.UNCLEAR:
        if document["problems"]:
            return "The results are damaged or cut off, so that they open no gate."
        if document["silent"]:
            silent = len(document["silent"])
            return f"{silent} of {document['watched']} different tests did not run.{beside}"
        return "No test passed."
    return f"Nothing new stands against {document['watched']} different tests.{beside}"


def _new(number: int) -> str:
    """Return how many tests close the gate that did not pass in a baseline."""
    return f"{number} failed or {'lack' if number > 1 else 'lacks'} a pass" if number else ""
