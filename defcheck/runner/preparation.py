"""Prepare what a run needs to list its tests: cloud, tempest.conf, users and workers."""

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
"""The roles of the users in each project."""


def write_placeholder_accounts(workspace: Workspace, configuration: TempestConfiguration) -> Path:
    """Write placeholder accounts: two projects, each with a member and a reader."""
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
"""Kinds of users for an administrator: created once per run, or by Tempest for each class."""

MIN_WORKERS = 4
"""The minimum, whatever the number of cores: a worker mostly waits for the cloud."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the user asks to run or to resume."""

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
    """clouds.yaml files to search besides the usual ones."""

    settings: tuple[str, ...] = ()
    """Options of tempest.conf as section.key=value, which override all others."""

    users: str = POOL
    """How an administrator's run gets its users: created once (POOL), or by Tempest (DYNAMIC)."""

    probe: bool = True
    """Whether probes may create, and delete, small resources to learn what is not announced."""

    cacert: Path | None = None
    """A CA file that replaces the one in clouds.yaml."""

    regardless: bool = False
    """Whether to run even if the preflight finds tests that cannot pass."""

    tempest: str = ""
    """The name of the Tempest to run, by default the one in use."""

    class_seconds: float = CLASS_SECONDS
    """The time limit of a test class."""

    reruns: int = 0
    """How often failed tests are rerun."""

    @property
    def secret_options(self) -> list[str]:
        """The options with files that may contain passwords, which a run does not keep."""
        named = (("--tempest-conf", self.tempest_conf), ("--accounts", self.accounts))
        return [option for option, file in named if file is not None]

    @property
    def record_fields(self) -> dict[str, Any]:
        """The fields that the record keeps under the same names, without secrets."""
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
    """An observer that shows the progress of a run."""

    def say(self, text: str) -> None:
        """Show a line about the current step."""

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Note the full names of the tests that are about to run."""

    def event(self, event: Event) -> None:
        """Note the end of a test or fixture."""

    def ended(self, *, interrupted: bool) -> None:
        """Note that the tests have ended, and whether the user interrupted them."""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A cloud and the configuration of Tempest for it."""

    facts: dict[str, str]
    """name, auth_url, region and cpid, as in the record."""

    configuration: TempestConfiguration
    cloud: Cloud | None
    """None if only a tempest.conf is given."""

    survey: CloudDiscovery | None
    created: tuple[Mapping[str, str], ...] = ()
    """What was created to learn what the cloud does not announce, in the format of made.jsonl."""

    prefix: str = ""
    """The prefix of names that the run creates, empty if it proves nothing."""


def accept_cloud(_: "PreparedRun") -> None:
    """Accept a cloud as it is."""


def prepare_run(
    request: RunRequest,
    projects: Collection[str],
    watcher: RunObserver,
    before_probes: Callable[["PreparedRun"], None] = accept_cloud,
) -> PreparedRun:
    """Log in to the cloud, discover it, and build or load its tempest.conf.

    `before_probes` is called before anything is created in the cloud, and raises to
    refuse the run.
    """
    cloud = survey = None
    created: tuple[Mapping[str, str], ...] = ()
    own = _load_given_conf(request)
    for folder in find_overriding_folders():
        watcher.say(f"Warning: Tempest also reads {folder}, which overrides every tempest.conf")
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
        watcher.say(f"Discovering cloud {request.cloud}")
        survey = cloud_discovery.discover_cloud(cloud)
        if own is not None:  # the user's tempest.conf decides what Tempest uses
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
            "Name a cloud of clouds.yaml by --cloud (envvars after sourcing an openrc file), or "
            "pass a tempest.conf by --tempest-conf.",
        )
    else:
        wishes = ConfigurationRequest(request.accounts, settings=request.settings)
        made = build_configuration(cloud, wishes, projects, survey)
        if request.probe:
            before_probes(PreparedRun({}, made.configuration, cloud, survey))
            made = build_configuration(cloud, replace(wishes, probe=True), projects, survey)
        configuration, created = made.configuration, made.created
        auth_url, region = cloud.auth_url, cloud.region
    configuration = replace(configuration, credentials=choose_user_source(request, configuration))
    watcher.say(f"Users for the tests: {configuration.credentials}")
    facts = {
        "name": cloud.name if cloud else "",
        "auth_url": strip_url_login(auth_url),
        "region": region,
        "cpid": cloud.cpid if cloud else "",
    }
    return PreparedRun(facts, configuration, cloud, survey, created)


