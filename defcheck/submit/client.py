"""RefStack's protocol, version 1: list, show, delete and share results."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from defcheck.errors import InputError, UnusableError
from defcheck.files import clip
from defcheck.submit.answers import document, unexpected, words
from defcheck.submit.authentication import LOGIN_ADVICE, Authentication
from defcheck.submit.transport import Answer, LateError, LostError, NotSentError, Request, Server

RESULTS = "/v1/results/"
PROFILE = "/v1/profile"
API_FOLDER = "/api"
"""Where deployments with pages of their own have the API (RefStack setting api_url)."""

BUSY = (502, 503, 504)
"""Answers of a gateway, not of RefStack: another try may reach it."""

WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth try."""

MAX_PAGES = 10_000
META_KEYS = ("shared", "guideline", "target")
"""What an owner may say of a result (RefStack MetadataController)."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")

Item = dict[str, Any]
"""A result as RefStack describes it: `id`, `created_at`, `duration_seconds`, `meta`, …"""


@dataclass(slots=True)
class Client:
    """A RefStack server, spoken to as a stranger or as a user of it."""

    server: Server
    """Replaced by the address below /api once the API was found there."""

    authentication: Authentication | None = None
    sleep: Callable[[float], None] = time.sleep
    is_accepted: bool = False
    """Whether the server accepted the authentication."""

    is_located: bool = False
    """Whether the API was looked for below /api."""

    def request(self, method: str, path: str, body: bytes = b"") -> Request:
        """Return a request, with the authentication where there is one."""
        headers = self.authentication.headers() if self.authentication else {}
        return Request(method, path, body, headers, secret=bool(headers))

    def require_accepted(self) -> None:
        """Raise `UnusableError` where the server does not accept the authentication.

        RefStack answers an ended session like a stranger, and only /v1/profile
        says 401; a token that it cannot verify is 400 everywhere (decode_token).
        A server without profiles (404) is taken at its word later.
        """
        if self.authentication is None or self.is_accepted:
            return
        answer = self.ask_again(self.request("GET", PROFILE))
        if answer.status in (400, 401):
            raise UnusableError(
                f"{clip(self.server.url)} does not accept {self.authentication.title}.",
                self.authentication.advice,
            )
        if answer.status not in (200, 404):
            raise unexpected(answer, "200 and your profile")
        self.is_accepted = True

    def pages(self, filters: Mapping[str, str]) -> Iterator[list[Item]]:
        """Yield the results of page after page to the end, the newest first.

        `filters` are RefStack's: cpid, start_date, end_date, signed. A result
        that moves to the next page meanwhile is given once.
        """
        self.require_accepted()
        seen: set[str] = set()
        page = total = 1
        while page <= total:
            query = urlencode({"page": page, **filters})
            answer = self.ask_again(self.request("GET", f"{RESULTS}?{query}"))
            found, total = _page(answer, page)
            yield [item for item in found if item["id"] not in seen]
            seen.update(item["id"] for item in found)
            page += 1

    def show(self, result_id: str) -> Item:
        """Return what the server tells of a result: also `results`, the passed tests' names."""
        self.require_accepted()
        answer = self.ask_again(self.request("GET", path_of(result_id)))
        found = document(answer)
        if answer.status != 200 or not _is_result(found):
            raise unexpected(answer, "200 and a result", self._advice(answer, result_id))
        names = found.get("results")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise unexpected(answer, "200 and a result with the names of its tests")
        return dict(found)

    def delete(self, result_id: str) -> None:
        """Delete a result of one's own."""
        self._change("DELETE", path_of(result_id), result_id, 204)

    def set_meta(self, result_id: str, key: str, value: str) -> None:
        """Say something of a result of one's own: one of `META_KEYS`."""
        self._change("POST", f"{path_of(result_id)}/meta/{key}", result_id, 201, value.encode())

    def delete_meta(self, result_id: str, key: str) -> bool:
        """Take back what was said of a result; return False where nothing was said."""
        return self._change("DELETE", f"{path_of(result_id)}/meta/{key}", result_id, 204)

    def _change(
        self, method: str, path: str, result_id: str, wanted: int, body: bytes = b""
    ) -> bool:
        """Send what may be sent twice without harm; return False where the key was not there."""
        answer, maybe_done = self._ask_again(self.request(method, path, body))
        if answer.status == 404 and method == "DELETE":
            if maybe_done:
                return True  # what was to go is gone
            if words(answer).startswith("Metadata key"):
                return False
        if answer.status != wanted:
            if answer.status in (400, 401, 403):
                self.require_accepted()
            raise unexpected(answer, str(wanted), self._advice(answer, result_id))
        return True

    def ask(self, request: Request) -> Answer:
        """Ask once; where a page answers in the API's place, ask below /api if the API is there."""
        answer = self.server.ask(request)
        if self.is_located or not _is_page(answer):
            return answer
        self.is_located = True
        below = replace(self.server, url=self.server.url + API_FOLDER)
        if not _has_api(below):
            return answer
        self.server = below
        return self.server.ask(request)

    def ask_again(self, request: Request) -> Answer:
        """Ask, and again where nobody or only a gateway answers; not where it takes too long."""
        return self._ask_again(request)[0]

    def _ask_again(self, request: Request) -> tuple[Answer, bool]:
        """Return the answer, and whether an earlier try may have been done already."""
        maybe_done = False
        for wait in WAITS:
            try:
                answer = self.ask(request)
            except LateError:
                raise
            except NotSentError:
                pass
            except LostError:
                maybe_done = True
            else:
                if answer.status not in BUSY:
                    return answer, maybe_done
                maybe_done = True
            self.sleep(wait)
        return self.ask(request), maybe_done

    def _advice(self, answer: Answer, result_id: str) -> str:
        """Return what to do where the server does not do what is asked of a result."""
        if answer.status == 404:
            return f"Check the id {result_id} and the address of the server."
        if answer.status not in (401, 403):
            return ""
        if "verified" in words(answer):
            return (
                "A verified result can neither be changed nor deleted. Ask an administrator of "
                "the server to take the verification back."
            )
        if self.authentication is None:
            return f"Only its owner may do that, or see it before it is shared. {LOGIN_ADVICE}"
        if answer.status == 401:
            return "The result belongs to another user, who has not shared it."
        return (
            "Only its owner may change a result, and nobody owns one that was uploaded without a "
            "signature."
        )


