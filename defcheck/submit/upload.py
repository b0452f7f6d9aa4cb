"""Upload a payload exactly once."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from defcheck.errors import UnusableError
from defcheck.report.clean import clean_line
from defcheck.submit.answers import document, unexpected, words
from defcheck.submit.authentication import LOGIN_ADVICE
from defcheck.submit.client import BUSY, RESULTS, WAITS, Client, Item
from defcheck.submit.payload import Payload
from defcheck.submit.transport import Answer, LateError, LostError, NotSentError, Request

OVERTAKEN = 504
"""A gateway waited for RefStack no longer, which may be storing the run still."""

MAX_COMPARED = 50
"""Runs of the same cloud and duration that are looked into for the one that was sent."""


SIGNED_ADVICE = f"A signed run shows only to its owner. {LOGIN_ADVICE}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an upload."""

    id: str
    """The server's id of the result."""

    url: str
    """Its page, as the server says."""

    recovered: str = ""
    """When the server says that it stored the result, where it did not confirm that and the
    result was found there; empty where it did."""


def upload(client: Client, payload: Payload, signature: Mapping[str, str]) -> Receipt:
    """Send a payload and return the receipt; `signature` is empty for an anonymous upload.

    Tries again where no connection came about. Where the server did not confirm
    the upload, it is asked for the runs of this cloud, so that nothing is sent
    twice; a signed run shows to its owner alone, so that without authentication
    it is not sent again at all. Raises `UnusableError` for any answer but 201,
    which says after a lost answer or a 5xx that storage is unknown.
    """
    request = Request("POST", RESULTS, payload.body, signature, secret=bool(signature))
    search = _Search(client, payload, signed=bool(signature))
    lost: UnusableError | None = None
    for wait in (*WAITS, None):
        try:
            answer = client.ask(request)
        except NotSentError as error:
            if wait is None:
                raise search.unknown(lost) if lost else error from None
        except LateError as error:
            client.sleep(WAITS[-1])  # it may be storing the run still
            return search.found_or_unknown(error)
        except LostError as error:
            if error.elsewhere:
                raise search.unknown(error) from None
            lost = error
        else:
            if answer.status < 500:
                return _receipt(answer, search)
            lost = unexpected(answer, "201")
            if not client.server.is_at(answer.url):
                raise search.unknown(lost)
            if answer.status not in BUSY:
                return search.found_or_unknown(lost)
            if answer.status == OVERTAKEN and search.possible:
                found = search.wait_for(lost)
                if found:
                    return found
        client.sleep(wait or WAITS[-1])
        if lost:
            if wait is None or not search.possible:
                return search.found_or_unknown(lost)
            found = search.find(lost)
            if found:
                return found
    raise AssertionError("the last try returns or raises")


def lookup_command(url: str, cpid: str, *, signed: bool) -> str:
    """Return the command that lists the runs of a cloud on a server; a signed one to its owner."""
    words = ["defcheck", "results", "list", "--url", url, "--cpid", cpid]
    return shlex.join([*words, "--mine"] if signed else words)


def _receipt(answer: Answer, search: "_Search") -> Receipt:
    """Return the receipt that an answer is; raise `UnusableError` where it is none."""
    if answer.status != 201:
        raise unexpected(answer, "201", _advice(answer))
    found = document(answer)
    if isinstance(found, dict) and isinstance(found.get("test_id"), str):
        return Receipt(clean_line(found["test_id"]), _text(found, "url"))
    # It took the run and did not tell its id.
    return search.found_or_unknown(unexpected(answer, "201 with the id of the result"))


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks on the server for the run that was sent to it."""

    client: Client
    payload: Payload
    signed: bool

    @property
    def possible(self) -> bool:
        """Whether the server would show the run: a signed one to its owner alone."""
        return not self.signed or self.client.authentication is not None

    def find(self, lost: UnusableError) -> Receipt | None:
        """Return the result that says just what was sent, None where there is none.

        Raises `UnusableError` where the server cannot be asked.
        """
        try:
            item = self._search()
        except UnusableError as error:
            raise self.unknown(lost, f"The search for it failed: {error.message}") from error
        if item is None:
            return None
        return Receipt(
            clean_line(item["id"]), _text(item, "url"), recovered=_text(item, "created_at") or "?"
        )

    def wait_for(self, lost: UnusableError) -> Receipt | None:
        """Return the result like `find`, and give the server time to store it."""
        for wait in WAITS:
            self.client.sleep(wait)
            found = self.find(lost)
            if found:
                return found
        return None

    def found_or_unknown(self, lost: UnusableError) -> Receipt:
        """Return the result that was sent; raise `UnusableError` where it is not to be seen."""
        if not self.possible:
            raise self.unknown(lost)
        found = self.find(lost)
        if found is None:
            raise self.unknown(lost, "The server does not list it now.")
        return found

    def unknown(self, lost: UnusableError, searched: str = "") -> UnusableError:
        """Return the error for a run of which nobody knows whether the server stored it.

        `searched` is what a search for it came to, where there was one.
        """
        url, cpid = self.client.server.url, self.payload.cpid
        return UnusableError(
            f"{lost.message} Whether the server stored the run is unknown. {searched}".rstrip(),
            "Look for it on the server before you upload again: "
            f"`{lookup_command(url, cpid, signed=self.signed)}`."
            + (f" {SIGNED_ADVICE}" if self.signed else ""),
        )

    def _search(self) -> Item | None:
        names = {test.name for test in self.payload.tests}
        filters = {"cpid": self.payload.cpid}
        if self.signed:
            filters["signed"] = "true"
        compared = 0
        for page in self.client.pages(filters):
            for item in page:
                if item.get("duration_seconds") != self.payload.seconds:
                    continue
                if compared == MAX_COMPARED:
                    raise UnusableError("Too many runs of this cloud are alike.")
                compared += 1
                if set(self.client.show(item["id"])["results"]) == names:
                    return item
        return None


def _text(found: Item, key: str) -> str:
    value = found.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def _advice(answer: Answer) -> str:
    if answer.status == 401 and "nonymous" in words(answer):
        return "Sign the upload with --sign KEY, once the key is registered there."
    if answer.status == 401:
        return (
            "Register the key on the server's page first; `defcheck key sign KEY` prints what it "
            "asks for."
        )
    return ""
