"""What a run needs before its tests can be listed: a cloud, a tempest.conf, users, workers."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from defcheck.cloud import accounts, connection, tempestconf, trust
from defcheck.cloud.accounts import entries
from defcheck.cloud.addresses import same_keystone
from defcheck.cloud.addressing import addressing_of
from defcheck.cloud.configuration.build import find_services
from defcheck.cloud.configuration.given import settings, shown
from defcheck.cloud.configuration.make import Wishes, make
from defcheck.cloud.configuration.value import texts
from defcheck.cloud.connection import Cloud
from defcheck.cloud.preflight.scene import SINGLE
from defcheck.cloud.regions import choose_region, follow_settings, list_regions
from defcheck.cloud.survey import gather
from defcheck.cloud.survey.catalogue import read_catalogue
from defcheck.cloud.survey.model import Survey
from defcheck.cloud.tempest_lookup import DEFAULT_REGION
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import InputError
from defcheck.files import write_private
from defcheck.guideline.model import Status
from defcheck.results.model import Event
from defcheck.runner.record import CLASS_SECONDS
from defcheck.tempest.conf_file import DEFAULT, find_overriding_folders, render_conf
from defcheck.tempest.workspace import Workspace

POOL, DYNAMIC = "pool", "dynamic"
"""Kinds of users that an administrator has: made once for a run, or by Tempest for a class."""

FEWEST_WORKERS = 4
"""Whatever the cores: a worker waits for the cloud most of its time."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks to be run."""

    guideline: str
    target: str
    output: Path
    cloud: str = ""
    tempest_conf: Path | None = None
    accounts: Path | None = None
    workers: int | None = None
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
    def files(self) -> list[str]:
        """The options with files that may hold passwords, which a run does not keep."""
        named = (("--tempest-conf", self.tempest_conf), ("--accounts", self.accounts))
        return [option for option, file in named if file is not None]

    @property
    def kept(self) -> dict[str, Any]:
        """What a record keeps of it under the same names, without secrets."""
        return {
            "files": self.files,
            "settings": shown(self.settings),
            "cacert": str(self.cacert or ""),
            "users": self.users,
            "regardless": self.regardless,
            "class_seconds": float(self.class_seconds),
            "rerun_failed": self.reruns,
        }


class Watcher(Protocol):
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
class Prepared:
    """What is known of a cloud, and how Tempest is to go about it."""

    facts: dict[str, str]
    """name, auth_url, region and cpid, as the record has them."""

    configuration: Configuration
    cloud: Cloud | None
    """None where only a tempest.conf is given."""

    survey: Survey | None
    created: tuple[Mapping[str, str], ...] = ()
    """What was created to learn what the cloud does not announce, as made.jsonl has it."""

    prefix: str = ""
    """What names of the run's own begin with, empty where that proves nothing."""


def accept(_: "Prepared") -> None:
    """Accept a cloud as it is."""


def prepare(
    request: Request,
    projects: Collection[str],
    watcher: Watcher,
    before_probes: Callable[["Prepared"], None] = accept,
) -> Prepared:
    """Log in to the cloud, look at it, and make or take the tempest.conf for it.

    `before_probes` is asked before anything is created in the cloud, and raises
    where the run is to be refused.
    """
    cloud = survey = None
    created: tuple[Mapping[str, str], ...] = ()
    own = _given(request)
    for folder in find_overriding_folders():
        watcher.say(f"Warning: Tempest also reads {folder}, which wins over every tempest.conf")
    if request.cloud:
        watcher.say(f"Logging in to cloud {request.cloud}")
        cloud = connection.connect(request.cloud, request.clouds_files, request.cacert)
        services = find_services(projects)
        if own is not None:
            cloud = _follow(f"{request.tempest_conf}", own, cloud, services, watcher)
        else:
            cloud = follow_settings(cloud, services, texts(settings(request.settings)))
        watcher.say(f"Looking at cloud {request.cloud}")
        survey = gather.survey(cloud)
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
        wishes = Wishes(request.accounts, settings=request.settings)
        made = make(cloud, wishes, projects, survey)
        if request.probe:
            before_probes(Prepared({}, made.configuration, cloud, survey))
            made = make(cloud, replace(wishes, probe=True), projects, survey)
        configuration, created = made.configuration, made.created
        auth_url, region = cloud.auth_url, cloud.region
    configuration = replace(configuration, credentials=kind_of_users(request, configuration))
    watcher.say(f"Users for the tests: {configuration.credentials}")
    facts = {
        "name": cloud.name if cloud else "",
        "auth_url": tempestconf.without_login(auth_url),
        "region": region,
        "cpid": cloud.cpid if cloud else "",
    }
    return Prepared(facts, configuration, cloud, survey, created)