def _is_page(answer: Answer) -> bool:
    """Return whether an answer is a web server's and not the API's, which speaks JSON."""
    return answer.status in (200, 404, 405) and not answer.trouble and document(answer) is None


def _has_api(server: Server) -> bool:
    """Return whether RefStack's API is at an address: its schema of results is."""
    try:
        answer = server.ask(Request("GET", f"{RESULTS}schema"))
    except UnusableError:
        return False
    found = document(answer)
    properties = found.get("properties") if isinstance(found, dict) else None
    return answer.status == 200 and isinstance(properties, dict) and "cpid" in properties


def path_of(result_id: str) -> str:
    """Return the path of a result; raise `InputError` where that is no id."""
    if not _ID.fullmatch(result_id):
        raise InputError(
            f"{clip(result_id)!r} is no id of a result.",
            "It looks like c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7; `defcheck results list` has them.",
        )
    return RESULTS + quote(result_id)


def _page(answer: Answer, page: int) -> tuple[list[Item], int]:
    """Return the results of a page and the number of pages."""
    found = document(answer)
    if answer.status != 200 or not isinstance(found, dict):
        raise unexpected(answer, "200 and a list of results")
    items, pagination = found.get("results"), found.get("pagination")
    total = pagination.get("total_pages") if isinstance(pagination, dict) else None
    if (
        not isinstance(items, list)
        or not all(map(_is_result, items))
        or type(total) is not int
        or (isinstance(pagination, dict) and pagination.get("current_page") != page)
    ):
        raise unexpected(answer, f"page {page} of a list of results")
    if total > MAX_PAGES:
        raise UnusableError(
            f"{clip(answer.url)} tells of {total:,} pages of results.",
            "Narrow them down with --cpid, --since and --until.",
        )
    return items, total


def _is_result(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("meta", {}), dict)
    )
