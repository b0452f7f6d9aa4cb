"""`defcheck demo`: the whole way once, on a small OpenStack on this machine."""

from pathlib import Path

import click

from defcheck.cli.outputs import output_option
from defcheck.cli.verbosity import verbosity_options

GUIDELINE, TARGET = "2020.06", "storage"


@click.command(name="demo", short_help="Start a small OpenStack here, check it, show the report.")
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(1, 64),
    help="How many tests at a time; by default one a core, four at least.",
)
@output_option
@click.option("--keep", is_flag=True, help="Leave the lab running afterwards.")
@verbosity_options
def command(workers: int | None, output: Path | None, keep: bool) -> int:
    """Start a real Keystone and Swift on this machine and check them.

    Runs the tests of "OpenStack Powered Storage" of guideline 2020.06 with the
    installed Tempest, shows the verdict and where the report lies, and stops
    the lab. Needs no root and no cloud; about two minutes the first time.

    \b
    Example:
      defcheck demo -o my-first-run
    """
    from defcheck.cli.execution import default_output, run_and_report
    from defcheck.cli.narration import narrator
    from defcheck.lab import lifecycle as lab
    from defcheck.lab.small import SmallSize
    from defcheck.runner.directory import refuse_existing
    from defcheck.runner.preparation import Request
    from defcheck.tempest.installed import DEFAULT

    output = output or default_output("demo", GUIDELINE, TARGET)
    refuse_existing(output)
    size = SmallSize()
    running = lab.current(size) is not None and lab.status(size).ready

    say = narrator()
    here = lab.up(size, say)
    try:
        return run_and_report(
            Request(
                guideline=GUIDELINE,
                target=TARGET,
                output=output,
                cloud=here.cloud,
                workers=workers,
                clouds_files=(here.clouds_yaml,),
                tempest=DEFAULT,
            ),
            say,
        )
    finally:
        if not keep and not running:
            lab.down(size, say)
