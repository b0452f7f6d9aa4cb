"""A run from cloud and guideline to a run directory, new or resumed."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from defcheck import __version__
from defcheck.cloud import tempest_conf
from defcheck.cloud.cleanup.ownership import apply_prefix
from defcheck.cloud.preflight.context import UserSetup, find_gained_tests
from defcheck.cloud.tempest_conf import list_conf_credentials, new_prefix
from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline, Status
from defcheck.guideline.selection import find_target, list_capabilities, require_counted_tests
from defcheck.runner import preflight
from defcheck.runner.engine.client import Runner
from defcheck.runner.execution import RunExecution, close_run
from defcheck.runner.journal import log_created
from defcheck.runner.leftover_scan import CleanupRequest, find_cleanup_credentials, scan_after_run
from defcheck.runner.preflight import describe_account_needs, find_exclusions, remove_excluded
from defcheck.runner.preparation import (
    DYNAMIC,
    POOL,
    PreparedRun,
    RunObserver,
    RunRequest,
    choose_workers,
    prepare_run,
    write_configuration,
)
from defcheck.runner.record import CLASS_SECONDS, RunRecord, format_utc_now
from defcheck.runner.resume_plan import (
    NEW_RUN_ADVICE,
    ResumePlan,
    plan_resume,
    refuse_other_cloud,
    refuse_other_tempest,
    require_files,
    restore_configuration,
)
from defcheck.runner.run_directory import RunDirectory, refuse_existing
from defcheck.runner.user_pool import open_runners
from defcheck.tempest import installed
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.inventory import make_plan
from defcheck.tempest.managed import environments, known_tempests
from defcheck.tempest.workspace import open_workspace
from defcheck.util.concurrency import wait_for_writer


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that ended."""

    directory: RunDirectory
    record: RunRecord
    interrupted: bool


def run_guideline(request: RunRequest, watcher: RunObserver) -> RunResult:
    """Run the tests that a target requires and keep everything in a run directory.

    Every error that can be detected early is raised before the directory is created.
    """
    refuse_existing(request.output)
    guideline, guideline_bytes = catalog.load_with_bytes(request.guideline)
    target = find_target(guideline, request.target)
    require_counted_tests(guideline, target)
    tempest = environments.find_tempest(request.tempest)
    if not known_tempests.is_sound(tempest.version):
        watcher.say(f"Warning: {tempest.title} was {known_tempests.UNSOUND_REASON}")
    projects = {item.capability.project for item in list_capabilities(guideline, target)}
    names = tuple(
        dict.fromkeys(
            test.name
            for item in list_capabilities(guideline, target)
            if item.status in request.statuses
            for test in item.capability.tests
        )
    )

    def refuse_early(unprobed: PreparedRun) -> None:
        if not request.regardless:
            users = UserSetup(unprobed.configuration.credentials)
            preflight.refuse_hopeless(unprobed, users, names)

    prepared = prepare_run(request, projects, watcher, refuse_early)
    configuration, prefix = apply_prefix(prepared.configuration, new_prefix())
    prepared = replace(prepared, configuration=configuration, prefix=prefix)
    workers = choose_workers(request.workers, configuration)
    with (
        environments.hold_tempest(tempest),
        open_workspace(tempest) as workspace,
        ThreadPoolExecutor(1) as threads,
    ):
        # Log in while the runner imports Tempest: logins only wait for the cloud.
        seeing = threads.submit(preflight.check_users, prepared, workers)
        write_configuration(workspace, configuration)
        watcher.say(f"{tempest.title}: listing its tests")
        with open_runners(request, prepared, tempest, workspace, workers, watcher) as runner:
            files = describe_tempest_files(tempest, watcher)
            users = seeing.result()
            inventory = encode_inventory(runner)
            plan = make_plan(
                guideline, target, request.statuses, tuple(runner.owners), tempest=tempest
            )
            if not request.regardless:
                preflight.refuse_hopeless(prepared, users, plan.tests)
            foreseen, more = preflight.predict_skips(runner, plan.tests, workspace, prepared)
            if not request.regardless:
                preflight.refuse_unusable_accounts(prepared, runner, plan.tests)
            withheld = find_exclusions(foreseen, more)
            tests = remove_excluded(plan.tests, withheld)
            record = RunRecord(
                defcheck=__version__,
                tempest=tempest.version,
                tempest_files=files,
                tempest_name=tempest.name,
                tempest_plugins=installed.list_plugins(tempest),
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
                second_account=find_gained_tests(foreseen, more),
                withheld=withheld,
                started=format_utc_now(),
                prefix=prefix,
                **request.record_fields,
            )
            directory = RunDirectory.create(request.output)
            directory.write_inputs(
                guideline_bytes,
                render_conf(
                    tempest_conf.redact_secrets(configuration.sections), configuration.comments
                ),
                inventory,
            )
            log_created(directory.path, prepared.created)
            directory.write_record(record)
            directory.reserve_space()
            needs = describe_account_needs(foreseen, more)
            if needs:
                watcher.say(needs)
            watcher.planned(tests, workers)
            going = RunExecution(
                runner, directory, record, watcher, request.class_seconds, request.reruns
            )
            interrupted = going.execute_run(tests)
    scan_after_run(directory, record, partial(list_conf_credentials, configuration), watcher)
    return RunResult(directory, record, interrupted)


def encode_inventory(runner: Runner) -> bytes:
    """Return the full names of all tests in the format of inventory.txt."""
    return "".join(f"{name}\n" for name in runner.owners).encode()


