"""Describe why a cloud could not be used: the one place that knows the libraries' exceptions.

Exceptions are distinguished by the names of their classes, so that none of the
libraries (openstacksdk, keystoneauth1, requests, urllib3) has to be imported.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.util.http import require_ca_file
from defcheck.util.text import fold_whitespace

MAX_CAUSES = 16
MAX_MESSAGE_LENGTH = 200

NETWORK_ERRORS: Mapping[str, str] = {
    "socket.gaierror": "its host name cannot be resolved",
    "builtins.ConnectionRefusedError": "the connection was refused",
    "http.client.RemoteDisconnected": "it closed the connection",
    "builtins.ConnectionResetError": "it reset the connection",
    "builtins.ConnectionError": "it closed the connection",
    "builtins.TimeoutError": "no response in time",
    "urllib3.exceptions.NameResolutionError": "its host name cannot be resolved",
    "urllib3.exceptions.ReadTimeoutError": "no response in time",
    "urllib3.exceptions.IncompleteRead": "its response was cut off",
    "http.client.IncompleteRead": "its response was cut off",
    "http.client.HTTPException": "its response is not HTTP",
    "urllib3.exceptions.HeaderParsingError": "its response is not HTTP",
    "urllib3.exceptions.ProxyError": "the proxy cannot connect to it",
    "urllib3.exceptions.DecodeError": "its response cannot be decoded",
}
"""Exceptions of Python and urllib3 that are root causes, with descriptions."""

LIBRARY_ERRORS: Mapping[str, str] = {
    "requests.exceptions.JSONDecodeError": "its response is not JSON",
    "json.decoder.JSONDecodeError": "its response is not JSON",
    "requests.exceptions.ProxyError": "the proxy cannot connect to it",
    "urllib3.exceptions.ProxySchemeUnsupported": "the proxy's URL is invalid",
    "requests.exceptions.InvalidProxyURL": "the proxy's URL is invalid",
    "requests.exceptions.Timeout": "no response in time",
    "requests.exceptions.TooManyRedirects": "too many redirects",
    "requests.exceptions.InvalidURL": "its URL is invalid",
    "requests.exceptions.InvalidSchema": "its URL is invalid",
    "requests.exceptions.MissingSchema": "its URL is invalid",
    "urllib3.exceptions.LocationValueError": "its URL is invalid",
    "requests.exceptions.InvalidHeader": "its response is not HTTP",
    "requests.exceptions.ChunkedEncodingError": "its response was cut off",
    "requests.exceptions.ContentDecodingError": "its response cannot be read completely",
    "keystoneauth1.exceptions.connection.ConnectTimeout": "no response in time",
    "keystoneauth1.exceptions.discovery.DiscoveryFailure": "it has no version document",
    "keystoneauth1.exceptions.catalog.CatalogException": "the catalogue has no endpoint for it",
    "keystoneauth1.exceptions.response.InvalidResponse": "its response is not OpenStack's",
    "keystoneauth1.exceptions.auth.MissingAuthMethods": "it requires a second factor",
    "openstack.exceptions.EndpointNotFound": "the catalogue has no endpoint for it",
    "openstack.exceptions.ServiceDiscoveryException": "it has no version document",
    "openstack.exceptions.InvalidResponse": "its response is not OpenStack's",
    "openstack.exceptions.ResourceTimeout": "it took too long",
}
"""Exceptions of the libraries whose class tells all, with descriptions."""

VAGUE_ERRORS: Mapping[str, str] = {
    "requests.exceptions.SSLError": "TLS failed",
    "keystoneauth1.exceptions.connection.SSLError": "TLS failed",
    "keystoneauth1.exceptions.connection.ConnectionError": "the connection failed",
    "requests.exceptions.RequestException": "the request failed",
    "urllib3.exceptions.HTTPError": "the request failed",
}
"""Generic exceptions of the libraries, used if no specific one is among the causes."""

UNREACHABLE_ERRORS = (
    "builtins.ConnectionError",
    "builtins.TimeoutError",
    "socket.gaierror",
    "ssl.SSLError",
    "http.client.HTTPException",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.Timeout",
    "keystoneauth1.exceptions.connection.ConnectTimeout",
    "keystoneauth1.exceptions.connection.ConnectFailure",
    "keystoneauth1.exceptions.connection.SSLError",
)
"""Exceptions that mean that there was no response at all."""

DESCRIPTIVE_ERRORS = (
    "keystoneauth1.exceptions.base.ClientException",
    "openstack.exceptions.SDKException",
)
"""Exceptions of the libraries whose message tells what is wrong."""

CONFIGURATION_ERRORS = (
    "keystoneauth1.exceptions.auth_plugins.AuthPluginException",
    "openstack.exceptions.ConfigException",
    "yaml.error.YAMLError",
)
"""Exceptions about the user's configuration, not about a cloud."""

