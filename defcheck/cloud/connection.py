"""Connect to a cloud of clouds.yaml: log in, read the token, explain a failed login."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from defcheck.cloud import failures
from defcheck.cloud.catalogue import list_catalogue_entries, read_catalogue, share_identity
from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.failures import describe_failure, is_unreachable
from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.concurrency import run_with_deadline

if TYPE_CHECKING:
    from defcheck.cloud.cloud_entry import CloudEntry, EndpointOverride


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """What Tempest needs to log in; empty if neither clouds.yaml nor the token has it."""

    username: str
    password: str = field(repr=False)
    project_name: str
    user_domain_name: str
    project_domain_name: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud after a successful login."""

    name: str
    auth_url: str
    region: str
    login: PasswordLogin
    roles: tuple[str, ...]
    """Roles of the user in the project."""

    services: frozenset[str]
    """Types in the catalogue, such as compute or object-store."""

    cpid: str
    """Cloud provider id as RefStack computes it."""

    cacert: str
    verify: bool
    connection: Any
    """openstacksdk's connection."""

    auth_type: str = "password"
    """The auth_type in clouds.yaml: password, v3applicationcredential, …"""

    endpoint_filter: EndpointFilter = field(default_factory=EndpointFilter)
    """The endpoints that clouds.yaml selects."""

    overrides: Mapping[str, "EndpointOverride"] = field(default_factory=dict)
    """Addresses in clouds.yaml that override the catalogue's, by official service type."""

    client_certificate: bool = False
    """Whether clouds.yaml names a client certificate, which Tempest cannot present."""

    ignored_variables: tuple[str, ...] = ()
    """OS_ variables that are set and belong to another cloud, the one called envvars."""

    region_reason: str = ""
    """Why the region was chosen, if neither clouds.yaml nor a single region decides."""

    trust_scoped: bool = False
    """Whether the login is scoped by a trust, which Tempest cannot use."""

    @property
    def is_admin(self) -> bool:
        """Whether Tempest can create its own users with this account."""
        return "admin" in self.roles


def connect_cloud(name: str, more_files: Sequence[Path] = (), cacert: Path | None = None) -> Cloud:
    """Log in to the cloud called `name` in clouds.yaml.

    `more_files` are clouds.yaml files to search first, such as the lab's; `cacert` is
    a file of CA certificates that replaces the one in clouds.yaml.

    Raises `InputError` when clouds.yaml lacks it or cannot be read, or names a
    region that the cloud does not have, `UnusableError` when the login fails.
    """
    import openstack

    from defcheck.cloud.cloud_entry import load_cloud_entry

    entry = load_cloud_entry(name, more_files, cacert)
    connection = openstack.connection.Connection(config=entry.config, app_name="defcheck")
    session: Any = connection.session
    try:
        access = session.log_in()
    except Exception as error:  # a malformed response may raise anything in a library
        raise _explain_refusal(entry, session, error) from error
    PROCESS_SECRETS.add_secrets(access.auth_token)
    try:
        return _read_cloud(entry, connection, access)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnusableError(
            f"The token of cloud {name} at {entry.auth_url} has an unexpected format.",
            "Check auth_url, and whether a proxy changes Keystone's responses.",
        ) from error


def _read_cloud(entry: "CloudEntry", connection: Any, access: Any) -> Cloud:
    """Return the cloud as the token describes it."""
    from defcheck.cloud.session import open_connection

    config = entry.config
    if not (access.project_id or access.domain_id or access.system_scoped):
        raise InputError(
            f"{entry.location} has no project_name, and the user has no default project.",
            "Add project_name and project_domain_name under `auth`.",
        )
    catalogue = access.service_catalog.catalog if access.has_service_catalog() else []
    _require_region(entry.name, config.region_name or "", catalogue)
    region = config.region_name or _find_only_region(catalogue)
    addressing = replace(entry.endpoint_filter, region=region)
    shared = share_identity(addressing, list_catalogue_entries(catalogue))
    if shared != addressing:
        connection = open_connection(connection.session, shared)
    return Cloud(
        name=entry.name,
        auth_url=entry.auth_url,
        region=region,
        login=PasswordLogin(
            username=access.username or "",
            password=config.auth.get("password") or "",
            project_name=access.project_name or "",
            user_domain_name=access.user_domain_name or "",
            project_domain_name=access.project_domain_name or "",
        ),
        roles=tuple(access.role_names or ()),
        services=frozenset(service["type"] for service in catalogue),
        cpid=cloud_provider_id(catalogue, entry.auth_url),
        cacert=entry.cacert,
        verify=entry.verify,
        connection=connection,
        auth_type=config.config.get("auth_type") or "password",
        endpoint_filter=shared,
        overrides=entry.overrides,
        ignored_variables=entry.ignored_variables,
        client_certificate=bool(config.config.get("cert")),
        trust_scoped=bool(config.auth.get("trust_id")),
    )


