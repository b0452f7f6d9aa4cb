"""Make the tempest.conf for a cloud: look at it, choose users, take what the user gave."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.choice import Credentials, choose
from defcheck.cloud.accounts.entries import (
    ADMIN_ROLE,
    RESELLER_ROLE,
    accounts,
    check_accounts,
    operator_role,
)
from defcheck.cloud.accounts.logins import open_session
from defcheck.cloud.configuration import given
from defcheck.cloud.configuration.build import ALL, build, find_services, gaps
from defcheck.cloud.configuration.objects import DIGESTS
from defcheck.cloud.configuration.probe import NOTHING_PROBED, Prober, Probes, attempt
from defcheck.cloud.configuration.value import Values, comments, merge, texts, user
from defcheck.cloud.connection import Cloud
from defcheck.cloud.regions import follow_settings
from defcheck.cloud.survey.facts import Fact, Unseen
from defcheck.cloud.survey.gather import survey
from defcheck.cloud.survey.model import Endpoint, Survey
from defcheck.cloud.tempestconf import Configuration
from defcheck.tempest.conf_file import is_true

USERS = ("test_accounts_file", "admin_username")
"""Options of [auth] with which a template decides who the users are."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user wants in a tempest.conf."""

    accounts: Path | None = None
    template: Path | None = None
    settings: tuple[str, ...] = ()
    """As section.key=value."""

    probe: bool = False
    """Whether small things may be created, and deleted, to learn what is not announced."""


@dataclass(frozen=True, slots=True)
class Made:
    """A configuration, and what is missing from it."""

    configuration: Configuration
    survey: Survey
    gaps: tuple[str, ...]
    """What tests of servers cannot do without and was not found."""

    silent: tuple[str, ...]
    """Services that are needed and do not answer."""

    created: tuple[Mapping[str, str], ...] = ()
    """What probes created and deleted again, as made.jsonl has it."""


def make(
    cloud: Cloud, wishes: Wishes, projects: Collection[str] = ALL, seen: Survey | None = None
) -> Made:
    """Make a configuration for the tests of some projects, such as nova or swift.

    `seen` is a survey of the cloud that there is already. Raises `InputError`
    where what the user gave is wrong, `UnusableError` where Tempest cannot log
    in as it is asked to.
    """
    values = given.settings(wishes.settings)
    template = ""
    if wishes.template is not None:
        own, template = given.template(wishes.template)
        merge(values, own)
    credentials = _users(cloud, wishes, values)
    if seen is None:
        cloud = follow_settings(cloud, find_services(projects), texts(values))
    found = seen or survey(cloud)
    probes = _probe(cloud, found, credentials, projects) if wishes.probe else NOTHING_PROBED
    built = build(
        found,
        credentials,
        cacert=cloud.cacert,
        verify=cloud.verify,
        projects=projects,
        probes=probes,
    )
    merge(values, built)
    ordered = {name: values[name] for name in sorted(values)}
    sections = texts(ordered)
    return Made(
        Configuration(sections, credentials.kind, credentials.entries, comments(ordered), template),
        found,
        tuple(
            f"Cloud {cloud.name} shows {words} to this login, so that no compute test can run"
            for words in gaps(sections, projects)
        ),
        tuple(_silent(found, projects)),
        probes.created,
    )


def _probe(
    cloud: Cloud, found: Survey, credentials: Credentials, projects: Collection[str]
) -> Probes:
    """Try in the cloud what the tests depend on and it does not announce."""
    prober = Prober(cloud)
    enforcement: Fact[bool] | None = None
    digest = role = ""
    if found.image is not None and "glance" in projects:
        enforcement = prober.enforces_formats()
    endpoint, swift = found.endpoint("object-store"), found.object_storage
    if endpoint is not None and swift is not None and "swift" in projects:
        url = endpoint.entry.url.rstrip("/")
        if not swift.tempurl_digests:
            digest = attempt(
                lambda: prober.accepted_digest(*_tester(cloud, credentials, endpoint), DIGESTS), ""
            )
        if credentials.kind == "dynamic":  # only then Tempest gives a user the role
            roles = (RESELLER_ROLE, ADMIN_ROLE)
            role = attempt(lambda: prober.reseller_role(url, roles), "")
    return Probes(enforcement, digest, role, tuple(prober.created))


def _users(cloud: Cloud, wishes: Wishes, values: Values) -> Credentials:
    """Choose the users; a template that names them is followed.

    As in Tempest, an accounts file counts for nothing beside `use_dynamic_credentials`.
    """
    own = values.setdefault("auth", {})
    dynamic = own.get("use_dynamic_credentials")
    names = USERS[1:] if dynamic and is_true(dynamic.text) else USERS
    decided = next((name for name in names if name in own and own[name].text), "")
    if wishes.accounts is not None or not decided:
        for name in (*USERS, "use_dynamic_credentials"):
            own.pop(name, None)
        return choose(cloud, wishes.accounts)
    if decided == "test_accounts_file":
        path = Path(own[decided].text).absolute()
        own[decided] = replace(own[decided], text=str(path))
        own["use_dynamic_credentials"] = user("false", "the accounts file")
        roles = {role for one in accounts(check_accounts(path)) for role in one.roles}
        return Credentials("accounts", {}, operator_role(roles))
    return Credentials("as configured", {}, operator_role(set(cloud.roles)))


def _tester(cloud: Cloud, credentials: Credentials, swift: Endpoint) -> tuple[Any, str]:
    """Return a session of a user as the tests have them, and the user's own account."""
    path = credentials.options.get("test_accounts_file")
    users = accounts(check_accounts(Path(path))) if path else ()
    user = next((one for one in users if credentials.operator_role in one.roles), None)
    if user is None:
        return cloud.connection.session, swift.entry.url.rstrip("/")
    session = open_session(user, cloud)
    url = session.get_endpoint(
        service_type=swift.entry.type, **cloud.addressing.of("object-store").filter
    )
    return session, str(url).rstrip("/")


def _silent(found: Survey, projects: Collection[str]) -> list[str]:
    """Return the services of wanted projects that are in the catalogue and do not answer."""
    names = {
        "compute": "nova",
        "network": "neutron",
        "image": "glance",
        "block-storage": "cinder",
        "object-store": "swift",
    }
    silent = []
    for service, project in names.items():
        endpoint = found.endpoint(service)
        if project not in projects or service not in found.services:
            continue
        if endpoint is None:
            wanted = found.addressing.of(service)
            silent.append(
                f"The {service} service has no {' or '.join(wanted.interfaces)} endpoint in "
                f"region {wanted.region or found.region or '?'}"
            )
        elif isinstance(endpoint.reached, Unseen):
            silent.append(
                f"The {service} service at {endpoint.entry.url} does not answer: "
                f"{endpoint.reached.why}"
            )
    return silent
