"""The verdict document, by reports/schemas/verdict-1.json.

It has no creation time: the same results always give the same document.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from defcheck import __version__
from defcheck.guideline import catalog
from defcheck.guideline.models import Flag, Guideline
from defcheck.guideline.selection import ListedCapability, select_capabilities
from defcheck.report.causes import group_causes
from defcheck.report.reproduce_command import build_command
from defcheck.results.models import Event, Outcome
from defcheck.results.non_test_events import is_of_runner
from defcheck.results.result_set import Attempt
from defcheck.runner.record import RunRecord
from defcheck.scoring.evidence import choose_result, find_flaky
from defcheck.scoring.policy import Judgement
from defcheck.scoring.refstack_answer import RefStackAnswer, UndefinedAnswerError
from defcheck.scoring.verdict import TestVerdict, Verdict, count_tests
from defcheck.util.text import clean_line

PROVABLE = {"pass": "passed", "fail": "failed", "incomplete": "incomplete"}
"""Judgements of capabilities that tests can prove, and the names of their counts."""

UNPROVABLE_REASONS = {"flagged": "with only flagged tests", "untested": "without tests"}
"""Judgements of capabilities that tests cannot prove, and why."""


def count_capabilities(capabilities: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Count the capabilities by state.

    The total covers those that tests can prove: passed, failed and incomplete add up
    to it. `flagged` and `untested` are not part of it.
    """
    found = Counter(item["judgement"] for item in capabilities)
    return {
        "total": sum(found[judgement] for judgement in PROVABLE),
        **{name: found[judgement] for judgement, name in PROVABLE.items()},
        **{judgement: found[judgement] for judgement in UNPROVABLE_REASONS},
    }


def describe_unprovable(counts: dict[str, int]) -> str:
    """Return how many capabilities are not in the total and why; empty for none."""
    return ", ".join(
        f"{counts[judgement]} {why}"
        for judgement, why in UNPROVABLE_REASONS.items()
        if counts[judgement]
    )


def describe_proved(capabilities: Iterable[dict[str, Any]]) -> str:
    """Return how many capabilities are proved, as `16 of 18 proved, 1 without tests`."""
    counts = count_capabilities(capabilities)
    proved = f"{counts['passed']} of {counts['total']} proved"
    return ", ".join(filter(None, (proved, describe_unprovable(counts))))


PREDICTED_OUTCOMES = {"skips": Outcome.SKIPPED.value, "fixture_errors": Outcome.FIXTURE_ERROR.value}


def compare_predictions(record: RunRecord, verdict: Verdict) -> dict[str, Any] | None:
    """Return how many predictions were correct, by kind, and what was not predicted.

    Only tests of the target are compared. None if nothing was predicted.
    """
    if record.inputs.foreseen is None:
        return None
    became = {name: test.outcome.value for test in verdict.tests for name in test.found}
    # A test that the run excluded proves no prediction right or wrong.
    tried = {
        name: fate
        for name, fate in record.inputs.foreseen.items()
        if name not in (record.inputs.withheld or {})
    }
    return {
        kind: _compare_kind(tried, became, outcome) for kind, outcome in PREDICTED_OUTCOMES.items()
    }


def _compare_kind(
    foreseen: dict[str, dict[str, str]], became: dict[str, str], outcome: str
) -> dict[str, Any]:
    told = {
        name for name, fate in foreseen.items() if fate["outcome"] == outcome and name in became
    }
    true = {name for name, what in became.items() if what == outcome}
    return {
        "foreseen": len(told),
        "came_true": len(told & true),
        "not_true": sorted(told - true),
        "not_foreseen": sorted(true - told),
    }


VERDICT_FORMAT = "defcheck verdict 1"

Document = dict[str, Any]


