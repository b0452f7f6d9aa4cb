"""A client of RefStack's API, version 1: list, show, delete and share results."""

import html
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from defcheck.errors import InputError, UnusableError
from defcheck.submission.refstack.authentication import LOGIN_ADVICE, Authentication
from defcheck.submission.refstack.transport import (
    HttpRequest,
    HttpResponse,
    RefStackServer,
    RequestNotSentError,
    ResponseLostError,
    ResponseTimeoutError,
)
from defcheck.util.files import clip_text
from defcheck.util.text import clean_line

_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_PAGE = re.compile(r"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)


def parse_response(response: HttpResponse) -> Any:
    """Return the decoded JSON of a response, None if it has no complete JSON."""
    if response.read_error:
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def describe_response(response: HttpResponse) -> str:
    """Describe a response: RefStack's title and detail, else its shortened body."""
    if response.read_error:
        return f"a response that {clean_line(response.read_error)}"
    text = response.body[:65536].decode("utf-8", "replace").removeprefix("\ufeff")
    found = parse_response(response)
    if isinstance(found, dict):
        said = [str(found[key]) for key in ("title", "detail") if found.get(key)]
        if said:
            return clean_line(": ".join(said))
    if _PAGE.match(text):
        title = _TITLE.search(text)
        named = clean_line(html.unescape(title[1]), 120) if title else ""
        return f"a web page called {named!r}" if named else "a web page"
    return clean_line(text) or "nothing"


def unexpected_response_error(
    response: HttpResponse, expected: str, advice: str = ""
) -> UnusableError:
    """Return the error for a response that is not the `expected` one."""
    status = f"{response.status} {clean_line(response.reason, 60)}".strip()
    if response.status >= 500:
        usual = "Try again later. If it fails again, ask the server's administrator."
    else:
        usual = "If this is not a RefStack server, give the right URL with --url."
    return UnusableError(
        f"{clip_text(response.url)} returned {status}, expected {expected}: "
        f"{describe_response(response).rstrip('.')}.",
        advice or usual,
    )


RESULTS_PATH = "/v1/results/"
PROFILE_PATH = "/v1/profile"
API_PREFIX = "/api"
"""The path of the API in deployments with web pages (RefStack setting api_url)."""

GATEWAY_STATUSES = (502, 503, 504)
"""Status codes of a gateway instead of RefStack: a retry may reach RefStack."""

RETRY_WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth attempt."""

MAX_PAGES = 10_000
METADATA_KEYS = ("shared", "guideline", "target")
"""The metadata that an owner may set on a result (RefStack MetadataController)."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

ResultItem = dict[str, Any]
"""A result as RefStack describes it: `id`, `created_at`, `duration_seconds`, `meta`, …"""


@dataclass(slots=True)
class RefStackClient:
    """A client of a RefStack server, anonymous or authenticated."""

    server: RefStackServer
    """Replaced by the URL with /api once the API was found there."""

    authentication: Authentication | None = None
    sleep: Callable[[float], None] = time.sleep
    is_accepted: bool = False
    """Whether the server accepted the authentication."""

    is_located: bool = False
    """Whether the API was searched below /api."""

    def make_request(self, method: str, path: str, body: bytes = b"") -> HttpRequest:
        """Return a request, with the authentication if there is one."""
        headers = self.authentication.headers() if self.authentication else {}
        return HttpRequest(method, path, body, headers, secret=bool(headers))

    def require_accepted(self) -> None:
        """Raise `UnusableError` if the server does not accept the authentication.

        RefStack treats an expired session like no session; only /v1/profile returns
        401. An invalid token gets 400 everywhere (decode_token). For a server
        without profiles (404) later requests decide.
        """
        if self.authentication is None or self.is_accepted:
            return
        answer = self.send_with_retries(self.make_request("GET", PROFILE_PATH))
        if answer.status in (400, 401):
            raise UnusableError(
                f"{clip_text(self.server.url)} does not accept {self.authentication.title}.",
                self.authentication.advice,
            )
        if answer.status not in (200, 404):
            raise unexpected_response_error(answer, "200 with your profile")
        self.is_accepted = True

    def iterate_pages(self, filters: Mapping[str, str]) -> Iterator[list[ResultItem]]:
        """Yield the results page by page, newest first.

        `filters` are RefStack's: cpid, start_date, end_date, signed. A result that
        moves to the next page in the meantime is only returned once.
        """
        self.require_accepted()
        seen: set[str] = set()
        page = total = 1
        while page <= total:
            query = urlencode({"page": page, **filters})
            answer = self.send_with_retries(self.make_request("GET", f"{RESULTS_PATH}?{query}"))
            found, total = _parse_page(answer, page)
            yield [item for item in found if item["id"] not in seen]
            seen.update(item["id"] for item in found)
            page += 1

    def get_result(self, result_id: str) -> ResultItem:
        """Return a result from the server, with `results`, the names of the passed tests."""
        self.require_accepted()
        answer = self.send_with_retries(self.make_request("GET", result_path(result_id)))
        found = parse_response(answer)
        if answer.status != 200 or not _is_result(found):
            raise unexpected_response_error(
                answer, "200 with a result", self._find_advice(answer, result_id)
            )
        names = found.get("results")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise unexpected_response_error(answer, "200 with a result and the names of its tests")
        return dict(found)

    def delete_result(self, result_id: str) -> None:
        """Delete one of the user's results."""
        self._change_result("DELETE", result_path(result_id), result_id, 204)

    def set_metadata(self, result_id: str, key: str, value: str) -> None:
        """Set metadata of one of the user's results: guideline, target or shared."""
        self._change_result(
            "POST", f"{result_path(result_id)}/meta/{key}", result_id, 201, value.encode()
        )

    def delete_metadata(self, result_id: str, key: str) -> bool:
        """Delete metadata of a result; return False if it was not set."""
        return self._change_result("DELETE", f"{result_path(result_id)}/meta/{key}", result_id, 204)

    def _change_result(
        self, method: str, path: str, result_id: str, wanted: int, body: bytes = b""
    ) -> bool:
        """Send an idempotent request; return False if the metadata key did not exist."""
        answer, maybe_done = self._send_with_retries(self.make_request(method, path, body))
        if answer.status == 404 and method == "DELETE":
            if maybe_done:
                return True  # already deleted
            if describe_response(answer).startswith("Metadata key"):
                return False
        if answer.status != wanted:
            if answer.status in (400, 401, 403):
                self.require_accepted()
            raise unexpected_response_error(
                answer, str(wanted), self._find_advice(answer, result_id)
            )
        return True

    def send_request(self, request: HttpRequest) -> HttpResponse:
        """Send a request once; if a web page answers, try the API below /api."""
        answer = self.server.send_request(request)
        if self.is_located or not _is_page(answer):
            return answer
        self.is_located = True
        below = replace(self.server, url=self.server.url + API_PREFIX)
        if not _has_api(below):
            return answer
        self.server = below
        return self.server.send_request(request)

    def send_with_retries(self, request: HttpRequest) -> HttpResponse:
        """Send a request; retry if nothing or only a gateway answers, but not after a timeout."""
        return self._send_with_retries(request)[0]

    def _send_with_retries(self, request: HttpRequest) -> tuple[HttpResponse, bool]:
        """Return the response, and whether an earlier attempt may already have succeeded."""
        maybe_done = False
        for wait in RETRY_WAITS:
            try:
                answer = self.send_request(request)
            except ResponseTimeoutError:
                raise
            except RequestNotSentError:
                pass
            except ResponseLostError:
                maybe_done = True
            else:
                if answer.status not in GATEWAY_STATUSES:
                    return answer, maybe_done
                maybe_done = True
            self.sleep(wait)
        return self.send_request(request), maybe_done

    def _find_advice(self, response: HttpResponse, result_id: str) -> str:
        """Return what to do if a request on a result fails."""
        if response.status == 404:
            return f"Check the id {result_id} and the URL of the server."
        if response.status not in (401, 403):
            return ""
        if "verified" in describe_response(response):
            return (
                "A verified result cannot be changed or deleted. Ask an administrator of "
                "the server to withdraw the verification."
            )
        if self.authentication is None:
            return (
                f"Only its owner may do that, or see the result before it is shared. {LOGIN_ADVICE}"
            )
        if response.status == 401:
            return "The result belongs to another user, who has not shared it."
        return (
            "Only its owner may change a result; nobody owns one that was uploaded without a "
            "signature."
        )


def _is_page(response: HttpResponse) -> bool:
    """Return whether a response is a web page instead of the API's JSON."""
    return (
        response.status in (200, 404, 405)
        and not response.read_error
        and parse_response(response) is None
    )


def _has_api(server: RefStackServer) -> bool:
    """Return whether a URL serves RefStack's API: its schema of results exists there."""
    try:
        answer = server.send_request(HttpRequest("GET", f"{RESULTS_PATH}schema"))
    except UnusableError:
        return False
    found = parse_response(answer)
    properties = found.get("properties") if isinstance(found, dict) else None
    return answer.status == 200 and isinstance(properties, dict) and "cpid" in properties


def result_path(result_id: str) -> str:
    """Return the path of a result; raise `InputError` for an invalid id."""
    if not _ID.fullmatch(result_id):
        raise InputError(
            f"{clip_text(result_id)!r} is not a valid result id.",
            "An id looks like c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7; `defcheck results list` shows "
            "them.",
        )
    return RESULTS_PATH + quote(result_id)


def _parse_page(response: HttpResponse, page: int) -> tuple[list[ResultItem], int]:
    """Return the results of a page and the number of pages."""
    found = parse_response(response)
    if response.status != 200 or not isinstance(found, dict):
        raise unexpected_response_error(response, "200 with a list of results")
    items, pagination = found.get("results"), found.get("pagination")
    total = pagination.get("total_pages") if isinstance(pagination, dict) else None
    if (
        not isinstance(items, list)
        or not all(map(_is_result, items))
        or type(total) is not int
        or (isinstance(pagination, dict) and pagination.get("current_page") != page)
    ):
        raise unexpected_response_error(response, f"page {page} of a list of results")
    if total > MAX_PAGES:
        raise UnusableError(
            f"{clip_text(response.url)} has {total:,} pages of results.",
            "Narrow the list down with --cpid, --since and --until.",
        )
    return items, total


def _is_result(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("meta", {}), dict)
    )
