"""The gate document, by reports/schemas/gate-1.json."""

from collections import Counter
from collections.abc import Collection, Sequence, Set

from defcheck import __version__
from defcheck.guideline.overlay import NO_OVERLAY, Overlay
from defcheck.report.causes import (
    ListedTest,
    choose_binding,
    choose_worst_test,
    collect_listed_tests,
)
from defcheck.report.models.comparison import FAILED_OUTCOMES, ResultChange, describe_change_count
from defcheck.report.models.verdict_report import Document
from defcheck.results.models import Outcome
from defcheck.scoring.gate import (
    GateAcceptance,
    GateFinding,
    GateRule,
    GateState,
    GateTest,
    evaluate_gate,
)
from defcheck.scoring.policy import Judgement
from defcheck.util.text import clean_line

GATE_FORMAT = "defcheck gate 1"

MISSING_PASS_WORDS = {
    Outcome.FAILED: ("failed", "failed"),
    Outcome.FIXTURE_ERROR: ("failed", "failed"),
    Outcome.UNFINISHED: ("did not finish", "did not finish"),
    Outcome.ABSENT: ("did not run", "did not run"),
    Outcome.NOT_RUN: ("did not run", "did not run"),
    Outcome.TEARDOWN_ERROR: ("passed with a failed cleanup", "passed with a failed cleanup"),
    Outcome.SKIPPED: ("was skipped", "were skipped"),
}
"""Why a test did not pass, in the words of the headline, for one test and for several."""


def build_gate_document(
    verdict: Document,
    baseline: Document | None,
    rules: Collection[GateRule],
    *,
    known: Overlay = NO_OVERLAY,
    day: str = "",
    accept_incomplete: bool = False,
) -> Document:
    """Build the gate document for a verdict and an optional baseline of the same target.

    `known` is the user's list of known failures; `day` (YYYY-MM-DD) decides which apply.
    `accept_incomplete` accepts skipped tests and failed cleanups.
    """
    entries = [flag for flag in known.flags if flag.is_for(verdict["guideline"]["id"])]
    gate = evaluate_gate(
        list_standings(verdict),
        None if baseline is None else {one.test: one for one in list_standings(baseline)},
        entries,
        day,
        rules,
        verdict["problems"],
        accept_incomplete=accept_incomplete,
    )
    document = {
        "format": GATE_FORMAT,
        "defcheck": __version__,
        "gate": gate.state.value,
        "why": "",
        "fail_on": [rule.value for rule in gate.rules],
        "accept_incomplete": accept_incomplete,
        "guideline": {key: verdict["guideline"][key] for key in ("id", "sha256")},
        "target": verdict["target"],
        "verdict": verdict["verdict"],
        "results": verdict["results"],
        "baseline": None
        if baseline is None
        else {**baseline["results"], **_baseline_facts(baseline)},
        "known": {"source": known.source, "sha256": known.sha256, "day": day}
        if known.flags
        else None,
        "watched": gate.watched_count,
        "closing": [_fact_entry(fact, day) for fact in gate.closing],
        "unaccepted": [_fact_entry(fact, day) for fact in gate.unaccepted],
        "accepted": [_fact_entry(fact, day) for fact in gate.accepted],
        "mended": list(gate.fixed),
        "stale": [{"test": flag.test, "expires": flag.expires} for flag in gate.stale],
        "problems": list(gate.problems),
    }
    return {**document, "why": _explain_gate(gate.state, document)}


def list_standings(verdict: Document) -> list[GateTest]:
    """Return each test of a verdict once."""
    flaky = {one["name"] for one in verdict["flaky"]}
    return [
        _make_standing(name, listings, flaky)
        for name, listings in collect_listed_tests(verdict).items()
    ]


