"""`defcheck cleanup`: show what a run left behind in the cloud, and delete just that."""

import shlex
from pathlib import Path

import click

from defcheck.cli import complete
from defcheck.cli.connecting import cacert_option
from defcheck.cli.outputs import form_option
from defcheck.cli.verbosity import length_options, note
from defcheck.errors import ExitCode


@click.command(name="cleanup", short_help="Show what a run left behind, and delete just that.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete.runs)
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
@form_option()
@length_options
def command(
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
    from defcheck.cli.narration import narrator
    from defcheck.cli.outputs import emit
    from defcheck.lab import paths as lab_paths
    from defcheck.report.cleanup.document import build, is_clean
    from defcheck.runner.cleanup import Cleanup
    from defcheck.runner.lookers import Given
    from defcheck.runner.record import now

    given = Given(run, accounts, tempest_conf, lab_paths.clouds_files(), cacert)
    say = narrator()
    cleanup = Cleanup.begin(given, say)
    seen = cleanup.look(adopting=yes)
    if not yes or not seen.findings.ours:
        document = build(cleanup.record, str(run), seen.findings, None, now())
    else:
        outcomes = []
        try:
            for outcome in cleanup.remove(seen):
                outcomes.append(outcome)
        finally:
            document = build(cleanup.record, str(run), seen.findings, outcomes, now())
            path = cleanup.write(document)
            note(f"Wrote {path}")
    if yes and is_clean(document):
        cleanup.forget_users()
    emit([(form, None)], document)
    if yes and not is_clean(document):
        for file in cleanup.records_of_users():
            delete = f"defcheck cloud accounts delete {shlex.quote(str(file))}"
            note(f"`{delete}` removes users of the run whose projects are empty")
    return ExitCode.OK if is_clean(document) else ExitCode.INCOMPLETE
