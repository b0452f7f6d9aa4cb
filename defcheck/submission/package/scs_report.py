"""The report on SCS-0128 for the compliance monitor of the Sovereign Cloud Stack.

The form of 2026 has `scope` and `tests`, the one before it `spec` and `run`;
the monitor reads its keys and ignores others, so one file has both forms, and
the verdict as a key of its own. The verdict also stands where the monitor shows
a report: as a line of the log or output, as the return code, and as an error.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import yaml

from defcheck.errors import VERDICT_CODES
from defcheck.results.models import Outcome
from defcheck.submission.package.model import PackageFacts
from defcheck.util.text import clean_line

SCOPE = "50393e6f-2ae1-4c5c-a62c-3b75f2abef3f"
NAME = "SCS-compatible IaaS"
URL = (
    "https://raw.githubusercontent.com/SovereignCloudStack/standards/main/"
    "Tests/scs-compatible-iaas.yaml"
)

PASS, ABORT, FAIL = 1, 0, -1
RESULT_WORDS = {PASS: "PASS", ABORT: "ABORT", FAIL: "FAIL"}
VERDICT_RESULTS = {"pass": PASS, "fail": FAIL, "incomplete": ABORT}
LOG_LEVELS = {"fail": "ERROR", "incomplete": "CRITICAL"}
"""Where a verdict is reported that is no pass: in the words of SCS's own checks, CRITICAL says
that they could not be completed."""

PUBLIC_WARNING = (
    "Everybody can read it on the monitor: it has the cloud's name in clouds.yaml and the reasons "
    "for skips. Make the package with `--redact names` to replace names."
)


def split_report(facts: PackageFacts) -> dict[str, str]:
    """Return the report as YAML, before and after the subject, which defcheck cannot know."""
    whole = build_scs_report(facts)
    head = ("uuid", "creator", "scope", "checked_at")
    return {
        "before": _dump_yaml({key: whole[key] for key in head}),
        "after": _dump_yaml({key: value for key, value in whole.items() if key not in head}),
    }


def build_scs_report(facts: PackageFacts) -> dict[str, Any]:
    """Return everything in the report but its subject."""
    record = facts.record
    # Made from the results, so that the monitor never takes the same ones twice.
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{record.results_sha256}"))
    moment = _parse_time(record.finished)
    found = collect_scs_results(facts)
    lines = [
        *_verdict_lines(facts),
        *(f"{name}: {RESULT_WORDS[value]}" for name, value in found.items()),
        *_describe_missing_results(facts, found),
    ]
    return {
        "uuid": identity,
        "creator": f"defcheck {record.defcheck}",
        "scope": SCOPE,
        "checked_at": moment,
        "verdict": facts.document["verdict"],
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
            "invocations": {identity: _build_invocation(facts, identity, found, lines)},
        },
    }


def _verdict_lines(facts: PackageFacts) -> list[str]:
    """Return the verdict, why it is that, and why the results cannot be trusted to be whole.

    The public page of a report shows of its output only lines that end so: `: PASS`.
    """
    document = facts.document
    verdict = document["verdict"]
    subject = clean_line(f"{facts.guideline.id} {facts.target.name}")
    return [
        f"{subject}, verdict {verdict}: {RESULT_WORDS[VERDICT_RESULTS[verdict]]}",
        clean_line(document["why"]),
        *_list_problems(facts),
    ]


def _list_problems(facts: PackageFacts) -> list[str]:
    return [f"The results are incomplete: {clean_line(one)}." for one in facts.document["problems"]]


def collect_scs_results(facts: PackageFacts) -> dict[str, int]:
    """Return the result of each counted test for the monitor, by name.

    A test that was skipped or never began has none: the monitor takes none for it.
    Of a test in several capabilities the worst counts, and a failure in any of them.
    """
    found: dict[str, list[int | None]] = {}
    for capability in facts.document["capabilities"]:
        for test in capability["tests"]:
            if test["counted"]:
                found.setdefault(test["name"], []).append(_result_value(test))
    return {
        name: worst
        for name, values in sorted(found.items())
        if (worst := _worst_result(values)) is not None
    }


def _worst_result(values: Sequence[int | None]) -> int | None:
    sure = [value for value in values if value is not None]
    if FAIL in sure:
        return FAIL
    return min(sure) if len(sure) == len(values) else None


def _result_value(test: dict[str, Any]) -> int | None:
    if test["judgement"] == "fail":
        return FAIL
    if test["outcome"] == Outcome.PASSED and test["judgement"] == "pass":
        return PASS
    if test["outcome"] in (Outcome.UNFINISHED, Outcome.TEARDOWN_ERROR):
        return ABORT
    return None


def _describe_missing_results(facts: PackageFacts, found: dict[str, int]) -> list[str]:
    return sorted(
        {
            f"{test['name']}: {test['outcome']}"
            + (f", {clean_line(test['reason'])}" if test["reason"] else "")
            for capability in facts.document["capabilities"]
            for test in capability["tests"]
            if test["counted"] and test["name"] not in found
        }
    )


def _build_invocation(
    facts: PackageFacts, identity: str, found: dict[str, int], lines: list[str]
) -> dict[str, Any]:
    verdict, why = facts.document["verdict"], clean_line(facts.document["why"])
    failed = sum(value == FAIL for value in found.values())
    stderr = [f"WARNING: {problem}" for problem in _list_problems(facts)]
    warnings = len(stderr)
    if verdict in LOG_LEVELS:
        stderr.append(f"{LOG_LEVELS[verdict]}: Verdict {verdict}: {why}")
    return {
        "id": identity,
        "cmd": f"Tempest {facts.record.tempest} by defcheck {facts.record.defcheck}",
        "results": dict(found),
        "rc": int(VERDICT_CODES[verdict]),
        "stdout": list(lines),
        "stderr": stderr,
        "info": 0,
        "warning": warnings,
        "error": failed,
        "critical": int(verdict == "incomplete"),
    }


def _parse_time(text: str) -> datetime:
    """Return a time in UTC without its zone, as the monitor's own reports have it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _dump_yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000).rstrip("\n")
