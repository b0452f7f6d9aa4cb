"""Endpoints of the catalogue: whether they answer, their certificates and versions."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.model import (
    ApiVersion,
    CatalogueEntry,
    Certificate,
    EndpointFacts,
    Fact,
    Unavailable,
)
from defcheck.cloud.failures import (
    REFUSED_STATUSES,
    TEMPORARY_STATUSES,
    clean_message,
    describe_failure,
    get_http_status,
    is_unavailable,
)
from defcheck.cloud.session import WAITS
from defcheck.util.concurrency import DeadlineError, run_until_deadline

T = TypeVar("T")


class AnswerError(Exception):
    """An answer that cannot be used; why, in words for a person, and its HTTP status if bad."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.http_status = status


def run_query(query: Callable[[], T]) -> Fact[T]:
    """Return the answer, or why there is none; nothing that a server says gets through."""
    try:
        return query()
    except Exception as error:  # whatever a strange answer does to a library
        status = get_http_status(error)
        return Unavailable(
            describe_query_error(error),
            refused=status in REFUSED_STATUSES,
            no_answer=is_unavailable(error),
            status=status,
        )


def gather_concurrently(
    queries: Mapping[str, Callable[[], Any]], deadline: float
) -> dict[str, Any]:
    """Ask all at once; what has no answer by `deadline` (monotonic clock) is `Unseen`."""
    waited = max(1, round(deadline - time.monotonic()))
    late = Unavailable(f"no answer within {waited} s", no_answer=True)
    tasks = [partial(run_query, query) for query in queries.values()]
    answers = run_until_deadline(tasks, deadline, len(tasks))
    return {
        name: late if isinstance(answer, DeadlineError) else answer
        for name, answer in zip(queries, answers, strict=True)
    }


def describe_query_error(error: Exception) -> str:
    """Return why there is no answer, for a person."""
    status = get_http_status(error)
    if status in REFUSED_STATUSES:
        return f"this login may not ask (HTTP {status})"
    if status in TEMPORARY_STATUSES:
        return f"it answers with HTTP {status}, however often it is asked"
    return describe_failure(error) or _describe_unexpected_answer(error)


def _describe_unexpected_answer(error: Exception) -> str:
    """Return what is strange about an answer that a library or this program could not read."""
    said = clean_message(str(error))
    if isinstance(error, KeyError) and said:
        return f"its answer has no {said}"
    if isinstance(error, AnswerError):
        return said
    return "its answer has an unexpected form"


def fetch_items(proxy: Any, path: str, key: str) -> Any:
    """Return what stands under `key` in a service's answer to a GET."""
    from openstack.exceptions import raise_from_response

    answer = proxy.get(path)
    raise_from_response(answer)
    return answer.json()[key]


def select_integers(found: Mapping[str, Any]) -> dict[str, int]:
    """Return the entries that are whole numbers."""
    return {name: value for name, value in found.items() if type(value) is int}


ENDPOINT_SECONDS = 8.0
"""How long an endpoint may take to answer."""

WITHOUT_VERSIONS = frozenset({"object-store"})
VERSION_PART = re.compile(r"v\d+(\.\d+)?")


def discover_endpoints(
    cloud: Cloud, entries: Iterable[CatalogueEntry], deadline: float
) -> tuple[EndpointFacts, ...]:
    """Return each endpoint as it answers, all of them asked at once."""
    found = list(entries)
    answers = gather_concurrently(
        {
            str(number): partial(_discover_endpoint, cloud, entry)
            for number, entry in enumerate(found)
        },
        deadline,
    )
    return tuple(
        answer
        if isinstance(answer, EndpointFacts)
        else EndpointFacts(entry, answer, answer, answer)
        for entry, answer in zip(found, answers.values(), strict=True)
    )