def describe_tempest_files(tempest: InstalledTempest, watcher: RunObserver) -> list[str] | str:
    """Return how run.json describes Tempest's files; warn if they were changed."""
    changes = installed.find_changed_files(tempest)
    if changes is None:
        watcher.say("Cannot tell whether Tempest's files are unmodified")
        return "unknown"
    if not changes:
        return "unmodified"
    shown = ", ".join(changes[:3]) + (", …" if len(changes) > 3 else "")
    watcher.say(f"Warning: the installed Tempest differs from the published one: {shown}")
    return list(changes)


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """What the user specifies to resume a run; the rest is in its directory."""

    path: Path
    tempest_conf: Path | None = None
    accounts: Path | None = None
    cacert: Path | None = None
    workers: int | None = None
    """None for as many as before."""

    clouds_files: tuple[Path, ...] = ()
    class_seconds: float = CLASS_SECONDS
    reruns: int = 0

    def build_request(self, record: RunRecord) -> RunRequest:
        """Return the run's request with the files that the user names now."""
        return RunRequest(
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


def resume_run(resume_request: ResumeRequest, watcher: RunObserver) -> RunResult:
    """Run again the classes of a run that did not complete.

    Every error that blocks it is raised before the directory is changed.
    """
    directory = RunDirectory(resume_request.path)
    directory.read_record()
    directory.lock_for_writing()
    record = directory.read_record()
    wait_for_writer(directory.raw_results)
    directory.refuse_changed_results(record)
    remains = plan_resume(resume_request.path, directory.raw_results, record)
    if not remains.tests and record.state == "finished" and not record.runner_code:
        raise InputError(
            f"There is nothing to resume in {resume_request.path}: all classes completed.",
            "Score it with `defcheck score`, or start a new run.",
        )
    if record.defcheck != __version__:
        watcher.say(f"The run was started by defcheck {record.defcheck}; this is {__version__}")
    guideline = directory.read_guideline(record)
    request = resume_request.build_request(record)
    if not remains.tests:  # it was killed after the last test
        _record_resumption(directory, record, remains, record.workers)
        record.state, record.runner_code = "finished", 0
        close_run(directory, record)
        given = CleanupRequest(
            resume_request.path,
            resume_request.accounts,
            resume_request.tempest_conf,
            resume_request.clouds_files,
            resume_request.cacert,
        )
        scan_after_run(
            directory,
            record,
            partial(find_cleanup_credentials, given, record, watcher.say),
            watcher,
        )
        return RunResult(directory, record, interrupted=False)
    return _continue_run(directory, record, remains, guideline, request, watcher)


def _continue_run(
    directory: RunDirectory,
    record: RunRecord,
    remains: ResumePlan,
    guideline: Guideline,
    request: RunRequest,
    watcher: RunObserver,
) -> RunResult:
    require_files(record, request)
    tempest = environments.find_tempest(record.tempest_name)
    refuse_other_tempest(record, tempest, describe_tempest_files(tempest, watcher))
    target = find_target(guideline, record.target)
    projects = {item.capability.project for item in list_capabilities(guideline, target)}
    fresh = prepare_run(request, projects, watcher)
    refuse_other_cloud(record, fresh.facts, fresh.configuration.credentials)
    marked, _ = apply_prefix(fresh.configuration, record.prefix)
    configuration = restore_configuration(directory.read_conf(), marked, request)
    prepared = replace(fresh, configuration=configuration, prefix=record.prefix)
    workers = choose_workers(request.workers, configuration)
    preflight.check_users(prepared, workers)
    with environments.hold_tempest(tempest), open_workspace(tempest) as workspace:
        write_configuration(workspace, configuration)
        watcher.say(f"{tempest.title}: listing its tests")
        with open_runners(request, prepared, tempest, workspace, workers, watcher) as runner:
            _refuse_other_tests(record, runner)
            runner.predict_skips(remains.tests)  # finds those that the pool's users cannot run
            _record_resumption(directory, record, remains, workers)
            watcher.planned(remains.tests, workers)
            run = RunExecution(
                runner, directory, record, watcher, request.class_seconds, request.reruns
            )
            interrupted = run.execute_run(remains.tests)
    scan_after_run(directory, record, partial(list_conf_credentials, configuration), watcher)
    return RunResult(directory, record, interrupted)


def _refuse_other_tests(record: RunRecord, runner: Runner) -> None:
    if hashlib.sha256(encode_inventory(runner)).hexdigest() != record.inventory_sha256:
        raise InputError(
            "Tempest now lists other tests than at the start of the run.", NEW_RUN_ADVICE
        )


def _record_resumption(
    directory: RunDirectory, record: RunRecord, remains: ResumePlan, workers: int
) -> None:
    """Record the resumption, before any test runs."""
    try:
        cut = directory.move_rest_aside(remains.whole_bytes)
        entry = {
            "at": format_utc_now(),
            "offset": remains.whole_bytes,
            "again": list(remains.tests),
            "cut": cut,
        }
        record.resumed.append({**entry, "workers": record.workers})
        record.workers = workers
        record.state, record.finished, record.results_sha256 = "running", "", ""
        record.runner_code = None
        directory.write_record(record)
        directory.reserve_space()
    except OSError as error:
        raise UnusableError(
            f"The run directory {directory.path} cannot be written: {error.strerror}.",
            "Free disk space there; the partial results are kept.",
        ) from error
