"""`defcheck lab`: a real OpenStack on this machine, small or full."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from defcheck.cli.narration import narrator
from defcheck.cli.outputs import form_option
from defcheck.cli.verbosity import current, quiet_option
from defcheck.errors import ExitCode
from defcheck.lab.paths import STATE_VARIABLES

if TYPE_CHECKING:
    from defcheck.lab.lifecycle import Status


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

    The small lab is Keystone and Swift, and needs Linux and no root. The full lab
    adds Glance, Placement, Nova (whose servers are pretended), Neutron and Cinder;
    it needs 3 GB of memory, and MariaDB, RabbitMQ and qemu-utils of Debian, which
    root may have installed by it. Both may run at once.

    DEFCHECK_LAB_STATE and DEFCHECK_LAB_FULL_STATE name the folders for their data,
    DEFCHECK_LAB_CACHE the one for the packages they install.
    """


@command.command()
@size_option
@quiet_option
def up(name: str) -> None:
    """Set the lab up and start it.

    The first time this installs its packages: seconds with uv (the extra
    defcheck[lab]), a minute or more with pip. Later it only starts what does not run.

    \b
    Examples:
      defcheck lab up
      defcheck lab up --size full
    """
    from defcheck.lab import lifecycle, sizes

    say = narrator()
    size = sizes.find(name)
    lab = lifecycle.up(size, say)
    say("Ready")
    if not current().quiet:
        click.echo()
    click.echo(
        f"Keystone:       {lab.auth_url}\n"
        f"clouds.yaml:    {lab.clouds_yaml}\n"
        f"                {lab.cloud} is the admin, {lab.member_cloud} a plain member\n"
        f"accounts.yaml:  {lab.accounts_yaml}"
    )
    if lab.tempest_conf:
        click.echo(f"tempest.conf:   {lab.tempest_conf}")
    if not current().quiet:
        click.echo(f"\nTry it:\n  defcheck run --cloud {lab.cloud} {size.example}")


@command.command()
@size_option
@form_option()
@click.pass_context
def status(ctx: click.Context, name: str, form: str) -> None:
    """Show the lab's services; exit with 4 unless all of them run.

    \b
    Example:
      defcheck lab status --format json
    """
    from defcheck.lab import lifecycle, sizes

    found = lifecycle.status(sizes.find(name))
    click.echo(_as_json(found) if form == "json" else _as_text(found, name))
    if not found.ready:
        ctx.exit(ExitCode.UNUSABLE)


@command.command()
@size_option
@quiet_option
def down(name: str) -> None:
    """End the lab's processes and keep its data.

    \b
    Example:
      defcheck lab down
    """
    from defcheck.lab import lifecycle, sizes

    lifecycle.down(sizes.find(name), narrator())


@command.command()
@size_option
@click.option("--environment", is_flag=True, help="Delete the installed packages as well.")
@quiet_option
def clean(name: str, environment: bool) -> None:
    """End the lab and delete its data, accounts and logs.

    \b
    Example:
      defcheck lab clean --environment
    """
    from defcheck.lab import lifecycle, sizes

    lifecycle.clean(sizes.find(name), narrator(), with_environment=environment)


def _as_text(status: "Status", size: str) -> str:
    up = "defcheck lab up" if size == "small" else f"defcheck lab up --size {size}"
    lines = [f"{'SERVICE':<24} {'PID':>8} {'PROCESSES':>9} {'MEMORY':>8}"]
    for service in status.services:
        pid = service.pid or ("left over" if service.processes else "down")
        lines.append(
            f"{service.name:<24} {pid:>8} {service.processes:>9} {service.memory_mb:>5.0f} MB"
        )
    lines.append(f"{'total':<24} {'':>8} {'':>9} {status.memory_mb:>5.0f} MB")
    if status.lab is None:
        lines.append(f"No lab is set up; `{up}` does it.")
    elif status.ready:
        lines.append(f"The lab is ready: {status.lab.auth_url}, {status.lab.clouds_yaml}")
    else:
        lines.append(f"The lab is not ready; `{up}` starts what does not run.")
    return "\n".join(lines)


def _as_json(status: "Status") -> str:
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
