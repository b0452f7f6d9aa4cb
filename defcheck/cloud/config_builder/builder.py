"""Build the tempest.conf for a cloud from its discovery, its users and the user's settings."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.accounts_file import (
    ADMIN_ROLE,
    MEMBER_ROLE,
    OPERATOR_ROLE,
    RESELLER_ROLE,
    choose_operator_role,
    load_account_entries,
    parse_accounts,
)
from defcheck.cloud.accounts.credentials import (
    TempestCredentials,
    choose_credentials,
    open_account_session,
)
from defcheck.cloud.catalogue import IDENTITY
from defcheck.cloud.config_builder import compute_sections, service_sections
from defcheck.cloud.config_builder.probes import (
    NO_PROBES,
    CloudProber,
    ProbeResults,
    build_keystone_url,
    try_probe,
)
from defcheck.cloud.config_builder.service_sections import TEMPURL_DIGESTS
from defcheck.cloud.config_builder.values import (
    Options,
    OptionValue,
    Values,
    announced_value,
    default_value,
    extract_comments,
    extract_texts,
    guessed_value,
    load_template,
    merge_values,
    parse_settings,
    user_value,
)
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.cloud_discovery import discover_cloud
from defcheck.cloud.discovery.model import CloudDiscovery, EndpointFacts, Fact, Unavailable
from defcheck.cloud.endpoint_filter import SERVICE_SECTIONS
from defcheck.cloud.regions import follow_settings
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.tempest.conf_file import is_true

SERVICES = {
    "compute": "nova",
    "network": "neutron",
    "image": "glance",
    "block-storage": "cinder",
    "object-store": "swift",
    "dns": "designate",
    "orchestration": "heat",
}
"""Official service type to the name in Tempest's section service_available."""

ALL_PROJECTS = frozenset(SERVICES.values())

OF_SERVERS = ("image", "network")
"""Services that Nova's tests use."""

LOGIN_OPTIONS = frozenset(
    {
        *("admin_username", "admin_password", "admin_project_name", "admin_domain_name"),
        *("admin_user_domain_name", "admin_project_domain_name"),
        "default_credentials_domain_name",
    }
)
"""Options of [auth] that repeat the administrator of clouds.yaml."""


def build_values(
    discovery: CloudDiscovery,
    credentials: TempestCredentials,
    *,
    cacert: str = "",
    verify: bool = True,
    projects: Collection[str] = ALL_PROJECTS,
    probes: ProbeResults = NO_PROBES,
) -> Values:
    """Return all values for a cloud.

    Only the sections of `projects`, such as nova or swift, and of the services
    that these need are built. `probes` holds what was tried in the cloud.
    """
    there = {SERVICES[service] for service in discovery.services & set(SERVICES)}
    wanted = there & set(projects)
    alone = credentials.kind == "single account"
    values: Values = {
        "auth": _build_auth(credentials),
        "identity": _build_identity(discovery, cacert, verify=verify),
        "identity-feature-enabled": {
            "api_v2": default_value(False, "removed from Keystone in 2018"),
            "api_v2_admin": guessed_value(False, "removed from Keystone in 2018"),
        },
        "service_available": {
            name: announced_value(
                name in there, f"{service} is {'' if name in there else 'not '}in the catalogue"
            )
            for service, name in sorted(SERVICES.items(), key=lambda one: one[1])
        },
    }
    if wanted & {"nova"}:
        merge_values(values, compute_sections.build_compute_sections(discovery, alone=alone))
    if wanted & {"nova", "neutron"}:
        merge_values(values, service_sections.build_network_sections(discovery))
    if wanted & {"nova", "glance"}:
        merge_values(values, service_sections.build_image_sections(discovery, probes.enforcement))
    if wanted & {"nova", "cinder"}:
        merge_values(values, service_sections.build_volume_sections(discovery, alone=alone))
    if "swift" in wanted:
        merge_values(
            values,
            service_sections.build_object_sections(
                discovery, _build_operator_role(credentials), probes
            ),
        )
    merge_values(values, _build_endpoint_options(discovery, values))
    return values


def find_services(projects: Collection[str]) -> frozenset[str]:
    """Return the official types of the services that tests of these projects use."""
    found = {service for service, project in SERVICES.items() if project in projects}
    return frozenset(found.union(OF_SERVERS) if "compute" in found else found)


def _build_endpoint_options(discovery: CloudDiscovery, values: Values) -> Values:
    """Return interface and region of the services for which clouds.yaml sets its own."""
    found: Values = {}
    for service, section in SERVICE_SECTIONS.items():
        endpoint = discovery.find_endpoint(service)
        if endpoint is None or section not in values:
            continue
        own: Options = {}
        if endpoint.entry.interface != "public":
            own["endpoint_type"] = user_value(endpoint.entry.interface, "interface in clouds.yaml")
        if discovery.endpoint_filter.select_service(service).region not in ("", discovery.region):
            own["region"] = user_value(endpoint.entry.region, "region_name in clouds.yaml")
        if own:
            found[section] = own
    return found


