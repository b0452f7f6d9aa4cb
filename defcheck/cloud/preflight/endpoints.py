"""The endpoints of the services that the demanded tests need."""

from collections.abc import Iterator

from defcheck.cloud.preflight.finding import Finding, State, harm, unseen
from defcheck.cloud.preflight.scene import Scene
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import CatalogueEntry, Certificate, Endpoint
from defcheck.cloud.tempest_lookup import (
    IDENTITY,
    LOOKUP_SECTIONS,
    Lookup,
    default_types,
    describe_address_fault,
    find_entry,
    list_unusable,
    read_lookup,
)

TOPIC = "endpoints"

WANTED = {
    "identity": "3",
    "compute": "2",
    "image": "2",
    "network": "2",
    "block-storage": "3",
    "dns": "2",
    "orchestration": "1",
}
"""The major version of each API that Tempest's tests speak."""


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge each endpoint; services that no test needs are left out."""
    for service in scene.demand.services:
        yield _one(scene, service)


def _one(scene: Scene, service: str) -> Finding:
    tests = scene.demand.of_service(service)
    endpoint = scene.survey.endpoint(service)
    if endpoint is None:
        return _missing(scene, service, tests)
    other = _taken(scene, endpoint, tests)
    if other is not None:
        return other
    if isinstance(endpoint.reached, Unseen):
        return harm(
            TOPIC,
            service,
            f"{endpoint.entry.url} was not reached: {endpoint.reached.why}",
            "Start the service, or mend its endpoint in the catalogue.",
            tests,
            hopeless=True,
        )
    return (
        _certificate(scene, endpoint, tests)
        or _address(scene, endpoint, tests)
        or _versions(scene, endpoint, tests)
    )


def _missing(scene: Scene, service: str, tests: tuple[str, ...]) -> Finding:
    """Return that the catalogue has no such endpoint, and which one Tempest would take."""
    catalogue = scene.survey.identity.catalogue
    wanted = scene.survey.addressing.of(service)
    region = wanted.region or scene.survey.region
    here = f" in region {region}" if region and any(one.region for one in catalogue) else ""
    what = f"the catalogue has no {' or '.join(wanted.interfaces)} endpoint{here}"
    advice = "Without the service its tests cannot pass; look at `openstack catalog list`."
    kinds = dict.fromkeys(one.type for one in catalogue if one.canonical == service)
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
        what += f", and Tempest would take {_describe_entry(taken)}"
        advice = f"If that one is to be tested, set {' and '.join(settings)} in clouds.yaml."
    return harm(TOPIC, service, what, advice, tests, hopeless=True)


def _taken(scene: Scene, endpoint: Endpoint, tests: tuple[str, ...]) -> Finding | None:
    """Return that Tempest takes another endpoint than the one that was looked at, or none.

    None where it takes that one, or where there is no tempest.conf. A run of
    another region proves nothing about this one; Keystone alone may be shared.
    """
    wanted, service = endpoint.entry, endpoint.entry.canonical
    section = LOOKUP_SECTIONS.get(service)
    if section is None or not scene.conf:
        return None
    catalogue, lookup = scene.survey.identity.catalogue, read_lookup(scene.conf, service)
    found = find_entry(catalogue, service, lookup)
    settings = f"{section}.catalog_type={wanted.type}"
    advice = f"Set it in tempest.conf, or with --set {settings}."
    if found is None:
        types = lookup.type or " or ".join(default_types(service))
        what = f"Tempest looks for the type {types}, and the catalogue has {wanted.type}"
        return harm(TOPIC, service, what, advice, tests, hopeless=True, given=True)
    if found.url.rstrip("/") != wanted.url.rstrip("/"):
        return _other(scene, endpoint, lookup, found, tests)
    if not lookup.type and found.type != default_types(service)[0]:
        what = (
            f"tempest.conf has no [{section}] catalog_type, the catalogue has {found.type}, and "
            f"newer releases of Tempest look for {default_types(service)[0]}"
        )
        return unseen(TOPIC, service, what, advice, tests)
    return None


def _other(
    scene: Scene,
    endpoint: Endpoint,
    lookup: Lookup,
    found: CatalogueEntry,
    tests: tuple[str, ...],
) -> Finding:
    """Return that Tempest takes `found` in place of the endpoint that was looked at."""
    wanted, service = endpoint.entry, endpoint.entry.canonical
    section = LOOKUP_SECTIONS[service]
    what = f"Tempest takes {_describe_entry(found)}, and not {_describe_entry(wanted)}"
    exact = Lookup(wanted.type, wanted.interface, wanted.region)
    if find_entry(scene.survey.identity.catalogue, service, exact) != wanted:
        advice = "Tempest has no option for an address: let the catalogue list the other one first."
    else:
        interface = "v3_endpoint_type" if service == IDENTITY else "endpoint_type"
        of_region = section if scene.option(section, "region") else "identity"
        pairs = (
            (f"{section}.catalog_type", lookup.type or found.type, wanted.type),
            (f"{section}.{interface}", lookup.interface, wanted.interface),
            (f"{of_region}.region", lookup.region, wanted.region),
        )
        options = [f"{name}={right}" for name, now, right in pairs if now != right]
        advice = f"Set {' and '.join(options)} in tempest.conf, or with --set."
    if found.region != wanted.region and service != IDENTITY:
        return harm(TOPIC, service, what, advice, tests, hopeless=True, given=True)
    return unseen(TOPIC, service, what, advice, tests)


def _describe_entry(entry: CatalogueEntry) -> str:
    """Return an endpoint of the catalogue in words."""
    region = f", region {entry.region}" if entry.region else ""
    return f"{entry.url} ({entry.type}, {entry.interface}{region})"


def _address(scene: Scene, endpoint: Endpoint, tests: tuple[str, ...]) -> Finding | None:
    """Return what Tempest cannot do with the address as it stands, None where it can use it."""
    service, url = endpoint.entry.canonical, endpoint.entry.url
    what, advice = describe_address_fault(service, url)
    if not what:
        return None
    for other in scene.survey.identity.catalogue:
        if (other.canonical, other.region) == (service, endpoint.entry.region) and not any(
            describe_address_fault(service, other.url)
        ):
            option = f"{service.replace('-', '_')}_interface: {other.interface}"
            advice += f" Or test {_describe_entry(other)}, with `{option}` in clouds.yaml."
    return harm(TOPIC, service, what, advice, tests, hopeless=True)


def _certificate(scene: Scene, endpoint: Endpoint, tests: tuple[str, ...]) -> Finding | None:
    """Return what is wrong with the certificate, None where nothing is."""
    shown = endpoint.certificate
    if not isinstance(shown, Certificate):
        return None
    service, url = endpoint.entry.canonical, endpoint.entry.url
    if shown.distrust and scene.verified:
        return harm(
            TOPIC,
            service,
            f"the certificate of {url} is not trusted: {shown.distrust}",
            "Give the file of its authority with --cacert, or as cacert in clouds.yaml.",
            tests,
            hopeless=True,
        )
    if (shown.not_after - scene.now).days < 1:
        return harm(
            TOPIC,
            service,
            f"the certificate of {url} ends at {shown.not_after:%Y-%m-%d %H:%M} UTC",
            "Renew it before the run.",
            tests,
        )
    return None


def _versions(scene: Scene, endpoint: Endpoint, tests: tuple[str, ...]) -> Finding:
    service, url = endpoint.entry.canonical, endpoint.entry.url
    wanted = WANTED.get(service)
    if isinstance(endpoint.versions, Unseen):
        return unseen(
            TOPIC,
            service,
            f"{url} answers, but tells no API versions: {endpoint.versions.why}",
            "Let its root answer GET without a token.",
        )
    majors = [one for one in endpoint.versions if one.version.split(".")[0] == wanted]
    if wanted and not majors:
        known = ", ".join(one.version for one in endpoint.versions) or "none"
        return harm(
            TOPIC,
            service,
            f"{url} has no API of version {wanted}, but {known}",
            "The tests speak that version only.",
            tests,
        )
    kind = endpoint.entry.type
    named = "" if kind == service else f" (type {kind}, as in tempest.conf)"
    words = [f"{url}{named} answers"]
    if majors:
        newest = max(majors, key=lambda one: [int(part) for part in one.version.split(".")])
        words.append(f"API {newest.version}")
        if newest.max_microversion:
            words.append(f"microversions {newest.min_microversion} to {newest.max_microversion}")
    words.append(_trust(endpoint))
    words += [
        f"taken since Tempest cannot use {_describe_entry(other)}"
        for other in list_unusable(scene.survey.identity.catalogue, endpoint.entry)
    ]
    return Finding(TOPIC, service, State.FINE, ", ".join(words))


def _trust(endpoint: Endpoint) -> str:
    shown = endpoint.certificate
    if isinstance(shown, Certificate):
        distrusted = ", not verified" if shown.distrust else ""
        return f"certificate until {shown.not_after:%Y-%m-%d}{distrusted}"
    return "no TLS"
