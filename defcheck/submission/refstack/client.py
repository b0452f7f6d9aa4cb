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
    """Return the decoded JSON of an answer, None where it holds none that is whole."""
    if response.read_error:
        return None
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def describe_response(response: HttpResponse) -> str:
    """Return what a server said: RefStack's title and detail, else what it sent, cut."""
    if response.read_error:
        return f"an answer that {clean_line(response.read_error)}"
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
    """Return the error for an answer that is not the one that was `wanted`."""
    status = f"{response.status} {clean_line(response.reason, 60)}".strip()
    if response.status >= 500:
        usual = "The server failed. Try again later, and ask its administrator if it fails again."
    else:
        usual = "If that is not a RefStack server, give the right address with --url."
    return UnusableError(
        f"{clip_text(response.url)} answers {status}, not {expected}: "
        f"{describe_response(response).rstrip('.')}.",
        advice or usual,
    )


RESULTS_PATH = "/v1/results/"
PROFILE_PATH = "/v1/profile"
API_PREFIX = "/api"
"""Where deployments with pages of their own have the API (RefStack setting api_url)."""

GATEWAY_STATUSES = (502, 503, 504)
"""Answers of a gateway, not of RefStack: another try may reach it."""

RETRY_WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth try."""

MAX_PAGES = 10_000
METADATA_KEYS = ("shared", "guideline", "target")
"""What an owner may say of a result (RefStack MetadataController)."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

ResultItem = dict[str, Any]
"""A result as RefStack describes it: `id`, `created_at`, `duration_seconds`, `meta`, …"""


@dataclass(slots=True)
class RefStackClient:
    """A RefStack server, spoken to as a stranger or as a user of it."""

    server: RefStackServer
    """Replaced by the address below /api once the API was found there."""

    authentication: Authentication | None = None
    sleep: Callable[[float], None] = time.sleep
    is_accepted: bool = False
    """Whether the server accepted the authentication."""

    is_located: bool = False
    """Whether the API was looked for below /api."""

    def make_request(self, method: str, path: str, body: bytes = b"") -> HttpRequest:
        """Return a request, with the authentication where there is one."""
        headers = self.authentication.headers() if self.authentication else {}
        return HttpRequest(method, path, body, headers, secret=bool(headers))

    def require_accepted(self) -> None:
        """Raise `UnusableError` where the server does not accept the authentication.

        RefStack answers an ended session like a stranger, and only /v1/profile
        says 401; a token that it cannot verify is 400 everywhere (decode_token).
        A server without profiles (404) is taken at its word later.
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
            raise unexpected_response_error(answer, "200 and your profile")
        self.is_accepted = True

    def iterate_pages(self, filters: Mapping[str, str]) -> Iterator[list[ResultItem]]:
        """Yield the results of page after page to the end, the newest first.

        `filters` are RefStack's: cpid, start_date, end_date, signed. A result
        that moves to the next page meanwhile is given once.
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
        """Return what the server tells of a result: also `results`, the passed tests' names."""
        self.require_accepted()
        answer = self.send_with_retries(self.make_request("GET", result_path(result_id)))
        found = parse_response(answer)
        if answer.status != 200 or not _is_result(found):
            raise unexpected_response_error(
                answer, "200 and a result", self._find_advice(answer, result_id)
            )
        names = found.get("results")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise unexpected_response_error(answer, "200 and a result with the names of its tests")
        return dict(found)

    def delete_result(self, result_id: str) -> None:
        """Delete a result of one's own."""
        self._change_result("DELETE", result_path(result_id), result_id, 204)

    def set_metadata(self, result_id: str, key: str, value: str) -> None:
        """Say something of a result of one's own: one of `META_KEYS`."""
        self._change_result(
            "POST", f"{result_path(result_id)}/meta/{key}", result_id, 201, value.encode()
        )

    def delete_metadata(self, result_id: str, key: str) -> bool:
        """Take back what was said of a result; return False where nothing was said."""
        return self._change_result("DELETE", f"{result_path(result_id)}/meta/{key}", result_id, 204)

    def _change_result(
        self, method: str, path: str, result_id: str, wanted: int, body: bytes = b""
    ) -> bool:
        """Send what may be sent twice without harm; return False where the key was not there."""
        answer, maybe_done = self._send_with_retries(self.make_request(method, path, body))
        if answer.status == 404 and method == "DELETE":
            if maybe_done:
                return True  # what was to go is gone
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
        """Ask once; where a page answers in the API's place, ask below /api if the API is there."""
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
        """Ask, and again where nobody or only a gateway answers; not where it takes too long."""
        return self._send_with_retries(request)[0]

    def _send_with_retries(self, request: HttpRequest) -> tuple[HttpResponse, bool]:
        """Return the answer, and whether an earlier try may have been done already."""
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
        """Return what to do where the server does not do what is asked of a result."""
        if response.status == 404:
            return f"Check the id {result_id} and the address of the server."
        if response.status not in (401, 403):
            return ""
        if "verified" in describe_response(response):
            return (
                "A verified result can neither be changed nor deleted. Ask an administrator of "
                "the server to take the verification back."
            )
        if self.authentication is None:
            return f"Only its owner may do that, or see it before it is shared. {LOGIN_ADVICE}"
        if response.status == 401:
            return "The result belongs to another user, who has not shared it."
        return (
            "Only its owner may change a result, and nobody owns one that was uploaded without a "
            "signature."
        )


def _is_page(response: HttpResponse) -> bool:
    """Return whether an answer is a web server's and not the API's, which speaks JSON."""
    return (
        response.status in (200, 404, 405)
        and not response.read_error
        and parse_response(response) is None
    )


def _has_api(server: RefStackServer) -> bool:
    """Return whether RefStack's API is at an address: its schema of results is."""
    try:
        answer = server.send_request(HttpRequest("GET", f"{RESULTS_PATH}schema"))
    except UnusableError:
        return False
    found = parse_response(answer)
    properties = found.get("properties") if isinstance(found, dict) else None
    return answer.status == 200 and isinstance(properties, dict) and "cpid" in properties


def result_path(result_id: str) -> str:
    """Return the path of a result; raise `InputError` where that is no id."""
    if not _ID.fullmatch(result_id):
        raise InputError(
            f"{clip_text(result_id)!r} is no id of a result.",
            "It looks like c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7; `defcheck results list` has them.",
        )
    return RESULTS_PATH + quote(result_id)


def _parse_page(response: HttpResponse, page: int) -> tuple[list[ResultItem], int]:
    """Return the results of a page and the number of pages."""
    found = parse_response(response)
    if response.status != 200 or not isinstance(found, dict):
        raise unexpected_response_error(response, "200 and a list of results")
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
            f"{clip_text(response.url)} tells of {total:,} pages of results.",
            "Narrow them down with --cpid, --since and --until.",
        )
    return items, total


def _is_result(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("meta", {}), dict)
    )
