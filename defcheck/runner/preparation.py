"""What a run needs before its tests can be listed: a cloud, a tempest.conf, users, workers."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from defcheck.cloud import accounts, connection, failures
from defcheck.cloud.accounts import accounts_file
from defcheck.cloud.catalogue import DEFAULT_REGION, read_catalogue
from defcheck.cloud.config_builder.builder import (
    ConfigurationRequest,
    build_configuration,
    find_services,
)
from defcheck.cloud.config_builder.values import extract_texts, parse_settings, redact_settings
from defcheck.cloud.connection import Cloud, is_same_keystone
from defcheck.cloud.discovery import cloud_discovery
from defcheck.cloud.discovery.model import CloudDiscovery
from defcheck.cloud.endpoint_filter import parse_endpoint_filter
from defcheck.cloud.preflight.context import SINGLE
from defcheck.cloud.regions import choose_region, follow_settings, list_regions
from defcheck.cloud.tempest_conf import (
    TempestConfiguration,
    find_accounts_file,
    load_configuration,
    strip_url_login,
)
from defcheck.errors import InputError
from defcheck.guideline.models import Status
from defcheck.results.models import Event
from defcheck.runner.record import CLASS_SECONDS
from defcheck.tempest.conf_file import DEFAULT_SECTION, find_overriding_folders, render_conf
from defcheck.tempest.workspace import Workspace
from defcheck.util.files import write_private

PLACEHOLDER_ROLES = ("member", "reader")
"""Of the users in each project."""


def write_placeholder_accounts(workspace: Workspace, configuration: TempestConfiguration) -> Path:
    """Write two projects, each with a member and a reader, into a workspace."""
    operator = configuration.sections.get("object-storage", {}).get("operator_role", "")
    members = sorted({"member", operator} - {""})
    listing: list[dict[str, Any]] = [
        {
            "username": f"supposed-{role}-{project}",
            "password": "none",
            "project_name": f"supposed-{project}",
            "roles": members if role == "member" else [role],
        }
        for role in PLACEHOLDER_ROLES
        for project in (1, 2)
    ]
    path = workspace.folder / "supposed.yaml"
    write_private(path, accounts_file.render_accounts_file(listing))
    return path


POOL, DYNAMIC = "pool", "dynamic"
"""Kinds of users that an administrator has: made once for a run, or by Tempest for a class."""

MIN_WORKERS = 4
"""Whatever the cores: a worker waits for the cloud most of its time."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks to be run, or to be resumed."""

    guideline: str
    """Empty, as is the target, where a run is resumed: its directory says it."""

    target: str
    output: Path
    cloud: str = ""
    tempest_conf: Path | None = None
    accounts: Path | None = None
    workers: int | None = None
    """None for as many as suit, or as the resumed run had."""

    statuses: tuple[Status, ...] = (Status.REQUIRED,)
    clouds_files: tuple[Path, ...] = ()
    """clouds.yaml files to look into besides the usual ones."""

    settings: tuple[str, ...] = ()
    """Options of tempest.conf as section.key=value, which win over all others."""

    users: str = POOL
    """How an administrator's run gets its users: made once (POOL), or by Tempest (DYNAMIC)."""

    probe: bool = True
    """Whether small things may be created, and deleted, to learn what is not announced."""

    cacert: Path | None = None
    """Authorities to trust in place of those that clouds.yaml names."""

    regardless: bool = False
    """Whether to run although the preflight finds that tests cannot pass."""

    tempest: str = ""
    """The name of the Tempest to run, by default the one in use."""

    class_seconds: float = CLASS_SECONDS
    """How long a class of tests may take."""

    reruns: int = 0
    """How often tests that failed are run again."""

    @property
    def secret_options(self) -> list[str]:
        """The options with files that may hold passwords, which a run does not keep."""
        named = (("--tempest-conf", self.tempest_conf), ("--accounts", self.accounts))
        return [option for option, file in named if file is not None]

    @property
    def record_fields(self) -> dict[str, Any]:
        """What a record keeps of it under the same names, without secrets."""
        return {
            "files": self.secret_options,
            "settings": redact_settings(self.settings),
            "cacert": str(self.cacert or ""),
            "users": self.users,
            "regardless": self.regardless,
            "class_seconds": float(self.class_seconds),
            "rerun_failed": self.reruns,
        }