def _build_identity_interface(discovery: CloudDiscovery) -> OptionValue:
    endpoint = discovery.find_endpoint("identity")
    wanted = discovery.endpoint_filter.select_service("identity").interfaces[0]
    used = endpoint.entry.interface if endpoint else wanted
    if used == "public":
        return default_value("public", "the endpoints that the cloud's users reach")
    return user_value(used, "interface in clouds.yaml")


def _build_auth(credentials: TempestCredentials) -> Options:
    if credentials.kind == "accounts":
        return _build_options(credentials.options, user_value, "the accounts file that was given")
    if credentials.kind != "dynamic":
        return _build_options(credentials.options, announced_value, "the only account")
    login = {name: text for name, text in credentials.options.items() if name in LOGIN_OPTIONS}
    return {
        **_build_options(credentials.options, announced_value, "the account has the role admin"),
        **_build_options(login, user_value, "clouds.yaml"),
        "tempest_roles": guessed_value(
            credentials.options.get("tempest_roles", ""), "member, and the operator role of Swift"
        ),
    }


def _build_options(
    options: Mapping[str, str], source: Callable[[object, str], OptionValue], why: str
) -> Options:
    return {name: source(value, why) for name, value in options.items()}


def _build_operator_role(credentials: TempestCredentials) -> OptionValue:
    """Return the role that may use Swift accounts, which Keystone does not tell."""
    role = credentials.operator_role
    if credentials.kind == "accounts":
        return user_value(role, "roles in the accounts file")
    if credentials.kind == "single account":
        return announced_value(role, "roles of the account")
    if role == MEMBER_ROLE:
        return default_value(role, f"Keystone has no role {OPERATOR_ROLE}")
    return guessed_value(role, "Keystone has a role of this name, as in Swift's documentation")


def _build_identity(discovery: CloudDiscovery, cacert: str, *, verify: bool) -> Options:
    options: Options = {
        "uri_v3": user_value(build_keystone_url(discovery.auth_url), "auth_url in clouds.yaml"),
        "auth_version": default_value("v3", "the only version"),
        "v3_endpoint_type": _build_identity_interface(discovery),
        "default_domain_id": default_value("default", "not visible; Keystone's default"),
    }
    if discovery.region:
        options["region"] = announced_value(
            discovery.region,
            discovery.region_reason or "clouds.yaml, or the only one in the catalogue",
        )
    options |= compute_sections.catalog_type(discovery, IDENTITY, "Keystone")
    if cacert:
        path = str(Path(cacert).expanduser().absolute())
        options["ca_certificates_file"] = user_value(
            path, "cacert in clouds.yaml, or the environment"
        )
    if not verify:
        options["disable_ssl_certificate_validation"] = user_value(
            True, "verify or insecure in clouds.yaml"
        )
    return options


def find_gaps(sections: Mapping[str, Mapping[str, str]], projects: Collection[str]) -> list[str]:
    """Return what every server test needs and was not found."""
    available = sections.get("service_available", {}).get("nova", "true")  # Tempest's default
    if "nova" not in projects or not is_true(available):
        return []
    own = sections.get("compute", {})
    return [
        words
        for option, words in (
            ("image_ref", "no image that is visible to all test users"),
            ("flavor_ref", "no flavor whose disk fits the smallest image"),
        )
        if not own.get(option)
    ]


USER_OPTIONS = ("test_accounts_file", "admin_username")
"""Options of [auth] in a template that select the users."""


@dataclass(frozen=True, slots=True)
class ConfigurationRequest:
    """What a user requests of a tempest.conf."""

    accounts: Path | None = None
    template: Path | None = None
    settings: tuple[str, ...] = ()
    """As section.key=value."""

    probe: bool = False
    """Whether probes may create, and delete, small resources to learn what is not announced."""


@dataclass(frozen=True, slots=True)
class BuiltConfiguration:
    """A configuration, and what is missing from it."""

    configuration: TempestConfiguration
    discovery: CloudDiscovery
    gaps: tuple[str, ...]
    """What server tests need and was not found."""

    silent_services: tuple[str, ...]
    """Needed services that do not respond."""

    created: tuple[Mapping[str, str], ...] = ()
    """What probes created and deleted again, in the format of made.jsonl."""


