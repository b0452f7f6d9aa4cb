"""Build tempest.conf from a survey: a pure function, but for the users, who are given."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from defcheck.cloud.accounts.choice import Credentials
from defcheck.cloud.addressing import SECTIONS
from defcheck.cloud.configuration import compute, network, storage
from defcheck.cloud.configuration.value import (
    Options,
    Value,
    Values,
    default,
    discovered,
    merge,
    user,
)
from defcheck.cloud.survey.facts import Fact
from defcheck.cloud.survey.model import Survey
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


def build(
    survey: Survey,
    credentials: Credentials,
    *,
    cacert: str = "",
    verify: bool = True,
    projects: Collection[str] = ALL,
    enforcement: Fact[bool] | None = None,
) -> Values:
    """Return all values for a cloud.

    Only the sections of `projects`, such as nova or swift, and of what those
    need are made. `enforcement` is what a probe of Glance found.
    """
    there = {SERVICES[service] for service in survey.services & set(SERVICES)}
    wanted = there & set(projects)
    alone = credentials.kind == "single account"
    values: Values = {
        "auth": _auth(credentials),
        "identity": _identity(survey, cacert, verify=verify),
        "identity-feature-enabled": {
            "api_v2": default(False, "gone from Keystone since 2018"),
            "api_v2_admin": default(False, "gone from Keystone since 2018"),
        },
        "service_available": {
            name: discovered(
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
        merge(values, storage.image(survey, enforcement))
    if wanted & {"nova", "cinder"}:
        merge(values, storage.volume(survey, alone=alone))
    if "swift" in wanted:
        role = credentials.operator_role
        merge(values, storage.objects(survey, discovered(role, "roles of the users")))
    merge(values, _addressing(survey, values))
    return values


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
    why = {
        "accounts": ("the accounts file that was given", user),
        "dynamic": ("the login holds the role admin", discovered),
    }.get(credentials.kind, ("the login is all there is", discovered))
    return {name: why[1](value, why[0]) for name, value in credentials.options.items()}


def _identity(survey: Survey, cacert: str, *, verify: bool) -> Options:
    base = re.sub(r"/v\d[^/]*/?$", "", survey.auth_url.rstrip("/"))
    options: Options = {
        "uri_v3": user(f"{base}/v3", "auth_url in clouds.yaml"),
        "auth_version": default("v3", "the only version that there is"),
        "v3_endpoint_type": _identity_interface(survey),
        "default_domain_id": default("default", "cannot be seen; Keystone's own"),
    }
    if survey.region:
        options["region"] = discovered(survey.region, "clouds.yaml, or the catalogue's only one")
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
