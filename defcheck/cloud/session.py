"""A session with a cloud: every request and login has a time limit, and is retried if harmless.

requests limits only the time to connect and the time between two bytes. A
server that sends one byte now and then, or that redirects in circles, is
stopped here.
"""

import math
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any

import requests
from keystoneauth1 import exceptions
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ChunkedEncodingError, SSLError
from requests.exceptions import ConnectionError as ConnectionFailedError
from urllib3.exceptions import ProtocolError

from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.failures import TEMPORARY_STATUSES
from defcheck.util.concurrency import run_with_deadline

READ_SECONDS = 30.0
"""Read timeout in seconds where clouds.yaml sets no api_timeout."""

CONNECT_SECONDS = 10.0
"""Connect timeout in seconds, for each address of a host, unless the read timeout is shorter."""

TOTAL_PARTS = 3
"""The total timeout of an attempt or a login, in read timeouts."""

MAX_REDIRECTS = 5
MAX_BYTES = 64 * 2**20
"""The largest response that is read: a whole listing of objects is far smaller."""

CHUNK = 64 * 1024


class BoundedAdapter(TCPKeepAliveAdapter):
    """Send requests, each within a connect, a read and a total timeout."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Return the response, read completely unless `stream` is set.

        Raises the exceptions of requests, ReadTimeout after the total timeout.
        """
        read = _get_read_timeout(timeout)
        limits = min(CONNECT_SECONDS, read), read
        send = super().send

        def send_and_read(given_up: threading.Event) -> requests.Response:
            answer = send(request, stream, limits, verify, cert, proxies)
            if not stream:
                _read_body(answer, given_up)
            return answer

        return run_with_deadline(
            TOTAL_PARTS * read,
            send_and_read,
            lambda: requests.exceptions.ReadTimeout("total timeout", request=request),
        )


class CloudSession(Session):
    """A session with timeouts and retries, which can log in without a deadlock."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"redirect": MAX_REDIRECTS, **more})
        self._login = threading.local()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, RetryingAdapter(BoundedAdapter()))

    @property
    def limit(self) -> float:
        """The total timeout in seconds of an attempt, and of a login with its discovery."""
        return TOTAL_PARTS * _get_read_timeout(self.timeout)

    def log_in(self) -> Any:
        """Return the content of the token, after logging in if there is no valid one.

        Raises the exceptions of keystoneauth, ConnectTimeout after the total timeout.
        """
        return run_with_deadline(
            self.limit,
            lambda _: self._log_in(),
            lambda: exceptions.ConnectTimeout(f"The login timed out after {self.limit:g} s"),
        )

    def _log_in(self) -> Any:
        self._login.running = True
        try:
            return self.auth.get_access(self)  # type: ignore[union-attr]
        finally:
            self._login.running = False

    def get_auth_headers(self, auth: Any = None, **more: Any) -> Any:
        """Return the headers with the token; raise `Unauthorized` inside the login itself.

        After a 401, version discovery repeats its GET with a token. Inside a login that
        would wait forever for the login to end.
        """
        if getattr(self._login, "running", False) and auth in (None, self.auth):
            raise exceptions.Unauthorized("The server requires a token before the login")
        return super().get_auth_headers(auth, **more)


def open_connection(session: CloudSession, endpoint_filter: EndpointFilter) -> Any:
    """Return openstacksdk's connection over a session, for the selected endpoints."""
    from openstack.connection import Connection

    return Connection(
        session=session,
        region_name=endpoint_filter.region or None,
        app_name="defcheck",
        **endpoint_filter.sdk_settings,
    )


def _get_read_timeout(timeout: Any) -> float:
    """Return the read timeout of a request: requests accepts a number or a pair."""
    read = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(read) if read else READ_SECONDS


def _read_body(answer: requests.Response, given_up: threading.Event) -> None:
    """Read the body like requests, but with limits on time and size."""
    data = bytearray()
    for chunk in answer.iter_content(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES or given_up.is_set():
            answer.close()
            raise requests.exceptions.ContentDecodingError("The response is too large")
    answer._content = bytes(data)  # where requests itself caches the body


WAITS = (0.3, 1.0, 2.0)
"""Seconds before each retry; Retry-After may ask for more."""

LONGEST_WAIT = 5.0
"""The longest Retry-After, in seconds, that is obeyed."""

PERIOD = 20.0
"""Seconds after the first attempt in which a retry may begin."""

TOO_MANY = 429

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})
"""Methods that are idempotent as defcheck uses them."""

TOKENS = "/auth/tokens"
"""A POST that may be repeated: a second token does no harm."""


class RetryingAdapter(BaseAdapter):
    """Retries a request if that is harmless and there was no answer.

    `adapter` reads responses completely, since a connection may break within one.
    Refused connections, untrusted certificates, timeouts and responses that are not
    HTTP are not retried: they take long, or stay the same. A POST creates something,
    which the caller must search for first; it is only retried after 429, which says
    that the server did not process it.
    """

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the first definitive response, else the last one; raise the last error."""
        end = time.monotonic() + PERIOD
        for wait in (*WAITS, math.inf):
            pause = wait
            try:
                response = self._adapter.send(request, *args, **kwargs)
            except RequestException as error:
                if not (_is_broken(error) and _is_repeatable(request)):
                    raise
                if time.monotonic() + pause > end:
                    raise
            else:
                pause = max(wait, _read_retry_after(response.headers))
                if not _is_temporary(response, request) or time.monotonic() + pause > end:
                    return response
            time.sleep(pause)
        raise AssertionError("the last wait is infinite")

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()


def _is_repeatable(request: PreparedRequest) -> bool:
    return request.method in REPEATABLE or (request.url or "").endswith(TOKENS)


def _is_temporary(response: Response, request: PreparedRequest) -> bool:
    status = response.status_code
    return status in TEMPORARY_STATUSES and (status == TOO_MANY or _is_repeatable(request))


def _is_broken(error: RequestException) -> bool:
    """Return whether a connection broke after it was established."""
    cause = error.args[0] if error.args else None
    if isinstance(error, SSLError):
        return "EOF" in str(cause)  # during the TLS handshake
    return isinstance(error, ChunkedEncodingError) or (
        isinstance(error, ConnectionFailedError)
        and isinstance(cause, ProtocolError)
        and not any(map(_is_not_http, cause.args))
    )


def _is_not_http(reason: object) -> bool:
    """Return whether the response was of another protocol, so that a retry is useless."""
    return isinstance(reason, BadStatusLine) and not isinstance(reason, RemoteDisconnected)


def _read_retry_after(headers: Mapping[str, str]) -> float:
    """Return how many seconds a response asks to wait; a date counts as the longest wait."""
    asked = headers.get("Retry-After", "0")
    with suppress(ValueError):
        return min(max(float(asked), 0.0), LONGEST_WAIT)
    return LONGEST_WAIT
