"""The report on SCS-0128 for the compliance monitor of the Sovereign Cloud Stack.

The form of 2026 has `scope` and `tests`, the one before it `spec` and `run`;
the monitor reads its keys and passes over others, so that one file has both.
"""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import yaml

from defcheck.report.clean import clean_line
from defcheck.results.model import Outcome
from defcheck.submit.package.facts import Facts

SCOPE = "50393e6f-2ae1-4c5c-a62c-3b75f2abef3f"
NAME = "SCS-compatible IaaS"
URL = (
    "https://raw.githubusercontent.com/SovereignCloudStack/standards/main/"
    "Tests/scs-compatible-iaas.yaml"
)

PASS, ABORT, FAIL = 1, 0, -1
WORDS = {PASS: "PASS", ABORT: "ABORT", FAIL: "FAIL"}


def parts(facts: Facts) -> dict[str, str]:
    """Return the report as YAML, before and after the subject, which defcheck cannot know."""
    whole = report(facts)
    head = ("uuid", "creator", "scope", "checked_at")
    return {
        "before": _dump({key: whole[key] for key in head}),
        "after": _dump({key: value for key, value in whole.items() if key not in head}),
    }


def report(facts: Facts) -> dict[str, Any]:
    """Return everything in the report but its subject."""
    record = facts.record
    # Made from the results, so that the monitor never takes the same ones twice.
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{record.results_sha256}"))
    moment = _moment(record.finished)
    found = results(facts)
    lines = [
        *(f"{name}: {WORDS[value]}" for name, value in found.items()),
        *_without_result(facts, found),
    ]
    return {
        "uuid": identity,
        "creator": f"defcheck {record.defcheck}",
        "scope": SCOPE,
        "checked_at": moment,
        "tests": {name: {"result": value} for name, value in found.items()},
        "log": list(lines),
        "spec": {"uuid": SCOPE, "name": NAME, "url": URL},
        "reference_date": date(moment.year, moment.month, moment.day),
        "run": {
            "uuid": identity,
            "argv": ["defcheck", "run", "--guideline", facts.guideline.id],
            "assignment": {"os_cloud": record.cloud["name"]},
            "sections": None,
            "forced_version": None,
            "forced_tests": None,
            "invocations": {identity: _invocation(facts, identity, found, lines)},
        },
    }


def results(facts: Facts) -> dict[str, int]:
    """Return what the monitor is told of each demanded test, by name; the worst counts.

    What was skipped or never began has no result: the monitor takes none for it.
    """
    found: dict[str, list[int | None]] = {}
    for capability in facts.document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                found.setdefault(test["name"], []).append(_value(test))
    return {
        name: min(sure)
        for name, values in sorted(found.items())
        if len(sure := [value for value in values if value is not None]) == len(values)
    }


def _value(test: dict[str, Any]) -> int | None:
    if test["judgement"] == "fail":
        return FAIL
    if test["outcome"] == Outcome.PASSED and test["judgement"] == "pass":
        return PASS
    if test["outcome"] in (Outcome.UNFINISHED, Outcome.TEARDOWN_ERROR):
        return ABORT
    return None


def _without_result(facts: Facts, found: dict[str, int]) -> list[str]:
    return sorted(
        {
            f"{test['name']}: {test['outcome']}"
            + (f", {clean_line(test['reason'])}" if test["reason"] else "")
            for capability in facts.document["capabilities"]
            for test in capability["tests"]
            if test["counted"] and test["name"] not in found
        }
    )


def _invocation(
    facts: Facts, identity: str, found: dict[str, int], lines: list[str]
) -> dict[str, Any]:
    failed = sum(value == FAIL for value in found.values())
    return {
        "id": identity,
        "cmd": f"Tempest {facts.record.tempest} by defcheck {facts.record.defcheck}",
        "results": dict(found),
        "rc": 1 if failed else 0,
        "stdout": list(lines),
        "stderr": [],
        "info": 0,
        "warning": 0,
        "error": failed,
        "critical": 0,
    }


def _moment(text: str) -> datetime:
    """Return a time in UTC without its zone, as the monitor's own reports have it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _dump(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000).rstrip("\n")
