"""What a run needs before its tests can be listed: a cloud, a tempest.conf, users, workers."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import yaml

from defcheck.cloud import accounts, connection, discovery, tempestconf
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import InputError
from defcheck.files import write_private
from defcheck.guideline.model import Status
from defcheck.results.model import Event
from defcheck.runner.execute import CLASS_SECONDS
from defcheck.tempest.workspace import Workspace


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

    tempest: str = ""
    """The name of the Tempest to run, by default the one in use."""

    class_seconds: float = CLASS_SECONDS
    """How long a class of tests may take."""


class Watcher(Protocol):
    """Whoever shows a run while it goes on."""

    def say(self, text: str) -> None:
        """Take a line about what is being done."""

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Take the full names of the tests that are about to run."""

    def event(self, event: Event) -> None:
        """Take the end of a test or fixture."""


def configure(
    request: Request, projects: Collection[str], watcher: Watcher
) -> tuple[dict[str, str], Configuration]:
    """Return what is known of the cloud and the tempest.conf for it."""
    cloud = None
    if request.cloud:
        watcher.say(f"Cloud {request.cloud}: logging in")
        cloud = connection.connect(request.cloud, request.clouds_files)
    if request.tempest_conf is not None:
        configuration = tempestconf.from_file(request.tempest_conf, request.accounts)
        identity = configuration.sections["identity"]
        auth_url, region = identity.get("uri_v3", ""), identity.get("region", "")
        if cloud is not None and urlsplit(cloud.auth_url).netloc != urlsplit(auth_url).netloc:
            raise InputError(
                f"{request.tempest_conf} is for {tempestconf.without_login(auth_url)}, "
                f"cloud {cloud.name} is at {cloud.auth_url}.",
                "Name the cloud that the tempest.conf is for, or leave --cloud out.",
            )
    elif cloud is None:
        raise InputError(
            "No cloud is named.", "Name one of clouds.yaml with --cloud, or give --tempest-conf."
        )
    else:
        configuration = discovery.configure(cloud, request.accounts, projects)
        auth_url, region = cloud.auth_url, cloud.region
    watcher.say(f"Users for the tests: {configuration.credentials}")
    return {
        "name": cloud.name if cloud else "",
        "auth_url": tempestconf.without_login(auth_url),
        "region": region,
        "cpid": cloud.cpid if cloud else "",
    }, configuration


def write_configuration(workspace: Workspace, configuration: Configuration) -> None:
    """Write tempest.conf, and accounts that defcheck made, into a workspace."""
    sections = {name: dict(options) for name, options in configuration.sections.items()}
    sections.setdefault("DEFAULT", {}).update(
        debug="true", log_dir=str(workspace.folder), log_file="tempest.log", use_stderr="false"
    )
    sections.setdefault("oslo_concurrency", {})["lock_path"] = str(workspace.lock_path)
    if configuration.accounts:
        entries = [dict(entry) for entry in configuration.accounts]
        write_private(workspace.accounts, yaml.safe_dump(entries))
        sections["auth"]["test_accounts_file"] = str(workspace.accounts)
    write_private(workspace.tempest_conf, tempestconf.render(sections))


def choose_workers(wanted: int | None, configuration: Configuration) -> int:
    """Return how many workers to use: what was asked for, else one a core.

    A test class takes up to two accounts of different projects at a time; with
    more workers than the accounts allow tests fail that are not at fault.
    """
    cores = os.cpu_count() or 1
    path = configuration.sections["auth"].get("test_accounts_file")
    if configuration.accounts:
        most = 1
    elif path is not None:
        entries = accounts.check_accounts(Path(path))
        projects = {entry.get("project_name") or entry.get("tenant_name") for entry in entries}
        most = max(1, len(projects) // 2)
    else:
        return wanted or cores
    if wanted is not None and wanted > most:
        raise InputError(
            f"The accounts suffice for {most} worker{'s' * (most > 1)}, not for {wanted}.",
            "Two projects a worker are needed; use fewer with -j, or give more accounts.",
        )
    return wanted or min(cores, most)
