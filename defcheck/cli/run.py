"""`defcheck run`: run a guideline's tests against a cloud and give the verdict."""

import os
from pathlib import Path
from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.connecting import cacert_option
from defcheck.cli.outputs import formats_option, output_option, parse_outputs
from defcheck.cli.running import running_options
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import verbosity_options


@click.command(
    name="run", short_help="Run a guideline's tests against a cloud and give the verdict."
)
@click.option(
    "--cloud",
    metavar="NAME",
    shell_complete=complete.clouds,
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
    shell_complete=complete.tempests,
    metavar="NAME",
    default="",
    help="Run this Tempest, one of `defcheck tempest list`.  [default: the one in use]",
)
@running_options
@formats_option()
@output_option
@terms_options
@verbosity_options
def command(
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
    from defcheck.cli.execution import default_output, run_and_report
    from defcheck.cli.narration import narrator
    from defcheck.guideline.select import parse_statuses
    from defcheck.lab import paths as lab_paths
    from defcheck.runner.preparation import Request

    outputs = parse_outputs(formats, made=output)
    terms = read(**options)
    if not cloud and tempest_conf is None:
        cloud = os.environ.get("OS_CLOUD", "")
    request = Request(
        guideline=guideline,
        target=target,
        output=output or default_output(cloud or "cloud", guideline, target),
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
        clouds_files=lab_paths.clouds_files(),
        class_seconds=class_timeout * 60,
        reruns=reruns_of_failed,
    )
    return run_and_report(request, narrator(), terms, outputs)
