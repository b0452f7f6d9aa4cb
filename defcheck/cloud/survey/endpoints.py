"""Endpoints of the catalogue: whether they answer, their certificates and versions."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import AnswerError, ask, together
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import ApiVersion, CatalogueEntry, Endpoint
from defcheck.cloud.survey.tls import certificate

SECONDS = 8.0
"""How long an endpoint may take to answer."""

WITHOUT_VERSIONS = frozenset({"object-store"})
VERSION_PART = re.compile(r"v\d+(\.\d+)?")


def see(cloud: Cloud, entries: Iterable[CatalogueEntry], deadline: float) -> tuple[Endpoint, ...]:
    """Return each endpoint as it answers, all of them asked at once."""
    found = list(entries)
    answers = together(
        {str(number): partial(_one, cloud, entry) for number, entry in enumerate(found)},
        deadline,
    )
    return tuple(
        answer if isinstance(answer, Endpoint) else Endpoint(entry, answer, answer, answer)
        for entry, answer in zip(found, answers.values(), strict=True)
    )


def _one(cloud: Cloud, entry: CatalogueEntry) -> Endpoint:
    session = cloud.connection.session
    cacert = cloud.cacert if cloud.verify else ""
    shown = ask(lambda: certificate(entry.url, cacert, SECONDS))
    if isinstance(shown, Unseen):
        return Endpoint(entry, shown, shown, shown)
    reached = ask(lambda: _status(session, entry.url))
    if isinstance(reached, Unseen):
        return Endpoint(entry, reached, shown, reached)
    if entry.canonical in WITHOUT_VERSIONS:
        return Endpoint(entry, reached, shown, ())
    return Endpoint(entry, reached, shown, ask(lambda: _versions(session, entry.url)))


def _status(session: Any, url: str) -> int:
    from openstack.exceptions import raise_from_response

    # Without a client certificate, as Tempest asks.
    answer = session.get(url, authenticated=False, raise_exc=False, redirect=False, cert=None)
    if answer.status_code >= 500:
        raise_from_response(answer)
    return int(answer.status_code)


def _versions(session: Any, url: str) -> tuple[ApiVersion, ...]:
    """Return the versions in the first version document at the address or above it."""
    from keystoneauth1.discover import Discover

    refusal: Exception = AnswerError("it has no version document")
    for address in _addresses(url):
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
                    _dotted(one["min_microversion"]),
                    _dotted(one["max_microversion"]),
                )
                for one in found
            )
    raise refusal


def _addresses(url: str) -> Iterator[str]:
    """Yield where a version document may be: the root of the API, then the version itself."""
    parts = urlsplit(url)
    steps = parts.path.rstrip("/").split("/")
    at = next((n for n, step in enumerate(steps) if VERSION_PART.fullmatch(step)), len(steps))
    for kept in dict.fromkeys((at, at + 1)):
        path = "/".join(steps[:kept]) + "/"
        yield urlunsplit(parts._replace(path=path, query="", fragment=""))


def _dotted(version: Any) -> str:
    return ".".join(map(str, version)) if version else ""
