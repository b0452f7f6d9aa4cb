"""Send one HTTP request and read its response, within limits of size and time."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from defcheck.errors import InputError, UnusableError
from defcheck.util.concurrency import run_with_deadline
from defcheck.util.files import clip_text
from defcheck.util.http import (
    CONNECT_SECONDS,
    MAX_REDIRECTS,
    find_cause,
    is_url,
    iterate_body,
    open_http_session,
    require_ca_file,
)

if TYPE_CHECKING:
    import requests

MAX_RESPONSE_BYTES = 8 * 1024 * 1024
"""Of an answer; the largest that RefStack gives, a run of all tests, has 200 kB."""

TOTAL_SECONDS = 180
"""A server stores an upload test by test."""

READ_TIMEOUT_DIVISOR = 3
"""So many times of silence make up the whole time."""

_KEPT_BYTES = 64 * 1024
"""Of a response that is too large."""

_FOLLOWED_STATUSES = (301, 302, 307, 308)
"""Redirects that ask for the same request at another address; 303 asks for another request."""

HttpHeaders = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is asked of a server."""

    method: str
    path: str
    """With the query, below the server's address."""

    body: bytes = b""
    headers: HttpHeaders = field(default_factory=dict)
    secret: bool = False
    """Whether it holds a signature or a session, which no other host may see."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What a server answered."""

    status: int
    reason: str
    body: bytes
    url: str
    """Where it came from, after redirects."""

    read_error: str = ""
    """What kept its body from being read whole."""


class RequestNotSentError(UnusableError):
    """No connection came about, so that the server saw nothing of the request."""


class ResponseLostError(UnusableError):
    """The request was sent, at least in part, and no answer came: it may have been done."""

    redirected_elsewhere = False
    """Whether a redirect had led to another server, which nobody can be asked about."""


class ResponseTimeoutError(ResponseLostError):
    """No answer came in time: the server may be at it still."""


@dataclass(frozen=True, slots=True)
class RefStackServer:
    """The address of a server and how it is spoken to."""

    url: str
    """Without a slash at its end."""

    cacert: Path | None = None
    """Certificates of the authorities to trust, in place of the usual ones."""

    read_seconds: float = TOTAL_SECONDS / READ_TIMEOUT_DIVISOR
    """Without any byte from the server."""

    total_seconds: float = TOTAL_SECONDS

    @classmethod
    def from_url(
        cls, url: str, cacert: Path | None = None, seconds: float = TOTAL_SECONDS
    ) -> "RefStackServer":
        """Return the server at an address; raise `InputError` where it is none."""
        require_server_address(url)
        if cacert is not None:
            require_ca_file(cacert, "Name a file with certificates in PEM with --cacert.")
        # Addresses of the API are also known with its version, as RefStack's pages call it.
        address = url.rstrip("/").removesuffix("/v1").rstrip("/")
        return cls(address, cacert, seconds / READ_TIMEOUT_DIVISOR, seconds)

    @property
    def is_protected(self) -> bool:
        """Whether nobody on the way can read or change what is sent."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")

    def is_at(self, url: str) -> bool:
        """Whether an address is one of this server's, and not another's that it redirects to."""
        return _same_server(urlsplit(self.url), urlsplit(url))

    def send_request(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return the answer, whatever its status.

        Raises `NotSentError`, `LostError` or `LateError` where there is none,
        and `UnusableError` where a redirect leads where it must not.
        """
        return run_with_deadline(
            self.total_seconds,
            lambda given_up: self._follow_redirects(request, given_up),
            lambda: ResponseTimeoutError(
                f"{clip_text(self.url)} did not answer within {self.total_seconds:g} s.",
                "Try again later.",
            ),
        )

    def _follow_redirects(self, request: HttpRequest, given_up: threading.Event) -> HttpResponse:
        url = self.url + request.path
        for _ in range(MAX_REDIRECTS + 1):
            answer, location = self._send_once(request, url, given_up)
            again = answer.status in _FOLLOWED_STATUSES or (
                answer.status == 303 and request.method == "GET"
            )
            if not again or not location:
                return answer
            url = _resolve_redirect(url, location, secret=request.secret)
        raise UnusableError(
            f"{clip_text(self.url)} leads on and on: more than {MAX_REDIRECTS} redirects.",
            "Give the address of the server itself.",
        )

    def _send_once(
        self, request: HttpRequest, url: str, given_up: threading.Event
    ) -> tuple[HttpResponse, str]:
        """Return the answer of one address and where it says to look instead."""
        import requests

        with open_http_session() as session:
            session.headers["Accept-Encoding"] = "gzip, deflate"
            try:
                response = session.request(
                    request.method,
                    url,
                    data=request.body or None,
                    headers={"Content-type": "application/json", **request.headers},
                    stream=True,
                    allow_redirects=False,
                    timeout=(CONNECT_SECONDS, self.read_seconds),
                    # None leaves it to REQUESTS_CA_BUNDLE, which would win over the session's.
                    verify=str(self.cacert) if self.cacert else None,
                )
            except (requests.RequestException, OSError, ValueError) as error:
                failure = _explain_failure(url, error)
                if isinstance(failure, ResponseLostError):
                    failure.redirected_elsewhere = not self.is_at(url)
                raise failure from error
            with response:
                body, trouble = _read_body(response, given_up)
                answer = HttpResponse(
                    response.status_code, str(response.reason or ""), body, url, trouble
                )
                return answer, response.headers.get("location", "")


