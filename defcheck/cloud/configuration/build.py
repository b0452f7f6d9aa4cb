"""Build tempest.conf from a survey: a pure function, but for the users, who are given."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from defcheck.cloud.accounts.choice import Credentials
from defcheck.cloud.accounts.entries import MEMBER_ROLE, OPERATOR_ROLE
from defcheck.cloud.addressing import SECTIONS
from defcheck.cloud.configuration import compute, network, objects, storage
from defcheck.cloud.configuration.probe import NOTHING_PROBED, Probes, keystone_v3
from defcheck.cloud.configuration.value import (
    Options,
    Value,
    Values,
    announced,
    default,
    guessed,
    merge,
    user,
)
from defcheck.cloud.survey.model import Survey
from defcheck.cloud.tempest_lookup import IDENTITY
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

ALL = frozenset(SERVICES.values())

OF_SERVERS = ("image", "network")
"""Services that Nova's tests talk to."""

OF_THE_LOGIN = frozenset(
    {
        *("admin_username", "admin_password", "admin_project_name", "admin_domain_name"),
        *("admin_user_domain_name", "admin_project_domain_name"),
        "default_credentials_domain_name",
    }
)
"""Options of [auth] that repeat what clouds.yaml says of an administrator."""


def build(
    survey: Survey,
    credentials: Credentials,
    *,
    cacert: str = "",
    verify: bool = True,
    projects: Collection[str] = ALL,
    probes: Probes = NOTHING_PROBED,
) -> Values:
    """Return all values for a cloud.

    Only the sections of `projects`, such as nova or swift, and of what those
    need are made. `probes` is what was tried in the cloud.
    """
    there = {SERVICES[service] for service in survey.services & set(SERVICES)}
    wanted = there & set(projects)
    alone = credentials.kind == "single account"
    values: Values = {
        "auth": _auth(credentials),
        "identity": _identity(survey, cacert, verify=verify),
        "identity-feature-enabled": {
            "api_v2": default(False, "gone from Keystone since 2018"),
            "api_v2_admin": guessed(False, "gone from Keystone since 2018"),
        },
        "service_available": {
            name: announced(
                name in there, f"{service} is {'' if name in there else 'not '}in the catalogue"
            )
            for service, name in sorted(SERVICES.items(), key=lambda one: one[1])
        },
    }
    if wanted & {"nova"}:
        merge(values, compute.build(survey, alone=alone))
    if wanted & {"nova", "neutron"}:
        merge(values, network.build(survey))
    if wanted & {"nova", "glance"}:
        merge(values, storage.image(survey, probes.enforcement))
    if wanted & {"nova", "cinder"}:
        merge(values, storage.volume(survey, alone=alone))
    if "swift" in wanted:
        merge(values, objects.build(survey, _operator_role(credentials), probes))
    merge(values, _addressing(survey, values))
    return values


def find_services(projects: Collection[str]) -> frozenset[str]:
    """Return the official types of the services that tests of some projects talk to."""
    found = {service for service, project in SERVICES.items() if project in projects}
    return frozenset(found.union(OF_SERVERS) if "compute" in found else found)


def _addressing(survey: Survey, made: Values) -> Values:
    """Return interface and region of services for which clouds.yaml chooses others than usual."""
    found: Values = {}
    for service, section in SECTIONS.items():
        endpoint = survey.endpoint(service)
        if endpoint is None or section not in made:
            continue
        own: Options = {}
        if endpoint.entry.interface != "public":
            own["endpoint_type"] = user(endpoint.entry.interface, "interface in clouds.yaml")
        if survey.addressing.of(service).region not in ("", survey.region):
            own["region"] = user(endpoint.entry.region, "region_name in clouds.yaml")
        if own:
            found[section] = own
    return found


def _identity_interface(survey: Survey) -> Value:
    endpoint = survey.endpoint("identity")
    wanted = survey.addressing.of("identity").interfaces[0]
    used = endpoint.entry.interface if endpoint else wanted
    if used == "public":
        return default("public", "what users of the cloud reach")
    return user(used, "interface in clouds.yaml")


def _auth(credentials: Credentials) -> Options:
    if credentials.kind == "accounts":
        return _all(credentials.options, user, "the accounts file that was given")
    if credentials.kind != "dynamic":
        return _all(credentials.options, announced, "the login is all there is")
    login = {name: text for name, text in credentials.options.items() if name in OF_THE_LOGIN}
    return {
        **_all(credentials.options, announced, "the login holds the role admin"),
        **_all(login, user, "clouds.yaml"),
        "tempest_roles": guessed(
            credentials.options.get("tempest_roles", ""), "member, and the operator role of Swift"
        ),
    }


def _all(options: Mapping[str, str], source: Callable[[object, str], Value], why: str) -> Options:
    return {name: source(value, why) for name, value in options.items()}


def _operator_role(credentials: Credentials) -> Value:
    """Return the role that lets use an account: Keystone lists roles, not what they are for."""
    role = credentials.operator_role
    if credentials.kind == "accounts":
        return user(role, "roles in the accounts file")
    if credentials.kind == "single account":
        return announced(role, "roles of the login")
    if role == MEMBER_ROLE:
        return default(role, f"Keystone has no role {OPERATOR_ROLE}")
    return guessed(role, "Keystone has a role of this name, which Swift's documentation uses")


def _identity(survey: Survey, cacert: str, *, verify: bool) -> Options:
    options: Options = {
        "uri_v3": user(keystone_v3(survey.auth_url), "auth_url in clouds.yaml"),
        "auth_version": default("v3", "the only version that there is"),
        "v3_endpoint_type": _identity_interface(survey),
        "default_domain_id": default("default", "cannot be seen; Keystone's own"),
    }
    if survey.region:
        options["region"] = announced(
            survey.region, survey.region_reason or "clouds.yaml, or the catalogue's only one"
        )
    options |= compute.catalog_type(survey, IDENTITY, "Keystone")
    if cacert:
        path = str(Path(cacert).expanduser().absolute())
        options["ca_certificates_file"] = user(path, "cacert in clouds.yaml, or the environment")
    if not verify:
        options["disable_ssl_certificate_validation"] = user(
            True, "verify or insecure in clouds.yaml"
        )
    return options


def gaps(sections: Mapping[str, Mapping[str, str]], projects: Collection[str]) -> list[str]:
    """Return what no test of servers can do without and was not found."""
    available = sections.get("service_available", {}).get("nova", "true")  # Tempest's default
    if "nova" not in projects or not is_true(available):
        return []
    own = sections.get("compute", {})
    return [
        words
        for option, words in (
            ("image_ref", "no image that all testers see"),
            ("flavor_ref", "no flavor with a disk that holds the smallest image"),
        )
        if not own.get(option)
    ]
