"""One run from cloud and guideline to a run directory."""

import hashlib
import platform
from dataclasses import dataclass

from defcheck import __version__
from defcheck.cloud import tempestconf
from defcheck.cloud.leftovers.prefix import mark, new
from defcheck.guideline import catalog
from defcheck.guideline.select import find_target, listed, require_counted
from defcheck.runner.aftermath import look_after
from defcheck.runner.conduct import Run
from defcheck.runner.directory import RunDirectory, refuse_existing
from defcheck.runner.execute import Runner, open_runner
from defcheck.runner.preparation import (
    Request,
    Watcher,
    choose_workers,
    configure,
    write_configuration,
)
from defcheck.runner.record import Record, now
from defcheck.tempest import installed
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.plan import make_plan
from defcheck.tempest.workspace import open_workspace


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
    cloud, configuration = configure(request, projects, watcher)
    configuration, prefix = mark(configuration, new())
    workers = choose_workers(request.workers, configuration)
    with open_workspace(tempest) as workspace:
        write_configuration(workspace, configuration)
        watcher.say(f"Tempest {tempest.version}: listing its tests")
        with open_runner(workspace) as runner:
            files = report_files(tempest, watcher)
            inventory = inventory_text(runner)
            plan = make_plan(guideline, target, request.statuses, tuple(runner.owners))
            record = Record(
                defcheck=__version__,
                tempest=tempest.version,
                tempest_files=files,
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
                inventory_sha256=hashlib.sha256(inventory).hexdigest(),
                started=now(),
                prefix=prefix,
            )
            directory = RunDirectory.create(request.output)
            directory.write_inputs(
                guideline_bytes,
                tempestconf.render(tempestconf.redact(configuration.sections)),
                inventory,
            )
            directory.write_record(record)
            directory.keep_room()
            watcher.planned(plan.tests, workers)
            going = Run(runner, directory, record, watcher, request.class_seconds)
            interrupted = going.conduct(plan.tests)
    look_after(directory, record, configuration, watcher)
    return Done(directory, record, interrupted)


def inventory_text(runner: Runner) -> bytes:
    """Return the full names of all tests as inventory.txt keeps them."""
    return "".join(f"{name}\n" for name in runner.owners).encode()


def report_files(tempest: InstalledTempest, watcher: Watcher) -> list[str] | str:
    """Return what run.json says of Tempest's files; say so where they were changed."""
    changes = installed.changes(tempest)
    if changes is None:
        watcher.say("Whether Tempest's files are unmodified cannot be told")
        return "unknown"
    if not changes:
        return "unmodified"
    shown = ", ".join(changes[:3]) + (", …" if len(changes) > 3 else "")
    watcher.say(f"Warning: the installed Tempest is not as it was published: {shown}")
    return list(changes)
