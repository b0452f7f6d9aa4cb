"""Fetch one small file over HTTPS, within limits of size and time."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from defcheck import __version__
from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.util.concurrency import run_with_deadline
from defcheck.util.files import clip_text
from defcheck.util.text import fold_whitespace

if TYPE_CHECKING:
    import requests

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10
READ_SECONDS = 20
"""Without any byte from the server."""

TOTAL_SECONDS = 120
"""For everything: a server that sends a byte now and then is not waited for."""

_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 64 * 1024


def is_url(source: str) -> bool:
    """Return whether something that a user named is an address rather than a path."""
    return "://" in source


def fetch_file(
    url: str, *, max_bytes: int, plain_http: bool = False, seconds: float = TOTAL_SECONDS
) -> bytes:
    """Return what is at an https address; at an http one too where `plain_http` is set.

    Proxies and certificates of authorities are taken from the environment, as
    `requests` does. Raises `InputError` where the address is wrong or what is
    there is too large, `UnusableError` where the server cannot be used.
    """
    _refuse_address(url, plain_http=plain_http)
    return run_with_deadline(
        seconds,
        lambda given_up: _follow_redirects(url, max_bytes, given_up, plain_http=plain_http),
        lambda: UnusableError(
            f"{clip_text(url)} was not read within {seconds:g} s.",
            "Try again later, or download the file by other means.",
        ),
    )


def _refuse_address(url: str, *, plain_http: bool) -> None:
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username or parts.password
    except ValueError:
        raise InputError(
            f"{clip_text(url)} is no address.", "Give an address with https."
        ) from None
    if not host:
        raise InputError(f"{clip_text(url)} is no address.", "Give an address with https.")
    if user:
        raise InputError(
            f"The address on {host} holds a user name or a password.",
            "It would be recorded; download the file by other means and give its path.",
        )
    if parts.scheme == "http" and not plain_http:
        raise InputError(
            f"{clip_text(url)} is not protected on its way.",
            "Give an address with https, or say what the file must be with --sha256.",
        )
    if parts.scheme not in ("http", "https"):
        raise InputError(
            f"{clip_text(url)} cannot be fetched: {clip_text(parts.scheme)} is not known.",
            "Give an address with https.",
        )


def _follow_redirects(
    url: str, max_bytes: int, given_up: threading.Event, *, plain_http: bool
) -> bytes:
    """Follow redirects one by one, so that none leads away from https unseen."""
    import requests

    with open_http_session() as session:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with session.get(
                    url,
                    stream=True,
                    allow_redirects=False,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                ) as response:
                    if response.status_code not in _REDIRECTS:
                        return _read_body(response, url, max_bytes, given_up)
                    url = urljoin(url, response.headers.get("location", ""))
            except DefcheckError:
                raise
            except requests.exceptions.SSLError as error:
                raise UnusableError(
                    f"The certificate of {clip_text(url)} cannot be trusted: {find_cause(error)}.",
                    "If the server is yours, name its authority's file in REQUESTS_CA_BUNDLE.",
                ) from error
            except (requests.RequestException, OSError, ValueError) as error:
                raise UnusableError(
                    f"{clip_text(url)} cannot be fetched: {find_cause(error)}.",
                    "Check the address and the proxy, or download the file by other means.",
                ) from error
            _refuse_address(url, plain_http=plain_http)
    raise UnusableError(
        f"{clip_text(url)} leads on and on: more than {MAX_REDIRECTS} redirects.",
        "Give the address of the file itself.",
    )


def _read_body(
    response: "requests.Response", url: str, max_bytes: int, given_up: threading.Event
) -> bytes:
    status = response.status_code
    if status != 200:
        said = f"{clip_text(url)} cannot be fetched: the server answers {status} {response.reason}."
        if 400 <= status < 500:
            raise InputError(said, "Check the address.")
        raise UnusableError(said, "Try again later, or download the file by other means.")
    data = bytearray()
    for chunk in iterate_body(response, max_bytes, given_up):
        data += chunk
    if len(data) > max_bytes:
        raise InputError(
            f"{clip_text(url)} is larger than {max_bytes / 2**20:g} MiB.",
            "Give the address of a guideline file.",
        )
    return bytes(data)


def iterate_body(
    response: "requests.Response", max_bytes: int, given_up: threading.Event
) -> Iterator[bytes]:
    """Yield the body in chunks, until it is longer than `max_bytes` or nobody waits for it."""
    size = 0
    for chunk in response.iter_content(_CHUNK):
        yield chunk
        size += len(chunk)
        if size > max_bytes or given_up.is_set():
            return


def open_http_session() -> "requests.Session":
    """Return a session that identifies defcheck and sends no password of ~/.netrc."""
    import requests

    session = requests.Session()
    session.auth = _omit_password
    session.headers["User-Agent"] = f"defcheck/{__version__}"
    return session


def require_ca_file(path: Path, advice: str) -> None:
    """Raise `InputError`, with `advice`, where a file of authorities holds no certificate."""
    import ssl

    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, ValueError) as error:
        raise InputError(
            f"The file of certificate authorities {path} holds no certificate.", advice
        ) from error
    except OSError as error:
        raise InputError(
            f"The file of certificate authorities {path} cannot be read: {error.strerror}.", advice
        ) from error


def _omit_password(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Leave a request as it is; as a session's `auth` it keeps ~/.netrc out of it."""
    return request


def find_cause(error: BaseException) -> str:
    """Return the innermost cause, which says more than the layers around it.

    A server's own words may stand in it, so that nothing is kept that does not show.
    """
    while True:
        inner = getattr(error, "reason", None) or next(
            (arg for arg in reversed(error.args) if isinstance(arg, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            words = fold_whitespace(str(error)).rstrip(".")
            shown = "".join(letter for letter in words if letter.isprintable())
            return clip_text(shown, 200) or type(error).__name__
        error = inner
