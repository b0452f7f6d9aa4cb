"""Describe why a cloud could not be used: the one place that knows the libraries' exceptions.

Exceptions are told apart by the names of their classes, so that none of the
libraries (openstacksdk, keystoneauth1, requests, urllib3) has to be imported.


Exceptions are told apart by the names of their classes, so that none of the
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
    "socket.gaierror": "its host name is not known",
    "builtins.ConnectionRefusedError": "the connection was refused",
    "http.client.RemoteDisconnected": "it closed the connection",
    "builtins.ConnectionResetError": "it reset the connection",
    "builtins.ConnectionError": "it closed the connection",
    "builtins.TimeoutError": "no answer in time",
    "urllib3.exceptions.NameResolutionError": "its host name is not known",
    "urllib3.exceptions.ReadTimeoutError": "no answer in time",
    "urllib3.exceptions.IncompleteRead": "its answer was cut off",
    "http.client.IncompleteRead": "its answer was cut off",
    "http.client.HTTPException": "its answer is not HTTP",
    "urllib3.exceptions.HeaderParsingError": "its answer is not HTTP",
    "urllib3.exceptions.ProxyError": "the proxy does not connect to it",
    "urllib3.exceptions.DecodeError": "its answer cannot be decoded",
}
"""Exceptions of Python and urllib3 that are the root of others, and what they say."""

LIBRARY_ERRORS: Mapping[str, str] = {
    "requests.exceptions.JSONDecodeError": "its answer is not JSON",
    "json.decoder.JSONDecodeError": "its answer is not JSON",
    "requests.exceptions.ProxyError": "the proxy does not connect to it",
    "urllib3.exceptions.ProxySchemeUnsupported": "the proxy's address is not valid",
    "requests.exceptions.InvalidProxyURL": "the proxy's address is not valid",
    "requests.exceptions.Timeout": "no answer in time",
    "requests.exceptions.TooManyRedirects": "it redirects in circles",
    "requests.exceptions.InvalidURL": "its address is not a valid URL",
    "requests.exceptions.InvalidSchema": "its address is not a valid URL",
    "requests.exceptions.MissingSchema": "its address is not a valid URL",
    "urllib3.exceptions.LocationValueError": "its address is not a valid URL",
    "requests.exceptions.InvalidHeader": "its answer is not HTTP",
    "requests.exceptions.ChunkedEncodingError": "its answer was cut off",
    "requests.exceptions.ContentDecodingError": "its answer cannot be read to its end",
    "keystoneauth1.exceptions.connection.ConnectTimeout": "no answer in time",
    "keystoneauth1.exceptions.discovery.DiscoveryFailure": "it has no version document",
    "keystoneauth1.exceptions.catalog.CatalogException": "the catalogue has no endpoint for it",
    "keystoneauth1.exceptions.response.InvalidResponse": "its answer is not an OpenStack API's",
    "keystoneauth1.exceptions.auth.MissingAuthMethods": "it asks for a second factor",
    "openstack.exceptions.EndpointNotFound": "the catalogue has no endpoint for it",
    "openstack.exceptions.ServiceDiscoveryException": "it has no version document",
    "openstack.exceptions.InvalidResponse": "its answer is not an OpenStack API's",
    "openstack.exceptions.ResourceTimeout": "it took too long",
}
"""Exceptions of the libraries that say no more than their name."""

VAGUE_ERRORS: Mapping[str, str] = {
    "requests.exceptions.SSLError": "TLS failed",
    "keystoneauth1.exceptions.connection.SSLError": "TLS failed",
    "keystoneauth1.exceptions.connection.ConnectionError": "the connection failed",
    "requests.exceptions.RequestException": "the request failed",
    "urllib3.exceptions.HTTPError": "the request failed",
}
"""Exceptions of the libraries that say nothing, where none of the others is among the causes."""

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
"""Exceptions that mean that there was no answer at all."""

DESCRIPTIVE_ERRORS = (
    "keystoneauth1.exceptions.base.ClientException",
    "openstack.exceptions.SDKException",
)
"""Exceptions of the libraries whose text says what is wrong."""

CONFIGURATION_ERRORS = (
    "keystoneauth1.exceptions.auth_plugins.AuthPluginException",
    "openstack.exceptions.ConfigException",
    "yaml.error.YAMLError",
)
"""Exceptions about what a user wrote, not about a cloud."""

NO_ANSWER_ERRORS = ("builtins.OSError", "keystoneauth1.exceptions.connection.ConnectionError")
"""Exceptions that, without a status, mean that no answer came or that none can be read."""

REFUSED_STATUSES = frozenset({401, 403})
"""Statuses of a refusal: a RADOS Gateway says 401 to a user whose role it does not accept."""

TEMPORARY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Statuses that say nothing about what was asked."""

KNOWN_ERRORS = (*LIBRARY_ERRORS, *VAGUE_ERRORS, *DESCRIPTIVE_ERRORS)

MESSAGE_PATTERNS: Mapping[str, str] = {
    "Connection refused": "the connection was refused",
    "No route to host": "there is no route to it",
    "Network is unreachable": "its network cannot be reached",
    "Name or service not known": "its host name is not known",
    "Temporary failure in name resolution": "its host name is not known",
    "nodename nor servname": "its host name is not known",
    "self-signed certificate": "its certificate is self-signed and not trusted",
    "certificate has expired": "its certificate has expired",
    "Hostname mismatch": "its certificate is for another host",
    "IP address mismatch": "its certificate is for another host",
    "unable to get local issuer": "its certificate is of an unknown authority",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "CERTIFICATE_REQUIRED": "it asks for a client certificate",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "RECORD_LAYER_FAILURE": "it does not speak TLS",
    "Remote end closed connection": "it closed the connection",
    "Connection reset": "it reset the connection",
    "timed out": "no answer in time",
    "Timeout": "no answer in time",
    "Exceeded": "it redirects in circles",
}
"""Texts of OpenSSL and of libraries that keep no cause; the first that fits counts."""

