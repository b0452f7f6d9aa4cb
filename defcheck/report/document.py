"""The verdict as one JSON-ready document, from which every report is made.

Its schema is reports/schemas/verdict-1.json. It holds no time of making: the
same results give the same document.
"""

from dataclasses import asdict
from typing import Any

from defcheck import __version__
from defcheck.guideline import catalog
from defcheck.guideline.model import Flag, Guideline
from defcheck.guideline.select import Listed, by_status
from defcheck.report.causes import causes
from defcheck.report.foresight import compare
from defcheck.report.reproduce import command
from defcheck.results.model import Event, Outcome
from defcheck.results.tally import Finding
from defcheck.runner.record import Record
from defcheck.scoring.policy import Judgement
from defcheck.scoring.refstack import Answer, UndefinedAnswerError
from defcheck.scoring.reruns import choose, flaky
from defcheck.scoring.verdict import TestVerdict, Verdict, counts

FORMAT = "defcheck verdict 1"

Document = dict[str, Any]


def build(
    verdict: Verdict, *, source: str, results_sha256: str, record: Record | None = None
) -> Document:
    """Return the document for a verdict on results from `source`, perhaps of a run."""
    tests: dict[str, list[TestVerdict]] = {}
    for test in verdict.tests:
        tests.setdefault(test.capability, []).append(test)
    capabilities = [
        _capability(item, tests.get(name, []))
        for name, item in by_status(verdict.guideline, verdict.target).items()
    ]
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "verdict": verdict.judgement.value,
        "why": _why(verdict),
        "guideline": _guideline(verdict.guideline),
        "target": {"name": verdict.target.name, "title": verdict.target.title},
        "policy": {
            "name": verdict.policy.name.value,
            "title": verdict.policy.title,
            "rule": verdict.policy.rule,
            "changes": list(verdict.policy.changes),
        },
        "overlay": _overlay(verdict),
        "counts": {
            "counted": asdict(counts(verdict.counted)),
            "with_flagged": asdict(counts(verdict.required)),
            "capabilities": _capability_counts(capabilities),
        },
        "refstack": refstack_answer(verdict.refstack),
        "problems": list(verdict.problems),
        "flaky": _flaky(verdict),
        "causes": causes(capabilities),
        "capabilities": capabilities,
        "results": {
            "source": source,
            "format": verdict.result_format,
            "sha256": results_sha256,
        },
        "run": _run(record, verdict) if record else None,
        "reproduce": command(verdict, source, record),
    }


def _why(verdict: Verdict) -> str:
    if verdict.without_overlay in (None, verdict.judgement):
        return _why_alone(verdict)
    return f"{_why_alone(verdict)} Without the local flags it would be {verdict.without_overlay}."


def _why_alone(verdict: Verdict) -> str:
    found = counts(verdict.counted)
    if verdict.judgement is Judgement.PASS:
        if found.total == 1:
            return "The one counted test meets the rule."
        return f"All {found.total} counted tests meet the rule."
    if verdict.judgement is Judgement.FAIL:
        return f"{found.failed} of {found.total} counted tests failed."
    if found.incomplete:
        return f"No counted test failed, but {found.incomplete} of {found.total} have no pass."
    if verdict.problems:
        return "The results are damaged or cut off, so that a pass cannot be trusted."
    return "No counted test passed."


def _guideline(guideline: Guideline) -> Document:
    origin = catalog.origin(guideline)
    return {
        "id": guideline.id,
        "schema": guideline.schema,
        "status": guideline.status,
        "releases": list(guideline.releases),
        "sha256": guideline.sha256,
        "origin": asdict(origin) if origin else None,
    }


def _capability(listed: Listed, tests: list[TestVerdict]) -> Document:
    model = listed.capability
    return {
        "name": model.name,
        "status": listed.status.value,
        "component": listed.component,
        "description": model.description,
        "project": model.project,
        "admin": model.admin,
        "judgement": _judge(tests),
        "tests": [test_facts(test) for test in tests],
    }


def _judge(tests: list[TestVerdict]) -> str:
    """Return what the tests of a capability that no flag sets aside say together.

    `flagged` where all are set aside, `untested` where there is none.
    """
    if not tests:
        return "untested"
    judgements = {test.judgement for test in tests if not test.set_aside}
    for judgement in (Judgement.FAIL, Judgement.INCOMPLETE, Judgement.PASS):
        if judgement in judgements:
            return judgement.value
    return "flagged"