def build_configuration(
    cloud: Cloud,
    request: ConfigurationRequest,
    projects: Collection[str] = ALL_PROJECTS,
    known_discovery: CloudDiscovery | None = None,
) -> BuiltConfiguration:
    """Build a configuration for the tests of some projects, such as nova or swift.

    `known_discovery` is reused if given. Raises `InputError` if the user's input is
    wrong, `UnusableError` if Tempest cannot log in as requested.
    """
    values = parse_settings(request.settings)
    template = ""
    if request.template is not None:
        own, template = load_template(request.template)
        merge_values(values, own)
    credentials = _choose_users(cloud, request, values)
    if known_discovery is None:
        cloud = follow_settings(cloud, find_services(projects), extract_texts(values))
    found = known_discovery or discover_cloud(cloud)
    probes = _run_probes(cloud, found, credentials, projects) if request.probe else NO_PROBES
    built = build_values(
        found,
        credentials,
        cacert=cloud.cacert,
        verify=cloud.verify,
        projects=projects,
        probes=probes,
    )
    merge_values(values, built)
    ordered = {name: values[name] for name in sorted(values)}
    sections = extract_texts(ordered)
    return BuiltConfiguration(
        TempestConfiguration(
            sections, credentials.kind, credentials.entries, extract_comments(ordered), template
        ),
        found,
        tuple(
            f"Cloud {cloud.name} shows this account {words}, so no compute test can run"
            for words in find_gaps(sections, projects)
        ),
        tuple(_find_silent_services(found, projects)),
        probes.created,
    )


def _run_probes(
    cloud: Cloud,
    discovery: CloudDiscovery,
    credentials: TempestCredentials,
    projects: Collection[str],
) -> ProbeResults:
    """Probe the cloud for what the tests depend on and it does not announce."""
    prober = CloudProber(cloud)
    enforcement: Fact[bool] | None = None
    digest = role = ""
    if discovery.image is not None and "glance" in projects:
        enforcement = prober.probe_format_enforcement()
    endpoint, swift = discovery.find_endpoint("object-store"), discovery.object_storage
    if endpoint is not None and swift is not None and "swift" in projects:
        url = endpoint.entry.url.rstrip("/")
        if not swift.tempurl_digests:
            digest = try_probe(
                lambda: prober.probe_tempurl_digest(
                    *_open_tester_session(cloud, credentials, endpoint), TEMPURL_DIGESTS
                ),
                "",
            )
        if credentials.kind == "dynamic":  # only then does Tempest grant a user the role
            roles = (RESELLER_ROLE, ADMIN_ROLE)
            role = try_probe(lambda: prober.probe_reseller_role(url, roles), "")
    return ProbeResults(enforcement, digest, role, tuple(prober.created))


def _choose_users(
    cloud: Cloud, request: ConfigurationRequest, values: Values
) -> TempestCredentials:
    """Choose the users; a template that names them wins.

    As in Tempest, `use_dynamic_credentials` overrides an accounts file.
    """
    own = values.setdefault("auth", {})
    dynamic = own.get("use_dynamic_credentials")
    names = USER_OPTIONS[1:] if dynamic and is_true(dynamic.text) else USER_OPTIONS
    decided = next((name for name in names if name in own and own[name].text), "")
    if request.accounts is not None or not decided:
        for name in (*USER_OPTIONS, "use_dynamic_credentials"):
            own.pop(name, None)
        return choose_credentials(cloud, request.accounts)
    if decided == "test_accounts_file":
        path = Path(own[decided].text).absolute()
        own[decided] = replace(own[decided], text=str(path))
        own["use_dynamic_credentials"] = user_value("false", "the accounts file")
        roles = {role for one in parse_accounts(load_account_entries(path)) for role in one.roles}
        return TempestCredentials("accounts", {}, choose_operator_role(roles))
    return TempestCredentials("as configured", {}, choose_operator_role(set(cloud.roles)))


def _open_tester_session(
    cloud: Cloud, credentials: TempestCredentials, swift: EndpointFacts
) -> tuple[Any, str]:
    """Return a session of a user like those of the tests, and the user's own Swift account."""
    path = credentials.options.get("test_accounts_file")
    users = parse_accounts(load_account_entries(Path(path))) if path else ()
    user = next((one for one in users if credentials.operator_role in one.roles), None)
    if user is None:
        return cloud.connection.session, swift.entry.url.rstrip("/")
    session = open_account_session(user, cloud)
    url = session.get_endpoint(
        service_type=swift.entry.type,
        **cloud.endpoint_filter.select_service("object-store").request_filter,
    )
    return session, str(url).rstrip("/")


def _find_silent_services(discovery: CloudDiscovery, projects: Collection[str]) -> list[str]:
    """Return the needed services that are in the catalogue and do not respond."""
    names = {
        "compute": "nova",
        "network": "neutron",
        "image": "glance",
        "block-storage": "cinder",
        "object-store": "swift",
    }
    silent = []
    for service, project in names.items():
        endpoint = discovery.find_endpoint(service)
        if project not in projects or service not in discovery.services:
            continue
        if endpoint is None:
            wanted = discovery.endpoint_filter.select_service(service)
            silent.append(
                f"The {service} service has no {' or '.join(wanted.interfaces)} endpoint in "
                f"region {wanted.region or discovery.region or '?'}"
            )
        elif isinstance(endpoint.reached, Unavailable):
            silent.append(
                f"The {service} service at {endpoint.entry.url} does not respond: "
                f"{endpoint.reached.reason}"
            )
    return silent