def _explain_refusal(entry: "CloudEntry", session: Any, error: Exception) -> DefcheckError:
    """Return why a login failed: the network, what answers at auth_url, or the login itself."""
    from keystoneauth1 import exceptions

    cloud = f"{entry.name} at {entry.auth_url}"
    clause = describe_failure(error)
    distrust = failures.find_certificate_error(error)
    if distrust:
        return UnusableError(
            f"The certificate of cloud {cloud} is not trusted: {distrust}.",
            "Pass its CA certificate by --cacert, or set cacert in clouds.yaml.",
        )
    if is_unreachable(error):
        return _explain_unreachable(entry, clause)
    found = describe_keystone_address(session, entry.auth_url)
    refused = isinstance(error, exceptions.Unauthorized)
    if found and not (refused and found in DISCOVERY_CLOSED):
        return _explain_no_keystone(entry, found)
    if refused:
        expired = "password is expired" in str(error)
        return UnusableError(
            f"Cloud {cloud} refused the login (HTTP 401)"
            + (": the password has expired." if expired else "."),
            "Set a new one, for example with `openstack user password set`, and in clouds.yaml."
            if expired
            else "Check user, password, project and domains in clouds.yaml; "
            f"`openstack --os-cloud {entry.name} token issue` should fail likewise.",
        )
    return UnusableError(
        f"The login to cloud {cloud} failed: {clause or 'the response has an unexpected format'}.",
        "Check user, password, project and domains in clouds.yaml, and Keystone's log.",
    )


DISCOVERY_CLOSED = ("HTTP 403", "HTTP 404", "HTTP 405")
"""How a proxy in front of Keystone may answer discovery, although it lets logins through."""


def _explain_unreachable(entry: "CloudEntry", clause: str) -> UnusableError:
    advice = next((words for sign, words in ADVICE_BY_CAUSE.items() if sign in clause), "")
    return UnusableError(
        f"Cloud {entry.name} does not answer at {entry.auth_url}: {clause}.",
        advice or "Check auth_url, the network and that Keystone runs.",
    )


ADVICE_BY_CAUSE = {
    "host name": "Check the host name in auth_url, and this machine's DNS.",
    "TLS": "Check auth_url: a server without TLS has http:// in its address.",
    **dict.fromkeys(
        ("it reset", "it closed", "not HTTP"),
        "Check the port in auth_url: a server with TLS has https:// in its address.",
    ),
    "client certificate": "Name the certificate and its key with `cert` and `key` in clouds.yaml.",
    "in time": "Check auth_url, the network and that Keystone runs; `api_timeout` in clouds.yaml "
    "sets the response timeout in seconds.",
}
"""Advice by a phrase of the reason why there was no response."""


def _explain_no_keystone(entry: "CloudEntry", found: str) -> UnusableError:
    if found.startswith("HTTP 5") or found == "HTTP 429":
        return UnusableError(
            f"Cloud {entry.name} does not answer at {entry.auth_url}: {found}.",
            "Keystone, or a proxy in front of it, is overloaded or broken: try again later.",
        )
    if "Identity API v3" in found:
        return UnusableError(
            f"Cloud {entry.name} cannot be used at {entry.auth_url}: {found}.",
            "Tempest needs the Identity API v3 of Keystone; check auth_url.",
        )
    what = "HTTP 401, before any login" if found == "HTTP 401" else found
    return UnusableError(
        f"The auth_url {entry.auth_url} of cloud {entry.name} does not lead to Keystone: {what}.",
        "Set auth_url to the address that it redirects to."
        if "redirects to" in found
        else "Set auth_url to Keystone's address, such as https://cloud.example:5000/v3.",
    )


