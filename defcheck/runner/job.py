"""One run from cloud and guideline to a run directory."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import yaml

from defcheck import __version__
from defcheck.cloud import accounts, connection, discovery, tempestconf
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import InputError
from defcheck.files import write_private
from defcheck.guideline import catalog
from defcheck.guideline.model import Status
from defcheck.guideline.select import find_target, listed, require_counted
from defcheck.results.model import Event
from defcheck.runner.directory import RunDirectory, refuse_existing
from defcheck.runner.execute import run_tests
from defcheck.runner.record import Record, now
from defcheck.tempest import installed
from defcheck.tempest.plan import make_plan
from defcheck.tempest.workspace import Workspace, open_workspace


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


class Watcher(Protocol):
    """Whoever shows a run while it goes on."""

    def say(self, text: str) -> None:
        """Take a line about what is being done."""

    def planned(self, tests: Sequence[str], workers: int) -> None:
        """Take the full names of the tests that are about to run."""

    def event(self, event: Event) -> None:
        """Take the end of a test or fixture."""


@dataclass(frozen=True, slots=True)
class Done:
    """A run that ended."""

    directory: RunDirectory
    record: Record
    interrupted: bool


def run(request: Request, watcher: Watcher) -> Done:
    """Run the tests that a target demands and keep everything in a run directory.

    Everything that can be found wrong is found before the directory is made.
    """
    refuse_existing(request.output)
    guideline, guideline_bytes = catalog.load_with_bytes(request.guideline)
    target = find_target(guideline, request.target)
    require_counted(guideline, target)
    tempest = installed.find()
    projects = {item.capability.project for item in listed(guideline, target)}
    cloud, configuration = _configure(request, projects, watcher)
    workers = _workers(request.workers, configuration)
    with open_workspace(tempest) as workspace:
        _write_configuration(workspace, configuration)
        watcher.say(f"Tempest {tempest.version}: listing its tests")
        inventory = workspace.list_tests()
        inventory_text = "".join(f"{name}\n" for name in inventory).encode()
        plan = make_plan(guideline, target, request.statuses, inventory)
        record = Record(
            defcheck=__version__,
            tempest=tempest.version,
            python=platform.python_version(),
            guideline={
                "id": guideline.id,
                "sha256": guideline.sha256,
                "schema": guideline.schema,
            },
            target=target.name,
            statuses=[status.value for status in request.statuses],
            cloud=cloud,
            credentials=configuration.credentials,
            workers=workers,
            planned=list(plan.tests),
            absent=list(plan.absent),
            inventory_sha256=hashlib.sha256(inventory_text).hexdigest(),
            started=now(),
        )
        directory = RunDirectory.create(request.output)
        directory.write_inputs(
            guideline_bytes,
            tempestconf.render(tempestconf.redact(configuration.sections)),
            inventory_text,
        )
        directory.write_record(record)
        watcher.planned(plan.tests, workers)
        interrupted = _execute(workspace, directory, record, watcher)
    return Done(directory, record, interrupted)


def _configure(
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


def _write_configuration(workspace: Workspace, configuration: Configuration) -> None:
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


def _workers(wanted: int | None, configuration: Configuration) -> int:
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


def _execute(
    workspace: Workspace, directory: RunDirectory, record: Record, watcher: Watcher
) -> bool:
    """Run the plan, journal it, close the record; return whether it was interrupted."""
    with directory.open_journal() as journal:

        def note(**entry: object) -> None:
            journal.write(json.dumps({"at": round(time.time(), 3), **entry}) + "\n")
            journal.flush()

        def on_event(event: Event) -> None:
            note(test=event.name, outcome=event.outcome.value, seconds=event.seconds)
            watcher.event(event)

        note(run="started", tests=len(record.planned), workers=record.workers)
        try:
            record.runner_code = run_tests(
                workspace,
                record.planned,
                record.workers,
                results=directory.raw_results,
                log=directory.runner_log,
                on_event=on_event,
            )
            record.state = "finished"
        except KeyboardInterrupt:
            record.state = "interrupted"
        except BaseException:
            record.state = "failed"
            raise
        finally:
            record.finished = now()
            record.results_sha256 = directory.results_sha256()
            note(run=record.state)
            directory.write_record(record)
    return record.state == "interrupted"
