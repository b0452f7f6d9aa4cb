"""HTTP: sessions, files of authorities, and downloads within limits of size and time."""

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
"""Timeout between two bytes from the server."""

TOTAL_SECONDS = 120
"""Timeout of the whole download, for servers that only send a byte now and then."""

_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 64 * 1024


def is_url(source: str) -> bool:
    """Return whether user input is a URL rather than a path."""
    return "://" in source


def fetch_file(
    url: str, *, max_bytes: int, plain_http: bool = False, seconds: float = TOTAL_SECONDS
) -> bytes:
    """Download an https URL; with `plain_http` also an http one.

    Proxies and certificate authorities come from the environment, as `requests`
    reads it. Raises `InputError` if the URL is wrong or the file too large,
    `UnusableError` if the server cannot be used.
    """
    _refuse_address(url, plain_http=plain_http)
    return run_with_deadline(
        seconds,
        lambda given_up: _follow_redirects(url, max_bytes, given_up, plain_http=plain_http),
        lambda: UnusableError(
            f"{clip_text(url)} was not downloaded within {seconds:g} s.",
            "Try again later, or download the file yourself.",
        ),
    )


def _refuse_address(url: str, *, plain_http: bool) -> None:
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username or parts.password
    except ValueError:
        raise InputError(f"{clip_text(url)} is not a valid URL.", "Give an https URL.") from None
    if not host:
        raise InputError(f"{clip_text(url)} is not a valid URL.", "Give an https URL.")
    if user:
        raise InputError(
            f"The URL on {host} contains a user name or a password.",
            "defcheck would record it. Download the file yourself and give its path.",
        )
    if parts.scheme == "http" and not plain_http:
        raise InputError(
            f"{clip_text(url)} is not encrypted.",
            "Give an https URL, or the expected checksum with --sha256.",
        )
    if parts.scheme not in ("http", "https"):
        raise InputError(
            f"{clip_text(url)} cannot be fetched: unsupported URL scheme "
            f"{clip_text(parts.scheme)}.",
            "Give an https URL.",
        )


def _follow_redirects(
    url: str, max_bytes: int, given_up: threading.Event, *, plain_http: bool
) -> bytes:
    """Follow redirects one by one, so that none silently leaves https."""
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
                    f"The certificate of {clip_text(url)} is not trusted: {find_cause(error)}.",
                    "If the server is yours, set REQUESTS_CA_BUNDLE to the file of its certificate "
                    "authority.",
                ) from error
            except (requests.RequestException, OSError, ValueError) as error:
                raise UnusableError(
                    f"{clip_text(url)} cannot be fetched: {find_cause(error)}.",
                    "Check the URL and the proxy, or download the file yourself.",
                ) from error
            _refuse_address(url, plain_http=plain_http)
    raise UnusableError(
        f"{clip_text(url)}: too many redirects (more than {MAX_REDIRECTS}).",
        "Give the URL of the file itself.",
    )


def _read_body(
    response: "requests.Response", url: str, max_bytes: int, given_up: threading.Event
) -> bytes:
    status = response.status_code
    if status != 200:
        said = (
            f"{clip_text(url)} cannot be fetched: the server returned {status} {response.reason}."
        )
        if 400 <= status < 500:
            raise InputError(said, "Check the URL.")
        raise UnusableError(said, "Try again later, or download the file yourself.")
    data = bytearray()
    for chunk in iterate_body(response, max_bytes, given_up):
        data += chunk
    if len(data) > max_bytes:
        raise InputError(
            f"{clip_text(url)} is larger than {max_bytes / 2**20:g} MiB.",
            "Give the URL of a guideline file.",
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
    """Raise `InputError`, with `advice`, if a file of authorities contains no certificate."""
    import ssl

    try:
        ssl.create_default_context(cafile=path)
    except (ssl.SSLError, ValueError) as error:
        raise InputError(
            f"The file of certificate authorities {path} contains no certificate.", advice
        ) from error
    except OSError as error:
        raise InputError(
            f"The file of certificate authorities {path} cannot be read: {error.strerror}.", advice
        ) from error


def _omit_password(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Return the request unchanged; as a session's `auth` it prevents the use of ~/.netrc."""
    return request


def find_cause(error: BaseException) -> str:
    """Return the message of the innermost cause, which says more than its wrappers.

    It may contain text of a server, so invisible characters are removed.
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