def choose_user_source(request: RunRequest, configuration: TempestConfiguration) -> str:
    """Return who the tests run as: by default POOL if the account is an administrator."""
    kind = configuration.credentials
    pooled = kind == DYNAMIC and request.users == POOL and request.tempest_conf is None
    return POOL if pooled else kind


def _load_given_conf(request: RunRequest) -> TempestConfiguration | None:
    """Return the user's tempest.conf, if any, with the changes from the command line.

    Raises `InputError` if it, or an accounts file, is invalid.
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
    """Return the cloud with the endpoints that a tempest.conf selects; add a missing region.

    Without a region Tempest uses RegionOne if the catalogue has it, else the first
    endpoint of each service, whatever its interface.
    """
    _require_same_cloud(path, own, cloud)
    identity = own.sections["identity"]
    regions = list_regions(read_catalogue(cloud.connection.session))
    if not identity.get("region") and regions not in ([], [DEFAULT_REGION]):
        usual = DEFAULT_REGION if DEFAULT_REGION in regions else ""
        cloud = choose_region(cloud, services, cloud.region or usual)
        identity["region"] = cloud.region
        watcher.say(
            f"Warning: {path} has no [identity] region; the run sets region = {cloud.region}"
        )
    return connection.with_endpoint_filter(cloud, parse_endpoint_filter(own.sections))


def _require_same_cloud(path: str, own: TempestConfiguration, cloud: Cloud) -> None:
    """Raise `InputError` if a tempest.conf is for another cloud, or another region of it."""
    identity = own.sections["identity"]
    auth_url, region = identity["uri_v3"], identity.get("region", "")
    if not is_same_keystone(cloud.auth_url, auth_url):
        raise InputError(
            f"{path} is for {strip_url_login(auth_url)}, "
            f"but cloud {cloud.name} is at {cloud.auth_url}.",
            "Name the cloud that the tempest.conf is for, or omit --cloud.",
        )
    if region and cloud.region and region != cloud.region:
        raise InputError(
            f"{path} is for region {region}, but clouds.yaml sets {cloud.region} for {cloud.name}.",
            "Set the same region in both, or omit --cloud.",
        )


def write_configuration(workspace: Workspace, configuration: TempestConfiguration) -> None:
    """Write tempest.conf, and the accounts that defcheck chose, into a workspace."""
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
    """Return whether all tests share one account: the cloud's own, or a single one in the file."""
    path = find_accounts_file(configuration.sections)
    if configuration.credentials != "accounts" or path is None:
        return configuration.credentials == SINGLE
    return len(accounts.load_account_entries(path)) == 1


def choose_workers(requested: int | None, configuration: TempestConfiguration) -> int:
    """Return how many workers to use: `requested`, else one per core and at least four.

    A test class uses up to two accounts of different projects at a time; with more
    workers than the accounts allow, tests fail although the cloud is not at fault.
    """
    usual = max(os.cpu_count() or 1, MIN_WORKERS)
    path = find_accounts_file(configuration.sections)
    if configuration.accounts:
        limit = 1
    elif path is not None:
        limit = accounts.count_supported_workers(
            accounts_file.parse_accounts(accounts.load_account_entries(path))
        )
    else:
        return requested or usual
    if requested is not None and requested > limit:
        raise InputError(
            f"The accounts are enough for {limit} worker{'s' * (limit > 1)}, not for {requested}.",
            "Each worker needs two projects; use fewer workers by -j, or add accounts.",
        )
    return requested or min(usual, limit)
