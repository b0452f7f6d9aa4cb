"""Causes for which counted tests did not pass: same error, call or skip reason, one cause."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from defcheck.report.advice import Symptom, find_advice, get_api_prefix
from defcheck.report.failure_text import MAX_REQUEST_IDS, Failure, read_failure
from defcheck.results.models import Outcome
from defcheck.scoring.policy import Judgement
from defcheck.scoring.verdict import choose_worst, group_by_test
from defcheck.util.text import clean_line, fold_whitespace

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListedTest:
    """A test as one capability lists it."""

    capability: str
    counted: bool
    advisory: bool
    """Demanded by an advisory capability, and not flagged."""

    test: Document

    @property
    def name(self) -> str:
        """The name that the guideline gives it."""
        return str(self.test["name"])

    @property
    def judgement(self) -> Judgement:
        """What it contributes to the verdict."""
        return Judgement(self.test["judgement"])

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return Outcome(self.test["outcome"])


def collect_listed_tests(verdict: Document) -> dict[str, list[ListedTest]]:
    """Return the listings of each test by its name, in the order of the verdict."""
    return group_by_test(
        ListedTest(
            capability["name"],
            test["counted"],
            capability["status"] == "advisory" and not (test["flag"] or test["local_flag"]),
            test,
        )
        for capability in verdict["capabilities"]
        for test in capability["tests"]
    )


def choose_binding(listings: Sequence[ListedTest]) -> list[ListedTest]:
    """Return those by which a test counts, else those that are advisory, else all."""
    return (
        [one for one in listings if one.counted]
        or [one for one in listings if one.advisory]
        or list(listings)
    )


def choose_worst_test(listings: Sequence[ListedTest]) -> Document:
    """Return the test as it stands where it says most against the cloud."""
    return choose_worst(choose_binding(listings)).test


Facts = dict[str, Any]

JUDGEMENT_ORDER = ("fail", "incomplete", "pass")
MAX_MESSAGES = 3
ERROR_OUTCOMES = ("failed", "fixture error", "passed, teardown error")
MISSING_OUTCOMES = ("not run", "unfinished")
"""Outcomes that results that are not whole explain."""

DAMAGED_RESULTS = "damaged results"

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
class UnmetTest:
    """A counted test without a pass."""

    test: Facts
    capabilities: tuple[str, ...]
    """Those that require it and in which it lacks one."""

    failure: Failure


def group_causes(capabilities: Iterable[Facts], damaged: str = "") -> list[Facts]:
    """Return the causes for which counted tests have no pass, failures and the largest first.

    Each different test has one cause. Those whose judgement is `pass` are skips
    that the policy allows. `damaged` says what to do about results that are not
    whole, empty where they are: they explain a test that is missing from them.
    """
    found: dict[tuple[object, ...], list[UnmetTest]] = {}
    passed: Counter[str] = Counter()
    for listings in group_by_test(_iter_counted(capabilities)).values():
        test = choose_worst(listings).test
        if test["outcome"] == "passed":
            passed[get_api_prefix(test["name"])] += 1
        else:
            failure = read_failure(test)
            where = [one.capability for one in listings if one.outcome is not Outcome.PASSED]
            key = (test["judgement"], *_make_cause_key(test, failure))
            found.setdefault(key, []).append(UnmetTest(test, tuple(where), failure))
    described = [_describe_cause(tests, damaged, passed) for tests in found.values()]
    return sorted(
        described,
        key=lambda cause: (JUDGEMENT_ORDER.index(cause["judgement"]), -len(cause["tests"])),
    )


def _iter_counted(capabilities: Iterable[Facts]) -> Iterator[ListedTest]:
    for capability in capabilities:
        for test in capability["tests"]:
            if test["counted"]:
                yield ListedTest(capability["name"], counted=True, advisory=False, test=test)


def _make_cause_key(test: Facts, failure: Failure) -> tuple[object, ...]:
    if test["outcome"] in ERROR_OUTCOMES:
        return ("error", *failure.signature)
    return (test["outcome"], _normalize_reason(test["reason"]))


def _normalize_reason(reason: str) -> str:
    """Return a reason without the class that it was said of, so that equal ones meet."""
    plain = clean_line(reason)
    told = _CLASS.sub("", plain)
    return told[:1].upper() + told[1:] if told != plain else plain


def _describe_cause(tests: list[UnmetTest], damaged: str, passed: Counter[str]) -> Facts:
    failures = [one.failure for one in tests]
    first, failure = tests[0].test, failures[0]
    if first["outcome"] in ERROR_OUTCOMES:
        request = next((one.request for one in failures if one.request), "")
        messages = list(dict.fromkeys(one.message for one in failures if one.message))
        title, error, status, call = (
            _build_title(failure),
            failure.error,
            failure.status,
            failure.call,
        )
        text = " ".join([error, *messages])
    else:
        messages, request, error, status, call = [], "", "", None, ""
        text = _normalize_reason(first["reason"])
        title = text or WITHOUT_REASON[first["outcome"]]
    if damaged and not text and first["outcome"] in MISSING_OUTCOMES:
        kind, advice, title = DAMAGED_RESULTS, damaged, f"{title}, which are not whole"
    else:
        names = [one.test["name"] for one in tests]
        beside = sum(passed[api] for api in {get_api_prefix(name) for name in names})
        kind, advice = find_advice(Symptom(text, status, error, first["outcome"], names, beside))
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
        "messages": messages[:MAX_MESSAGES],
        "request_ids": list(ids)[:MAX_REQUEST_IDS],
        "tests": [
            {
                "name": one.test["name"],
                "capability": one.capabilities[0],
                "capabilities": list(one.capabilities),
            }
            for one in tests
        ],
    }


def _build_title(failure: Failure) -> str:
    """Return the error with its status, else with what it says."""
    if failure.status is not None:
        return f"{failure.status} {_get_status_phrase(failure.status) or failure.error}".strip()
    said = ": ".join(part for part in (failure.error, failure.message) if part)
    return clean_line(_strip_ids(said)) or "Failed without a reason"


def _strip_ids(text: str) -> str:
    """Return a headline without what differs from run to run: requests, things and hosts.

    They stand below it, among the messages and request ids.
    """
    for pattern, instead in _IDS:
        text = pattern.sub(instead, text)
    return fold_whitespace(text)


def _get_status_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