def require_server_address(url: str) -> None:
    """Raise `InputError` where a server cannot be at that address."""
    advice = (
        "Give the address that the server's pages begin with, such as https://refstack.example."
    )
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        raise InputError(f"{clip_text(url)} is no address.", advice) from None
    if user:
        raise InputError(f"The address on {host} holds a user name or a password.", advice)
    if not is_url(url) or not host or not url.isprintable() or " " in url:
        raise InputError(f"{clip_text(url)} is no address.", advice)
    if parts.scheme not in ("http", "https"):
        raise InputError(f"{clip_text(parts.scheme)} is not spoken by RefStack.", advice)
    if parts.query or parts.fragment:
        raise InputError(f"{clip_text(url)} is the address of a page, not of a server.", advice)


def _resolve_redirect(url: str, location: str, *, secret: bool) -> str:
    """Return the address that a redirect names; raise where a request must not go there."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = _same_server(here, there)
    except ValueError:
        raise _bad_redirect(url, location, "is no address") from None
    if there.scheme not in ("http", "https") or not there.hostname:
        raise _bad_redirect(url, location, "is no address of a server")
    if here.scheme == "https" and there.scheme != "https":
        raise _bad_redirect(url, location, "is not protected on its way")
    if secret and not same:
        raise _bad_redirect(url, location, "is another server: it must not see what is signed")
    return target


def _bad_redirect(url: str, location: str, why: str) -> UnusableError:
    from defcheck.util.text import clean_line

    return UnusableError(
        f"{clip_text(url)} redirects to {clean_line(location, 120)}, which {why}.",
        "Nothing was sent there; ask who runs the server for its right address.",
    )


def _same_server(here: SplitResult, there: SplitResult) -> bool:
    """Return whether both are one server, perhaps without and with TLS."""
    ports = (_effective_port(here), _effective_port(there))
    return here.hostname == there.hostname and (ports[0] == ports[1] or ports == (80, 443))


def _effective_port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _read_body(response: "requests.Response", given_up: threading.Event) -> tuple[bytes, str]:
    """Return the body as far as it can be read, and what is wrong with the rest."""
    import requests

    data = bytearray()
    try:
        for chunk in iterate_body(response, MAX_RESPONSE_BYTES, given_up):
            data += chunk
    except (requests.RequestException, OSError) as error:
        return bytes(data), f"was cut off ({find_cause(error)})"
    if len(data) > MAX_RESPONSE_BYTES:
        return bytes(data[:_KEPT_BYTES]), f"is larger than {MAX_RESPONSE_BYTES // 2**20} MiB"
    return bytes(data), ""


def _explain_failure(url: str, error: Exception) -> UnusableError:
    """Tell what kept an answer from coming, and whether the request can have arrived."""
    import ssl

    import requests
    from urllib3.exceptions import NewConnectionError

    causes = _collect_causes(error)
    if isinstance(error, requests.exceptions.SSLError) and any(
        isinstance(cause, ssl.SSLCertVerificationError) for cause in causes
    ):
        return UnusableError(
            f"The certificate of {clip_text(url)} cannot be trusted: {find_cause(error)}.",
            "If the server is yours, name its authority's file with --cacert.",
        )
    if isinstance(error, requests.exceptions.ReadTimeout):
        return ResponseTimeoutError(
            f"{clip_text(url)} does not answer in time.", "Try again later."
        )
    unconnected = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
    if isinstance(error, unconnected) or any(
        isinstance(cause, NewConnectionError) for cause in causes
    ):
        return RequestNotSentError(
            f"{clip_text(url)} cannot be reached: {find_cause(error)}.",
            "Check the address, the network and the proxy.",
        )
    if isinstance(error, ValueError) and not isinstance(error, requests.ConnectionError):
        return UnusableError(
            f"{clip_text(url)} cannot be used: {find_cause(error)}.", "Check the address."
        )
    return ResponseLostError(
        f"{clip_text(url)} gave no answer: {find_cause(error)}.", "Check the server and the proxy."
    )


def _collect_causes(error: BaseException) -> list[Any]:
    """Return an error and all that it wraps."""
    found: list[Any] = []
    queue: list[Any] = [error]
    while queue:
        one = queue.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
    return found
