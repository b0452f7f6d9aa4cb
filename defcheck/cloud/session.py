"""A session with a cloud: every request and login ends in time, and is retried where harmless.

requests bounds only the time to connect and the time between two bytes. A
server that sends one byte now and then, or that redirects in circles, is
stopped here.


requests bounds only the time to connect and the time between two bytes. A
server that sends one byte now and then, or that redirects in circles, is
stopped here.

The time limit of each single request is `session`'s.
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
"""A try of a request with its answer, or a login, takes at most this many read timeouts."""

MAX_REDIRECTS = 5
MAX_BYTES = 64 * 2**20
"""The largest answer that is read: a whole listing of objects is far smaller."""

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
        """Return the answer, read as a whole unless `stream` is asked for.

        Raises the exceptions of requests, ReadTimeout where the total timeout is over.
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
    """A session with time limits and repetitions, which can log in without a deadlock."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"redirect": MAX_REDIRECTS, **more})
        self._login = threading.local()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, RetryingAdapter(BoundedAdapter()))

    @property
    def limit(self) -> float:
        """The total timeout in seconds of a try, of a login, and of what belongs to one."""
        return TOTAL_PARTS * _get_read_timeout(self.timeout)

    def log_in(self) -> Any:
        """Return what the token says, after logging in where there is no valid token.

        Raises the exceptions of keystoneauth, ConnectTimeout where the total timeout is over.
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

        Version discovery repeats a GET that was answered with 401, now with a
        token. Inside a login that would wait for the login to end, for ever.
        """
        if getattr(self._login, "running", False) and auth in (None, self.auth):
            raise exceptions.Unauthorized("The server asks for a token before the login")
        return super().get_auth_headers(auth, **more)


def open_connection(session: CloudSession, endpoint_filter: EndpointFilter) -> Any:
    """Return openstacksdk's connection over a session, to the endpoints that are chosen."""
    from openstack.connection import Connection

    return Connection(
        session=session,
        region_name=endpoint_filter.region or None,
        app_name="defcheck",
        **endpoint_filter.sdk_settings,
    )


def _get_read_timeout(timeout: Any) -> float:
    """Return the read timeout of a request: requests takes one number or a pair."""
    read = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(read) if read else READ_SECONDS


def _read_body(answer: requests.Response, given_up: threading.Event) -> None:
    """Read the body as requests would, but not on and on."""
    data = bytearray()
    for chunk in answer.iter_content(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES or given_up.is_set():
            answer.close()
            raise requests.exceptions.ContentDecodingError("The answer is too long")
    answer._content = bytes(data)  # where requests itself keeps what it has read


WAITS = (0.3, 1.0, 2.0)
"""Seconds before each repetition; a service that limits its callers may ask for more."""

LONGEST_WAIT = 5.0
"""Seconds that a Retry-After is followed for at most."""

PERIOD = 20.0
"""Seconds after the first try in which a repetition may begin."""

TOO_MANY = 429

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})
"""Methods that leave the same behind however often they are sent, as defcheck uses them."""

TOKENS = "/auth/tokens"
"""A second token does no harm."""


class RetryingAdapter(BaseAdapter):
    """Sends a request again where repeating it is harmless and no answer came.

    `adapter` reads answers as a whole: a connection may break within one too.
    Refused connections, untrusted certificates, time-outs and answers that are not
    HTTP are not repeated: they take long, or stay as they are. A POST creates something, which the
    caller has to look for first; only 429, which says that it was not even
    looked at, is repeated.
    """

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Return the first answer that is one, else the last; raise the last error."""
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
    """Tell whether a connection broke after it was made."""
    cause = error.args[0] if error.args else None
    if isinstance(error, SSLError):
        return "EOF" in str(cause)  # within the handshake
    return isinstance(error, ChunkedEncodingError) or (
        isinstance(error, ConnectionFailedError)
        and isinstance(cause, ProtocolError)
        and not any(map(_is_not_http, cause.args))
    )


def _is_not_http(reason: object) -> bool:
    """Tell whether another protocol was answered, which stays as it is."""
    return isinstance(reason, BadStatusLine) and not isinstance(reason, RemoteDisconnected)


def _read_retry_after(headers: Mapping[str, str]) -> float:
    """Return how long an answer asks to wait; a date counts as the longest wait."""
    asked = headers.get("Retry-After", "0")
    with suppress(ValueError):
        return min(max(float(asked), 0.0), LONGEST_WAIT)
    return LONGEST_WAIT