def build_verdict_document(
    verdict: Verdict, *, source: str, results_sha256: str, record: RunRecord | None = None
) -> Document:
    """Build the document for a verdict on the results of `source`, of a run if there is one."""
    tests: dict[str, list[TestVerdict]] = {}
    for test in verdict.tests:
        tests.setdefault(test.capability, []).append(test)
    capabilities = [
        _capability_facts(item, tests.get(name, []))
        for name, item in select_capabilities(verdict.guideline, verdict.target).items()
    ]
    advice = _advise_on_damage(verdict, record) if verdict.problems else ""
    return {
        "format": VERDICT_FORMAT,
        "defcheck": __version__,
        "verdict": verdict.judgement.value,
        "why": _explain_verdict(verdict),
        "problems": list(verdict.problems),
        "problems_advice": advice,
        "guideline": _guideline_facts(verdict.guideline),
        "target": {"name": verdict.target.name, "title": verdict.target.title},
        "policy": {
            "name": verdict.policy.name.value,
            "title": verdict.policy.title,
            "rule": verdict.policy.rule,
            "changes": list(verdict.policy.changes),
        },
        "overlay": _overlay_facts(verdict),
        "counts": {
            "counted": asdict(count_tests(verdict.counted_tests)),
            "with_flagged": asdict(count_tests(verdict.required_tests)),
            "capabilities": count_capabilities(
                item for item in capabilities if item["status"] == "required"
            ),
        },
        "refstack": refstack_facts(verdict.refstack),
        "flaky": _list_flaky_tests(verdict),
        "causes": group_causes(capabilities, advice),
        "capabilities": capabilities,
        "results": {
            "source": source,
            "format": verdict.result_format,
            "sha256": results_sha256,
        },
        "run": _run_facts(record, verdict) if record else None,
        "reproduce": build_command(verdict, source, record),
    }


def _explain_verdict(verdict: Verdict) -> str:
    """Explain the verdict in a sentence or two; problems with the results come first."""
    words = [_explain_counts(verdict)]
    if verdict.problems:
        more = len(verdict.problems) - 1
        first = clean_line(verdict.problems[0], 160).removesuffix(".")
        others = f", and {more} more problem{'s' * (more > 1)}" if more else ""
        words.insert(0, f"The results are incomplete: {first}{others}.")
    if verdict.without_overlay not in (None, verdict.judgement):
        words.append(f"Without the local flags it would be {verdict.without_overlay}.")
    return " ".join(words)


def _explain_counts(verdict: Verdict) -> str:
    found = count_tests(verdict.counted_tests)
    if verdict.judgement is Judgement.FAIL:
        return f"{found.failed} of {found.total} counted tests failed."
    if found.incomplete:
        return f"No counted test failed, but {found.incomplete} of {found.total} did not pass."
    if not found.passed:
        return "No counted test passed."
    all_of_them = (
        "The one counted test meets the rule"
        if found.total == 1
        else f"All {found.total} counted tests meet the rule"
    )
    return f"{all_of_them}{', but a pass cannot be trusted' * bool(verdict.problems)}."


def _advise_on_damage(verdict: Verdict, record: RunRecord | None) -> str:
    """Return how to get complete results in place of damaged ones.

    It names no directory: a bundle must give the same document wherever it is stored.
    """
    if verdict.problems and all(map(is_of_runner, verdict.problems)):
        return (
            "The test runner itself failed: see its output and log. Fix the cause, then run the "
            "whole target again."
        )
    if record is not None:
        return (
            "`defcheck resume` runs what is missing in the run directory; if it cannot, run the "
            "whole target again."
        )
    return (
        "Score the complete file that the test runner wrote; if the run itself was interrupted, "
        "run the whole target again."
    )


def _guideline_facts(guideline: Guideline) -> Document:
    origin = catalog.find_origin(guideline)
    return {
        "id": guideline.id,
        "schema": guideline.schema,
        "status": guideline.status,
        "releases": list(guideline.releases),
        "sha256": guideline.sha256,
        "origin": asdict(origin) if origin else None,
    }


def _capability_facts(listed: ListedCapability, tests: list[TestVerdict]) -> Document:
    model = listed.capability
    return {
        "name": model.name,
        "status": listed.status.value,
        "component": listed.component,
        "description": model.description,
        "project": model.project,
        "admin": model.admin,
        "judgement": _judge_capability(tests),
        "tests": [test_facts(test) for test in tests],
    }


def _judge_capability(tests: list[TestVerdict]) -> str:
    """Judge a capability by its unflagged tests.

    `flagged` if all its tests are flagged, `untested` if it has none.
    """
    if not tests:
        return "untested"
    judgements = {test.judgement for test in tests if not test.set_aside}
    for judgement in (Judgement.FAIL, Judgement.INCOMPLETE, Judgement.PASS):
        if judgement in judgements:
            return judgement.value
    return "flagged"


