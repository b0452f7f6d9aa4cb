"""A run from cloud and guideline to a run directory, new or resumed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial

from defcheck import __version__
from defcheck.cloud import tempest_conf
from defcheck.cloud.cleanup.ownership import apply_prefix
from defcheck.cloud.preflight.context import PredictedSkip, UserSetup, find_gained_tests
from defcheck.cloud.tempest_conf import list_conf_credentials, new_prefix
from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline, Status, Target
from defcheck.guideline.selection import find_target, list_capabilities
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
from defcheck.runner.record import RunHistory, RunInputs, RunOutcome, RunRecord, format_utc_now
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
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import require_scorable
from defcheck.tempest import installed
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.inventory import RunPlan, make_plan
from defcheck.tempest.managed import environments, known_tempests
from defcheck.tempest.workspace import open_workspace
from defcheck.util.concurrency import wait_for_writer


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that ended."""

    directory: RunDirectory
    record: RunRecord
    interrupted: bool


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """A run that can start: its cloud, users and tests were checked."""

    runner: Runner
    prepared: PreparedRun
    workers: int
    plan: RunPlan
    predicted: dict[str, PredictedSkip]
    """The skips that Tempest predicts, by test."""

    with_more_users: dict[str, PredictedSkip] | None
    """The same with several accounts; None if there are several."""


@contextmanager
def open_checked_run(
    request: RunRequest,
    guideline: Guideline,
    target: Target,
    tempest: InstalledTempest,
    watcher: RunObserver,
    settle_configuration: Callable[[PreparedRun], PreparedRun],
    plan_tests: Callable[[Sequence[str]], RunPlan],
) -> Iterator[CheckedRun]:
    """Prepare a new or a resumed run, check it, and keep its runner open.

    The two differ only in `settle_configuration` and `plan_tests`, which takes the
    full names of all tests of the Tempest: a new run uses what the cloud and the
    guideline say now, a resumed one what it started with. Raises `InputError` or
    `UnusableError` if a test cannot pass, unless the request says to run regardless.
    """
    if not known_tempests.is_sound(tempest.version):
        watcher.say(f"Warning: {tempest.title} was {known_tempests.UNSOUND_REASON}")
    listed = list(list_capabilities(guideline, target))
    names = tuple(
        dict.fromkeys(
            test.name
            for item in listed
            if item.status in request.statuses
            for test in item.capability.tests
        )
    )

    def refuse_early(unprobed: PreparedRun) -> None:
        if not request.regardless:
            users = UserSetup(unprobed.configuration.credentials)
            preflight.refuse_hopeless(unprobed, users, names)

    projects = {item.capability.project for item in listed}
    prepared = settle_configuration(prepare_run(request, projects, watcher, refuse_early))
    workers = choose_workers(request.workers, prepared.configuration)
    with (
        environments.hold_tempest(tempest),
        open_workspace(tempest) as workspace,
        ThreadPoolExecutor(1) as threads,
    ):
        # Log in while the runner imports Tempest: logins only wait for the cloud.
        checking = threads.submit(preflight.check_users, prepared, workers)
        write_configuration(workspace, prepared.configuration)
        watcher.say(f"{tempest.title}: listing its tests")
        with open_runners(request, prepared, tempest, workspace, workers, watcher) as runner:
            plan = plan_tests(tuple(runner.owners))
            users = checking.result()
            if not request.regardless:
                preflight.refuse_hopeless(prepared, users, plan.tests)
            predicted, more = preflight.predict_skips(runner, plan.tests, workspace, prepared)
            if not request.regardless:
                preflight.refuse_unusable_accounts(prepared, runner, plan.tests)
            yield CheckedRun(runner, prepared, workers, plan, predicted, more)


def run_guideline(
    request: RunRequest, watcher: RunObserver, scoring_options: ScoringOptions = DEFAULT_OPTIONS
) -> RunResult:
    """Run the tests that a target requires and keep everything in a run directory.

    Every error that blocks it is raised before the directory is created, also
    that `scoring_options` leave no test to score after it.
    """
    refuse_existing(request.output)
    guideline, guideline_bytes = catalog.load_with_bytes(request.guideline)
    target = find_target(guideline, request.target)
    require_scorable(guideline, target, scoring_options)
    tempest = environments.find_tempest(request.tempest)
    files = describe_tempest_files(tempest, watcher)

    def mark_names(prepared: PreparedRun) -> PreparedRun:
        configuration, prefix = apply_prefix(prepared.configuration, new_prefix())
        return replace(prepared, configuration=configuration, prefix=prefix)

    def plan_tests(inventory: Sequence[str]) -> RunPlan:
        return make_plan(guideline, target, request.statuses, inventory, tempest=tempest)

    with open_checked_run(
        request, guideline, target, tempest, watcher, mark_names, plan_tests
    ) as checked:
        configuration = checked.prepared.configuration
        inventory = encode_inventory(checked.runner.owners)
        withheld = find_exclusions(checked.predicted, checked.with_more_users)
        tests = remove_excluded(checked.plan.tests, withheld)
        inputs = RunInputs(
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
            cloud=checked.prepared.facts,
            planned=list(tests),
            absent=list(checked.plan.absent),
            inventory_sha256=hashlib.sha256(inventory).hexdigest(),
            foreseen={test: asdict(fate) for test, fate in checked.predicted.items()},
            second_account=find_gained_tests(checked.predicted, checked.with_more_users),
            withheld=withheld,
            started=format_utc_now(),
            prefix=checked.prepared.prefix,
            **request.record_fields,
        )
        record = RunRecord(inputs, RunHistory(configuration.credentials, checked.workers))
        directory = RunDirectory.create(request.output)
        directory.write_inputs(
            guideline_bytes,
            render_conf(
                tempest_conf.redact_secrets(configuration.sections), configuration.comments
            ),
            inventory,
        )
        log_created(directory.path, checked.prepared.created)
        directory.write_record(record)
        directory.reserve_space()
        needs = describe_account_needs(checked.predicted, checked.with_more_users)
        if needs:
            watcher.say(needs)
        interrupted = _execute_checked_run(checked, tests, directory, record, request, watcher)
    scan_after_run(directory, record, partial(list_conf_credentials, configuration), watcher)
    return RunResult(directory, record, interrupted)


