"""Commands on runs: `defcheck run`, `defcheck resume` and `defcheck cleanup`."""

import os
import shlex
from pathlib import Path
from typing import Any

import click

from defcheck.cli import completion
from defcheck.cli.options import (
    accounts_option,
    cacert_option,
    execution_options,
    guideline_option,
    read_scoring_options,
    scoring_options,
    target_option,
)
from defcheck.cli.output import format_option, formats_option, output_option, parse_outputs
from defcheck.cli.terminal import detail_options, print_note, verbosity_options
from defcheck.errors import ExitCode


@click.command(
    name="run", short_help="Run a guideline's tests against a cloud and give the verdict."
)
@click.option(
    "--cloud",
    metavar="NAME",
    shell_complete=completion.complete_clouds,
    default="",
    help="The cloud's name in clouds.yaml.  [default: $OS_CLOUD]",
)
@guideline_option("Guideline.", name="guideline", required=True)
@target_option("platform, compute, storage (or object), dns, …", name="target")
@click.option(
    "--type",
    "types",
    default="required",
    show_default=True,
    metavar="STATUS,…",
    help="Run the tests of capabilities with these statuses.",
)
@click.option(
    "--tempest-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Use this tempest.conf instead of generating one.",
)
@accounts_option
@click.option(
    "--users",
    type=click.Choice(["pool", "dynamic"]),
    default="pool",
    show_default=True,
    help="With admin credentials: create users once per run and delete them at its end (pool), or "
    "let Tempest create users for every class (dynamic).",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Set an option of tempest.conf, such as compute.image_ref=ID; may be repeated.",
)
@cacert_option(
    "Trust the certificate authorities in this file (PEM) instead of those of clouds.yaml."
)
@click.option(
    "--regardless",
    is_flag=True,
    help="Run even if the preflight check finds tests that cannot pass.",
)
@click.option(
    "--tempest",
    "tempest",
    shell_complete=completion.complete_tempests,
    metavar="NAME",
    default="",
    help="Run with this Tempest; see `defcheck tempest list`.  [default: that of `tempest use`]",
)
@execution_options
@formats_option()
@output_option
@scoring_options
@verbosity_options
def run_command(
    cloud: str,
    guideline: str,
    target: str,
    types: str,
    tempest_conf: Path | None,
    accounts: Path | None,
    users: str,
    settings: tuple[str, ...],
    cacert: Path | None,
    regardless: bool,
    tempest: str,
    workers: int | None,
    formats: tuple[str, ...],
    class_timeout: float,
    reruns_of_failed: int,
    output: Path | None,
    **options: Any,
) -> int:
    """Run the tests that a target requires, score the results and report the verdict.

    The run directory contains everything: the raw results, the verdict as
    verdict.json, and the report as report.html. An interrupted run keeps its
    partial results; `defcheck resume` continues it.

    \b
    Examples:
      defcheck run --cloud mycloud --guideline 2020.06 --target storage
      defcheck run --cloud mycloud -g 2020.06 -t storage -f text -f junit:junit.xml
    """
    from defcheck.cli.run_output import default_run_directory, run_and_report
    from defcheck.cli.terminal import make_status_printer
    from defcheck.guideline.selection import parse_statuses
    from defcheck.lab import paths as lab_paths
    from defcheck.runner.preparation import RunRequest

    outputs = parse_outputs(formats, planned_folder=output)
    terms = read_scoring_options(**options)
    if not cloud and tempest_conf is None:
        cloud = os.environ.get("OS_CLOUD", "")
    request = RunRequest(
        guideline=guideline,
        target=target,
        output=output or default_run_directory(cloud or "cloud", guideline, target),
        cloud=cloud,
        tempest_conf=tempest_conf,
        accounts=accounts,
        workers=workers,
        users=users,
        settings=settings,
        cacert=cacert,
        regardless=regardless,
        tempest=tempest,
        statuses=parse_statuses(types.split(",")),
        clouds_files=lab_paths.list_clouds_files(),
        class_seconds=class_timeout * 60,
        reruns=reruns_of_failed,
    )
    return run_and_report(request, make_status_printer(), terms, outputs)


