"""Tell what answers at an auth_url where a login failed: Keystone, or something else."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from defcheck.cloud.failures import describe_failure
from defcheck.timelimit import within

IDENTITY_V3 = "v3"
REDIRECTS = (301, 302, 303, 305, 307, 308)
MAX_REDIRECTS = 5
WEB_PAGES = ("text/html", "application/xhtml+xml")


def describe_address(session: Any, url: str) -> str:
    """Return what answers at `url`, such as "it is a web page"; empty where it is Keystone's v3.

    It is asked without a login, as the discovery of versions asks, and for no longer
    than one request may take.
    """
    try:
        return within(session.limit, lambda _: _follow(session, url), TimeoutError)
    except TimeoutError:
        return "it does not answer in time"


def _follow(session: Any, url: str) -> str:
    address = url
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer = session.get(
                address,
                authenticated=False,
                raise_exc=False,
                redirect=False,
                headers={"Accept": "application/json"},
            )
        except Exception as error:
            return describe_failure(error) or "it cannot be asked"
        location = answer.headers.get("Location", "")
        if answer.status_code not in REDIRECTS or not location:
            found = _describe(answer)
            return found if found or address == url else f"it redirects to {address}"
        address = urljoin(address, location)
    return "it redirects in circles"


def _describe(answer: Any) -> str:
    try:
        document = answer.json()
    except ValueError:
        document = None
    versions = sorted(set(_versions(document)))
    if any(version.startswith(IDENTITY_V3) for version in versions):
        return ""
    if versions:
        return f"it has no Identity API v3, only {', '.join(versions)}"
    if answer.status_code >= 400:
        return f"HTTP {answer.status_code}"
    if document is not None:
        return "its JSON is not Keystone's list of versions"
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return "it is a web page" if kind in WEB_PAGES else "its answer is not JSON"


def _versions(document: Any) -> Iterator[str]:
    """Yield the ids in a version document of any OpenStack service, such as v3.14."""
    if not isinstance(document, dict):
        return
    found = document.get("versions", document.get("version"))
    if isinstance(found, dict):
        found = found.get("values", [found])
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            yield entry["id"]
