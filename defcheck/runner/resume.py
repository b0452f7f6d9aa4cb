"""Go on with a run that was interrupted, killed or failed."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from defcheck import __version__
from defcheck.cloud.leftovers.marking import mark
from defcheck.cloud.logins import of_configuration
from defcheck.errors import InputError, UnusableError
from defcheck.guideline.model import Guideline, Status
from defcheck.guideline.select import find_target, listed
from defcheck.runner import preflight
from defcheck.runner.aftermath import look_after
from defcheck.runner.conduct import Run, close
from defcheck.runner.directory import RunDirectory
from defcheck.runner.execute import Runner
from defcheck.runner.job import Done, inventory_text, report_files
from defcheck.runner.lock import wait_for_writer
from defcheck.runner.lookers import Given, find_logins
from defcheck.runner.pooled import open_runners
from defcheck.runner.preparation import (
    DYNAMIC,
    POOL,
    Request,
    Watcher,
    choose_workers,
    prepare,
    write_configuration,
)
from defcheck.runner.record import CLASS_SECONDS, Record, now
from defcheck.runner.remains import Remains, look
from defcheck.runner.sameness import (
    ANEW,
    as_before,
    refuse_other_cloud,
    refuse_other_tempest,
    require_files,
)
from defcheck.tempest.managed import choice
from defcheck.tempest.workspace import open_workspace


@dataclass(frozen=True, slots=True)
class Going:
    """What a user asks for, to go on with a run; the rest is in its directory."""

    path: Path
    tempest_conf: Path | None = None
    accounts: Path | None = None
    cacert: Path | None = None
    workers: int | None = None
    """As many as before where it is None."""

    clouds_files: tuple[Path, ...] = ()
    class_seconds: float = CLASS_SECONDS
    reruns: int = 0

    def request(self, record: Record) -> Request:
        """Return the request of the run with the files that are named now."""
        return Request(
            guideline=record.guideline["id"],
            target=record.target,
            output=self.path,
            cloud=record.cloud["name"],
            tempest_conf=self.tempest_conf,
            accounts=self.accounts,
            cacert=self.cacert,
            users=DYNAMIC if record.credentials == DYNAMIC else POOL,
            probe=False,
            workers=self.workers or record.workers,
            statuses=tuple(map(Status, record.statuses)),
            clouds_files=self.clouds_files,
            class_seconds=self.class_seconds,
            reruns=self.reruns,
        )


def resume(going: Going, watcher: Watcher) -> Done:
    """Run again the classes of a run that did not come to their end.

    Everything that stands against it is found before the directory is changed.
    """
    directory = RunDirectory(going.path)
    directory.read_record()
    directory.hold()
    record = directory.read_record()
    wait_for_writer(directory.raw_results)
    directory.refuse_changed_results(record)
    remains = look(going.path, directory.raw_results, record)
    if not remains.again and record.state == "finished" and not record.runner_code:
        raise InputError(
            f"There is nothing to resume in {going.path}: all classes came to their end.",
            "Score it with `defcheck score`, or begin a new run.",
        )
    if record.defcheck != __version__:
        watcher.say(f"The run was begun by defcheck {record.defcheck}, this is {__version__}")
    guideline = directory.read_guideline(record)
    request = going.request(record)
    if not remains.again:  # it was cut off after the last test
        _mark(directory, record, remains, record.workers)
        record.state, record.runner_code = "finished", 0
        close(directory, record)
        given = Given(
            going.path, going.accounts, going.tempest_conf, going.clouds_files, going.cacert
        )
        look_after(directory, record, partial(find_logins, given, record, watcher.say), watcher)
        return Done(directory, record, interrupted=False)
    return _go_on(directory, record, remains, guideline, request, watcher)


def _go_on(
    directory: RunDirectory,
    record: Record,
    remains: Remains,
    guideline: Guideline,
    request: Request,
    watcher: Watcher,
) -> Done:
    require_files(record, request)
    tempest = choice.find(record.tempest_name)
    refuse_other_tempest(record, tempest, report_files(tempest, watcher))
    target = find_target(guideline, record.target)
    projects = {item.capability.project for item in listed(guideline, target)}
    fresh = prepare(request, projects, watcher)
    refuse_other_cloud(record, fresh.facts, fresh.configuration.credentials)
    marked, _ = mark(fresh.configuration, record.prefix)
    configuration = as_before(directory.read_conf(), marked, request)
    prepared = replace(fresh, configuration=configuration, prefix=record.prefix)
    workers = choose_workers(request.workers, configuration)
    preflight.see_users(prepared, workers)
    with choice.held(tempest), open_workspace(tempest) as workspace:
        write_configuration(workspace, configuration)
        watcher.say(f"{tempest.title}: listing its tests")
        with open_runners(request, prepared, tempest, workspace, workers, watcher) as runner:
            _refuse_other_tests(record, runner)
            runner.foresee(remains.again)  # which of them a pool's users cannot run
            _mark(directory, record, remains, workers)
            watcher.planned(remains.again, workers)
            run = Run(runner, directory, record, watcher, request.class_seconds, request.reruns)
            interrupted = run.conduct(remains.again)
    look_after(directory, record, partial(of_configuration, configuration), watcher)
    return Done(directory, record, interrupted)


def _refuse_other_tests(record: Record, runner: Runner) -> None:
    if hashlib.sha256(inventory_text(runner)).hexdigest() != record.inventory_sha256:
        raise InputError("Tempest lists other tests now than when the run began.", ANEW)


def _mark(directory: RunDirectory, record: Record, remains: Remains, workers: int) -> None:
    """Write into the record that the run is resumed, before anything is run."""
    try:
        cut = directory.set_aside(remains.whole)
        entry = {"at": now(), "offset": remains.whole, "again": list(remains.again), "cut": cut}
        record.resumed.append({**entry, "workers": record.workers})
        record.workers = workers
        record.state, record.finished, record.results_sha256 = "running", "", ""
        record.runner_code = None
        directory.write_record(record)
        directory.keep_room()
    except OSError as error:
        raise UnusableError(
            f"The run directory {directory.path} cannot be written: {error.strerror}.",
            "Make room there; what was done before is kept.",
        ) from error
