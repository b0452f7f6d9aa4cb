"""The endpoints of the services that the demanded tests need."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from defcheck.cloud.preflight.finding import Finding, State, harm, unseen
from defcheck.cloud.preflight.scene import Scene
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import Certificate, Endpoint

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


VERSION = re.compile(r"/v\d+(\.\d+)?(?=/|\Z)")

VERSIONED = {"compute": "v2.1", "block-storage": "v3"}
"""Services whose address in the catalogue has to hold the version, since Tempest's clients put
nothing before the names of things: at the root Nova answers 300 and Cinder 404 (measured)."""

UNVERSIONED = {"network": "v2.0"}
"""Services whose clients put the version behind the address, whatever it holds."""


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge each endpoint; services that no test needs are left out."""
    for service in scene.demand.services:
        yield _one(scene, service)


def _one(scene: Scene, service: str) -> Finding:
    tests = scene.demand.of_service(service)
    endpoint = scene.survey.endpoint(service)
    if endpoint is None:
        regions = {one.region for one in scene.survey.identity.catalogue}
        wanted = scene.survey.addressing.of(service)
        region = wanted.region or scene.survey.region
        here = f" in region {region}" if region and regions else ""
        return harm(
            TOPIC,
            service,
            f"the catalogue has no {' or '.join(wanted.interfaces)} endpoint{here}",
            "Without the service its tests cannot pass; look at `openstack catalog list`.",
            tests,
            hopeless=True,
        )
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
        or _address(endpoint, tests)
        or _versions(endpoint, tests)
    )


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


def _address(endpoint: Endpoint, tests: tuple[str, ...]) -> Finding | None:
    """Return what Tempest cannot do with the address as it stands, None where it can use it.

    openstacksdk, as most clients do, asks the address for its versions first.
    """
    service, url = endpoint.entry.canonical, endpoint.entry.url
    version = VERSION.search(urlsplit(url).path)
    if service in VERSIONED and version is None:
        what = f"{url} has no version in its path, and Tempest uses it as it stands"
        advice = f"Let the catalogue name it with /{VERSIONED[service]}, as other clients use too."
    elif service in UNVERSIONED and version is not None:
        what = f"{url} has {version[0]} in its path, and Tempest adds /{UNVERSIONED[service]}"
        advice = "Let the catalogue name it without the version, as other clients use too."
    else:
        return None
    return harm(TOPIC, service, what, advice, tests, hopeless=True)


def _versions(endpoint: Endpoint, tests: tuple[str, ...]) -> Finding:
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
    words = [f"{url} answers"]
    if majors:
        newest = max(majors, key=lambda one: [int(part) for part in one.version.split(".")])
        words.append(f"API {newest.version}")
        if newest.max_microversion:
            words.append(f"microversions {newest.min_microversion} to {newest.max_microversion}")
    words.append(_trust(endpoint))
    return Finding(TOPIC, service, State.FINE, ", ".join(words))


def _trust(endpoint: Endpoint) -> str:
    shown = endpoint.certificate
    if isinstance(shown, Certificate):
        distrusted = ", not verified" if shown.distrust else ""
        return f"certificate until {shown.not_after:%Y-%m-%d}{distrusted}"
    return "no TLS"
