"""Check whether account, clock, users and endpoints let the planned tests run."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from defcheck.cloud.catalogue import (
    IDENTITY,
    LOOKUP_SECTIONS,
    Lookup,
    default_types,
    describe_address_fault,
    find_entry,
    list_unusable,
    read_lookup,
)
from defcheck.cloud.config_builder.probes import build_keystone_url
from defcheck.cloud.discovery.model import CatalogueEntry, Certificate, EndpointFacts, Unavailable
from defcheck.cloud.preflight.context import (
    SINGLE,
    FindingState,
    PreflightContext,
    PreflightFinding,
    find_gained_tests,
    ok_finding,
    problem_finding,
    unseen_finding,
)
from defcheck.cloud.tempest_conf import strip_url_login

IDENTITY_TOPIC = "identity"

CLOCK_TESTS = r"\.test_object_(temp_url|expiry|formpost)|\.test_object_temp_url"
"""Tests that send Swift times of this machine's clock."""

SKEW_SECONDS = 5.0
"""Tests of expiry let objects live for only a few seconds."""

TOKEN_SKEW_SECONDS = 300.0
"""With a larger clock skew Fernet tokens are often refused."""

USER_SOURCES = {
    "dynamic": "Tempest creates and deletes them for each class",
    "pool": "defcheck creates them for the run and deletes them afterwards, as an administrator",
    "accounts": "those of the accounts file",
    "single account": "a single account, one test at a time",
    "as configured": "those in tempest.conf",
}


