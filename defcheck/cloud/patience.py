"""Asking a cloud again when the line, not the cloud, failed."""

from types import TracebackType
from typing import Any, Self

from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry


class OnBrokenLines(Retry):
    """Asks again where a connection broke before an answer came, and for nothing else.

    A service closes connections that were idle; a request that meets this at
    that moment is lost. urllib3 asks again only with methods that may be
    repeated: GET, HEAD, PUT, DELETE.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count a try; raise the error where it is that no answer came in time."""
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


def be_patient(session: Any) -> None:
    """Let keystoneauth's session ask again where a connection broke."""
    retries = OnBrokenLines(total=2, connect=0, redirect=0, status=0, other=0, backoff_factor=0.2)
    for adapter in session.session.adapters.values():
        adapter.max_retries = retries