def _capability_counts(capabilities: list[Document]) -> Document:
    required = [item["judgement"] for item in capabilities if item["status"] == "required"]
    return {
        "total": len(required),
        "passed": required.count("pass"),
        "failed": required.count("fail"),
        "incomplete": required.count("incomplete"),
        "flagged": required.count("flagged"),
        "untested": required.count("untested"),
    }


def test_facts(test: TestVerdict) -> Document:
    """Return what is demanded by a test, and what became of it."""
    return {
        "name": test.test.name,
        "idempotent_id": test.test.idempotent_id,
        "aliases": list(test.test.aliases),
        "counted": test.counted,
        "flag": flag_facts(test.test.flag),
        "local_flag": asdict(test.local_flag) if test.local_flag else None,
        "match": test.match.value,
        "found": list(test.found),
        "outcome": test.outcome.value,
        "judgement": test.judgement.value,
        "reason": test.reason,
        "details": test.details,
        "seconds": test.seconds,
        **_when(test),
        "calls": [asdict(call) for call in test.calls],
        "attempts": [_attempt(one) for one in test.attempts] if len(test.attempts) > 1 else [],
    }


def _when(test: TestVerdict) -> Document:
    """Return when and by which worker a test was run that has one result of its own."""
    event = test.attempts[0].event if len(test.attempts) == 1 else None
    if event is None or event.test.name not in test.found:
        return {"started": "", "worker": ""}
    return _beginning(event)


def _beginning(event: Event | None) -> Document:
    return {
        "started": event.started.isoformat() if event and event.started else "",
        "worker": event.worker if event else "",
    }


def _flaky(verdict: Verdict) -> list[Document]:
    """Return the tests that passed and failed in these results, each once."""
    found = {}
    for test in verdict.tests:
        for name, attempts in flaky(test.attempts, test.found):
            found[name] = {
                "name": name,
                "passed": sum(one.outcome is Outcome.PASSED for one in attempts),
                "results": len(attempts),
                "counts": choose(attempts, verdict.policy.reruns).outcome.value,
            }
    return [found[name] for name in sorted(found)]


def _attempt(finding: Finding) -> Document:
    event = finding.event
    return {
        "name": event.name if event else "",
        "outcome": finding.outcome.value,
        "reason": event.reason if event else "",
        "seconds": event.seconds if event else None,
        **_beginning(event),
    }


def flag_facts(flag: Flag | None) -> Document | None:
    """Return what a flag of the guideline says, None where there is none."""
    if flag is None:
        return None
    return {**asdict(flag), "references": list(flag.references)}


def _overlay(verdict: Verdict) -> Document | None:
    """Return what the user's own flags are and do, None where there is no overlay."""
    terms = verdict.terms
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


def refstack_answer(answer: Answer | UndefinedAnswerError | None) -> Document | None:
    """Return RefStack's answer with its counts, or why it has none.

    None for a guideline that RefStack never had.
    """
    if answer is None:
        return None
    if isinstance(answer, UndefinedAnswerError):
        return {"answer": None, "error": answer.message}
    return {
        "answer": "YES" if answer.yes else "NO",
        "required": answer.required.count,
        "passed": answer.required.passed,
        "percent": answer.percent,
        "flagged": answer.flagged,
        "counted": answer.counted,
        "counted_passed": answer.counted_passed,
        "counted_percent": answer.counted_percent,
    }


def _run(record: Record, verdict: Verdict) -> Document:
    return {
        "cloud": record.cloud,
        "credentials": record.credentials,
        **({"users_fallback": record.users_fallback} if record.users_fallback else {}),
        "tempest": record.tempest,
        "python": record.python,
        "defcheck": record.defcheck,
        "workers": record.workers,
        "planned": len(record.planned),
        "absent": record.absent,
        "started": record.started,
        "finished": record.finished,
        "state": record.state,
        "foresight": compare(record, verdict),
        "second_account": sorted(
            {name for test in verdict.tests for name in test.found}.intersection(
                record.second_account
            )
        ),
        "resumed": [{"at": one["at"], "again": len(one["again"])} for one in record.resumed],
        "reruns": [{"round": one["round"], "tests": len(one["tests"])} for one in record.reruns],
        "prefix": record.prefix,
        "leftovers": record.leftovers,
    }