def _discover_endpoint(cloud: Cloud, entry: CatalogueEntry) -> EndpointFacts:
    session = cloud.connection.session
    cacert = cloud.cacert if cloud.verify else ""
    shown = run_query(lambda: fetch_certificate(entry.url, cacert, ENDPOINT_SECONDS))
    if isinstance(shown, Unavailable):
        return EndpointFacts(entry, shown, shown, shown)
    reached = run_query(lambda: _fetch_status(session, entry.url))
    if isinstance(reached, Unavailable):
        return EndpointFacts(entry, reached, shown, reached)
    if entry.official_type in WITHOUT_VERSIONS:
        return EndpointFacts(entry, reached, shown, ())
    return EndpointFacts(
        entry, reached, shown, run_query(lambda: _fetch_versions(session, entry.url))
    )


def _fetch_status(session: Any, url: str) -> int:
    from openstack.exceptions import raise_from_response

    # Without a client certificate, as Tempest asks.
    answer = session.get(url, authenticated=False, raise_exc=False, redirect=False, cert=None)
    if answer.status_code >= 500:
        raise_from_response(answer)
    return int(answer.status_code)


def _fetch_versions(session: Any, url: str) -> tuple[ApiVersion, ...]:
    """Return the versions in the first version document at the address or above it."""
    from keystoneauth1.discover import Discover

    refusal: Exception = AnswerError("it has no version document")
    for address in _list_version_urls(url):
        try:
            found = Discover(session, address, authenticated=False).version_data(
                allow_experimental=True, allow_unknown=True
            )
        except Exception as error:  # a page that is no version document; the next may be one
            refusal = error
            continue
        if found:
            return tuple(
                ApiVersion(
                    ".".join(map(str, one["version"])),
                    str(one["raw_status"] or one["status"]),
                    _render_version(one["min_microversion"]),
                    _render_version(one["max_microversion"]),
                )
                for one in found
            )
    raise refusal


def _list_version_urls(url: str) -> Iterator[str]:
    """Yield where a version document may be: the root of the API, then the version itself."""
    parts = urlsplit(url)
    steps = parts.path.rstrip("/").split("/")
    at = next((n for n, step in enumerate(steps) if VERSION_PART.fullmatch(step)), len(steps))
    for kept in dict.fromkeys((at, at + 1)):
        path = "/".join(steps[:kept]) + "/"
        yield urlunsplit(parts._replace(path=path, query="", fragment=""))


def _render_version(version: Any) -> str:
    return ".".join(map(str, version)) if version else ""


def fetch_certificate(url: str, cacert: str, seconds: float) -> Certificate | None:
    """Return what an https address shows, None for another address.

    `cacert` is the file of authorities to trust, empty for those that Python's
    HTTP libraries trust. Raises OSError where there is no TLS.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    address = parts.hostname, parts.port or 443
    distrust = ""
    try:
        _fetch_der(address, _trusting_context(cacert), seconds)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message or "it is not trusted"
    return _parse_certificate(_fetch_der(address, _unverified_context(), seconds), distrust)


def _trusting_context(cacert: str) -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=cacert or certifi.where())


def _unverified_context() -> ssl.SSLContext:
    """Return a context that takes any certificate: to read it, nothing is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fetch_der(address: tuple[str, int], context: ssl.SSLContext, seconds: float) -> bytes:
    for wait in (*WAITS, None):
        try:
            with (
                socket.create_connection(address, timeout=seconds) as plain,
                context.wrap_socket(plain, server_hostname=address[0]) as secure,
            ):
                return secure.getpeercert(binary_form=True) or b""
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            if wait is None:
                raise
            time.sleep(wait)
    return b""


def _parse_certificate(data: bytes, trust_error: str) -> Certificate:
    from cryptography import x509

    found = x509.load_der_x509_certificate(data)
    return Certificate(
        issuer=found.issuer.rfc4514_string(),
        subject=found.subject.rfc4514_string(),
        not_after=found.not_valid_after_utc,
        trust_error=trust_error,
    )
