"""Why counted tests did not pass: the same error, the same call, the same skip are one cause."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from defcheck.report.advice import Symptom, advise, api_of
from defcheck.report.clean import clean_line
from defcheck.report.failure import MOST_IDS, Failure, read_failure
from defcheck.report.listings import Listing
from defcheck.results.model import Outcome
from defcheck.scoring.counting import choose_worst, group_by_test

Facts = dict[str, Any]

ORDER = ("fail", "incomplete", "pass")
MOST_MESSAGES = 3
ERRORS = ("failed", "fixture error", "passed, teardown error")
MISSING = ("not run", "unfinished")
"""Outcomes that results that are not whole explain."""

DAMAGED = "damaged results"

_IDS = (
    (re.compile(r"\s*\(?\(?(?:HTTP \d+\)\s*)?\(?request[- ]id:? ?[\w-]+\)?", re.IGNORECASE), ""),
    (re.compile(r"\s*\breq-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), ""),
    (re.compile(r"\bhttps?://[^\s/'\"]+"), ""),
    (re.compile(r" from [\w.-]+:\d+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), ""),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b"), "{id}"),
)
"""What is taken out of a headline, and what stands in its place."""

_CLASS = re.compile(r"\A\w+ skipped (?:because|as) +(?=\w)")

WITHOUT_REASON = {
    "not run": "Not in the results",
    "absent": "Not in the Tempest of this run",
    "unfinished": "Began without an end in the results",
    "skipped": "Skipped without a reason",
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A counted test without a pass."""

    test: Facts
    capabilities: tuple[str, ...]
    """Those that require it and in which it lacks one."""

    failure: Failure


def causes(capabilities: Iterable[Facts], damaged: str = "") -> list[Facts]:
    """Return the causes for which counted tests have no pass, failures and the largest first.

    Each different test has one cause. Those whose judgement is `pass` are skips
    that the policy allows. `damaged` says what to do about results that are not
    whole, empty where they are: they explain a test that is missing from them.
    """
    found: dict[tuple[object, ...], list[Lacking]] = {}
    passed: Counter[str] = Counter()
    for listings in group_by_test(_counted(capabilities)).values():
        test = choose_worst(listings).test
        if test["outcome"] == "passed":
            passed[api_of(test["name"])] += 1
        else:
            failure = read_failure(test)
            where = [one.capability for one in listings if one.outcome is not Outcome.PASSED]
            key = (test["judgement"], *_key(test, failure))
            found.setdefault(key, []).append(Lacking(test, tuple(where), failure))
    described = [_cause(tests, damaged, passed) for tests in found.values()]
    return sorted(
        described, key=lambda cause: (ORDER.index(cause["judgement"]), -len(cause["tests"]))
    )


def _counted(capabilities: Iterable[Facts]) -> Iterator[Listing]:
    for capability in capabilities:
        for test in capability["tests"]:
            if test["counted"]:
                yield Listing(capability["name"], counted=True, advisory=False, test=test)


def _key(test: Facts, failure: Failure) -> tuple[object, ...]:
    if test["outcome"] in ERRORS:
        return ("error", *failure.signature)
    return (test["outcome"], _plain(test["reason"]))


def _plain(reason: str) -> str:
    """Return a reason without the class that it was said of, so that equal ones meet."""
    plain = clean_line(reason)
    told = _CLASS.sub("", plain)
    return told[:1].upper() + told[1:] if told != plain else plain


def _cause(tests: list[Lacking], damaged: str, passed: Counter[str]) -> Facts:
    failures = [one.failure for one in tests]
    first, failure = tests[0].test, failures[0]
    if first["outcome"] in ERRORS:
        request = next((one.request for one in failures if one.request), "")
        messages = list(dict.fromkeys(one.message for one in failures if one.message))
        title, error, status, call = _title(failure), failure.error, failure.status, failure.call
        text = " ".join([error, *messages])
    else:
        messages, request, error, status, call = [], "", "", None, ""
        text = _plain(first["reason"])
        title = text or WITHOUT_REASON[first["outcome"]]
    if damaged and not text and first["outcome"] in MISSING:
        kind, advice, title = DAMAGED, damaged, f"{title}, which are not whole"
    else:
        names = [one.test["name"] for one in tests]
        beside = sum(passed[api] for api in {api_of(name) for name in names})
        kind, advice = advise(Symptom(text, status, error, first["outcome"], names, beside))
    ids = dict.fromkeys(one for each in failures for one in each.request_ids)
    return {
        "judgement": first["judgement"],
        "outcomes": dict(Counter(one.test["outcome"] for one in tests)),
        "title": title,
        "kind": kind,
        "advice": advice,
        "error": error,
        "status": status,
        "call": call,
        "request": request,
        "messages": messages[:MOST_MESSAGES],
        "request_ids": list(ids)[:MOST_IDS],
        "tests": [
            {
                "name": one.test["name"],
                "capability": one.capabilities[0],
                "capabilities": list(one.capabilities),
            }
            for one in tests
        ],
    }


def _title(failure: Failure) -> str:
    """Return the error with its status, else with what it says."""
    if failure.status is not None:
        return f"{failure.status} {_phrase(failure.status) or failure.error}".strip()
    said = ": ".join(part for part in (failure.error, failure.message) if part)
    return clean_line(_without_ids(said)) or "Failed without a reason"


def _without_ids(text: str) -> str:
    """Return a headline without what differs from run to run: requests, things and hosts.

    They stand below it, among the messages and request ids.
    """
    for pattern, instead in _IDS:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