NO_ANSWER_ERRORS = ("builtins.OSError", "keystoneauth1.exceptions.connection.ConnectionError")
"""Exceptions that, without a status, mean that there was no readable response."""

REFUSED_STATUSES = frozenset({401, 403})
"""Statuses of a refusal: a RADOS Gateway returns 401 if it does not accept a user's role."""

TEMPORARY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Statuses that tell nothing about the requested resource."""

KNOWN_ERRORS = (*LIBRARY_ERRORS, *VAGUE_ERRORS, *DESCRIPTIVE_ERRORS)

MESSAGE_PATTERNS: Mapping[str, str] = {
    "Connection refused": "the connection was refused",
    "No route to host": "there is no route to it",
    "Network is unreachable": "its network is unreachable",
    "Name or service not known": "its host name cannot be resolved",
    "Temporary failure in name resolution": "its host name cannot be resolved",
    "nodename nor servname": "its host name cannot be resolved",
    "self-signed certificate": "its certificate is self-signed and not trusted",
    "certificate has expired": "its certificate has expired",
    "Hostname mismatch": "its certificate is for another host",
    "IP address mismatch": "its certificate is for another host",
    "unable to get local issuer": "its certificate was issued by an unknown authority",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "CERTIFICATE_REQUIRED": "it requires a client certificate",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "RECORD_LAYER_FAILURE": "it does not speak TLS",
    "Remote end closed connection": "it closed the connection",
    "Connection reset": "it reset the connection",
    "timed out": "no response in time",
    "Timeout": "no response in time",
    "Exceeded": "too many redirects",
}
"""Messages of OpenSSL and of libraries that keep no cause; the first match counts."""

FILE_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
)
"""Errors of the operating system about a file that a user named."""

SEE_DEBUG = "Run it with `defcheck --debug` for a traceback."

IDS = re.compile(r"\s*\((?:HTTP \d{3}|Request-ID: [^)]*)\)")
CLASS_NAME = re.compile(r"(?:\w+\.)*\b[A-Z]\w*(?:Error|Exception|Failure)\b(?:\(\))?:?\s*")
MARKUP = re.compile(r"<[^<>]{0,200}>")


def describe_failure(error: BaseException) -> str:
    """Return why a request failed as a clause, such as "the connection was refused".

    Empty if the exception comes from neither a library nor the network: that is a
    bug of the program. The clause never contains a class name.
    """
    causes = list(_iterate_causes(error))
    for cause in reversed(causes):
        words = _describe_network_error(cause)
        if words:
            return words
    known = [cause for cause in causes if _is_one_of(cause, KNOWN_ERRORS)]
    message = " ".join(map(str, known))
    for sign, words in MESSAGE_PATTERNS.items():
        if sign in message:
            return words
    for describe in (_describe_status, _describe_library_error, _describe_message):
        for cause in causes:
            words = describe(cause)
            if words:
                return words
    return ""


def is_unreachable(error: BaseException) -> bool:
    """Return whether there was no response at all: no connection, no TLS, or a timeout."""
    return any(_is_one_of(cause, UNREACHABLE_ERRORS) for cause in _iterate_causes(error))


def is_unavailable(error: BaseException) -> bool:
    """Return whether there was no answer, not even a refusal, so that nothing is known."""
    causes = list(_iterate_causes(error))
    status = next(filter(None, map(get_http_status, causes)), 0)
    # openstacksdk's errors with a status are OSErrors too.
    if status:
        return status in TEMPORARY_STATUSES
    return any(_is_one_of(cause, NO_ANSWER_ERRORS) for cause in causes)


def explain_failure(error: Exception) -> DefcheckError | None:
    """Return an error for the user, None if the exception is a bug of the program."""
    if isinstance(error, DefcheckError):
        return error
    clause = describe_failure(error)
    if _is_one_of(error, CONFIGURATION_ERRORS):
        return InputError(f"The configuration cannot be used: {clause}.", "Correct clouds.yaml.")
    if type(error).__module__ == "builtins" and isinstance(error, OSError):
        if error.filename and isinstance(error, FILE_ERRORS):
            return InputError(f"{error.filename} cannot be used: {clause}.", "Check the file.")
        if not isinstance(error, ConnectionError | TimeoutError):
            what = error.filename or "The system"
            return UnusableError(f"{what} refused an operation: {clause}.", SEE_DEBUG)
    if not _is_one_of(error, (*KNOWN_ERRORS, *NETWORK_ERRORS)) and not isinstance(error, OSError):
        return None
    return UnusableError(
        f"A request to {_find_requested_url(error) or 'the cloud'} failed: {clause}.",
        f"Check the service and the network, then try again. {SEE_DEBUG}",
    )


def get_http_status(error: BaseException) -> int:
    """Return the HTTP status in an exception of keystoneauth or openstacksdk, else 0."""
    for name in ("http_status", "status_code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return 0


def clean_message(text: str) -> str:
    """Return a library's or server's text on one line, without ids, markup and class names."""
    plain = CLASS_NAME.sub("", MARKUP.sub(" ", IDS.sub("", text))).replace("()", "")
    return fold_whitespace(plain)[:MAX_MESSAGE_LENGTH].rstrip(". ")


def _iterate_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, the root last."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(seen) < MAX_CAUSES:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__]
        if one.__cause__ is None:
            waiting.append(one.__context__)


def _list_class_names(error: BaseException) -> Iterator[str]:
    for kind in type(error).__mro__:
        yield f"{kind.__module__}.{kind.__qualname__}"


def _is_one_of(error: BaseException, names: Any) -> bool:
    return any(name in names for name in _list_class_names(error))


def _find_words(error: BaseException, table: Mapping[str, str]) -> str:
    """Return the description of an exception's class, or of its nearest base class."""
    return next((table[name] for name in _list_class_names(error) if name in table), "")


