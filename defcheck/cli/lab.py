"""`defcheck lab` and `defcheck demo`: a real OpenStack on this machine."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli.output import format_option, output_option
from defcheck.cli.terminal import (
    get_verbosity,
    make_status_printer,
    quiet_option,
    verbosity_options,
)
from defcheck.errors import ExitCode
from defcheck.lab.paths import STATE_VARIABLES

if TYPE_CHECKING:
    from defcheck.lab.lifecycle import LabStatus


size_option = click.option(
    "--size",
    "name",
    type=click.Choice(list(STATE_VARIABLES)),
    default="small",
    show_default=True,
    help="Which lab.",
)


@click.group()
def command() -> None:
    """Run a real OpenStack on this machine, small or full.

    \b
    Examples:
      defcheck lab up
      defcheck run --cloud defcheck-lab --guideline 2020.06 --target storage
      defcheck lab down

    The small lab runs Keystone and Swift; it needs Linux but no root. The full lab
    adds Glance, Placement, Nova (with simulated servers), Neutron and Cinder; it
    needs 3 GB of memory, and Debian's MariaDB, RabbitMQ and qemu-utils, which it
    installs if run as root. Both labs can run at the same time.

    DEFCHECK_LAB_STATE and DEFCHECK_LAB_FULL_STATE set the folders for their data,
    DEFCHECK_LAB_CACHE the folder for the packages that they install.
    """


@command.command()
@size_option
@quiet_option
def up(name: str) -> None:
    """Set the lab up and start it.

    The first time this installs the lab's packages: seconds with uv (the extra
    defcheck[lab]), a minute or more with pip. Later it only starts stopped services.

    \b
    Examples:
      defcheck lab up
      defcheck lab up --size full
    """
    from defcheck.lab import lifecycle
    from defcheck.lab.lifecycle import find_size

    say = make_status_printer()
    size = find_size(name)
    lab = lifecycle.start_lab(size, say)
    say("Ready")
    if not get_verbosity().quiet:
        click.echo()
    click.echo(
        f"Keystone:       {lab.auth_url}\n"
        f"clouds.yaml:    {lab.clouds_yaml}\n"
        f"                {lab.cloud} is the admin, {lab.member_cloud} a plain member\n"
        f"accounts.yaml:  {lab.accounts_yaml}"
    )
    if lab.tempest_conf:
        click.echo(f"tempest.conf:   {lab.tempest_conf}")
    if not get_verbosity().quiet:
        click.echo(f"\nTry it:\n  defcheck run --cloud {lab.cloud} {size.example}")


@command.command()
@size_option
@format_option()
@click.pass_context
def status(ctx: click.Context, name: str, form: str) -> None:
    """Show the lab's services; exit with 4 unless all of them run.

    \b
    Example:
      defcheck lab status --format json
    """
    from defcheck.lab import lifecycle
    from defcheck.lab.lifecycle import find_size

    found = lifecycle.inspect_lab(find_size(name))
    click.echo(_as_json(found) if form == "json" else _as_text(found, name))
    if not found.ready:
        ctx.exit(ExitCode.UNUSABLE)


@command.command()
@size_option
@quiet_option
def down(name: str) -> None:
    """Stop the lab and keep its data.

    \b
    Example:
      defcheck lab down
    """
    from defcheck.lab import lifecycle
    from defcheck.lab.lifecycle import find_size

    lifecycle.stop_lab(find_size(name), make_status_printer())


@command.command()
@size_option
@click.option("--environment", is_flag=True, help="Delete the installed packages as well.")
@quiet_option
def clean(name: str, environment: bool) -> None:
    """Stop the lab and delete its data, accounts and logs.

    \b
    Example:
      defcheck lab clean --environment
    """
    from defcheck.lab import lifecycle
    from defcheck.lab.lifecycle import find_size

    lifecycle.delete_lab(find_size(name), make_status_printer(), with_environment=environment)


def _as_text(status: "LabStatus", size: str) -> str:
    up = "defcheck lab up" if size == "small" else f"defcheck lab up --size {size}"
    lines = [f"{'SERVICE':<24} {'PID':>8} {'PROCESSES':>9} {'MEMORY':>8}"]
    for service in status.services:
        pid = service.pid or ("left over" if service.processes else "down")
        lines.append(
            f"{service.name:<24} {pid:>8} {service.processes:>9} {service.memory_mb:>5.0f} MB"
        )
    lines.append(f"{'total':<24} {'':>8} {'':>9} {status.memory_mb:>5.0f} MB")
    if status.lab is None:
        lines.append(f"No lab is set up. Run `{up}`.")
    elif status.ready:
        lines.append(f"The lab is ready: {status.lab.auth_url}, {status.lab.clouds_yaml}")
    else:
        lines.append(f"The lab is not ready. `{up}` starts the stopped services.")
    return "\n".join(lines)


def _as_json(status: "LabStatus") -> str:
    lab = status.lab
    return json.dumps(
        {
            "ready": status.ready,
            "services": [asdict(service) for service in status.services],
            "memory_mb": status.memory_mb,
            "lab": {name: value and str(value) for name, value in asdict(lab).items()}
            if lab
            else None,
        },
        indent=2,
    )


DEMO_GUIDELINE, DEMO_TARGET = "2020.06", "storage"


@click.command(name="demo", short_help="Start a small OpenStack here, check it, show the report.")
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(1, 64),
    help="How many tests run in parallel.  [default: one per core, at least four]",
)
@output_option
@click.option("--keep", is_flag=True, help="Leave the lab running afterwards.")
@verbosity_options
def demo_command(workers: int | None, output: Path | None, keep: bool) -> int:
    """Start a real Keystone and Swift on this machine and check them.

    Runs the tests of "OpenStack Powered Storage" of guideline 2020.06 with the
    installed Tempest, shows the verdict and the path of the report, and stops
    the lab. Needs no root and no cloud; takes about two minutes the first time.

    \b
    Example:
      defcheck demo -o my-first-run
    """
    from defcheck.cli.run_output import default_run_directory, run_and_report
    from defcheck.cli.terminal import make_status_printer
    from defcheck.lab import lifecycle as lab
    from defcheck.lab.lab_sizes import SmallSize
    from defcheck.runner.preparation import RunRequest
    from defcheck.runner.run_directory import refuse_existing
    from defcheck.tempest.installed import DEFAULT_TEMPEST

    output = output or default_run_directory("demo", DEMO_GUIDELINE, DEMO_TARGET)
    refuse_existing(output)
    size = SmallSize()
    running = lab.find_lab(size) is not None and lab.inspect_lab(size).ready

    say = make_status_printer()
    here = lab.start_lab(size, say)
    try:
        return run_and_report(
            RunRequest(
                guideline=DEMO_GUIDELINE,
                target=DEMO_TARGET,
                output=output,
                cloud=here.cloud,
                workers=workers,
                clouds_files=(here.clouds_yaml,),
                tempest=DEFAULT_TEMPEST,
            ),
            say,
        )
    finally:
        if not keep and not running:
            lab.stop_lab(size, say)
