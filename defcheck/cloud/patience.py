"""Ask a cloud again where it gave no answer: a broken connection, a 5xx, a 429.

The time limit of each single request is `session`'s.
"""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any

from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ChunkedEncodingError, SSLError
from requests.exceptions import ConnectionError as ConnectionFailedError
from urllib3.exceptions import ProtocolError

from defcheck.cloud.failures import TEMPORARY

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


class PatientAdapter(BaseAdapter):
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
                pause = max(wait, _asked_for(response.headers))
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
    return status in TEMPORARY and (status == TOO_MANY or _is_repeatable(request))


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


def _asked_for(headers: Mapping[str, str]) -> float:
    """Return how long an answer asks to wait; a date counts as the longest wait."""
    asked = headers.get("Retry-After", "0")
    with suppress(ValueError):
        return min(max(float(asked), 0.0), LONGEST_WAIT)
    return LONGEST_WAIT