def kind_of_users(request: Request, configuration: Configuration) -> str:
    """Return who the tests run as: POOL where an administrator's run did not say else."""
    kind = configuration.credentials
    pooled = kind == DYNAMIC and request.users == POOL and request.tempest_conf is None
    return POOL if pooled else kind


def _given(request: Request) -> Configuration | None:
    """Return the user's tempest.conf, if any, with what the command line changes in it.

    Raises `InputError` where it, or an accounts file, is none.
    """
    if request.tempest_conf is None:
        if request.accounts is not None:
            accounts.check_accounts(request.accounts)
        return None
    changes = texts(settings(request.settings))
    configuration = tempestconf.from_file(request.tempest_conf, request.accounts, changes)
    trust.trust(configuration.sections, request.cacert)
    return configuration


def _follow(
    path: str, own: Configuration, cloud: Cloud, services: Collection[str], watcher: Watcher
) -> Cloud:
    """Return the cloud at the endpoints that a tempest.conf chooses; complete its region.

    Without a region Tempest takes RegionOne where the catalogue has it, else of each
    service what stands first, whatever its interface.
    """
    _require_same(path, own, cloud)
    identity = own.sections["identity"]
    regions = list_regions(read_catalogue(cloud.connection.session))
    if not identity.get("region") and regions not in ([], [DEFAULT_REGION]):
        usual = DEFAULT_REGION if DEFAULT_REGION in regions else ""
        cloud = choose_region(cloud, services, cloud.region or usual)
        identity["region"] = cloud.region
        watcher.say(
            f"Warning: {path} has no [identity] region; the run has region = {cloud.region}"
        )
    return connection.follow(cloud, addressing_of(own.sections))


def _require_same(path: str, own: Configuration, cloud: Cloud) -> None:
    """Raise `InputError` where a tempest.conf is for another cloud, or another region of it."""
    identity = own.sections["identity"]
    auth_url, region = identity["uri_v3"], identity.get("region", "")
    if not same_keystone(cloud.auth_url, auth_url):
        raise InputError(
            f"{path} is for {tempestconf.without_login(auth_url)}, "
            f"cloud {cloud.name} is at {cloud.auth_url}.",
            "Name the cloud that the tempest.conf is for, or leave --cloud out.",
        )
    if region and cloud.region and region != cloud.region:
        raise InputError(
            f"{path} is for region {region}, cloud {cloud.name} in clouds.yaml for {cloud.region}.",
            "Name the region in both, or leave --cloud out.",
        )


def write_configuration(workspace: Workspace, configuration: Configuration) -> None:
    """Write tempest.conf, and accounts that defcheck made, into a workspace."""
    sections = {name: dict(options) for name, options in configuration.sections.items()}
    for section, options in workspace.settings.items():
        sections.setdefault(section, {}).update(options)
    sections[DEFAULT]["debug"] = "true"
    if configuration.accounts:
        write_private(workspace.accounts, entries.render(configuration.accounts))
        sections["auth"]["test_accounts_file"] = str(workspace.accounts)
    write_private(workspace.tempest_conf, render_conf(sections, configuration.comments))


def one_login(configuration: Configuration) -> bool:
    """Tell whether all tests have one login: the cloud's own, or the one of an accounts file."""
    path = tempestconf.find_accounts(configuration.sections)
    if configuration.credentials != "accounts" or path is None:
        return configuration.credentials == SINGLE
    return len(accounts.check_accounts(path)) == 1


def choose_workers(wanted: int | None, configuration: Configuration) -> int:
    """Return how many workers to use: what was asked for, else one a core, four at least.

    A test class takes up to two accounts of different projects at a time; with
    more workers than the accounts allow tests fail that are not at fault.
    """
    usual = max(os.cpu_count() or 1, FEWEST_WORKERS)
    path = tempestconf.find_accounts(configuration.sections)
    if configuration.accounts:
        most = 1
    elif path is not None:
        most = accounts.capacity(entries.accounts(accounts.check_accounts(path)))
    else:
        return wanted or usual
    if wanted is not None and wanted > most:
        raise InputError(
            f"The accounts suffice for {most} worker{'s' * (most > 1)}, not for {wanted}.",
            "Two projects a worker are needed; use fewer with -j, or give more accounts.",
        )
    return wanted or min(usual, most)
