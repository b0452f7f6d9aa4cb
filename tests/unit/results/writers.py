"""Results written as programs write them, for the tests of several packages."""

import io
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from junitxml import JUnitXmlResult
from testtools import StreamToExtendedDecorator

from tests.unit.results.streams import Packet, attached, begun, ended

JSON = dict[str, Any]
Split = Callable[[str], tuple[str, str]]
"""Takes a name apart as a writer of JUnit XML does: `classname` and `name`."""

REASON = "returncode -11"
RALLY_COUNTS = {
    "success": "success",
    "fail": "failures",
    "skip": "skipped",
    "xfail": "expected_failures",
    "uxsuccess": "unexpected_success",
}
"""Which field of a verification counts the tests of a status, as rally 5.1.1 writes it."""


def packets(*results: tuple[str, str]) -> list[Packet]:
    """Return a stream of results; a failure has its reason attached."""
    found = []
    for number, (name, status) in enumerate(results):
        found.append(begun(name, at=number))
        if status == "fail":
            found.append(attached(name, "traceback", REASON))
        found.append(ended(name, status, at=number + 0.5))
    return found


def write_junitxml(stream: Iterable[Packet]) -> bytes:
    """Write a stream as subunit2junitxml does."""
    text = io.StringIO()
    result: Any = StreamToExtendedDecorator(JUnitXmlResult(text))
    result.startTestRun()
    for packet in stream:
        result.status(**packet)
    result.stopTestRun()
    return text.getvalue().encode()


def write_case(classname: str, name: str, inner: str = "", more: str = "time='1'") -> str:
    """Return a test case of JUnit XML with `inner` in it and `more` attributes."""
    return (
        f"<testcase classname={quoteattr(classname)} name={quoteattr(name)} {more}>"
        f"{inner}</testcase>"
    )


def write_end(status: str, text: str = REASON) -> str:
    """Return what stands in a test case that ended so."""
    if status == "success":
        return ""
    if status == "skip":
        return f"<skipped message={quoteattr(text)}/>"
    return f"<failure>{escape(text)}</failure>"


def write_junit(split: Split) -> Callable[..., bytes]:
    """Write results as JUnit XML with names in two parts as `split` takes them apart."""

    def write(*results: tuple[str, str]) -> bytes:
        cases = (write_case(*split(name), write_end(status)) for name, status in results)
        return f"<testsuite name='s'>{''.join(cases)}</testsuite>".encode()

    return write


def report(*runs: dict[str, str], details: str = "", **changes: Any) -> JSON:
    """Return rally's report of runs that tell the status of each test.

    `details` stands at each test without a pass, `changes` in each verification.
    """
    document: JSON = {"verifications": {}, "tests": {}}
    for number, run in enumerate(runs):
        uuid = f"v{number}"
        statuses = list(run.values())
        document["verifications"][uuid] = {
            "started_at": "2026-11-22T12:00:00",
            "finished_at": "2026-11-22T12:01:00",
            "status": "finished",
            "run_args": {},
            "tests_count": len(run),
            "tests_duration": "1.000",
            **{field: statuses.count(status) for status, field in RALLY_COUNTS.items()},
            **changes,
        }
        for key, status in run.items():
            name, _, tags = key.partition("[")
            entry = {"tags": tags.rstrip("]").split(",") if tags else [], "name": name}
            test = document["tests"].setdefault(key, {**entry, "by_verification": {}})
            result = {"status": status, "duration": "0.500"}
            if details and status != "success":
                result["details"] = details
            test["by_verification"][uuid] = result
    return document