def _make_standing(name: str, listings: Sequence[ListedTest], flaky: Set[str]) -> GateTest:
    test = choose_worst_test(listings)
    return GateTest(
        test=name,
        counted=any(one.counted for one in listings),
        advisory=any(one.advisory for one in listings),
        outcome=Outcome(test["outcome"]),
        judgement=Judgement(test["judgement"]),
        reason=test["reason"],
        excluded=test.get("excluded", False),  # verdict.json of an older version has no such field
        flaky=any(not flaky.isdisjoint(one.test["found"]) for one in listings),
        capabilities=tuple(one.capability for one in choose_binding(listings)),
    )


def _baseline_facts(baseline: Document) -> Document:
    started = baseline["run"]["started"] if baseline["run"] else ""
    return {"verdict": baseline["verdict"], "started": started}


def _fact_entry(fact: GateFinding, day: str) -> Document:
    one, known = fact.gate_test, fact.known
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
            "state": known.state_on(day).value,
            "expires": known.expires,
            "approver": known.approver,
            "reason": known.reason,
        },
    }


def _explain_gate(state: GateState, document: Document) -> str:
    """Summarize the gate: what decided it, what was accepted, and whether there is a baseline.

    The first sentence is the reason for the state.
    """
    sentences = [
        _explain_state(state, document),
        _describe_accepted(document["accepted"]),
        "" if document["baseline"] else "There is no baseline.",
    ]
    return " ".join(filter(None, sentences))


def _explain_state(state: GateState, document: Document) -> str:
    watched, lacking = document["watched"], _describe_missing_passes(document["unaccepted"])
    if state is GateState.CLOSED:
        closing = document["closing"]
        had = [fact for fact in closing if fact["before"] == "pass"]
        broke = sum(fact["outcome"] in FAILED_OUTCOMES for fact in had)
        lost, new = len(had) - broke, len(closing) - len(had)
        words = [
            describe_change_count(ResultChange.REGRESSED, broke),
            describe_change_count(ResultChange.LOST_PASS, lost),
        ]
        since = " and ".join(filter(None, words)) + " since the baseline" if had else ""
        told = ", ".join(filter(None, (since, _describe_new_failures(new))))
        more = f"{lacking}." if lacking else ""
        return " ".join(
            filter(
                None, (f"Of {watched} different tests, {told}.", more, _describe_damage(document))
            )
        )
    if state is GateState.UNCLEAR:
        if document["problems"]:
            return f"{_describe_damage(document)} The gate does not open on incomplete results."
        if lacking:
            nobody = "--accept-incomplete does not accept"
            nobody = nobody if document["accept_incomplete"] else "nothing accepts"
            return f"Of {watched} different tests, {lacking}, which {nobody}."
        return "No test passed."
    if document["baseline"]:
        return f"No new problems in {watched} different tests."
    meeting = watched - len(document["accepted"])
    return f"{meeting} of {watched} different tests meet{'s' * (meeting == 1)} the rule."


def _describe_damage(document: Document) -> str:
    """Return what is wrong with the results; empty if they are complete."""
    problems = document["problems"]
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return f"The results are incomplete: {clean_line(problems[0], 160)}{more}." if problems else ""


def _describe_new_failures(number: int) -> str:
    """Count the closing tests that did not pass in the baseline, in words."""
    return f"{number} failed or {'are' if number > 1 else 'is'} incomplete" if number else ""


def _describe_missing_passes(facts: Sequence[Document]) -> str:
    """Count the tests that did not pass by reason, in words; empty for none."""
    numbers = Counter(MISSING_PASS_WORDS[Outcome(fact["outcome"])] for fact in facts)
    words = [
        f"{numbers[words]} {words[numbers[words] > 1]}"
        for words in dict.fromkeys(MISSING_PASS_WORDS.values())
        if words in numbers
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _describe_accepted(facts: Sequence[Document]) -> str:
    """Count the accepted tests that did not pass, and those accepted only by the option."""
    total = len(facts)
    option = sum(fact["accepted_by"] == GateAcceptance.OPTION for fact in facts)
    by = " by --accept-incomplete" if option else ""
    if 0 < option < total:
        by = f", {option} of them{by}"
    tests, verb = ("tests", "are") if total > 1 else ("test", "is")
    return f"{total} {tests} that did not pass {verb} accepted{by}." if total else ""
