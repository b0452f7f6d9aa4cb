"""RefStack's protocol, version 1: list, show, delete and share results."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from defcheck.errors import InputError, UnusableError
from defcheck.files import clip
from defcheck.submit.answers import document, unexpected
from defcheck.submit.transport import Answer, LateError, LostError, NotSentError, Request, Server

RESULTS = "/v1/results/"
BUSY = (502, 503, 504)
"""Answers of a gateway, not of RefStack: another try may reach it."""

WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth try."""

MAX_PAGES = 10_000
META_KEYS = ("shared", "guideline", "target")
"""What an owner may say of a result (RefStack MetadataController)."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_SESSION = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
"""What RFC 6265 lets a cookie's value consist of."""

Item = dict[str, Any]
"""A result as RefStack describes it: `id`, `created_at`, `duration_seconds`, `meta`, …"""


@dataclass(frozen=True, slots=True)
class Client:
    """A RefStack server, spoken to as a stranger or as the owner of a session."""

    server: Server
    session: str = field(default="", repr=False)
    """Value of the cookie `refstack` that the server gave a browser; a secret."""

    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if self.session and not _SESSION.fullmatch(self.session):
            raise InputError(
                "The session is no value of a cookie.",
                "Copy the value of the cookie `refstack` alone, without its name and semicolons.",
            )

    def request(self, method: str, path: str, body: bytes = b"") -> Request:
        """Return a request, with the session where there is one."""
        headers = {"Cookie": f"refstack={self.session}"} if self.session else {}
        return Request(method, path, body, headers, secret=bool(self.session))

    def pages(self, filters: Mapping[str, str]) -> Iterator[list[Item]]:
        """Yield the results of page after page to the end, the newest first.

        `filters` are RefStack's: cpid, start_date, end_date, signed. A result
        that moves to the next page meanwhile is given once.
        """
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
        answer = self.ask_again(self.request("GET", path_of(result_id)))
        found = document(answer)
        if answer.status != 200 or not _is_result(found):
            raise unexpected(answer, "200 and a result", _advice(answer, result_id, self.session))
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

    def delete_meta(self, result_id: str, key: str) -> None:
        """Take back what was said of a result."""
        self._change("DELETE", f"{path_of(result_id)}/meta/{key}", result_id, 204)

    def _change(
        self, method: str, path: str, result_id: str, wanted: int, body: bytes = b""
    ) -> None:
        """Send what may be sent twice without harm."""
        answer, maybe_done = self._ask_again(self.request(method, path, body))
        if maybe_done and method == "DELETE" and answer.status == 404:
            return  # what was to go is gone
        if answer.status != wanted:
            raise unexpected(answer, str(wanted), _advice(answer, result_id, self.session))

    def ask_again(self, request: Request) -> Answer:
        """Ask, and again where nobody or only a gateway answers; not where it takes too long."""
        return self._ask_again(request)[0]

    def _ask_again(self, request: Request) -> tuple[Answer, bool]:
        """Return the answer, and whether an earlier try may have been done already."""
        maybe_done = False
        for wait in WAITS:
            try:
                answer = self.server.ask(request)
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
        return self.server.ask(request), maybe_done


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


def _advice(answer: Answer, result_id: str, session: str) -> str:
    if answer.status == 404:
        return f"Check the id {result_id} and the address of the server."
    if answer.status in (401, 403):
        if session:
            return "The session may have ended, or be another user's; log in with a browser again."
        return (
            "Only its owner may do that, or its owner has not shared it. Log in to the server with "
            "a browser and give the value of its cookie `refstack` in DEFCHECK_REFSTACK_SESSION."
        )
    return ""
