"""`defcheck resume`: go on with a run that was interrupted, killed or failed."""

from pathlib import Path
from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.connecting import cacert_option
from defcheck.cli.outputs import formats_option, parse_outputs
from defcheck.cli.running import running_options
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import verbosity_options


@click.command(name="resume", short_help="Go on with a run that was interrupted or killed.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete.runs)
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
@running_options
@formats_option()
@terms_options
@verbosity_options
def command(
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
    from defcheck.cli.execution import refuse_nothing_counted, report, telling_where
    from defcheck.cli.narration import narrator
    from defcheck.cli.progress import RunProgress
    from defcheck.lab import paths as lab_paths
    from defcheck.runner.directory import RunDirectory
    from defcheck.runner.resume import Going, resume

    outputs = parse_outputs(formats)
    terms = read(**options)
    directory = RunDirectory(run)
    record = directory.read_record()
    refuse_nothing_counted(directory.read_guideline(record), record.target, terms)
    going = Going(
        path=run,
        tempest_conf=tempest_conf,
        accounts=accounts,
        cacert=cacert,
        workers=workers,
        clouds_files=lab_paths.clouds_files(),
        class_seconds=class_timeout * 60,
        reruns=reruns_of_failed,
    )
    with RunProgress(narrator()) as progress, telling_where(run):
        done = resume(going, progress)
    return report(done, terms, outputs)
