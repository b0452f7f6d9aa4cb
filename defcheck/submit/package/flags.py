"""Flag requests that somebody filled in: what would come of them, and how a guideline has them."""

from typing import Any

from defcheck.report import json_report
from defcheck.report.document import Document
from defcheck.report.grouping import counted_tests
from defcheck.results.model import Outcome
from defcheck.scoring.policy import POLICIES, Judgement
from defcheck.submit.package.facts import Facts


def asked(form: Any) -> list[dict[str, Any]]:
    """Return the requests that are made."""
    return [flag for flag in form["flags"] if flag["request"]]


def granted(facts: Facts, requests: list[dict[str, Any]]) -> Judgement:
    """Return the verdict, were all requests granted."""
    tests = {flag["test"] for flag in requests}
    outcomes = [
        Outcome(test["outcome"])
        for _, test in counted_tests(facts.document)
        if test["name"] not in tests
    ]
    judgement = POLICIES[facts.guideline.policy].judge(outcomes)
    whole = not facts.document["problems"]
    return judgement if whole or judgement is Judgement.FAIL else Judgement.INCOMPLETE


def for_guideline(facts: Facts, requests: list[dict[str, Any]]) -> bytes:
    """Return the requests as blocks of the guideline's own form, to be put into its file."""
    flags = {flag["test"]: _block(flag) for flag in requests}
    ids = {one.test: one.idempotent_id for one in facts.without_pass}
    capabilities: Document = {}
    for capability, test in counted_tests(facts.document):
        if test["name"] in flags:
            tests = capabilities.setdefault(capability, {"tests": {}})["tests"]
            tests[test["name"]] = {
                "idempotent_id": ids[test["name"]],
                "flagged": flags[test["name"]],
            }
    document = {"guideline": facts.guideline.id, "capabilities": capabilities}
    return json_report.render(document).encode()


def _block(flag: dict[str, Any]) -> Document:
    reason = f"[{flag['code']}] {flag['reason'].strip()}"
    if flag["bug"]:
        reason += f" {flag['bug'].strip()}"
    return {"date": flag["date"], "reason": reason, "action": flag["action"].strip()}
