"""Parse the text of a failure: error class, HTTP status, API call, request ids."""

import re
from dataclasses import dataclass
from typing import Any

from defcheck.cloud.preflight.checks import ALLOCATED_CREDENTIALS
from defcheck.util.text import clean_line

STATUS_OF_ERROR = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "NotAcceptable": 406,
    "Conflict": 409,
    "Gone": 410,
    "PreconditionFailed": 412,
    "OverLimit": 413,
    "InvalidContentType": 415,
    "UnprocessableEntity": 422,
    "RateLimitExceeded": 429,
    "ServerFault": 500,
    "NotImplemented": 501,
}
"""Errors of tempest.lib.exceptions and their HTTP statuses."""

MAX_REQUEST_IDS = 20

GENERIC_ERRORS = {
    *STATUS_OF_ERROR,
    "UnexpectedResponseCode",
    "InvalidCredentials",
    "InvalidHttpSuccessCode",
}
"""Errors whose own message adds nothing to the text after Details."""

_ERROR = re.compile(r"(?:[A-Za-z_]\w*\.)*(?P<error>[A-Z]\w*)(?:: (?P<message>.*))?", re.DOTALL)
_DETAILS = re.compile(r"^Details: (?P<details>.*(?:\n(?!\s*$|Traceback ).*)*)", re.MULTILINE)
_STATUS = re.compile(r"'code': '?(\d{3})\b|\bHTTP (\d{3})\b|\"code\": (\d{3})\b")
_FRAME = re.compile(
    r'/services/(?P<service>\w+)/(?:v\d\w*/)?(?:json/)?(?P<client>\w+_client)\.py", '
    r"line \d+, in (?P<function>\w+)"
)
_METHOD = re.compile(r"return self\.request\(\s*'([A-Z]+)'")
_JSON_MESSAGE = re.compile(
    r"""['"]message['"]: (?P<quote>['"])(?P<said>.+?)(?<!\\)(?P=quote)""", re.DOTALL
)
_MARKUP = re.compile(r"<[^<>]{1,80}>|\\[nrt]")
_RAISES = re.compile(r"\A<bound method (?P<call>[\w.]+) of .*> returned ", re.DOTALL)
_DIFFERENCE = re.compile(r"^reference = (.*)\nactual\s+= (.*)$", re.MULTILINE)
_REFUSED = re.compile(r"\[Errno \d+\] ([\w ]+)|(timed out)", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"host='([^']+)', port=(\d+)")
_REQUEST_ID = re.compile(r"\breq-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_VARYING_PARTS = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+|\b[0-9a-f]{16,}\b|\d+(?:\.\d+)?"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The parsed error of one test."""

    error: str
    """The error class without its module; empty if the text does not begin with one."""

    message: str
    """Its message, on one line."""

    status: int | None
    call: str
    """The client's function that called the API, as `compute servers_client.create_server`."""

    request: str
    """The call itself, as `POST /v2.1/servers`; empty if no log shows it."""

    request_ids: tuple[str, ...]
    """Ids to look up in the services' logs."""

    unreachable: tuple[str, ...] = ()
    """Host and port that could not be reached."""

    @property
    def signature(self) -> tuple[object, ...]:
        """What tests with the same cause have in common."""
        if self.status is not None:
            return (self.error, self.status, self.call or self.request)
        if self.unreachable:
            return (self.error, *self.unreachable)
        return (self.error, self.call, _VARYING_PARTS.sub("…", self.message)[:120])


def read_failure(test: dict[str, Any]) -> Failure:
    """Parse the reason, traceback and refused calls of a test."""
    reason, details = test["reason"].strip(), test["details"]
    found = _ERROR.fullmatch(reason)
    error = found["error"] if found else ""
    message = (found["message"] or "") if found else reason
    after = _DETAILS.search(details)
    more = ALLOCATED_CREDENTIALS.sub("", after["details"].strip()) if after else ""
    status = _find_status(error, more, message)
    call = _find_client_call(details)
    method = _find_last(_METHOD, details)
    refused = [
        one
        for one in test["calls"]
        if (one["status"] == status and method in ("", one["method"]))
        or (status is None and one["status"] >= 500)
    ]
    way = _HOST_AND_PORT.search(message)
    ids = [*_REQUEST_ID.findall(details), *(one["request_id"] for one in reversed(refused))]
    request = f"{refused[-1]['method']} {refused[-1]['path']}" if refused and status else ""
    return Failure(
        error=error,
        message=clean_line(_extract_message(error, message, more, details), 400),
        status=status,
        call=call,
        request=clean_line(request),
        request_ids=tuple(dict.fromkeys(one for one in ids if one))[:MAX_REQUEST_IDS],
        unreachable=way.groups() if way else (),
    )


def _find_status(error: str, more: str, message: str) -> int | None:
    if error in STATUS_OF_ERROR:
        return STATUS_OF_ERROR[error]
    if more.isdecimal():
        status = int(more[:4])
    else:
        found = _STATUS.search(more or message)
        status = int(next(one for one in found.groups() if one)) if found else 0
    return status if 400 <= status < 600 else None


def _extract_message(error: str, message: str, more: str, details: str) -> str:
    """Return the message of an error without boilerplate and JSON syntax."""
    raises = _RAISES.match(message)
    if raises:
        return f"{raises['call']} succeeded, but the test requires an error"
    way = _HOST_AND_PORT.search(message)
    if way:
        why = _REFUSED.search(message)
        return f"no answer from {way[1]}:{way[2]}{f': {why[0]}' if why else ''}"
    difference = _DIFFERENCE.search(details)
    if difference and message.endswith(":"):
        return f"{difference[1]} != {difference[2]}"
    if not more or more.isdigit():
        return message
    inner = _JSON_MESSAGE.search(more)
    said = _MARKUP.sub(" ", inner["said"]) if inner else more
    return said if error in GENERIC_ERRORS else f"{message} {said}"


def _find_client_call(details: str) -> str:
    frames = [
        frame
        for frame in _FRAME.finditer(details)
        if not frame["client"].startswith("base_") and frame["function"] != "request"
    ]
    if not frames:
        return ""
    return f"{frames[-1]['service']} {frames[-1]['client']}.{frames[-1]['function']}"


def _find_last(pattern: re.Pattern[str], text: str) -> str:
    found: list[str] = pattern.findall(text)
    return found[-1] if found else ""
