"""A session with a cloud, in which every try of a request and every login ends in time.

requests bounds only the time to connect and the time between two bytes. A
server that sends one byte now and then, or that redirects in circles, is
stopped here.
"""

import threading
from typing import Any

import requests
from keystoneauth1 import exceptions
from keystoneauth1.session import Session, TCPKeepAliveAdapter

from defcheck.cloud.addressing import Addressing
from defcheck.cloud.patience import PatientAdapter
from defcheck.timelimit import within

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
        read = _seconds(timeout)
        limits = min(CONNECT_SECONDS, read), read
        send = super().send

        def exchange(given_up: threading.Event) -> requests.Response:
            answer = send(request, stream, limits, verify, cert, proxies)
            if not stream:
                _read(answer, given_up)
            return answer

        return within(
            TOTAL_PARTS * read,
            exchange,
            lambda: requests.exceptions.ReadTimeout("total timeout", request=request),
        )


class CloudSession(Session):
    """A session with time limits and repetitions, which can log in without a deadlock."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"redirect": MAX_REDIRECTS, **more})
        self._login = threading.local()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, PatientAdapter(BoundedAdapter()))

    @property
    def limit(self) -> float:
        """The total timeout in seconds of a try, of a login, and of what belongs to one."""
        return TOTAL_PARTS * _seconds(self.timeout)

    def log_in(self) -> Any:
        """Return what the token says, after logging in where there is no valid token.

        Raises the exceptions of keystoneauth, ConnectTimeout where the total timeout is over.
        """
        return within(
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


def open_connection(session: CloudSession, addressing: Addressing) -> Any:
    """Return openstacksdk's connection over a session, to the endpoints that are chosen."""
    from openstack.connection import Connection

    return Connection(
        session=session,
        region_name=addressing.region or None,
        app_name="defcheck",
        **addressing.settings,
    )


def _seconds(timeout: Any) -> float:
    """Return the read timeout of a request: requests takes one number or a pair."""
    read = timeout[1] if isinstance(timeout, tuple) else timeout
    return float(read) if read else READ_SECONDS


def _read(answer: requests.Response, given_up: threading.Event) -> None:
    """Read the body as requests would, but not on and on."""
    data = bytearray()
    for chunk in answer.iter_content(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES or given_up.is_set():
            answer.close()
            raise requests.exceptions.ContentDecodingError("The answer is too long")
    answer._content = bytes(data)  # where requests itself keeps what it has read