FILE_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
)
"""What the system says of a file that a user named."""

SEE_DEBUG = "`defcheck --debug` shows where it happened."

IDS = re.compile(r"\s*\((?:HTTP \d{3}|Request-ID: [^)]*)\)")
CLASS_NAME = re.compile(r"(?:\w+\.)*\b[A-Z]\w*(?:Error|Exception|Failure)\b(?:\(\))?:?\s*")
MARKUP = re.compile(r"<[^<>]{0,200}>")


def describe_failure(error: BaseException) -> str:
    """Return why a request failed as a clause, such as "the connection was refused".

    Empty where the exception is of no library and no network: that is an error
    of the program. The name of a class is never part of it.
    """
    causes = list(_iterate_causes(error))
    for cause in reversed(causes):
        words = _describe_network_error(cause)
        if words:
            return words
    known = [cause for cause in causes if _is_one_of(cause, KNOWN_ERRORS)]
    said = " ".join(map(str, known))
    for sign, words in MESSAGE_PATTERNS.items():
        if sign in said:
            return words
    for describe in (_describe_status, _describe_library_error, _describe_message):
        for cause in causes:
            words = describe(cause)
            if words:
                return words
    return ""


def is_unreachable(error: BaseException) -> bool:
    """Return whether there was no answer at all: no connection, no TLS, or not in time."""
    return any(_is_one_of(cause, UNREACHABLE_ERRORS) for cause in _iterate_causes(error))


def is_unavailable(error: BaseException) -> bool:
    """Return whether no answer came, not even a refusal, so that nothing is known."""
    causes = list(_iterate_causes(error))
    status = next(filter(None, map(get_http_status, causes)), 0)
    # openstacksdk's errors with a status are OSErrors too.
    if status:
        return status in TEMPORARY_STATUSES
    return any(_is_one_of(cause, NO_ANSWER_ERRORS) for cause in causes)


def explain_failure(error: Exception) -> DefcheckError | None:
    """Return an error for a person, None where the exception is an error of the program."""
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
    """Yield an exception and what it came from, the root last."""
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
    """Return the words for an exception's class, or for the nearest class above it."""
    return next((table[name] for name in _list_class_names(error) if name in table), "")


def _describe_network_error(error: BaseException) -> str:
    """Return what an exception of the network says, empty where it is of another kind."""
    if isinstance(error, ssl.SSLError):
        return _describe_tls_error(error)
    words = _find_words(error, NETWORK_ERRORS)
    if words:
        return words
    if type(error) is OSError and error.errno is not None:
        said = error.strerror or ""
        return MESSAGE_PATTERNS.get(said, said[:1].lower() + said[1:])
    return ""


def _describe_tls_error(error: ssl.SSLError) -> str:
    said = f"{error.reason} {error}"
    for sign, words in MESSAGE_PATTERNS.items():
        if sign in said:
            return words
    reason = (error.reason or "").replace("_", " ").lower()
    return f"TLS failed ({reason})" if reason else "TLS failed"


def _describe_status(error: BaseException) -> str:
    """Return an HTTP status with what the service said about it, empty where there is none."""
    status = get_http_status(error)
    if not status or not _is_one_of(error, DESCRIPTIVE_ERRORS):
        return ""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    details = str(getattr(error, "details", None) or getattr(error, "message", None) or "")
    said = clean_message(details)
    told = "" if not said or said.startswith(phrase or said) else f": {said}"
    return f"HTTP {status} {phrase}".strip() + told


def _describe_library_error(error: BaseException) -> str:
    return _find_words(error, LIBRARY_ERRORS)


def _describe_message(error: BaseException) -> str:
    """Return what an exception says by its text, empty where it is of no library."""
    words = _find_words(error, VAGUE_ERRORS)
    if words:
        return words
    if _is_one_of(error, (*DESCRIPTIVE_ERRORS, *CONFIGURATION_ERRORS)):
        return clean_message(str(error)) or "the request failed"
    if isinstance(error, UnicodeError):
        return "its address or its answer is not valid text"
    if isinstance(error, OSError):
        said = error.strerror or clean_message(str(error))
        return said[:1].lower() + said[1:] or "the operating system refused it"
    return ""


def _find_requested_url(error: BaseException) -> str:
    """Return the address that was asked, without login and query, empty where it is not known."""
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
    """Raise `InputError` where a file of authorities, if any is named, holds none."""
    if cacert:
        require_ca_file(
            Path(cacert).expanduser(),
            "Name a file with certificates in PEM, with --cacert or as cacert in clouds.yaml.",
        )


def set_trusted_authorities(sections: dict[str, dict[str, str]], cacert: Path | None) -> None:
    """Let a tempest.conf trust the authorities in `cacert`, if any, in place of its own."""
    if cacert is not None:
        require_certificates(str(cacert))
        sections["identity"]["ca_certificates_file"] = str(cacert.absolute())


def find_certificate_error(error: Exception) -> str:
    """Return why a certificate is not trusted, empty where an error is about something else."""
    said = fold_whitespace(str(error))
    found = re.search(r"certificate verify failed:? ?(.*?)(?: \(_ssl|['\")]|$)", said)
    return (found[1] or "nobody vouches for it") if found else ""