def check_identity(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Report user, roles, region and clock skew."""
    who = context.survey.identity
    until = f", token until {who.expires:%Y-%m-%d %H:%M} UTC" if who.expires else ""
    yield ok_finding(
        IDENTITY_TOPIC, "login", f"user {who.user_name} in project {who.project_name}{until}"
    )
    yield ok_finding(IDENTITY_TOPIC, "roles", ", ".join(sorted(who.roles)) or "none")
    if who.regions:
        named = context.survey.region or "none chosen"
        yield ok_finding(IDENTITY_TOPIC, "region", f"{named}, of {', '.join(who.regions)}")
    for remark in context.survey.remarks:
        yield ok_finding(IDENTITY_TOPIC, "settings", remark)
    yield from _check_keystone_address(context)
    yield _check_clock(context)
    yield from _check_users(context)


def _check_keystone_address(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Yield what is wrong with the address at which Tempest logs in."""
    address = context.conf.get("identity", {}).get("uri_v3", "")
    if address and not urlsplit(address).path.rstrip("/").endswith("/v3"):
        yield problem_finding(
            IDENTITY_TOPIC,
            "address",
            f"[identity] uri_v3 is {strip_url_login(address)}, and Tempest uses it unchanged",
            "It must end with /v3, as set by --set "
            f"identity.uri_v3={build_keystone_url(strip_url_login(address))}",
            context.planned.tests,
            prevents_pass=True,
            is_user_input=True,
        )


def _check_clock(context: PreflightContext) -> PreflightFinding:
    skew = context.survey.identity.skew
    if isinstance(skew, Unavailable):
        return unseen_finding(IDENTITY_TOPIC, "clock", skew.reason)
    ahead = (
        f"the cloud's is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    )
    if abs(skew) > TOKEN_SKEW_SECONDS:
        return problem_finding(
            IDENTITY_TOPIC, "clock", ahead, "Synchronise the clocks by NTP.", context.planned.tests
        )
    if abs(skew) > SKEW_SECONDS:
        return problem_finding(
            IDENTITY_TOPIC,
            "clock",
            ahead,
            "Synchronise the clocks by NTP.",
            context.planned.match_tests(CLOCK_TESTS),
        )
    return ok_finding(IDENTITY_TOPIC, "clock", "in sync with this machine's")


def _check_users(context: PreflightContext) -> Iterator[PreflightFinding]:
    users = context.users
    for problem in users.problems:
        yield problem_finding(
            "users",
            "accounts file",
            problem,
            "`defcheck cloud accounts check FILE` shows all problems.",
            context.planned.tests,
            prevents_pass=True,
            is_user_input=True,
        )
    if not users.problems:
        yield ok_finding("users", "tests run as", USER_SOURCES.get(users.kind, users.kind))
    if users.kind == SINGLE or context.with_more_users is not None:
        yield problem_finding(
            "users",
            "second account",
            "there is none, so tests that need another user or project cannot run",
            "Pass an accounts file by --accounts; an administrator creates one with "
            "`defcheck cloud accounts create`.",
            find_gained_tests(context.predicted, context.with_more_users),
        )


ENDPOINTS_TOPIC = "endpoints"

API_VERSIONS = {
    "identity": "3",
    "compute": "2",
    "image": "2",
    "network": "2",
    "block-storage": "3",
    "dns": "2",
    "orchestration": "1",
}
"""The major version of each API that Tempest's tests use."""


def check_endpoints(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Check the endpoint of each service that a test needs."""
    for service in context.planned.services:
        yield _check_endpoint(context, service)


def _check_endpoint(context: PreflightContext, service: str) -> PreflightFinding:
    tests = context.planned.tests_of_service(service)
    endpoint = context.survey.find_endpoint(service)
    if endpoint is None:
        return _missing(context, service, tests)
    other = _taken(context, endpoint, tests)
    if other is not None:
        return other
    if isinstance(endpoint.reached, Unavailable):
        return problem_finding(
            ENDPOINTS_TOPIC,
            service,
            f"{endpoint.entry.url} could not be reached: {endpoint.reached.reason}",
            "Start the service, or fix its endpoint in the catalogue.",
            tests,
            prevents_pass=True,
        )
    return (
        _check_certificate(context, endpoint, tests)
        or _check_address(context, endpoint, tests)
        or _check_versions(context, endpoint, tests)
    )


def _missing(scene: PreflightContext, service: str, tests: tuple[str, ...]) -> PreflightFinding:
    """Report that the catalogue has no such endpoint, and which one Tempest would use."""
    catalogue = scene.survey.identity.catalogue
    wanted = scene.survey.endpoint_filter.select_service(service)
    region = wanted.region or scene.survey.region
    here = f" in region {region}" if region and any(one.region for one in catalogue) else ""
    what = f"the catalogue has no {' or '.join(wanted.interfaces)} endpoint{here}"
    advice = "The service's tests cannot pass without it; see `openstack catalog list`."
    kinds = dict.fromkeys(one.type for one in catalogue if one.official_type == service)
    lookups = (Lookup(kind, wanted.interfaces[0], region) for kind in kinds)
    entries = (find_entry(catalogue, service, lookup) for lookup in lookups)
    taken = next(filter(None, entries), None)
    if taken is not None:
        option = service.replace("-", "_")
        settings = [
            f"`{option}_{setting}: {found}`"
            for setting, found, fits in (
                ("region_name", taken.region, taken.region == region),
                ("interface", taken.interface, taken.interface in wanted.interfaces),
            )
            if not fits
        ]
        what += f", and Tempest would use {_describe_entry(taken)}"
        advice = f"To test that one, set {' and '.join(settings)} in clouds.yaml."
    return problem_finding(ENDPOINTS_TOPIC, service, what, advice, tests, prevents_pass=True)


def _taken(
    scene: PreflightContext, endpoint: EndpointFacts, tests: tuple[str, ...]
) -> PreflightFinding | None:
    """Report that Tempest uses another endpoint than the checked one, or none at all.

    None if it uses the checked one, or if there is no tempest.conf. A run of
    another region proves nothing about this one; only Keystone may be shared.
    """
    wanted, service = endpoint.entry, endpoint.entry.official_type
    section = LOOKUP_SECTIONS.get(service)
    if section is None or not scene.conf:
        return None
    catalogue, lookup = scene.survey.identity.catalogue, read_lookup(scene.conf, service)
    found = find_entry(catalogue, service, lookup)
    settings = f"{section}.catalog_type={wanted.type}"
    advice = f"Set it in tempest.conf, or with --set {settings}."
    if found is None:
        types = lookup.type or " or ".join(default_types(service))
        what = f"Tempest looks for the type {types}, but the catalogue has {wanted.type}"
        return problem_finding(
            ENDPOINTS_TOPIC, service, what, advice, tests, prevents_pass=True, is_user_input=True
        )
    if found.url.rstrip("/") != wanted.url.rstrip("/"):
        return _other(scene, endpoint, lookup, found, tests)
    if not lookup.type and found.type != default_types(service)[0]:
        what = (
            f"tempest.conf has no [{section}] catalog_type, the catalogue has {found.type}, and "
            f"newer releases of Tempest look for {default_types(service)[0]}"
        )
        return unseen_finding(ENDPOINTS_TOPIC, service, what, advice, tests)
    return None


def _other(
    scene: PreflightContext,
    endpoint: EndpointFacts,
    lookup: Lookup,
    found: CatalogueEntry,
    tests: tuple[str, ...],
) -> PreflightFinding:
    """Report that Tempest uses `found` and not the checked endpoint."""
    wanted, service = endpoint.entry, endpoint.entry.official_type
    section = LOOKUP_SECTIONS[service]
    what = f"Tempest uses {_describe_entry(found)}, not {_describe_entry(wanted)}"
    exact = Lookup(wanted.type, wanted.interface, wanted.region)
    if find_entry(scene.survey.identity.catalogue, service, exact) != wanted:
        advice = (
            "Tempest has no option for an address: list the other endpoint first in the catalogue."
        )
    else:
        interface = "v3_endpoint_type" if service == IDENTITY else "endpoint_type"
        of_region = section if scene.get_option(section, "region") else "identity"
        pairs = (
            (f"{section}.catalog_type", lookup.type or found.type, wanted.type),
            (f"{section}.{interface}", lookup.interface, wanted.interface),
            (f"{of_region}.region", lookup.region, wanted.region),
        )
        options = [f"{name}={right}" for name, now, right in pairs if now != right]
        advice = f"Set {' and '.join(options)} in tempest.conf, or with --set."
    if found.region != wanted.region and service != IDENTITY:
        return problem_finding(
            ENDPOINTS_TOPIC, service, what, advice, tests, prevents_pass=True, is_user_input=True
        )
    return unseen_finding(ENDPOINTS_TOPIC, service, what, advice, tests)


def _describe_entry(entry: CatalogueEntry) -> str:
    """Return an endpoint of the catalogue in words."""
    region = f", region {entry.region}" if entry.region else ""
    return f"{entry.url} ({entry.type}, {entry.interface}{region})"


def _check_address(
    scene: PreflightContext, endpoint: EndpointFacts, tests: tuple[str, ...]
) -> PreflightFinding | None:
    """Return why Tempest cannot use the address unchanged, None if it can."""
    service, url = endpoint.entry.official_type, endpoint.entry.url
    what, advice = describe_address_fault(service, url)
    if not what:
        return None
    for other in scene.survey.identity.catalogue:
        if (other.official_type, other.region) == (service, endpoint.entry.region) and not any(
            describe_address_fault(service, other.url)
        ):
            option = f"{service.replace('-', '_')}_interface: {other.interface}"
            advice += f" Or test {_describe_entry(other)}, with `{option}` in clouds.yaml."
    return problem_finding(ENDPOINTS_TOPIC, service, what, advice, tests, prevents_pass=True)


def _check_certificate(
    context: PreflightContext, endpoint: EndpointFacts, tests: tuple[str, ...]
) -> PreflightFinding | None:
    """Return what is wrong with the certificate, None if nothing is."""
    shown = endpoint.certificate
    if not isinstance(shown, Certificate):
        return None
    service, url = endpoint.entry.official_type, endpoint.entry.url
    if shown.trust_error and context.verifies_tls:
        return problem_finding(
            ENDPOINTS_TOPIC,
            service,
            f"the certificate of {url} is not trusted: {shown.trust_error}",
            "Pass its CA certificate by --cacert, or set cacert in clouds.yaml.",
            tests,
            prevents_pass=True,
        )
    if (shown.not_after - context.now).days < 1:
        return problem_finding(
            ENDPOINTS_TOPIC,
            service,
            f"the certificate of {url} expires at {shown.not_after:%Y-%m-%d %H:%M} UTC",
            "Renew it before the run.",
            tests,
        )
    return None


def _check_versions(
    scene: PreflightContext, endpoint: EndpointFacts, tests: tuple[str, ...]
) -> PreflightFinding:
    service, url = endpoint.entry.official_type, endpoint.entry.url
    wanted = API_VERSIONS.get(service)
    if isinstance(endpoint.versions, Unavailable):
        return unseen_finding(
            ENDPOINTS_TOPIC,
            service,
            f"{url} responds, but lists no API versions: {endpoint.versions.reason}",
            "Make its root respond to GET without a token.",
        )
    majors = [one for one in endpoint.versions if one.version.split(".")[0] == wanted]
    if wanted and not majors:
        known = ", ".join(one.version for one in endpoint.versions) or "none"
        return problem_finding(
            ENDPOINTS_TOPIC,
            service,
            f"{url} has no API of version {wanted}, only {known}",
            "The tests use only that version.",
            tests,
        )
    kind = endpoint.entry.type
    named = "" if kind == service else f" (type {kind}, as in tempest.conf)"
    words = [f"{url}{named} responds"]
    if majors:
        newest = max(majors, key=lambda one: [int(part) for part in one.version.split(".")])
        words.append(f"API {newest.version}")
        if newest.max_microversion:
            words.append(f"microversions {newest.min_microversion} to {newest.max_microversion}")
    words.append(_describe_certificate(endpoint))
    words += [
        f"used because Tempest cannot use {_describe_entry(other)}"
        for other in list_unusable(scene.survey.identity.catalogue, endpoint.entry)
    ]
    return PreflightFinding(ENDPOINTS_TOPIC, service, FindingState.OK, ", ".join(words))


def _describe_certificate(endpoint: EndpointFacts) -> str:
    shown = endpoint.certificate
    if isinstance(shown, Certificate):
        distrusted = ", not verified" if shown.trust_error else ""
        return f"certificate until {shown.not_after:%Y-%m-%d}{distrusted}"
    return "no TLS"