def test_facts(test: TestVerdict) -> Document:
    """Return the test as the guideline lists it, with its result."""
    return {
        "name": test.test.name,
        "idempotent_id": test.test.idempotent_id,
        "aliases": list(test.test.aliases),
        "counted": test.is_counted,
        "flag": flag_facts(test.test.flag),
        "local_flag": asdict(test.local_flag) if test.local_flag else None,
        "match": test.match.value,
        "found": list(test.found),
        "outcome": test.outcome.value,
        "excluded": test.excluded,
        "judgement": test.judgement.value,
        "reason": test.reason,
        "details": test.details,
        "seconds": test.seconds,
        **_test_start(test),
        "calls": [asdict(call) for call in test.calls],
        "attempts": [_attempt_facts(one) for one in test.attempts]
        if len(test.attempts) > 1
        else [],
    }


def _test_start(test: TestVerdict) -> Document:
    """Return when and by which worker the test was run; empty unless it has one result."""
    event = test.attempts[0].event if len(test.attempts) == 1 else None
    if event is None or event.test.name not in test.found:
        return {"started": "", "worker": ""}
    return _event_start(event)


def _event_start(event: Event | None) -> Document:
    return {
        "started": event.started.isoformat() if event and event.started else "",
        "worker": event.worker if event else "",
    }


def _list_flaky_tests(verdict: Verdict) -> list[Document]:
    """Return the tests that both passed and failed in these results, each once."""
    found = {}
    for test in verdict.tests:
        for name, attempts in find_flaky(test.attempts, test.found):
            found[name] = {
                "name": name,
                "passed": sum(one.outcome is Outcome.PASSED for one in attempts),
                "results": len(attempts),
                "counts": choose_result(attempts, verdict.policy.reruns).outcome.value,
            }
    return [found[name] for name in sorted(found)]


def _attempt_facts(finding: Attempt) -> Document:
    event = finding.event
    return {
        "name": event.name if event else "",
        "outcome": finding.outcome.value,
        "reason": event.reason if event else "",
        "seconds": event.seconds if event else None,
        **_event_start(event),
    }


def flag_facts(flag: Flag | None) -> Document | None:
    """Return the guideline's flag; None if there is none."""
    if flag is None:
        return None
    return {**asdict(flag), "references": list(flag.references)}


def _overlay_facts(verdict: Verdict) -> Document | None:
    """Return the local flags and their effect; None without an overlay."""
    terms = verdict.options
    if not terms.overlay.flags:
        return None
    return {
        "source": terms.overlay.source,
        "sha256": terms.overlay.sha256,
        "day": terms.day,
        "verdict_without": (verdict.without_overlay or verdict.judgement).value,
        "flags": [
            {**asdict(use.flag), "state": use.state.value, "capabilities": list(use.capabilities)}
            for use in verdict.local_flags
        ],
    }


def refstack_facts(answer: RefStackAnswer | UndefinedAnswerError | None) -> Document | None:
    """Return RefStack's answer with its counts, or why it has none.

    None for a guideline that RefStack never had.
    """
    if answer is None:
        return None
    if isinstance(answer, UndefinedAnswerError):
        return {"answer": None, "error": answer.message}
    return {
        "answer": "YES" if answer.is_yes else "NO",
        "required": answer.required.count,
        "passed": answer.required.passed,
        "percent": answer.percent,
        "flagged": answer.flagged,
        "counted": answer.counted,
        "counted_passed": answer.counted_passed,
        "counted_percent": answer.counted_percent,
    }


def _run_facts(record: RunRecord, verdict: Verdict) -> Document:
    return {
        "cloud": record.inputs.cloud,
        "credentials": record.history.credentials,
        **(
            {"users_fallback": record.history.users_fallback}
            if record.history.users_fallback
            else {}
        ),
        "tempest": record.inputs.tempest,
        "python": record.inputs.python,
        "defcheck": record.inputs.defcheck,
        "workers": record.history.workers,
        "planned": len(record.inputs.planned),
        "absent": record.inputs.absent,
        "started": record.inputs.started,
        "finished": record.outcome.finished,
        "state": record.outcome.state,
        "foresight": compare_predictions(record, verdict),
        "second_account": sorted(
            {
                test.name
                for test in verdict.tests
                if not set(record.inputs.second_account).isdisjoint(test.found)
            }
        ),
        "resumed": [
            {"at": one["at"], "again": len(one["again"])} for one in record.history.resumed
        ],
        "reruns": [
            {"round": one["round"], "tests": len(one["tests"])} for one in record.history.reruns
        ],
        "prefix": record.inputs.prefix,
        "leftovers": record.outcome.leftovers,
    }