class RunObserver(Protocol):
    """Whoever shows a run while it goes on."""

    def say(self, text: str) -> None:
        """Take a line about what is being done."""

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Take the full names of the tests that are about to run."""

    def event(self, event: Event) -> None:
        """Take the end of a test or fixture."""

    def ended(self, *, interrupted: bool) -> None:
        """Take that no more tests begin, and whether the user interrupted them."""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """What is known of a cloud, and how Tempest is to go about it."""

    facts: dict[str, str]
    """name, auth_url, region and cpid, as the record has them."""

    configuration: TempestConfiguration
    cloud: Cloud | None
    """None where only a tempest.conf is given."""

    survey: CloudDiscovery | None
    created: tuple[Mapping[str, str], ...] = ()
    """What was created to learn what the cloud does not announce, as made.jsonl has it."""

    prefix: str = ""
    """What names of the run's own begin with, empty where that proves nothing."""


def accept_cloud(_: "PreparedRun") -> None:
    """Accept a cloud as it is."""


def prepare_run(
    request: RunRequest,
    projects: Collection[str],
    watcher: RunObserver,
    before_probes: Callable[["PreparedRun"], None] = accept_cloud,
) -> PreparedRun:
    """Log in to the cloud, look at it, and make or take the tempest.conf for it.

    `before_probes` is asked before anything is created in the cloud, and raises
    where the run is to be refused.
    """
    cloud = survey = None
    created: tuple[Mapping[str, str], ...] = ()
    own = _load_given_conf(request)
    for folder in find_overriding_folders():
        watcher.say(f"Warning: Tempest also reads {folder}, which wins over every tempest.conf")
    if request.cloud:
        watcher.say(f"Logging in to cloud {request.cloud}")
        cloud = connection.connect_cloud(request.cloud, request.clouds_files, request.cacert)
        services = find_services(projects)
        if own is not None:
            cloud = _follow(f"{request.tempest_conf}", own, cloud, services, watcher)
        else:
            cloud = follow_settings(
                cloud, services, extract_texts(parse_settings(request.settings))
            )
        watcher.say(f"Looking at cloud {request.cloud}")
        survey = cloud_discovery.discover_cloud(cloud)
        if own is not None:  # it says itself what Tempest uses
            survey = replace(survey, remarks=())
        for remark in survey.remarks:
            watcher.say(f"Warning: {remark}")
    if own is not None:
        configuration = own
        identity = configuration.sections["identity"]
        auth_url, region = identity["uri_v3"], identity.get("region", "")
    elif cloud is None:
        raise InputError(
            "No cloud is named.",
            "Name one of clouds.yaml with --cloud, envvars where an openrc file was sourced, or "
            "give --tempest-conf.",
        )
    else:
        wishes = ConfigurationRequest(request.accounts, settings=request.settings)
        made = build_configuration(cloud, wishes, projects, survey)
        if request.probe:
            before_probes(PreparedRun({}, made.configuration, cloud, survey))
            made = build_configuration(cloud, replace(wishes, probe=True), projects, survey)
        configuration, created = made.configuration, made.created
        auth_url, region = cloud.auth_url, cloud.region
    configuration = replace(configuration, credentials=choose_credentials(request, configuration))
    watcher.say(f"Users for the tests: {configuration.credentials}")
    facts = {
        "name": cloud.name if cloud else "",
        "auth_url": strip_url_login(auth_url),
        "region": region,
        "cpid": cloud.cpid if cloud else "",
    }
    return PreparedRun(facts, configuration, cloud, survey, created)


def choose_credentials(request: RunRequest, configuration: TempestConfiguration) -> str:
    """Return who the tests run as: POOL where an administrator's run did not say else."""
    kind = configuration.credentials
    pooled = kind == DYNAMIC and request.users == POOL and request.tempest_conf is None
    return POOL if pooled else kind


