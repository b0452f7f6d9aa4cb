"""`defcheck lab`: a real small OpenStack on this machine."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from defcheck.cli.narration import narrator
from defcheck.errors import ExitCode

if TYPE_CHECKING:
    from defcheck.lab.small import Status


@click.group()
def command() -> None:
    """Run a real small OpenStack (Keystone and Swift) on this machine.

    \b
    Example:  defcheck lab up
              defcheck run --cloud defcheck-lab --guideline 2020.06 --target storage
              defcheck lab down

    It needs Linux and no root. DEFCHECK_LAB_STATE names the folder for its data,
    DEFCHECK_LAB_CACHE the one for the packages it installs.
    """


@command.command()
def up() -> None:
    """Set the lab up and start it.

    The first time this installs Keystone and Swift: seconds with uv (the extra
    defcheck[lab]), about a minute with pip. Later it only starts what does not run.

    \b
    Example:  defcheck lab up
    """
    from defcheck.lab import small

    say = narrator()
    lab = small.up(say)
    say("Ready")
    click.echo(
        f"\nKeystone:       {lab.auth_url}\n"
        f"clouds.yaml:    {lab.clouds_yaml}\n"
        f"                {lab.cloud} is the admin, {lab.member_cloud} a plain member\n"
        f"accounts.yaml:  {lab.accounts_yaml}\n"
        "\nTry it:\n"
        f"  defcheck run --cloud {lab.cloud} --guideline 2020.06 --target storage"
    )


@command.command()
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to show it.",
)
@click.pass_context
def status(ctx: click.Context, output_format: str) -> None:
    """Show the lab's services; exit with 4 unless all of them run.

    \b
    Example:  defcheck lab status --format json
    """
    from defcheck.lab import small

    found = small.status()
    click.echo(_as_json(found) if output_format == "json" else _as_text(found))
    if not found.ready:
        ctx.exit(ExitCode.UNUSABLE)


@command.command()
def down() -> None:
    """End the lab's processes and keep its data.

    \b
    Example:  defcheck lab down
    """
    from defcheck.lab import small

    small.down(narrator())


@command.command()
@click.option("--environment", is_flag=True, help="Delete the installed packages as well.")
def clean(environment: bool) -> None:
    """End the lab and delete its data, accounts and logs.

    \b
    Example:  defcheck lab clean --environment
    """
    from defcheck.lab import small

    small.clean(narrator(), with_environment=environment)


def _as_text(status: "Status") -> str:
    lines = [f"{'SERVICE':<16} {'PID':>8} {'PROCESSES':>9} {'MEMORY':>8}"]
    for service in status.services:
        pid = service.pid or ("left over" if service.processes else "down")
        lines.append(
            f"{service.name:<16} {pid:>8} {service.processes:>9} {service.memory_mb:>5.0f} MB"
        )
    lines.append(f"{'total':<16} {'':>8} {'':>9} {status.memory_mb:>5.0f} MB")
    if status.lab is None:
        lines.append("No lab is set up; `defcheck lab up` does it.")
    elif status.ready:
        lines.append(f"The lab is ready: {status.lab.auth_url}, {status.lab.clouds_yaml}")
    else:
        lines.append("The lab is not ready; `defcheck lab up` starts what does not run.")
    return "\n".join(lines)


def _as_json(status: "Status") -> str:
    lab = status.lab
    return json.dumps(
        {
            "ready": status.ready,
            "services": [asdict(service) for service in status.services],
            "memory_mb": status.memory_mb,
            "lab": {name: str(value) for name, value in asdict(lab).items()} if lab else None,
        },
        indent=2,
    )
