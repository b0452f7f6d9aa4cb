"""Calls that a cloud refused, read from the log that Tempest attaches to a test."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST = 12
"""Refused calls that are kept of one test, the last ones."""

_REQUEST = re.compile(r"Request \([^()]*\): (?P<status>\d{3}) (?P<method>[A-Z]{3,8}) (?P<url>\S+)")
_HEADERS = "Response - Headers: "
_ID = re.compile(r"'x-(?:openstack|compute)-request-id': '([\w-]{8,64})'")
_LINE = re.compile(r"Request \(|Response - Headers: ")

_VARIABLE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|(?<=/)\d+(?=/|\Z)"
)
_NAMED = re.compile(r"-\d{5,}")
"""How Tempest ends the names of what it makes."""

LONGEST = 1000
"""Characters of a path that are looked at."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was answered with an error."""

    status: int
    method: str
    path: str
    """Of the URL, without host and query, with {id} and {name} for what differs from run to run."""

    request_id: str
    """What the service's log calls it, `req-…` or Swift's `tx…`; empty where it was not told."""


def refused_calls(log: str) -> tuple[Call, ...]:
    """Return the calls in Tempest's log that were answered with 400 or above, the last ones.

    Form of the log: tempest.lib.common.rest_client._log_request of Tempest 12 to 47.
    """
    found: list[Call] = []
    last: re.Match[str] | None = None
    for line in log.splitlines():
        if not _LINE.search(line):
            continue
        request = _REQUEST.search(line)
        if request is not None:
            last = request
            if int(request["status"]) >= 400:
                found.append(_call(request, ""))
        elif last is not None and _HEADERS in line:
            request_id = _ID.search(line.partition(_HEADERS)[2])
            if request_id is not None and int(last["status"]) >= 400:
                found[-1] = _call(last, request_id[1])
            last = None
    return tuple(found[-MOST:])


def _call(request: re.Match[str], request_id: str) -> Call:
    return Call(int(request["status"]), request["method"], _path(request["url"]), request_id)


def _path(url: str) -> str:
    try:
        path = urlsplit(url).path[:LONGEST]
    except ValueError:
        return ""
    parts = ("{name}" if _NAMED.search(part) else part for part in path.split("/"))
    return _VARIABLE.sub("{id}", "/".join(parts))[:200]
