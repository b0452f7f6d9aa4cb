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
"""Limit of a response, in bytes; RefStack's largest, a run of all tests, has 200 kB."""

TOTAL_SECONDS = 180
"""Default response timeout in seconds; long, because a server stores an upload test by test."""

READ_TIMEOUT_DIVISOR = 3
"""The response timeout as a multiple of the read timeout."""

_KEPT_BYTES = 64 * 1024
"""Of a response that is too large."""

_FOLLOWED_STATUSES = (301, 302, 307, 308)
"""Redirects of the same request to another URL; 303 asks for a different request."""

HttpHeaders = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a server."""

    method: str
    path: str
    """The path with the query, relative to the server's URL."""

    body: bytes = b""
    headers: HttpHeaders = field(default_factory=dict)
    secret: bool = False
    """Whether it contains a signature or a session, which no other host may see."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response of a server."""

    status: int
    reason: str
    body: bytes
    url: str
    """The URL that sent it, after redirects."""

    read_error: str = ""
    """Why its body could not be read completely."""


class RequestNotSentError(UnusableError):
    """The connection failed, so the server received nothing."""


class ResponseLostError(UnusableError):
    """The request was at least partly sent and got no response: it may have succeeded."""

    redirected_elsewhere = False
    """Whether a redirect led to another server, which cannot be queried."""


class ResponseTimeoutError(ResponseLostError):
    """No response in time: the server may still be working on it."""


@dataclass(frozen=True, slots=True)
class RefStackServer:
    """The URL of a server, with its timeouts and certificates."""

    url: str
    """Without a trailing slash."""

    cacert: Path | None = None
    """Certificate authorities to trust instead of the usual ones."""

    read_seconds: float = TOTAL_SECONDS / READ_TIMEOUT_DIVISOR
    """Read timeout: the time between two bytes from the server."""

    total_seconds: float = TOTAL_SECONDS

    @classmethod
    def from_url(
        cls, url: str, cacert: Path | None = None, seconds: float = TOTAL_SECONDS
    ) -> "RefStackServer":
        """Return the server at a URL; raise `InputError` for an invalid one."""
        require_server_address(url)
        if cacert is not None:
            require_ca_file(cacert, "Give a file of certificates in PEM format with --cacert.")
        # Users may copy the URL of the API with its version from RefStack's pages.
        address = url.rstrip("/").removesuffix("/v1").rstrip("/")
        return cls(address, cacert, seconds / READ_TIMEOUT_DIVISOR, seconds)

    @property
    def is_protected(self) -> bool:
        """Whether the connection is encrypted."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")

    def is_at(self, url: str) -> bool:
        """Whether a URL belongs to this server, not to one that it redirects to."""
        return _same_server(urlsplit(self.url), urlsplit(url))

    def send_request(self, request: HttpRequest) -> HttpResponse:
        """Send a request and return the response, whatever its status.

        Raises `RequestNotSentError`, `ResponseLostError` or `ResponseTimeoutError` without
        a response, and `UnusableError` for a redirect that must not be followed.
        """
        return run_with_deadline(
            self.total_seconds,
            lambda given_up: self._follow_redirects(request, given_up),
            lambda: ResponseTimeoutError(
                f"{clip_text(self.url)} did not respond within {self.total_seconds:g} s.",
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
            f"{clip_text(self.url)}: too many redirects (more than {MAX_REDIRECTS}).",
            "Give the URL of the server itself.",
        )

    def _send_once(
        self, request: HttpRequest, url: str, given_up: threading.Event
    ) -> tuple[HttpResponse, str]:
        """Return the response of one URL, and the URL that it redirects to."""
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
                    # Passed here, because REQUESTS_CA_BUNDLE would override the session's own;
                    # None leaves the choice to that variable.
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
    """Raise `InputError` for a URL that cannot be a server's."""
    advice = "Give the URL that the server's pages start with, such as https://refstack.example."
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        raise InputError(f"{clip_text(url)} is not a valid URL.", advice) from None
    if user:
        raise InputError(f"The URL on {host} contains a user name or a password.", advice)
    if not is_url(url) or not host or not url.isprintable() or " " in url:
        raise InputError(f"{clip_text(url)} is not a valid URL.", advice)
    if parts.scheme not in ("http", "https"):
        raise InputError(f"Unsupported URL scheme {clip_text(parts.scheme)}.", advice)
    if parts.query or parts.fragment:
        raise InputError(f"{clip_text(url)} is the URL of a page, not of a server.", advice)


def _resolve_redirect(url: str, location: str, *, secret: bool) -> str:
    """Return the URL of a redirect; raise if the request must not be sent there."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = _same_server(here, there)
    except ValueError:
        raise _bad_redirect(url, location, "is not a valid URL") from None
    if there.scheme not in ("http", "https") or not there.hostname:
        raise _bad_redirect(url, location, "is not the URL of a server")
    if here.scheme == "https" and there.scheme != "https":
        raise _bad_redirect(url, location, "is not encrypted")
    if secret and not same:
        raise _bad_redirect(url, location, "is another server: it must not receive signed requests")
    return target


def _bad_redirect(url: str, location: str, why: str) -> UnusableError:
    from defcheck.util.text import clean_line

    return UnusableError(
        f"{clip_text(url)} redirects to {clean_line(location, 120)}, which {why}.",
        "Nothing was sent there. Ask the server's operator for the right URL.",
    )


def _same_server(here: SplitResult, there: SplitResult) -> bool:
    """Return whether both are the same server, or the same with TLS added."""
    ports = (_effective_port(here), _effective_port(there))
    return here.hostname == there.hostname and (ports[0] == ports[1] or ports == (80, 443))


def _effective_port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _read_body(response: "requests.Response", given_up: threading.Event) -> tuple[bytes, str]:
    """Return the readable part of the body, and why the rest is missing."""
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
    """Return the error for a missing response; its type says if the request may have arrived."""
    import ssl

    import requests
    from urllib3.exceptions import NewConnectionError

    causes = _collect_causes(error)
    if isinstance(error, requests.exceptions.SSLError) and any(
        isinstance(cause, ssl.SSLCertVerificationError) for cause in causes
    ):
        return UnusableError(
            f"The certificate of {clip_text(url)} is not trusted: {find_cause(error)}.",
            "If the server is yours, give the file of its certificate authority with --cacert.",
        )
    if isinstance(error, requests.exceptions.ReadTimeout):
        return ResponseTimeoutError(
            f"{clip_text(url)} did not respond in time.", "Try again later."
        )
    unconnected = (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)
    if isinstance(error, unconnected) or any(
        isinstance(cause, NewConnectionError) for cause in causes
    ):
        return RequestNotSentError(
            f"{clip_text(url)} cannot be reached: {find_cause(error)}.",
            "Check the URL, the network and the proxy.",
        )
    if isinstance(error, ValueError) and not isinstance(error, requests.ConnectionError):
        return UnusableError(
            f"{clip_text(url)} cannot be used: {find_cause(error)}.", "Check the URL."
        )
    return ResponseLostError(
        f"{clip_text(url)} sent no response: {find_cause(error)}.",
        "Check the server and the proxy.",
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
