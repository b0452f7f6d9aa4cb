"""Upload a payload exactly once."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from defcheck.errors import UnusableError
from defcheck.submission.refstack.authentication import LOGIN_ADVICE
from defcheck.submission.refstack.client import (
    GATEWAY_STATUSES,
    RESULTS_PATH,
    RETRY_WAITS,
    RefStackClient,
    ResultItem,
    describe_response,
    parse_response,
    unexpected_response_error,
)
from defcheck.submission.refstack.payload import Payload
from defcheck.submission.refstack.transport import (
    HttpRequest,
    HttpResponse,
    RequestNotSentError,
    ResponseLostError,
    ResponseTimeoutError,
)
from defcheck.util.text import clean_line

GATEWAY_TIMEOUT = 504
"""Status codes of a gateway timeout: RefStack may still be storing the run."""

MAX_COMPARED = 50
"""How many runs with the same cloud and duration are compared with the one that was sent."""


SIGNED_ADVICE = f"Only its owner can see a signed run. {LOGIN_ADVICE}"


@dataclass(frozen=True, slots=True)
class UploadReceipt:
    """The outcome of an upload."""

    id: str
    """The server's id of the result."""

    url: str
    """The URL of its page, from the server."""

    recovered: str = ""
    """When the server stored the result, if it did not confirm the upload but the result was
    found there; empty if it confirmed."""


def upload_payload(
    client: RefStackClient, payload: Payload, signature: Mapping[str, str]
) -> UploadReceipt:
    """Send a payload and return the receipt; `signature` is empty for an anonymous upload.

    Retries if the connection fails. If the server does not confirm the upload, its
    runs of this cloud are searched first, so that nothing is sent twice. Only its
    owner can see a signed run, so without authentication it is not sent again.
    Raises `UnusableError` for every response other than 201; after a lost response
    or a 5xx the error says that it is unknown whether the run was stored.
    """
    request = HttpRequest("POST", RESULTS_PATH, payload.body, signature, secret=bool(signature))
    search = _UploadSearch(client, payload, signed=bool(signature))
    lost: UnusableError | None = None
    for wait in (*RETRY_WAITS, None):
        try:
            answer = client.send_request(request)
        except RequestNotSentError as error:
            if wait is None:
                raise search.unknown_storage_error(lost) if lost else error from None
        except ResponseTimeoutError as error:
            client.sleep(RETRY_WAITS[-1])  # it may still be storing the run
            return search.found_or_unknown(error)
        except ResponseLostError as error:
            if error.redirected_elsewhere:
                raise search.unknown_storage_error(error) from None
            lost = error
        else:
            if answer.status < 500:
                return _make_receipt(answer, search)
            lost = unexpected_response_error(answer, "201")
            if not client.server.is_at(answer.url):
                raise search.unknown_storage_error(lost)
            if answer.status not in GATEWAY_STATUSES:
                return search.found_or_unknown(lost)
            if answer.status == GATEWAY_TIMEOUT and search.is_possible:
                found = search.wait_for_upload(lost)
                if found:
                    return found
        client.sleep(wait or RETRY_WAITS[-1])
        if lost:
            if wait is None or not search.is_possible:
                return search.found_or_unknown(lost)
            found = search.find_upload(lost)
            if found:
                return found
    raise AssertionError("the last try returns or raises")


def lookup_command_line(url: str, cpid: str, *, signed: bool) -> str:
    """Return the command that lists the runs of a cloud on a server; `signed`: the user's own."""
    words = ["defcheck", "results", "list", "--url", url, "--cpid", cpid]
    return shlex.join([*words, "--mine"] if signed else words)


def _make_receipt(response: HttpResponse, search: "_UploadSearch") -> UploadReceipt:
    """Return the receipt in a response; raise `UnusableError` if it is not one."""
    if response.status != 201:
        raise unexpected_response_error(response, "201", _find_upload_advice(response))
    found = parse_response(response)
    if isinstance(found, dict) and isinstance(found.get("test_id"), str):
        return UploadReceipt(clean_line(found["test_id"]), _clean_field(found, "url"))
    # It stored the run but did not return its id.
    return search.found_or_unknown(
        unexpected_response_error(response, "201 with the id of the result")
    )


@dataclass(frozen=True, slots=True)
class _UploadSearch:
    """Searches the server for the run that was sent to it."""

    client: RefStackClient
    payload: Payload
    signed: bool

    @property
    def is_possible(self) -> bool:
        """Whether the server would show the run: only the owner can see a signed one."""
        return not self.signed or self.client.authentication is not None

    def find_upload(self, lost: UnusableError) -> UploadReceipt | None:
        """Return the result with exactly the content that was sent, None if there is none.

        Raises `UnusableError` if the server cannot be queried.
        """
        try:
            item = self._search_pages()
        except UnusableError as error:
            raise self.unknown_storage_error(
                lost, f"The search for it failed: {error.message}"
            ) from error
        if item is None:
            return None
        return UploadReceipt(
            clean_line(item["id"]),
            _clean_field(item, "url"),
            recovered=_clean_field(item, "created_at") or "?",
        )

    def wait_for_upload(self, lost: UnusableError) -> UploadReceipt | None:
        """Return the result like `find_upload`, but give the server time to store it."""
        for wait in RETRY_WAITS:
            self.client.sleep(wait)
            found = self.find_upload(lost)
            if found:
                return found
        return None

    def found_or_unknown(self, lost: UnusableError) -> UploadReceipt:
        """Return the result that was sent; raise `UnusableError` if the server does not list it."""
        if not self.is_possible:
            raise self.unknown_storage_error(lost)
        found = self.find_upload(lost)
        if found is None:
            raise self.unknown_storage_error(lost, "The server does not list it now.")
        return found

    def unknown_storage_error(self, lost: UnusableError, searched: str = "") -> UnusableError:
        """Return the error for a run that the server may or may not have stored.

        `searched` is the outcome of the search for it, if there was one.
        """
        url, cpid = self.client.server.url, self.payload.cpid
        return UnusableError(
            f"{lost.message} It is unknown whether the server stored the run. {searched}".rstrip(),
            "Look for it on the server before you upload again: "
            f"`{lookup_command_line(url, cpid, signed=self.signed)}`."
            + (f" {SIGNED_ADVICE}" if self.signed else ""),
        )

    def _search_pages(self) -> ResultItem | None:
        names = {test.name for test in self.payload.tests}
        filters = {"cpid": self.payload.cpid}
        if self.signed:
            filters["signed"] = "true"
        compared = 0
        for page in self.client.iterate_pages(filters):
            for item in page:
                if item.get("duration_seconds") != self.payload.seconds:
                    continue
                if compared == MAX_COMPARED:
                    raise UnusableError("Too many runs of this cloud look the same.")
                compared += 1
                if set(self.client.get_result(item["id"])["results"]) == names:
                    return item
        return None


def _clean_field(found: ResultItem, key: str) -> str:
    value = found.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def _find_upload_advice(response: HttpResponse) -> str:
    if response.status == 401 and "nonymous" in describe_response(response):
        return "Sign the upload with --sign KEY, once the key is registered there."
    if response.status == 401:
        return (
            "Register the key on the server's page first; `defcheck key sign KEY` prints what the "
            "page needs."
        )
    return ""
