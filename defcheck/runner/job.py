"""One run from cloud and guideline to a run directory."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial

from defcheck import __version__
from defcheck.cloud import prefix as prefixes
from defcheck.cloud import tempestconf
from defcheck.cloud.leftovers.marking import mark
from defcheck.cloud.logins import of_configuration
from defcheck.cloud.preflight.scene import Users, gained
from defcheck.guideline import catalog
from defcheck.guideline.select import find_target, listed, require_counted
from defcheck.runner import preflight
from defcheck.runner.aftermath import look_after
from defcheck.runner.conduct import Run
from defcheck.runner.directory import RunDirectory, refuse_existing
from defcheck.runner.execute import Runner
from defcheck.runner.made import note
from defcheck.runner.pooled import open_runners
from defcheck.runner.preparation import (
    Prepared,
    Request,
    Watcher,
    choose_workers,
    prepare,
    write_configuration,
)
from defcheck.runner.record import Record, now
from defcheck.runner.withheld import describe_needs, withhold, without
from defcheck.tempest import installed
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.managed import choice, known
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
    tempest = choice.find(request.tempest)
    if not known.is_sound(tempest.version):
        watcher.say(f"Warning: {tempest.title} was {known.OLD}")
    projects = {item.capability.project for item in listed(guideline, target)}
    names = tuple(
        dict.fromkeys(
            test.name
            for item in listed(guideline, target)
            if item.status in request.statuses
            for test in item.capability.tests
        )
    )

    def refuse_early(unprobed: Prepared) -> None:
        if not request.regardless:
            users = Users(unprobed.configuration.credentials)
            preflight.refuse_hopeless(unprobed, users, names)

    prepared = prepare(request, projects, watcher, refuse_early)
    configuration, prefix = mark(prepared.configuration, prefixes.new())
    prepared = replace(prepared, configuration=configuration, prefix=prefix)
    workers = choose_workers(request.workers, configuration)
    with (
        choice.held(tempest),
        open_workspace(tempest) as workspace,
        ThreadPoolExecutor(1) as threads,
    ):
        # Logins wait for the cloud, while the runner imports Tempest.
        seeing = threads.submit(preflight.see_users, prepared, workers)
        write_configuration(workspace, configuration)
        watcher.say(f"{tempest.title}: listing its tests")
        with open_runners(request, prepared, tempest, workspace, workers, watcher) as runner:
            files = report_files(tempest, watcher)
            users = seeing.result()
            inventory = inventory_text(runner)
            plan = make_plan(
                guideline, target, request.statuses, tuple(runner.owners), tempest=tempest
            )
            if not request.regardless:
                preflight.refuse_hopeless(prepared, users, plan.tests)
            foreseen, more = preflight.foresee(runner, plan.tests, workspace, prepared)
            if not request.regardless:
                preflight.refuse_unusable_accounts(prepared, runner, plan.tests)
            withheld = withhold(foreseen, more)
            tests = without(plan.tests, withheld)
            record = Record(
                defcheck=__version__,
                tempest=tempest.version,
                tempest_files=files,
                tempest_name=tempest.name,
                tempest_plugins=installed.plugins(tempest),
                python=tempest.python_version,
                guideline={
                    "id": guideline.id,
                    "sha256": guideline.sha256,
                    "schema": guideline.schema,
                },
                target=target.name,
                statuses=[status.value for status in request.statuses],
                cloud=prepared.facts,
                credentials=configuration.credentials,
                workers=workers,
                planned=list(tests),
                absent=list(plan.absent),
                inventory_sha256=hashlib.sha256(inventory).hexdigest(),
                foreseen={test: asdict(fate) for test, fate in foreseen.items()},
                second_account=gained(foreseen, more),
                withheld=withheld,
                started=now(),
                prefix=prefix,
                **request.kept,
            )
            directory = RunDirectory.create(request.output)
            directory.write_inputs(
                guideline_bytes,
                render_conf(tempestconf.redact(configuration.sections), configuration.comments),
                inventory,
            )
            note(directory.path, prepared.created)
            directory.write_record(record)
            directory.keep_room()
            needs = describe_needs(foreseen, more)
            if needs:
                watcher.say(needs)
            watcher.planned(tests, workers)
            going = Run(runner, directory, record, watcher, request.class_seconds, request.reruns)
            interrupted = going.conduct(tests)
    look_after(directory, record, partial(of_configuration, configuration), watcher)
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
