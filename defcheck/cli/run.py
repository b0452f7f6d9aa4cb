"""Commands on runs: `defcheck run`, `defcheck resume` and `defcheck cleanup`."""

import os
import shlex
from pathlib import Path
from typing import Any

import click

from defcheck.cli import completion
from defcheck.cli.options import (
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
    help="The cloud's name in clouds.yaml, by default $OS_CLOUD.",
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
    help="Use this tempest.conf instead of writing one.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Run the tests as the users in this accounts.yaml of Tempest's.",
)
@click.option(
    "--users",
    type=click.Choice(["pool", "dynamic"]),
    default="pool",
    show_default=True,
    help="With an admin login: users made once for the run and removed after it, or Tempest's own "
    "for every class.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Set an option of tempest.conf, as compute.image_ref=ID; may be repeated.",
)
@cacert_option(
    "Trust the certificate authorities in this file (PEM) instead of those of clouds.yaml."
)
@click.option(
    "--regardless",
    is_flag=True,
    help="Run although tests cannot pass, as `defcheck cloud check` tells.",
)
@click.option(
    "--tempest",
    "tempest",
    shell_complete=completion.complete_tempests,
    metavar="NAME",
    default="",
    help="Run this Tempest, one of `defcheck tempest list`.  [default: the one in use]",
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
    """Run the tests that a target demands, score and report them.

    The run directory holds everything: the raw results, the verdict as
    verdict.json, and the report as report.html. Interrupting the run keeps
    what was done; `defcheck resume` goes on with it.

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


@click.command(name="resume", short_help="Go on with a run that was interrupted or killed.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.complete_runs)
@click.option(
    "--tempest-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The tempest.conf that the run was made with, where it was made with one.",
)
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The accounts.yaml that the run was made with, where it was made with one.",
)
@cacert_option(
    "The certificate authorities that the run was made with, where it was made with some."
)
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
    """Go on with the run in the run directory RUN.

    Classes of tests that did not come to their end are run again, what is
    there already is kept, and the reports say that the run was resumed. The
    cloud is looked up again by its name; files with passwords, which no run
    keeps, have to be named again. Guideline, Tempest, cloud and settings must
    be what they were.

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


@click.command(name="cleanup", short_help="Show what a run left behind, and delete just that.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.complete_runs)
@click.option("--yes", is_flag=True, help="Delete what is shown; without it nothing is changed.")
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The accounts.yaml that the run was given.",
)
@click.option(
    "--tempest-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The tempest.conf that the run was given.",
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
    """Show what the run in the run directory RUN left behind, and with --yes delete it.

    Only what is proved to be the run's own: what carries the run's prefix in
    its name, what the run noted that it made, and what is in or hangs on such
    a thing. Everything is looked at again right before it is deleted. Users
    are those of the cloud in clouds.yaml, with those that were created for the
    run where their file still lies beside it, else of the files that the run
    was given; a run directory holds no passwords. Where the administrator may
    not see what the run's own users have in Swift, --yes gives these new
    passwords and logs in as them.

    Exit codes: 0 nothing is left, 3 something is, 2 nothing can be proved, 4
    the cloud cannot be used.

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
            print_note(f"`{delete}` removes users of the run whose projects are empty")
    return ExitCode.OK if is_clean(document) else ExitCode.INCOMPLETE