def _describe_network_error(error: BaseException) -> str:
    """Describe a network exception; empty if it is of another kind."""
    if isinstance(error, ssl.SSLError):
        return _describe_tls_error(error)
    words = _find_words(error, NETWORK_ERRORS)
    if words:
        return words
    if type(error) is OSError and error.errno is not None:
        message = error.strerror or ""
        return MESSAGE_PATTERNS.get(message, message[:1].lower() + message[1:])
    return ""


def _describe_tls_error(error: ssl.SSLError) -> str:
    message = f"{error.reason} {error}"
    for sign, words in MESSAGE_PATTERNS.items():
        if sign in message:
            return words
    reason = (error.reason or "").replace("_", " ").lower()
    return f"TLS failed ({reason})" if reason else "TLS failed"


def _describe_status(error: BaseException) -> str:
    """Return an HTTP status with the service's message, empty if there is none."""
    status = get_http_status(error)
    if not status or not _is_one_of(error, DESCRIPTIVE_ERRORS):
        return ""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    details = str(getattr(error, "details", None) or getattr(error, "message", None) or "")
    message = clean_message(details)
    detail = "" if not message or message.startswith(phrase or message) else f": {message}"
    return f"HTTP {status} {phrase}".strip() + detail


def _describe_library_error(error: BaseException) -> str:
    return _find_words(error, LIBRARY_ERRORS)


def _describe_message(error: BaseException) -> str:
    """Describe an exception by its message, empty if it comes from no library."""
    words = _find_words(error, VAGUE_ERRORS)
    if words:
        return words
    if _is_one_of(error, (*DESCRIPTIVE_ERRORS, *CONFIGURATION_ERRORS)):
        return clean_message(str(error)) or "the request failed"
    if isinstance(error, UnicodeError):
        return "its URL or its response is not valid text"
    if isinstance(error, OSError):
        message = error.strerror or clean_message(str(error))
        return message[:1].lower() + message[1:] or "the operating system refused the operation"
    return ""


def _find_requested_url(error: BaseException) -> str:
    """Return the requested URL without user info and query, empty if it is unknown."""
    from urllib.parse import urlsplit

    for cause in _iterate_causes(error):
        url = getattr(getattr(cause, "request", None), "url", None) or getattr(cause, "url", None)
        if isinstance(url, str) and "://" in url:
            parts = urlsplit(url)
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[
                :MAX_MESSAGE_LENGTH
            ]
    return ""


def require_certificates(cacert: str) -> None:
    """Raise `InputError` if a CA file is named and contains no certificate."""
    if cacert:
        require_ca_file(
            Path(cacert).expanduser(),
            "Name a file with PEM certificates by --cacert, or as cacert in clouds.yaml.",
        )


def set_trusted_authorities(sections: dict[str, dict[str, str]], cacert: Path | None) -> None:
    """Set `cacert`, if given, as the CA file of a tempest.conf, in place of its own."""
    if cacert is not None:
        require_certificates(str(cacert))
        sections["identity"]["ca_certificates_file"] = str(cacert.absolute())


def find_certificate_error(error: Exception) -> str:
    """Return why a certificate is not trusted, empty if an error is about something else."""
    message = fold_whitespace(str(error))
    found = re.search(r"certificate verify failed:? ?(.*?)(?: \(_ssl|['\")]|$)", message)
    return (found[1] or "the issuer is not trusted") if found else ""