def with_endpoint_filter(cloud: Cloud, endpoint_filter: EndpointFilter) -> Cloud:
    """Return the cloud with the endpoints that the user's tempest.conf selects."""
    from defcheck.cloud.session import open_connection

    session = cloud.connection.session
    chosen = replace(endpoint_filter, region=endpoint_filter.region or cloud.region)
    chosen = share_identity(chosen, read_catalogue(session))
    if chosen == cloud.endpoint_filter:
        return cloud
    connection = open_connection(session, chosen)
    return replace(
        cloud, endpoint_filter=chosen, connection=connection, overrides={}, ignored_variables=()
    )


def cloud_provider_id(catalogue: list[dict[str, Any]], auth_url: str) -> str:
    """Return the CPID: the id of the first identity service, else a hash of the host name.

    The rule is refstack-client's.
    """
    for service in catalogue:
        if service.get("type") == "identity" and service.get("id"):
            return str(service["id"])
    host = (urlsplit(auth_url).hostname or "").lower()
    return hashlib.md5(host.encode(), usedforsecurity=False).hexdigest()


def _require_region(name: str, region: str, catalogue: list[dict[str, Any]]) -> None:
    known = sorted(_list_regions(catalogue))
    if region and known and region not in known:
        raise InputError(
            f"Cloud {name} has no region {region} in its catalogue.",
            f"Available: {', '.join(known)}. Correct region_name in clouds.yaml.",
        )


def _find_only_region(catalogue: list[dict[str, Any]]) -> str:
    regions = _list_regions(catalogue)
    return regions.pop() if len(regions) == 1 else ""


def _list_regions(catalogue: list[dict[str, Any]]) -> set[str]:
    return {
        endpoint.get("region_id") or endpoint.get("region") or ""
        for service in catalogue
        for endpoint in service.get("endpoints", ())
    } - {""}


IDENTITY_V3 = "v3"
REDIRECTS = (301, 302, 303, 305, 307, 308)
MAX_REDIRECTS = 5
WEB_PAGES = ("text/html", "application/xhtml+xml")


def describe_keystone_address(session: Any, url: str) -> str:
    """Return what answers at `url`, such as "it is a web page"; empty if it is Keystone's v3.

    The request has no token, like version discovery, and the same timeout as any request.
    """
    try:
        return run_with_deadline(
            session.limit, lambda _: _follow_redirects(session, url), TimeoutError
        )
    except TimeoutError:
        return "it does not respond in time"


def _follow_redirects(session: Any, url: str) -> str:
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
            return describe_failure(error) or "the request failed"
        location = answer.headers.get("Location", "")
        if answer.status_code not in REDIRECTS or not location:
            found = _describe_answer(answer)
            return found if found or address == url else f"it redirects to {address}"
        address = urljoin(address, location)
    return "too many redirects"


def _describe_answer(answer: Any) -> str:
    try:
        document = answer.json()
    except ValueError:
        document = None
    versions = sorted(set(_list_versions(document)))
    if any(version.startswith(IDENTITY_V3) for version in versions):
        return ""
    if versions:
        return f"it has no Identity API v3, only {', '.join(versions)}"
    if answer.status_code >= 400:
        return f"HTTP {answer.status_code}"
    if document is not None:
        return "it is JSON, but not Keystone's list of versions"
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return "it is a web page" if kind in WEB_PAGES else "its response is not JSON"


def _list_versions(document: Any) -> Iterator[str]:
    """Yield the ids in a version document of any OpenStack service, such as v3.14."""
    if not isinstance(document, dict):
        return
    found = document.get("versions", document.get("version"))
    if isinstance(found, dict):
        found = found.get("values", [found])
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            yield entry["id"]


DEFAULT_PORTS = {"http": 80, "https": 443}
VERSION_PATH = re.compile(r"/v\d[^/]*$")


def is_same_keystone(first: str, second: str) -> bool:
    """Return whether two addresses lead to the same Keystone, whatever the API version.

    Ignores the case of the host name, the default port, a trailing slash and user info.
    """
    return _normalize_address(first) == _normalize_address(second)


def _normalize_address(address: str) -> tuple[object, ...]:
    try:
        parts = urlsplit(address.strip())
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:  # an invalid port or IPv6 address
        return (address,)
    path = VERSION_PATH.sub("", parts.path.rstrip("/")).rstrip("/")
    return parts.scheme, parts.hostname, port, path
