"""Exceptions of the libraries in words: all of them, and never by the names of their classes."""

import errno
import http.client
import importlib
import json
import os
import socket
import ssl

import pytest

from defcheck.cloud.failures import (
    clean_message,
    describe_failure,
    explain_failure,
    get_http_status,
    is_unreachable,
)
from defcheck.errors import ExitCode, InputError, UnusableError
from tests.unit.cloud.clouds import CLASS_NAME

MODULES = (
    "keystoneauth1.exceptions",
    "openstack.exceptions",
    "requests.exceptions",
    "urllib3.exceptions",
    "http.client",
)


PROGRAMMING = {
    *("MessageDefect", "ImpliedVersionMismatch"),
    *("OpenStackCloudException", "RetriableConnectionFailure"),
}
"""A mistake of a program that uses the library, or never raised alone."""


def families() -> dict[str, type[Exception]]:
    """Return every class of exception that the libraries have, warnings left out."""
    found = {}
    for name in MODULES:
        for kind in vars(importlib.import_module(name)).values():
            if isinstance(kind, type) and issubclass(kind, Exception):
                found[f"{kind.__module__}.{kind.__qualname__}"] = kind
    return {
        name: kind
        for name, kind in found.items()
        if not issubclass(kind, Warning)
        and kind.__module__ != "builtins"
        and not PROGRAMMING & {one.__name__ for one in kind.__mro__}
    }


def made(kind: type[Exception], said: str) -> Exception:
    """Return an exception, past a constructor that wants something else than a text."""
    try:
        return kind(said)
    except (TypeError, AttributeError):
        return kind.__new__(kind)


@pytest.mark.parametrize("kind", families().values(), ids=families())
@pytest.mark.parametrize("said", ["", "TypeError: <class 'sqlalchemy.exc.OperationalError'> (x)"])
def test_every_exception_of_the_libraries_has_words(kind: type[Exception], said: str) -> None:
    error = made(kind, said)
    for given in (error, wrapped(error)):
        words = describe_failure(given)
        assert words
        assert not CLASS_NAME.search(words)
        assert not words.endswith(".")


def wrapped(error: Exception) -> Exception:
    """Return what keystoneauth makes of another exception."""
    from keystoneauth1.exceptions import ConnectFailure

    outer = ConnectFailure("Unable to establish connection")
    outer.__context__ = error
    return outer


def test_every_exception_of_the_libraries_ends_with_a_code_of_its_own() -> None:
    for kind in families().values():
        explained = explain_failure(made(kind, "x"))
        if explained is None:
            assert issubclass(kind, ValueError), kind
            continue
        assert explained.exit_code in (ExitCode.USAGE, ExitCode.UNUSABLE)
        assert explained.message.endswith(".")
        assert explained.advice


NETWORK: list[tuple[Exception, str]] = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "refused"),
    (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "it reset"),
    (http.client.RemoteDisconnected("x"), "it closed the connection"),
    (BrokenPipeError(errno.EPIPE, "Broken pipe"), "it closed the connection"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), "there is no route to it"),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), "its network is unreachable"),
    (OSError(errno.ETIMEDOUT, "Connection timed out"), "no response in time"),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "its host name cannot"),
    (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name"), "its host name cannot"),
    (TimeoutError("timed out"), "no response in time"),
    (http.client.IncompleteRead(b"x", 5), "its response was cut off"),
    (http.client.BadStatusLine("SSH-2.0"), "its response is not HTTP"),
    (json.JSONDecodeError("x", "y", 0), "its response is not JSON"),
]


@pytest.mark.parametrize(("root", "words"), NETWORK, ids=lambda one: repr(one)[:30])
def test_the_root_of_a_failure_is_what_is_told(root: Exception, words: str) -> None:
    import requests

    middle = requests.exceptions.ConnectionError("HTTPSConnectionPool(host='x', port=1): retries")
    middle.__context__ = root
    assert words in describe_failure(root)
    assert words in describe_failure(wrapped(middle))
    assert is_unreachable(wrapped(middle))


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] x (_ssl.c:1006)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("WRONG_VERSION_NUMBER", "it does not speak TLS"),
        ("RECORD_LAYER_FAILURE", "it does not speak TLS"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "it requires a client certificate"),
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
        ("NO_SHARED_CIPHER", "TLS failed (no shared cipher)"),
    ],
)
def test_what_tls_fails_of_is_told(reason: str, words: str) -> None:
    assert describe_failure(wrapped(tls(reason))) == words


def test_a_status_is_told_with_the_words_of_the_service() -> None:
    from keystoneauth1.exceptions import Conflict, NotFound, ServiceUnavailable

    full = Conflict("Quota exceeded (HTTP 409) (Request-ID: req-5f1c)", http_status=409)
    assert describe_failure(full) == "HTTP 409 Conflict: Quota exceeded"
    assert get_http_status(full) == 409
    assert describe_failure(NotFound("Not Found")) == "HTTP 404 Not Found"
    assert describe_failure(ServiceUnavailable()) == "HTTP 503 Service Unavailable"
    assert not is_unreachable(full)


def test_a_redirect_to_a_path_is_an_address_that_is_not_valid() -> None:
    import requests
    from keystoneauth1.exceptions import UnknownConnectionError

    root = requests.exceptions.MissingSchema("Invalid URL '/v3': No scheme supplied")
    error = UnknownConnectionError("Unexpected exception for /v3", root)
    error.__context__ = root
    assert describe_failure(error) == "its URL is invalid"


def test_ids_markup_and_class_names_are_left_out_of_texts() -> None:
    said = "Unexpected API Error. <class 'oslo_db.exception.DBConnectionError'>"
    assert clean_message(said) == "Unexpected API Error"
    assert clean_message("keystone.exception.DomainNotFoundException: no domain") == "no domain"
    assert clean_message("a\n b (HTTP 500) (Request-ID: req-1)") == "a b"


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError("x"), AttributeError("x")])
def test_an_error_of_the_program_has_no_words(error: Exception) -> None:
    assert describe_failure(error) == ""
    assert explain_failure(error) is None


def test_a_file_that_cannot_be_used_is_named_and_wrong_use() -> None:
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/x/clouds.yaml")
    explained = explain_failure(denied)
    assert isinstance(explained, InputError)
    assert explained.message == "/x/clouds.yaml cannot be used: permission denied."


def test_a_request_that_failed_is_named_without_its_login() -> None:
    import requests

    request = requests.Request("GET", "http://user:canary@x/v3/users?token=canary").prepare()
    explained = explain_failure(requests.exceptions.ReadTimeout("late", request=request))
    assert isinstance(explained, UnusableError)
    assert explained.message == "A request to http://x/v3/users failed: no response in time."


def test_a_failure_that_is_among_its_own_causes_is_told_all_the_same() -> None:
    error = ConnectionRefusedError("x")
    error.__context__ = OSError("y")
    error.__context__.__context__ = error
    assert describe_failure(error) == "the connection was refused"