@click.command(name="resume", short_help="Resume a run that was interrupted or killed.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.complete_runs)
@click.option(
    "--tempest-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The tempest.conf that the run started with, if it was given one.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The accounts.yaml that the run started with, if it was given one.",
)
@cacert_option("The certificate authorities that the run started with, if it was given any.")
@execution_options
@formats_option()
@scoring_options
@verbosity_options
def resume_command(
    run: Path,
    tempest_conf: Path | None,
    accounts: Path | None,
    cacert: Path | None,
    workers: int | None,
    class_timeout: float,
    reruns_of_failed: int,
    formats: tuple[str, ...],
    **options: Any,
) -> int:
    """Resume the run in the run directory RUN.

    Test classes that did not finish run again, existing results are kept, and
    the reports say that the run was resumed. The cloud is looked up again by its
    name. Run directories never contain files with passwords, so give these files
    again. Guideline, Tempest, cloud and settings must be the same as before.

    \b
    Example:
      defcheck resume defcheck-runs/20261125T090000Z-mycloud-2020.06-storage
    """
    from defcheck.cli.run_output import RunProgress, explain_interruption, report_run
    from defcheck.cli.terminal import make_status_printer
    from defcheck.lab import paths as lab_paths
    from defcheck.runner.preparation import RunRequest
    from defcheck.runner.runs import resume_run

    outputs = parse_outputs(formats)
    terms = read_scoring_options(**options)
    request = RunRequest(
        guideline="",
        target="",
        output=run,
        tempest_conf=tempest_conf,
        accounts=accounts,
        cacert=cacert,
        workers=workers,
        clouds_files=lab_paths.list_clouds_files(),
        class_seconds=class_timeout * 60,
        reruns=reruns_of_failed,
    )
    with RunProgress(make_status_printer()) as progress, explain_interruption(run):
        done = resume_run(request, progress, terms)
    return report_run(done, terms, outputs)


@click.command(name="cleanup", short_help="Show or delete the leftovers of a run.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.complete_runs)
@click.option(
    "--yes", is_flag=True, help="Delete the leftovers shown; without --yes nothing is changed."
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The accounts.yaml that the run used.",
)
@click.option(
    "--tempest-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The tempest.conf that the run used.",
)
@cacert_option()
@format_option()
@detail_options
def cleanup_command(
    run: Path,
    yes: bool,
    accounts: Path | None,
    tempest_conf: Path | None,
    cacert: Path | None,
    form: str,
) -> int:
    """Show the leftovers of the run in the run directory RUN; with --yes delete them.

    Deletes only what provably belongs to the run: resources with the run's prefix
    in their name, resources that the run recorded when it created them, and
    whatever is inside or attached to these. Each resource is checked again right
    before it is deleted. The credentials are those of the cloud in clouds.yaml and
    those of users created for the run, if their file still exists next to the run
    directory; or those in the files that the run used. A run directory contains no
    passwords. If the administrator may not see what the run's own users have in
    Swift, --yes sets new passwords for these users and logs in as them.

    Exit codes: 0 no leftovers, 3 leftovers remain, 2 nothing can be proved, 4 the
    cloud cannot be used.

    \b
    Examples:
      defcheck cleanup defcheck-runs/my-run
      defcheck cleanup defcheck-runs/my-run --yes
    """
    from defcheck.cli.output import write_outputs
    from defcheck.cli.terminal import make_status_printer
    from defcheck.lab import paths as lab_paths
    from defcheck.report.models.cloud import build_cleanup_document, is_clean
    from defcheck.runner.leftover_scan import CleanupRequest, RunCleanup
    from defcheck.runner.record import format_utc_now

    given = CleanupRequest(run, accounts, tempest_conf, lab_paths.list_clouds_files(), cacert)
    say = make_status_printer()
    cleanup = RunCleanup.prepare_cleanup(given, say)
    seen = cleanup.scan_leftovers(adopting=yes)
    if not yes or not seen.findings.owned:
        document = build_cleanup_document(
            cleanup.record, str(run), seen.findings, None, format_utc_now()
        )
    else:
        outcomes = []
        try:
            for outcome in cleanup.delete_leftovers(seen):
                outcomes.append(outcome)
        finally:
            document = build_cleanup_document(
                cleanup.record, str(run), seen.findings, outcomes, format_utc_now()
            )
            path = cleanup.write_document(document)
            print_note(f"Wrote {path}")
    if yes and is_clean(document):
        cleanup.delete_user_files()
    write_outputs([(form, None)], document)
    if yes and not is_clean(document):
        for file in cleanup.find_account_files():
            delete = f"defcheck cloud accounts delete {shlex.quote(str(file))}"
            print_note(f"`{delete}` deletes users of the run whose projects are empty")
    return ExitCode.OK if is_clean(document) else ExitCode.INCOMPLETE