def _load_given_conf(request: RunRequest) -> TempestConfiguration | None:
    """Return the user's tempest.conf, if any, with what the command line changes in it.

    Raises `InputError` where it, or an accounts file, is none.
    """
    if request.tempest_conf is None:
        if request.accounts is not None:
            accounts.load_account_entries(request.accounts)
        return None
    changes = extract_texts(parse_settings(request.settings))
    configuration = load_configuration(request.tempest_conf, request.accounts, changes)
    failures.set_trusted_authorities(configuration.sections, request.cacert)
    return configuration


def _follow(
    path: str,
    own: TempestConfiguration,
    cloud: Cloud,
    services: Collection[str],
    watcher: RunObserver,
) -> Cloud:
    """Return the cloud at the endpoints that a tempest.conf chooses; complete its region.

    Without a region Tempest takes RegionOne where the catalogue has it, else of each
    service what stands first, whatever its interface.
    """
    _require_same_cloud(path, own, cloud)
    identity = own.sections["identity"]
    regions = list_regions(read_catalogue(cloud.connection.session))
    if not identity.get("region") and regions not in ([], [DEFAULT_REGION]):
        usual = DEFAULT_REGION if DEFAULT_REGION in regions else ""
        cloud = choose_region(cloud, services, cloud.region or usual)
        identity["region"] = cloud.region
        watcher.say(
            f"Warning: {path} has no [identity] region; the run has region = {cloud.region}"
        )
    return connection.with_endpoint_filter(cloud, parse_endpoint_filter(own.sections))


def _require_same_cloud(path: str, own: TempestConfiguration, cloud: Cloud) -> None:
    """Raise `InputError` where a tempest.conf is for another cloud, or another region of it."""
    identity = own.sections["identity"]
    auth_url, region = identity["uri_v3"], identity.get("region", "")
    if not is_same_keystone(cloud.auth_url, auth_url):
        raise InputError(
            f"{path} is for {strip_url_login(auth_url)}, "
            f"cloud {cloud.name} is at {cloud.auth_url}.",
            "Name the cloud that the tempest.conf is for, or leave --cloud out.",
        )
    if region and cloud.region and region != cloud.region:
        raise InputError(
            f"{path} is for region {region}, cloud {cloud.name} in clouds.yaml for {cloud.region}.",
            "Name the region in both, or leave --cloud out.",
        )


def write_configuration(workspace: Workspace, configuration: TempestConfiguration) -> None:
    """Write tempest.conf, and accounts that defcheck made, into a workspace."""
    sections = {name: dict(options) for name, options in configuration.sections.items()}
    for section, options in workspace.settings.items():
        sections.setdefault(section, {}).update(options)
    sections[DEFAULT_SECTION]["debug"] = "true"
    if configuration.accounts:
        write_private(
            workspace.accounts_file, accounts_file.render_accounts_file(configuration.accounts)
        )
        sections["auth"]["test_accounts_file"] = str(workspace.accounts_file)
    write_private(workspace.tempest_conf, render_conf(sections, configuration.comments))


def has_single_login(configuration: TempestConfiguration) -> bool:
    """Tell whether all tests have one login: the cloud's own, or the one of an accounts file."""
    path = find_accounts_file(configuration.sections)
    if configuration.credentials != "accounts" or path is None:
        return configuration.credentials == SINGLE
    return len(accounts.load_account_entries(path)) == 1


def choose_workers(requested: int | None, configuration: TempestConfiguration) -> int:
    """Return how many workers to use: what was asked for, else one a core, four at least.

    A test class takes up to two accounts of different projects at a time; with
    more workers than the accounts allow tests fail that are not at fault.
    """
    usual = max(os.cpu_count() or 1, MIN_WORKERS)
    path = find_accounts_file(configuration.sections)
    if configuration.accounts:
        most = 1
    elif path is not None:
        most = accounts.count_supported_workers(
            accounts_file.parse_accounts(accounts.load_account_entries(path))
        )
    else:
        return requested or usual
    if requested is not None and requested > most:
        raise InputError(
            f"The accounts suffice for {most} worker{'s' * (most > 1)}, not for {requested}.",
            "Two projects a worker are needed; use fewer with -j, or give more accounts.",
        )
    return requested or min(usual, most)
