"""The models of results: outcomes, events, result sets, and calls that the cloud refused."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from defcheck.guideline.matching import TempestTest, parse_test_name

MAX_CALLS = 12
"""Refused calls that are kept of one test, the last ones."""

_REQUEST = re.compile(r"Request \([^()]*\): (?P<status>\d{3}) (?P<method>[A-Z]{3,8}) (?P<url>\S+)")
_HEADERS = "Response - Headers: "
_ID = re.compile(r"'x-(?:openstack|compute)-request-id': '([\w-]{8,64})'")
_LINE = re.compile(r"Request \(|Response - Headers: ")

_VARIABLE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|(?<=/)\d+(?=/|\Z)"
)
_NAMED = re.compile(r"-\d{5,}")
"""How Tempest ends the names of resources that it creates."""

MAX_PATH = 1000
"""Characters of a path that are parsed."""


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """An API call that was answered with an error."""

    status: int
    method: str
    path: str
    """Of the URL, without host and query, with {id} and {name} for what differs from run to run."""

    request_id: str
    """The request id, `req-…` or Swift's `tx…`; empty if unknown."""


def extract_refused_calls(log: str) -> tuple[RefusedCall, ...]:
    """Return the calls in Tempest's log that were answered with 400 or above, the last ones.

    Form of the log: tempest.lib.common.rest_client._log_request of Tempest 12 to 47.
    """
    found: list[RefusedCall] = []
    last: re.Match[str] | None = None
    for line in log.splitlines():
        if not _LINE.search(line):
            continue
        request = _REQUEST.search(line)
        if request is not None:
            last = request
            if int(request["status"]) >= 400:
                found.append(_build_call(request, ""))
        elif last is not None and _HEADERS in line:
            request_id = _ID.search(line.partition(_HEADERS)[2])
            if request_id is not None and int(last["status"]) >= 400:
                found[-1] = _build_call(last, request_id[1])
            last = None
    return tuple(found[-MAX_CALLS:])


def _build_call(request: re.Match[str], request_id: str) -> RefusedCall:
    return RefusedCall(
        int(request["status"]), request["method"], _generalise_path(request["url"]), request_id
    )


def _generalise_path(url: str) -> str:
    try:
        path = urlsplit(url).path[:MAX_PATH]
    except ValueError:
        return ""
    parts = ("{name}" if _NAMED.search(part) else part for part in path.split("/"))
    return _VARIABLE.sub("{id}", "/".join(parts))[:200]


MAX_NAME = 2_000
"""Characters of a test's name; Tempest's longest has 250."""


class Outcome(StrEnum):
    """The outcome of a test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    FIXTURE_ERROR = "fixture error"
    """The set-up of its class or module failed, so it never ran."""

    TEARDOWN_ERROR = "passed, teardown error"
    """It passed, but the teardown of its class failed afterwards."""

    UNFINISHED = "unfinished"
    """It began, and its end was not recorded."""

    NOT_RUN = "not run"
    """The results do not contain it."""

    ABSENT = "absent"
    """The Tempest of this run does not have it."""


SEVERITY = (
    Outcome.FAILED,
    Outcome.FIXTURE_ERROR,
    Outcome.UNFINISHED,
    Outcome.ABSENT,
    Outcome.NOT_RUN,
    Outcome.TEARDOWN_ERROR,
    Outcome.SKIPPED,
    Outcome.PASSED,
)
"""Outcomes from worst to best: of several results of one test the worst counts.

A policy may allow a skip, so that nothing that is never allowed hides behind one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One reported end of a test or fixture, or a beginning without an end."""

    name: str
    """As reported: with attributes and scenario, or `setUpClass (module.Class)`."""

    outcome: Outcome
    """passed, failed, skipped or unfinished."""

    reason: str = ""
    """Why it was skipped, or the line of the traceback that names the error."""

    details: str = ""
    """The traceback, where there is one."""

    started: datetime | None = None
    stopped: datetime | None = None
    worker: str = ""
    duration: float | None = None
    """Seconds, where the source tells them and no times."""

    uuid: str = ""
    """The id, where the source tells it apart from the name."""

    calls: tuple[RefusedCall, ...] = ()
    """Calls that the cloud refused while a failed test ran, where its log is there."""

    tests_selected: frozenset[str] = frozenset()
    """Of an event of a class or module: names of its tests that a listing tells to have been
    selected when it happened."""

    tests_not_selected: frozenset[str] = frozenset()
    """Of such an event: names of its tests that were selected at other times alone, so that it
    is not about them."""

    @property
    def test(self) -> TempestTest:
        """The name without attributes, and the id."""
        return parse_test_name(self.name)

    @property
    def seconds(self) -> float | None:
        """How long it took, None where the times are unknown."""
        if self.started is None or self.stopped is None:
            return self.duration
        return (self.stopped - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class ResultSet:
    """All results from one source."""

    events: tuple[Event, ...]
    format: str
    """What the source was: subunit v2, subunit v1, RefStack JSON, rally JSON, JUnit XML."""

    problems: tuple[str, ...] = ()
    """Problems of the source; with any of them the verdict is never pass."""

    passes_only: bool = False
    """Whether the source holds passed tests only, as RefStack's uploads do."""

    cpid: str = ""
    """Cloud provider id, where the source tells it."""

    seconds: int | None = None
    """How long the run took, where the source tells it of the whole."""
