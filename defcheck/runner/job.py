"""One run from cloud and guideline to a run directory."""

import hashlib
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from defcheck import __version__
from defcheck.cloud import accounts, connection, discovery, tempestconf
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import DefcheckError, InputError
from defcheck.files import write_private
from defcheck.guideline import catalog
from defcheck.guideline.model import Status
from defcheck.guideline.select import find_target
from defcheck.results.model import Event
from defcheck.runner.directory import Record, RunDirectory, now, refuse_existing
from defcheck.runner.execute import run_tests
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
    guideline = catalog.load(request.guideline)
    target = find_target(guideline, request.target)
    tempest = installed.find()
    cloud, configuration = _configure(request, watcher)
    with open_workspace(tempest) as workspace:
        _write_configuration(workspace, configuration)
        watcher.say(f"Tempest {tempest.version}: listing its tests")
        inventory = workspace.list_tests()
        inventory_text = "".join(f"{name}\n" for name in inventory).encode()
        plan = make_plan(guideline, target, request.statuses, inventory)
        workers = request.workers or _default_workers(configuration)
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
            catalog.read_bytes(request.guideline),
            tempestconf.render(tempestconf.redact(configuration.sections)),
            inventory_text,
        )
        directory.write_record(record)
        watcher.planned(plan.tests, workers)
        interrupted = _execute(workspace, directory, record, watcher)
    return Done(directory, record, interrupted)


def _configure(request: Request, watcher: Watcher) -> tuple[dict[str, str], Configuration]:
    """Return what is known of the cloud and the tempest.conf for it."""
    if request.tempest_conf is not None:
        configuration = tempestconf.from_file(request.tempest_conf, request.accounts)
        identity = configuration.sections["identity"]
        known = {"name": request.cloud, "cpid": ""}
        if request.cloud:
            known["cpid"] = connection.connect(request.cloud, request.clouds_files).cpid
        return {
            **known,
            "auth_url": identity.get("uri_v3", ""),
            "region": identity.get("region", ""),
        }, configuration
    if not request.cloud:
        raise InputError(
            "No cloud is named.", "Name one of clouds.yaml with --cloud, or give --tempest-conf."
        )
    watcher.say(f"Cloud {request.cloud}: logging in")
    cloud = connection.connect(request.cloud, request.clouds_files)
    configuration = discovery.configure(cloud, request.accounts)
    watcher.say(f"Cloud {request.cloud}: users for the tests: {configuration.credentials}")
    return {
        "name": cloud.name,
        "auth_url": cloud.auth_url,
        "region": cloud.region,
        "cpid": cloud.cpid,
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


def _default_workers(configuration: Configuration) -> int:
    """Return how many workers this machine has cores and the accounts suffice for.

    A test class takes up to two accounts of different projects at a time.
    """
    cores = os.cpu_count() or 1
    if configuration.accounts:
        return 1
    path = configuration.sections["auth"].get("test_accounts_file")
    if path is None:
        return cores
    entries = accounts.check_accounts(Path(path))
    projects = {entry.get("project_name") or entry.get("tenant_name") for entry in entries}
    return max(1, min(cores, len(projects) // 2))


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
            run_tests(
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
        except DefcheckError:
            record.state = "failed"
            raise
        finally:
            record.finished = now()
            note(run=record.state)
            directory.write_record(record)
    return record.state == "interrupted"