def _execute_checked_run(
    checked: CheckedRun,
    tests: Sequence[str],
    directory: RunDirectory,
    record: RunRecord,
    request: RunRequest,
    watcher: RunObserver,
) -> bool:
    """Run tests into a directory that is ready for them; return whether it was interrupted."""
    watcher.planned(tests, checked.workers)
    return RunExecution(
        checked.runner, directory, record, watcher, request.class_seconds, request.reruns
    ).execute_run(tests)


def encode_inventory(inventory: Iterable[str]) -> bytes:
    """Return the full names of all tests in the format of inventory.txt."""
    return "".join(f"{name}\n" for name in inventory).encode()


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


def complete_request(request: RunRequest, record: RunRecord) -> RunRequest:
    """Return the request of the run that a record is of, with the files that are named now."""
    return replace(
        request,
        guideline=record.inputs.guideline["id"],
        target=record.inputs.target,
        cloud=record.inputs.cloud["name"],
        regardless=record.inputs.regardless,
        users=DYNAMIC if record.history.credentials == DYNAMIC else POOL,
        probe=False,
        workers=request.workers or record.history.workers,
        statuses=tuple(map(Status, record.inputs.statuses)),
    )


def resume_run(
    request: RunRequest,
    watcher: RunObserver,
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
) -> RunResult:
    """Run again the classes of the run in `request.output` that did not complete.

    What a request says beside its files and limits is in the record of the run.
    Every error that blocks it is raised before the directory is changed, also
    that `scoring_options` leave no test to score after it.
    """
    directory = RunDirectory(request.output)
    directory.read_record()
    directory.lock_for_writing()
    record = directory.read_record()
    wait_for_writer(directory.raw_results)
    directory.refuse_changed_results(record)
    remains = plan_resume(request.output, directory.raw_results, record)
    if not remains.tests and record.outcome.state == "finished" and not record.outcome.runner_code:
        raise InputError(
            f"There is nothing to resume in {request.output}: all classes completed.",
            "Score it with `defcheck score`, or start a new run.",
        )
    if record.inputs.defcheck != __version__:
        watcher.say(
            f"The run was started by defcheck {record.inputs.defcheck}; this is {__version__}"
        )
    guideline = directory.read_guideline(record)
    target = find_target(guideline, record.inputs.target)
    require_scorable(guideline, target, scoring_options)
    request = complete_request(request, record)
    if not remains.tests:  # it was killed after the last test
        _record_resumption(directory, record, remains, record.history.workers)
        record.update_outcome(state="finished", runner_code=0)
        close_run(directory, record)
        given = CleanupRequest(
            request.output,
            request.accounts,
            request.tempest_conf,
            request.clouds_files,
            request.cacert,
        )
        scan_after_run(
            directory,
            record,
            partial(find_cleanup_credentials, given, record, watcher.say),
            watcher,
        )
        return RunResult(directory, record, interrupted=False)
    return _continue_run(directory, record, remains, guideline, target, request, watcher)


def _continue_run(
    directory: RunDirectory,
    record: RunRecord,
    remains: ResumePlan,
    guideline: Guideline,
    target: Target,
    request: RunRequest,
    watcher: RunObserver,
) -> RunResult:
    require_files(record, request)
    tempest = environments.find_tempest(record.inputs.tempest_name)
    refuse_other_tempest(record, tempest, describe_tempest_files(tempest, watcher))

    def restore_own(fresh: PreparedRun) -> PreparedRun:
        refuse_other_cloud(record, fresh.facts, fresh.configuration.credentials)
        marked, _ = apply_prefix(fresh.configuration, record.inputs.prefix)
        configuration = restore_configuration(directory.read_conf(), marked, request)
        return replace(fresh, configuration=configuration, prefix=record.inputs.prefix)

    def take_remaining(inventory: Sequence[str]) -> RunPlan:
        _refuse_other_tests(record, inventory)
        return RunPlan(remains.tests, tuple(record.inputs.absent))

    with open_checked_run(
        request, guideline, target, tempest, watcher, restore_own, take_remaining
    ) as checked:
        _record_resumption(directory, record, remains, checked.workers)
        interrupted = _execute_checked_run(
            checked, remains.tests, directory, record, request, watcher
        )
    credentials = partial(list_conf_credentials, checked.prepared.configuration)
    scan_after_run(directory, record, credentials, watcher)
    return RunResult(directory, record, interrupted)


def _refuse_other_tests(record: RunRecord, inventory: Sequence[str]) -> None:
    if hashlib.sha256(encode_inventory(inventory)).hexdigest() != record.inputs.inventory_sha256:
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
        resumption = {**entry, "workers": record.history.workers}
        record.update_history(workers=workers, resumed=[*record.history.resumed, resumption])
        record.outcome = RunOutcome(leftovers=record.outcome.leftovers)
        directory.write_record(record)
        directory.reserve_space()
    except OSError as error:
        raise UnusableError(
            f"The run directory {directory.path} cannot be written: {error.strerror}.",
            "Free disk space there; the partial results are kept.",
        ) from error
